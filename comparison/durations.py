"""How long each function runs for one payment on AWS: its calls times published latencies.

What a run here bills is of one machine, on which everything shares two cores; a bill made of that
would be another one at each run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from comparison.simulation.latencies import Latencies

_AUTHORIZER_MS = 5.0
"""Assumed: it checks a signature, and calls nobody while its keys are fresh."""


@dataclass(frozen=True)
class Part:
    """What a function does in one invocation."""

    calls: int = 0
    """Of AWS services, one after the other."""
    transactions: int = 0
    """Of Aurora DSQL."""


_AUTHORIZER = "AuthorizerFunction"
_SALES_AND_REPORT = Part(calls=3)
_PARTS: Mapping[str, Mapping[str, Part]] = {
    "decouple": {
        "CustomerApiFunction": Part(calls=1, transactions=2),
        "SalesConsumerFunction": _SALES_AND_REPORT,
        "OutcomesConsumerFunction": Part(transactions=1),
    },
    "apigw": {
        "PaymentsApiFunction": Part(calls=2),
        "CustomerInternalApiFunction": Part(transactions=1),
        "SalesInternalApiFunction": Part(calls=2),
        "CommunicationInternalApiFunction": Part(calls=3),
    },
    "pubsub": {
        "PaymentsApiFunction": Part(calls=5),
        "CustomerConsumerFunction": Part(calls=1, transactions=1),
        "SalesConsumerFunction": _SALES_AND_REPORT,
        "CommunicationConsumerFunction": Part(calls=4),
        "OutcomesConsumerFunction": Part(calls=2),
        "AuditConsumerFunction": Part(calls=1),
    },
}
_POLLS: Mapping[str, Part] = {
    "CustomerApiFunction": Part(transactions=1),
    "PaymentsApiFunction": Part(calls=1),
}


def of_payment(variant: str, latencies: Latencies) -> dict[str, float]:
    """Billed milliseconds of one invocation, by function."""
    family = variant.partition("-")[0]
    took = {name: _milliseconds(part, latencies) for name, part in _PARTS[family].items()}
    if family == "apigw":  # the function waits for those that it calls: one, then two at once
        hop = latencies.gateway.mean * 1000
        customer, *others = (took[name] for name in took if name != "PaymentsApiFunction")
        took["PaymentsApiFunction"] += 2 * hop + customer + max(others)
    return {_AUTHORIZER: _AUTHORIZER_MS} | {name: float(ceil(ms)) for name, ms in took.items()}


def of_poll(function: str, latencies: Latencies) -> float:
    """The same for a question what became of a payment. The token is that of the payment."""
    return float(ceil(_milliseconds(_POLLS[function], latencies)))


def _milliseconds(part: Part, latencies: Latencies) -> float:
    a_call = latencies.function.mean / 2  # the published function makes two
    return 1000 * (part.calls * a_call + part.transactions * latencies.transaction.mean)
