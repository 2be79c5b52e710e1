"""Takes premiums, one at a time: each travels through all variants at once."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from local.issuer import Issuer
from local.live.broadcast import Broadcast
from local.live.story import Step
from local.live.travel import Log, Travel, request_of
from local.paying.premiums import Premium

_LOOK_EVERY_S = 0.3


class UnderWay(Exception):
    """A premium is still travelling."""


class NothingToPay(Exception):
    """There is no stack, or no premium that is known to be payable."""


@dataclass(frozen=True)
class Way:
    """Through a variant."""

    url: str
    log: Log


class Till:
    def __init__(
        self,
        ways: Mapping[str, Way],
        issuer: Issuer,
        premiums: Iterator[Premium],
        broadcast: Broadcast,
    ) -> None:
        self._ways = ways
        self._issuer = issuer
        self._premiums = premiums
        self._broadcast = broadcast
        self._busy = threading.Lock()
        self._closed = threading.Event()

    def pay(self) -> None:
        """Raises `UnderWay` or `NothingToPay`."""
        if not self._ways:
            raise NothingToPay("no variant is up")
        if not self._busy.acquire(blocking=False):
            raise UnderWay("a premium is still on its way")
        premium = next(self._premiums, None)
        if premium is None:
            self._busy.release()
            raise NothingToPay("no premium is known to be payable: none of the month was completed")
        threading.Thread(target=self._send, args=(premium,), daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _send(self, premium: Premium) -> None:
        try:
            self._broadcast.begin(
                "pay",
                {
                    "policy": premium.policy_id,
                    "amount": f"{premium.amount} {premium.currency}",
                    "period": premium.period,
                },
            )
            request = request_of(premium)
            begun = datetime.now(UTC)
            self._watch(
                {
                    name: Travel(
                        premium, request, way.url, self._issuer, way.log, self._teller(name, begun)
                    )
                    for name, way in self._ways.items()
                }
            )
        finally:
            self._broadcast.say("end", {})
            self._busy.release()

    def _teller(self, variant: str, begun: datetime) -> Callable[[Step], None]:
        def tell(step: Step) -> None:
            milliseconds = round((step.at - begun) / timedelta(milliseconds=1))
            about = {"variant": variant, "service": step.service, "kind": step.kind}
            when = {"ms": max(0, milliseconds), "cold": step.cold}
            told = {"what": step.what, "status": step.status}
            self._broadcast.say("step", about | when | told)

        return tell

    def _watch(self, travels: dict[str, Travel]) -> None:
        """Until each is over. For nobody no log is read."""
        while travels and not self._closed.wait(_LOOK_EVERY_S):
            for variant, travel in list(travels.items()):
                unread = ""
                try:
                    if travel.look(read=self._broadcast.is_heard):
                        continue
                except (BotoCoreError, ClientError) as error:
                    unread = f"the log cannot be read: {error}"
                del travels[variant]
                self._broadcast.say("over", {"variant": variant, "unread": unread})
