"""Events as Audit keeps them: of any type and version."""

from typing import Any

from pydantic import ConfigDict, Field

from contracts.base import Contract
from contracts.events import Event, RequestData


class KeptData(RequestData):
    """All that an event says but who the payer is: no name, no address."""

    model_config = ConfigDict(extra="allow")

    payer: Any = Field(default=None, exclude=True, repr=False)


class KeptEvent(Event):
    data: KeptData


class Trail(Contract):
    """The events of one request, in order of time."""

    events: list[KeptEvent]
