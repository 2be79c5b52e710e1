"""A month of premiums as an open-loop load: each is sent at its time, whatever became of others."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from time import monotonic, perf_counter, sleep

from local.bench.figures import NotMeasured
from local.paths import ROOT
from local.paying.payments_api import Answer, PaymentsApi
from local.paying.portfolio import Policy, read_policies
from local.paying.premiums import Premium, read_premiums

RATES = (3.0, 6.0, 9.0)
"""Payments a second. Four requests to a gateway each make the last 36 a second in `apigw-*`. At 12
a second `pubsub-three-events`, with 25 calls of AWS each, is answered with 502 now and then on two
cores.
"""
ROUNDS = 3
FEWEST = 3 * ROUNDS * len(RATES)
_CLIENTS = 64
_POLLERS = 4
_POLL_S = 0.5
_DEADLINE_S = 120.0


@dataclass(frozen=True)
class Month:
    policies: Mapping[str, Policy]
    premiums: Sequence[Premium]

    def slices(self) -> Iterator[tuple[float, Sequence[Premium]]]:
        """All of them, in the file's order: in each round every rate for equally long."""
        shares = RATES * ROUNDS
        ends = [round(len(self.premiums) * end / sum(shares)) for end in accumulate(shares)]
        for rate, (begin, end) in zip(shares, pairwise([0, *ends]), strict=True):
            yield rate, self.premiums[begin:end]


def month(premiums: int | None = None) -> Month:
    """The sample, or so many of it, without the lines that no client could send."""
    if premiums is not None and premiums < FEWEST:
        raise ValueError(f"no fewer than {FEWEST} premiums: each rate needs some in each round")
    entries = read_premiums(ROOT / "data" / "premiums-2026-11.csv")
    readable = [entry for entry in entries if isinstance(entry, Premium)]
    return Month(read_policies(ROOT / "data" / "policies.csv"), readable[:premiums])


@dataclass(frozen=True)
class Sent:
    premium: Premium
    at: datetime
    milliseconds: float
    """Until the answer."""
    answer: Answer


def send(api: PaymentsApi, premiums: Sequence[Premium], rate: float) -> list[Sent]:
    """All of them at an even pace; returns when all are answered."""
    began = monotonic()
    with ThreadPoolExecutor(_CLIENTS) as clients:
        under_way = []
        for number, premium in enumerate(premiums):
            sleep(max(0.0, began + number / rate - monotonic()))
            under_way.append(clients.submit(send_one, api, premium))
        return [sent.result() for sent in under_way]


def send_one(api: PaymentsApi, premium: Premium) -> Sent:
    at, began = datetime.now(UTC), perf_counter()
    answer = api.submit(premium)
    return Sent(premium, at, (perf_counter() - began) * 1000, answer)


def done(api: PaymentsApi, sent: Sequence[Sent]) -> list[float]:
    """Milliseconds from each of these, which were accepted, until the last service was done, by the
    times that the services report. To be called when nothing waits any more, so that the questions
    hold up nobody.
    """
    deadline = monotonic() + _DEADLINE_S
    with ThreadPoolExecutor(_POLLERS) as pollers:
        return list(pollers.map(lambda each: _done(api, each, deadline), sent))


def _done(api: PaymentsApi, sent: Sent, deadline: float) -> float:
    answer = sent.answer
    while answer.state != "completed":
        if answer.state == "failed" or monotonic() > deadline:
            raise NotMeasured(f"a payment is not completed: {answer.status} {answer.body}")
        if answer is not sent.answer:
            sleep(_POLL_S)
        answer = api.poll(sent.answer, sent.premium.customer_id)
    last = max(datetime.fromisoformat(step["at"]) for step in answer.body["steps"])
    return (last - sent.at).total_seconds() * 1000
