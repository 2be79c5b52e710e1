"""What if: parameters that change what a payment takes, each by a formula that is stated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from comparison.counts import Function, Variant, Work

type Gateway = Literal["rest", "http"]
type Architecture = Literal["arm64", "x86_64"]
GATEWAYS: tuple[str, ...] = get_args(Gateway.__value__)
ARCHITECTURES: tuple[str, ...] = get_args(Architecture.__value__)
LARGEST_BATCH = 10
"""Of SQS without a batching window."""

LOST_WITH_HTTP = (
    "An HTTP API checks no request against a model, has no request or response templates (the"
    " receipt), no gateway responses of one's own (problem documents), and no X-Ray"
)
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html"""


@dataclass(frozen=True)
class Levers:
    """`batch`: messages that are received at once, on average: receives, deletes and invocations of
    a queue's consumer are divided by it, the time for each message stays. `polls`: questions for
    each payment, where the answer does not have the outcome. `payments`: in a month, by which
    traces and storage are counted.
    """

    batch: float = 1
    polls: float | None = None
    gateway: Gateway = "rest"
    architecture: Architecture = "arm64"
    payments: int = 1_000_000

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= LARGEST_BATCH:
            raise ValueError(f"a batch is of 1 to {LARGEST_BATCH} messages")
        if self.polls is not None and self.polls < 0:
            raise ValueError("there are no fewer than 0 polls")
        if self.payments < 1:
            raise ValueError("a month has one payment at least")


def per_payment(variant: Variant, levers: Levers) -> list[tuple[float, Work]]:
    """How often which work is done for a payment: it itself, and the polls."""
    works = [(1.0, _batched(variant.payment, levers.batch))]
    if variant.poll is not None:
        polls = variant.polls if levers.polls is None else levers.polls
        works.append((polls, variant.poll))
    return works


def _batched(work: Work, batch: float) -> Work:
    functions: Mapping[str, Function] = {
        name: each.model_copy(update={"invocations": each.invocations / batch})
        if each.queue
        else each
        for name, each in work.functions.items()
    }
    return work.model_copy(update={"functions": functions})
