"""Finds the routes of a template that no event takes, and the events that nobody hears."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.routes.channels import Channels, Publication, metadata, routing
from local.routes.parameters import one_sided, stacks
from local.routes.samples import FORM, Sample
from local.routes.table import Table, tables
from local.templates import NotUnderstood, Stack, text


@dataclass(frozen=True)
class Checked:
    """One of the stacks that a template makes; `parameters` tell it from the others."""

    parameters: str
    tables: list[Table]
    faults: list[str]


def check(
    template: Mapping[str, Any], samples: Mapping[str, Sample], given: Mapping[str, str]
) -> list[Checked]:
    """Where no resource says what it publishes, any event may go to any bus and topic."""
    parts = routing(template)
    if not parts["Resources"]:
        raise NotUnderstood("it has no bus, topic, rule or subscription")
    declared = any("Publishes" in metadata(part) for part in parts["Resources"].values())
    checked, tried = [], []
    unpublished = set(samples)
    for parameters, stack in stacks(parts, given):
        tried.append(stack)
        channels = Channels(stack)
        publications = channels.publications if declared else _possible(channels, samples)
        _expect_samples(publications, samples)
        unpublished -= {publication.event for publication in publications}
        written = {name: sample.given(stack) for name, sample in samples.items()}
        made = tables(channels.routes, publications, written)
        faults = [
            *_dead(made),
            *_aimless(made),
            *_deaf(made),
            *_lost(made, everywhere=declared),
        ]
        checked.append(Checked(parameters, made, faults))
    if not checked:
        raise NotUnderstood("its Rules allow no such parameters")
    faults = list(_one_sided(parts, given, tried))
    # Another stack of the template may publish what this one does not.
    if not (declared and given):
        faults += [f"{event} is published to no bus or topic." for event in sorted(unpublished)]
    return [*checked, Checked("", [], faults)] if faults else checked


def _possible(channels: Channels, samples: Mapping[str, Sample]) -> set[Publication]:
    return {
        Publication(sample.name, channel)
        for sample in samples.values()
        for channel in channels.all
        if sample.fits(channel)
    }


def _expect_samples(publications: set[Publication], samples: Mapping[str, Sample]) -> None:
    for event, channel in publications:
        if event not in samples:
            raise NotUnderstood(f"{event} is published to {channel}, and there is no {event}.json")
        if channel.kind == "bus" and not samples[event].fits(channel):
            raise NotUnderstood(f"{event} is published to {channel}, but {FORM}")


def _dead(tables: list[Table]) -> Iterator[str]:
    for table in tables:
        for route in table.dead:
            yield f"{route} is dead: no event of {table.channel} passes it."


def _aimless(tables: list[Table]) -> Iterator[str]:
    for table in tables:
        for route in table.routes:
            if not route.leads:
                yield f"{route.name} leads nowhere: it has no Targets."


def _deaf(tables: list[Table]) -> Iterator[str]:
    for table in tables:
        if table.events and not table.listeners:
            yield f"Nobody listens to {table.channel}: lost are {', '.join(table.events)}."


def _lost(tables: list[Table], *, everywhere: bool) -> Iterator[str]:
    """`everywhere`: an event must be heard wherever it is published, and not only once."""
    heard = {event for table in tables for event in table.events if event not in table.lost}
    for table in tables:
        for event in table.lost if table.listeners else []:
            if everywhere or event not in heard:
                listeners = ", ".join(table.listeners)
                yield f"{event} is lost: of {table.channel} it passes none of {listeners}."


def _one_sided(
    template: Mapping[str, Any], given: Mapping[str, str], tried: list[Stack]
) -> Iterator[str]:
    for condition, outcome in one_sided(template, given, tried):
        yield (
            f"{condition} is {text(outcome)} for all values that were tried: give parameters for"
            " which it is not."
        )
