"""A service that keeps failing is left alone for a while, instead of being waited for."""

import threading
import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    CircuitState,
    CircuitTransition,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence import (
    CircuitBreakerPersistenceLayer,
    CircuitStateRecord,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence.base import (
    CircuitBreakerExistingLockError,
)

from runtime.logs import logger

__all__ = ["CircuitBreaker", "CircuitBreakerOpenError"]


class CircuitBreaker:
    """Powertools' circuit breaker, its state in memory: one per execution environment and name.

    After `failures` failures in a row it refuses all calls for `recovery_seconds` (its clock counts
    whole seconds, so up to one less); then one call may try, and closes the circuit or opens it
    again. Of the exceptions, only those of the type `failure` are failures; those of the type
    `no_sign`, which may be among them, say nothing of the service, and any other that it is up.
    """

    def __init__(
        self,
        name: str,
        failures: int,
        recovery_seconds: int,
        failure: tuple[type[Exception], ...],
        no_sign: type[Exception],
    ) -> None:
        self._passed_on = (*failure, no_sign)
        config = CircuitBreakerConfig(
            failure_threshold=failures,
            recovery_timeout=recovery_seconds,
            success_threshold=1,
            ignored_exceptions=no_sign,
            local_cache_max_age=0,
        )
        guard = circuit_breaker(name, _Memory(), on_transition=_log, config=config)
        self._guarded: Callable[[Callable[[], Any]], tuple[Any, Exception | None]] = guard(
            self._settled
        )

    def call[Result](self, work: Callable[[], Result]) -> Result:
        """Raises CircuitBreakerOpenError where the circuit is open, else what the work raises."""
        result: Result
        result, error = self._guarded(work)
        if error is not None:
            raise error
        return result

    def _settled[Result](
        self, work: Callable[[], Result]
    ) -> tuple[Result, None] | tuple[None, Exception]:
        # What Powertools is to take for a success must be no exception: it would pass that on
        # without noting it, and a half-open circuit would stay half-open.
        try:
            return work(), None
        except self._passed_on:
            raise
        except Exception as error:  # noqa: BLE001  # raised again by `call`
            return None, error


class _Memory(CircuitBreakerPersistenceLayer):
    """The state of one circuit."""

    def __init__(self) -> None:
        super().__init__()
        self._record: CircuitStateRecord | None = None
        self._election = threading.Lock()

    def _get_record(self, name: str) -> CircuitStateRecord | None:
        return self._record

    def _put_record(
        self,
        record: CircuitStateRecord,
        condition: str | None = None,
        expected_opened_at: int | None = None,
    ) -> None:
        with self._election:
            if condition == "half_open" and not self._may_probe(expected_opened_at):
                raise CircuitBreakerExistingLockError
            self._record = record

    def _update_record(self, record: CircuitStateRecord) -> None:
        with self._election:
            self._record = record

    def _may_probe(self, opened_at: int | None) -> bool:
        """Whether nobody probes already, or who did has not finished in time."""
        now = self._record
        if now is None:
            return False
        if now.state == CircuitState.HALF_OPEN:
            return (now.probe_lease_expiry or 0) <= time.time()
        return now.state == CircuitState.OPEN and now.opened_at == opened_at


def _log(transition: CircuitTransition) -> None:
    about = {"service_called": transition.circuit_name, "circuit": str(transition.to_state)}
    logger.warning("circuit changed", extra=about)
