"""The patterns, each as its template wires the functions up."""

import json
from collections.abc import Callable, Sequence
from typing import Any, override
from uuid import UUID

import pytest

import communication.consumer
import communication.internal_api
import customer.api
import customer.consumer
import customer.internal_api
import payment_requests.consumer
import payment_requests.relay
import payment_requests.sweep
import payments.acceptance_api
import payments.api
import payments.resume
import payments.service
import sales.consumer
import sales.internal_api
from contracts.base import Contract
from contracts.events import PaymentDetails
from contracts.internal import Confirmation, LedgerEntry, PaidPremium
from customer.ledger import AuroraLedger
from payment_requests.premiums import Policy
from payments.policies import load
from runtime.database import database
from runtime.errors import NotDone, OutcomeUnknown, Refused
from tests.builders import LambdaContext, api_event
from tests.integration.properties.faults import Killed
from tests.integration.properties.world import TOPIC, URL, Handler, World


class Decouple(World):
    """Customer answers, and Sales hears of it through a queue."""

    api = customer.api
    consumers = {  # noqa: RUF012
        f"{URL}/sales": sales.consumer.handler,
        f"{URL}/outcomes": payment_requests.consumer.handler,
    }
    settings = {  # noqa: RUF012
        "DESTINATION": f"{URL}/sales",
        "OUTCOMES_DESTINATION": f"{URL}/outcomes",
        "REQUESTS_TABLE": "",
    }

    @override
    def _load(self, policies: Sequence[Policy]) -> None:
        database().transaction(lambda connection: AuroraLedger(connection).add_policies(policies))

    @override
    def relay(self) -> None:
        self._scheduled(payment_requests.relay.handler)

    @override
    def sweep(self) -> None:
        self._scheduled(payment_requests.sweep.handler)


class PubSub(Decouple):
    """Payments answers, and publishes to a topic that every other service has a queue at."""

    api = payments.acceptance_api
    consumers = {  # noqa: RUF012
        f"{URL}/customer": customer.consumer.handler,
        f"{URL}/sales": sales.consumer.handler,
        f"{URL}/communication": communication.consumer.handler,
        f"{URL}/outcomes": payment_requests.consumer.handler,
    }
    subscribers = {  # noqa: RUF012
        "payment.accepted.v1": [f"{URL}/customer", f"{URL}/sales", f"{URL}/communication"],
        "step.reported.v1": [f"{URL}/outcomes"],
    }
    settings = {  # noqa: RUF012
        "DESTINATION": TOPIC,
        "OUTCOMES_DESTINATION": TOPIC,
        "REQUESTS_TABLE": "requests",
        "SUBSCRIBERS": "customer,sales,communication",
    }

    @override
    def _load(self, policies: Sequence[Policy]) -> None:
        load("requests", policies)


class ApiGateway(Decouple):
    """Payments calls the others."""

    api = payments.api
    consumers = {}  # noqa: RUF012
    settings = {"REQUESTS_TABLE": ""}  # noqa: RUF012
    keeps_requests = False

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__(patch)
        called = _Called(self)
        patch.setattr(payments.api, "services", lambda: called)
        patch.setattr(payments.resume, "services", lambda: called)
        patch.setattr(payments.service, "_pool", _OneAfterTheOther)

    @override
    def relay(self) -> None:
        self._scheduled(payments.resume.handler)

    @override
    def sweep(self) -> None:
        """Whoever resumes gives up, too."""


class _OneAfterTheOther:
    """A pool of threads for which a run of the same steps is the same run."""

    def submit[Result](self, work: Callable[..., Result], *arguments: object) -> "_Done[Result]":
        return _Done(work(*arguments))


class _Done[Result]:
    def __init__(self, result: Result) -> None:
        self._result = result

    def result(self) -> Result:
        return self._result


class _Called:
    """The other services, in place of HTTP: a fault of theirs is an answer that does not come."""

    def __init__(self, world: World) -> None:
        self._world = world

    def record_payment(
        self, request_id: UUID, entry: LedgerEntry, deadline: float
    ) -> PaymentDetails:
        answer = self._put(customer.internal_api.handler, f"/payments/{request_id}", entry)
        return PaymentDetails.model_validate_json(answer)

    def follow_up(self, request_id: UUID, premium: PaidPremium, deadline: float) -> None:
        self._put(sales.internal_api.handler, f"/premiums/{request_id}", premium)

    def confirm(self, request_id: UUID, confirmation: Confirmation, deadline: float) -> None:
        self._put(communication.internal_api.handler, f"/confirmations/{request_id}", confirmation)

    def _put(self, handler: Handler, path: str, asked: Contract) -> str:
        self._world.faults.meet(lambda: NotDone("not reached"))
        event = api_event("PUT", path, body=asked.model_dump_json(), subject=None)
        try:
            answer: dict[str, Any] = handler(event, LambdaContext())
        except Killed:
            raise OutcomeUnknown("killed") from None
        self._world.faults.meet(lambda: OutcomeUnknown("the answer was lost"))
        match answer["statusCode"]:
            case 200 | 204:
                return str(answer["body"])
            case 409 | 422 as status:
                raise Refused(status, json.loads(answer["body"])["detail"])
        raise OutcomeUnknown(f"answered {answer['statusCode']}")
