"""A variant that is measured, and what was seen of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from time import monotonic
from typing import Self

from comparison.measured import Function, Load, Variant
from comparison.measuring import rounds, workload
from comparison.measuring.counting import Counted, count
from comparison.measuring.counts import Seen
from comparison.measuring.template import template
from comparison.measuring.workload import RATES, Month, Sent
from local.bench import world
from local.bench.figures import NotMeasured
from local.bench.world import World
from local.paying.payments_api import PaymentsApi
from local.paying.portfolio import load
from local.paying.premiums import Premium
from local.variants import VARIANTS

_POLICIES_OF_ITS_OWN = 60
"""More than are used: each payment is of a customer with a new token."""
_WARM_UP = 6
_WARM_MS = 1000.0
_WARM_UP_DEADLINE_S = 180.0


@dataclass
class _Rate:
    """What became of the payments at one rate, round by round."""

    answered: list[list[float]] = field(default_factory=list)
    done: list[list[float]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    payments: int = 0


@dataclass
class Subject:
    here: World
    api: PaymentsApi
    others: Iterator[Premium]
    """Premiums that are due and not of the month."""
    slices: Iterator[tuple[float, Sequence[Premium]]]
    rates: dict[float, _Rate] = field(default_factory=lambda: {rate: _Rate() for rate in RATES})
    billed: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Milliseconds for a payment at the lowest rate, by function, one of each round."""
    _payment: Counted | None = None
    _poll: Counted | None = None

    @classmethod
    def of(cls, here: World, month: Month) -> Self:
        policies = [world.new_policy() for _ in range(_POLICIES_OF_ITS_OWN)]
        function = here.stack.outputs["PortfolioImportFunction"]
        load(here.cloud.client("lambda"), function, [*month.policies.values(), *policies])
        api = PaymentsApi(here.stack.outputs["ApiUrl"], here.issuer.token, attempts=1)
        others = (world.premium(policy, period) for period in world.months() for policy in policies)
        return cls(here, api, others, month.slices())

    @property
    def name(self) -> str:
        return self.here.stack.name

    @property
    def _is_synchronous(self) -> bool:
        """The answer has the outcome."""
        return not self.here.queues()

    def warm_up(self) -> None:
        """Until several clients at once are answered soon, who repeat what is refused meanwhile."""
        api = PaymentsApi(self.here.stack.outputs["ApiUrl"], self.here.issuer.token)
        deadline, is_warm = monotonic() + _WARM_UP_DEADLINE_S, False
        while not is_warm:
            if monotonic() > deadline:
                raise NotMeasured(f"{self.name}: clients still wait for longer than a second")
            sent = workload.send(api, list(islice(self.others, _WARM_UP)), max(RATES))
            self.here.wait_until_idle()
            is_warm = all(s.answer.state is not None and s.milliseconds < _WARM_MS for s in sent)

    def count(self) -> None:
        """What a payment takes, and a question what became of it."""
        last: list[Sent] = []

        def pay() -> None:
            last[:] = self._paid([workload.send_one(self.api, next(self.others))])

        def ask() -> None:
            self.api.poll(last[0].answer, last[0].premium.customer_id)

        self._payment = count(self.here, pay, is_published=not self._is_synchronous)
        if not self._is_synchronous:
            self._poll = count(self.here, ask, is_published=False)

    def pay_next(self) -> int:
        """Pays the next part of the month; how many premiums that were."""
        rate, premiums = next(self.slices)
        seen, began = self.rates[rate], datetime.now(UTC)
        sent = workload.send(self.api, premiums, rate)
        self.here.wait_until_idle()
        if rate == min(RATES):
            for function, milliseconds in self.here.billed(since=began).items():
                if milliseconds:
                    self.billed[function].append(sum(milliseconds) / len(sent))
        accepted = [each for each in sent if each.answer.state is not None]
        seen.payments += len(sent)
        seen.refused += Counter(str(s.answer.status) for s in sent if s.answer.state is None)
        seen.answered.append([each.milliseconds for each in accepted])
        seen.done.append(workload.done(self.api, accepted))
        return len(sent)

    @property
    def seen(self) -> Seen:
        if self._payment is None:
            raise NotMeasured(f"{self.name}: nothing was counted")
        return Seen(self._payment, self._poll)

    def told(self) -> Variant:
        payment, names = self.seen.payment, self.here.functions()
        return Variant(
            loads=tuple(self._load(rate) for rate in RATES),
            calls=payment.calls,
            messages=payment.messages,
            functions={
                function: Function(
                    invocations=times,
                    billed_ms=rounds.interval(self.billed[function]),
                    memory_mb=self._memory_mb(names[function]),
                )
                for function, times in payment.invocations.items()
            },
            template=template(VARIANTS[self.name]),
        )

    def _load(self, rate: float) -> Load:
        seen = self.rates[rate]
        return Load(
            offered=rate,
            payments=seen.payments,
            completed=sum(map(len, seen.done)),
            refused=dict(sorted(seen.refused.items())),
            answered=rounds.times(seen.answered),
            done=rounds.times(seen.done),
        )

    def _memory_mb(self, name: str) -> int:
        client = self.here.cloud.client("lambda")
        size: int = client.get_function_configuration(FunctionName=name)["MemorySize"]
        return size

    def _paid(self, sent: list[Sent]) -> list[Sent]:
        for each in sent:
            if each.answer.state is None:
                raise NotMeasured(f"{self.name}: a payment was answered with {each.answer}")
        return sent
