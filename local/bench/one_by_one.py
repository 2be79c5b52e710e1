"""The calls that Payments makes of the other services, made from here. Needs `src` to import."""

import os
from itertools import pairwise
from time import monotonic, perf_counter
from typing import Any
from uuid import uuid4

from contracts.base import Money
from contracts.internal import Confirmation, LedgerEntry, PaidPremium
from local.paying.portfolio import Policy
from local.servers.localstack import ACCESS_KEY, REGION, SECRET_KEY
from payments.downstreams import HttpServices
from runtime.service_client import Downstream, ServiceClient

_PATIENCE_S = 10.0


class Calls:
    """Of the services at these addresses, signed with the local cloud's own credentials."""

    def __init__(self, downstreams: dict[str, Any]) -> None:
        os.environ |= {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
        }

        def client(service: str) -> ServiceClient:
            return ServiceClient(service, Downstream.model_validate(downstreams[service]))

        self._services = HttpServices(
            customer=client("customer"),
            sales=client("sales"),
            communication=client("communication"),
        )

    def __call__(self, policy: Policy, month: str) -> list[float]:
        """Milliseconds of Customer's, Sales' and Communication's part of one payment."""
        id, deadline = uuid4(), monotonic() + _PATIENCE_S
        amount = Money(value=policy.premium, currency=policy.currency)
        common: dict[str, Any] = {"customer_id": policy.customer_id, "period": month}
        policy_and_amount: dict[str, Any] = {"policy_id": policy.policy_id, "amount": amount}
        entry = LedgerEntry(**common, **policy_and_amount)
        premium = PaidPremium(**common, product=policy.product)
        confirmation = Confirmation(
            **common,
            **policy_and_amount,
            name="Ada Lovelace",
            email="success@simulator.amazonses.com",
        )
        instants = [perf_counter()]
        self._services.record_payment(id, entry, deadline)
        instants.append(perf_counter())
        self._services.follow_up(id, premium, deadline)
        instants.append(perf_counter())
        self._services.confirm(id, confirmation, deadline)
        instants.append(perf_counter())
        return [(end - begin) * 1000 for begin, end in pairwise(instants)]
