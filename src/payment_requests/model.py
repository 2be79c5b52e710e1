"""A payment request and its steps."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID, uuid5

from contracts.api import (
    PaymentSubmission,
    RequestStatus,
    RequestView,
    StepStatus,
    StepView,
)
from contracts.events import StepOutcome

_NAMESPACE = UUID("5f0c8a52-7d3e-4c0b-9a53-1d8f5f6b2c11")


def request_id(subject: str, idempotency_key: str) -> UUID:
    """The same client's same key always names the same request, whatever became of the answer."""
    return uuid5(_NAMESPACE, f"{subject}\n{idempotency_key}")


def fingerprint(submission: PaymentSubmission) -> str:
    """Tells whether a reused key came with the same body; keeps nothing personal."""
    return hashlib.sha256(submission.model_dump_json().encode()).hexdigest()


class KeyReused(Exception):
    """The idempotency key named another payment before."""


class UnknownRequest(Exception):
    """No such request, or not this client's."""


class ForeignCustomer(Exception):
    """The token's subject is not the customer who is to pay."""


def check_payer(submission: PaymentSubmission, subject: str) -> None:
    """Raises ForeignCustomer unless the token's subject pays for itself."""
    if submission.customer.id != subject:
        raise ForeignCustomer("customer.id must be the subject of the bearer token")


@dataclass(frozen=True, slots=True)
class Step:
    """What one service has done for the request, as it last reported."""

    service: str
    status: StepStatus
    at: datetime
    detail: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status in (StepStatus.PENDING, StepStatus.RETRYING)

    def after(self, report: "Step") -> "Step":
        """Reports may come late, twice and out of order: `done` is final, and `failed` yields
        only to `done` (a redriven message).
        """
        redriven = self.status is StepStatus.FAILED and report.status is StepStatus.DONE
        return report if self.is_open or redriven else self


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    id: UUID
    subject: str
    fingerprint: str
    accepted_at: datetime
    steps: tuple[Step, ...]

    @classmethod
    def accept(
        cls,
        id: UUID,
        subject: str,
        submission: PaymentSubmission,
        now: datetime,
        *,
        done: Iterable[str],
        pending: Iterable[str],
    ) -> Self:
        """A new request: the steps that its acceptance has done, and those still to come."""
        steps = [Step(service, StepStatus.DONE, now) for service in done]
        steps += [Step(service, StepStatus.PENDING, now) for service in pending]
        return cls(id, subject, fingerprint(submission), now, tuple(steps))

    @property
    def status(self) -> RequestStatus:
        statuses = {step.status for step in self.steps}
        if statuses == {StepStatus.DONE}:
            return RequestStatus.COMPLETED
        return RequestStatus.FAILED if StepStatus.FAILED in statuses else RequestStatus.ACCEPTED

    def same_as(self, submission: PaymentSubmission) -> Self:
        """This request, for the client who repeats it.

        Raises KeyReused where the key came with another body.
        """
        if self.fingerprint != fingerprint(submission):
            raise KeyReused(
                "this Idempotency-Key was used for another payment: use a new key for a new one"
            )
        return self

    def after(self, outcome: StepOutcome) -> Self:
        report = Step(outcome.service, outcome.status, outcome.at, outcome.detail)
        if report.service not in {step.service for step in self.steps}:
            raise ValueError(f"request {self.id} has no step of service {report.service!r}")
        return self._changed(lambda s: s.after(report) if s.service == report.service else s)

    def overdue(self, now: datetime) -> Self:
        """The request after its deadline: open steps have failed."""
        detail = "no report within the deadline"
        return self._changed(
            lambda s: Step(s.service, StepStatus.FAILED, now, detail) if s.is_open else s
        )

    def _changed(self, change: Callable[[Step], Step]) -> Self:
        return replace(self, steps=tuple(change(step) for step in self.steps))

    def view(self) -> RequestView:
        return RequestView(
            request_id=self.id,
            status=self.status,
            steps=[
                StepView(service=s.service, status=s.status, at=s.at, detail=s.detail)
                for s in self.steps
            ],
        )


class Change(NamedTuple):
    """A request before and after something was noted of it; None before it was accepted."""

    before: PaymentRequest | None
    after: PaymentRequest

    @property
    def steps(self) -> list[Step]:
        """Those that services have now reported, or that are given up."""
        known = self.before.steps if self.before else ()
        return [
            step
            for step in self.after.steps
            if step not in known and step.status is not StepStatus.PENDING
        ]

    @property
    def status(self) -> RequestStatus | None:
        """The new one, where it is another than before."""
        is_known = self.before is not None and self.before.status is self.after.status
        return None if is_known else self.after.status
