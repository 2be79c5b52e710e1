"""Truth tables: every event of a bus or topic, and every route that leads on from there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from local.routes.channels import Channel, Publication, Route
from local.routes.matcher import matches
from local.routes.samples import Sample


@dataclass(frozen=True)
class Table:
    """`passes` says of each route, by name, which events it lets pass."""

    channel: Channel
    events: Sequence[str]
    routes: Sequence[Route]
    passes: Mapping[str, Mapping[str, bool]]

    @property
    def dead(self) -> list[str]:
        """The routes that no event takes."""
        return [route.name for route in self.routes if not any(self.passes[route.name].values())]

    @property
    def listeners(self) -> list[str]:
        """The routes of those for whom events are published."""
        return [route.name for route in self.routes if route.leads and not route.observer]

    @property
    def lost(self) -> list[str]:
        """The events that take none of these."""
        return [
            event
            for event in self.events
            if not any(self.passes[name][event] for name in self.listeners)
        ]


def tables(
    routes: Iterable[Route], publications: Iterable[Publication], samples: Mapping[str, Sample]
) -> list[Table]:
    """One for each channel that has an event or a route."""
    events: dict[Channel, list[str]] = {}
    leading: dict[Channel, list[Route]] = {}
    for event, channel in sorted(publications):
        events.setdefault(channel, []).append(event)
    for route in routes:
        leading.setdefault(route.channel, []).append(route)
    asked = [
        (route, [samples[event] for event in events.get(channel, [])])
        for channel, those in leading.items()
        for route in those
    ]
    passes = {route.name: found for (route, _), found in zip(asked, matches(asked), strict=True)}
    return [
        Table(channel, events.get(channel, []), leading.get(channel, []), passes)
        for channel in sorted(events.keys() | leading.keys())
    ]
