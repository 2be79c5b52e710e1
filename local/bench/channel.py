"""A channel of the publish/subscribe pattern: pays through it, and times its subscribers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from time import monotonic, sleep
from typing import Any

from local.bench import world
from local.bench.figures import NotMeasured
from local.bench.world import World
from local.cloud import Cloud
from local.paying.payments_api import Answer, PaymentsApi
from local.paying.portfolio import load
from local.paying.premiums import Premium
from local.stack import deploy
from local.variants import VARIANTS

SUBSCRIBERS = ("customer", "sales", "communication")
_POLICIES = 20
_PAUSE_S = 0.25
_POLL_S = 0.3
_DEADLINE_S = 120.0
_PARAMETERS = {
    "RetryDelaySeconds": "1",  # or a subscriber would rest for minutes after it was slow or dead
    "RelaySchedule": "rate(1 day)",
    "SweepSchedule": "rate(1 day)",
}

type Accepted = tuple[Premium, Answer]


@dataclass(frozen=True)
class Channel(World):
    api: PaymentsApi
    premiums: Iterator[Premium]

    def pay(self, payments: int) -> list[Accepted]:
        """At one pace whatever becomes of them: then whoever is slow slows nobody by that."""
        began = monotonic()
        accepted = []
        for number, premium in enumerate(islice(self.premiums, payments)):
            sleep(max(0.0, began + number * _PAUSE_S - monotonic()))
            answer = self.api.submit(premium)
            if answer.status != 202:
                raise NotMeasured(f"a payment was answered with {answer.status} {answer.body}")
            accepted.append((premium, answer))
        return accepted

    def times(
        self, payments: Sequence[Accepted], services: Sequence[str]
    ) -> dict[str, list[float]]:
        """Milliseconds from each payment's acceptance until each of these services was done."""
        deadline = monotonic() + _DEADLINE_S
        times = [self._times(payment, services, deadline) for payment in payments]
        return {service: [each[service] for each in times] for service in services}

    @contextmanager
    def variables(self, function: str, **variables: str) -> Iterator[None]:
        """The function has these too within the block."""
        client, name = self.cloud.client("lambda"), self.stack.outputs[function]
        before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

        def change(to: Mapping[str, str]) -> None:
            client.update_function_configuration(FunctionName=name, Environment={"Variables": to})
            waiter = client.get_waiter("function_updated_v2")
            waiter.wait(FunctionName=name, WaiterConfig={"Delay": 1})

        change(before | variables)
        try:
            yield
        finally:
            change(before)

    def _times(
        self, payment: Accepted, services: Sequence[str], deadline: float
    ) -> dict[str, float]:
        premium, answer = payment
        while True:
            view = self.api.poll(answer, premium.customer_id).body
            times = {service: milliseconds(answer.body, view, service) for service in services}
            known = {service: time for service, time in times.items() if time is not None}
            if len(known) == len(services):
                return known
            if monotonic() > deadline:
                raise NotMeasured(f"a payment was not done in time: {view}")
            self.cloud.check()
            sleep(_POLL_S)


def deployed(cloud: Cloud, name: str) -> Channel:
    stack = deploy(cloud, VARIANTS[name], parameters=_PARAMETERS)
    policies = [world.new_policy() for _ in range(_POLICIES)]
    load(cloud.client("lambda"), stack.outputs["PortfolioImportFunction"], policies)
    api = PaymentsApi(stack.outputs["ApiUrl"], World(cloud, stack).issuer.token)
    premiums = (world.premium(policy, month) for month in world.months() for policy in policies)
    return Channel(cloud, stack, api, premiums)


def milliseconds(
    accepted: Mapping[str, Any], view: Mapping[str, Any], service: str
) -> float | None:
    """From the acceptance of a request until the service was done; None while it is not.

    The API's answer to the payment and its latest one. A step that is still to come is as old as
    the request.
    """
    (begun,) = (step for step in accepted["steps"] if step["service"] == service)
    (step,) = (step for step in view["steps"] if step["service"] == service)
    if step["status"] == "failed":
        raise NotMeasured(f"{service} has failed: {step}")
    if step["status"] != "done":
        return None
    took = datetime.fromisoformat(step["at"]) - datetime.fromisoformat(begun["at"])
    return took.total_seconds() * 1000
