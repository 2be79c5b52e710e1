"""A station is a queue of the textbook."""

from collections.abc import Generator
from math import factorial
from random import Random

import pytest
import simpy

from comparison.simulation.station import Station

SERVICE_S = 1.0


def erlang_c(servers: int, load: float) -> float:
    """The probability to wait in M/M/c; `load` is the arrival rate times the mean service time."""
    waiting = load**servers / factorial(servers) * servers / (servers - load)
    return waiting / (sum(load**n / factorial(n) for n in range(servers)) + waiting)


def mean_wait(servers: int, load: float) -> float:
    return erlang_c(servers, load) * SERVICE_S / (servers - load)


def simulated(
    servers: int, load: float, customers: int, *, patience: float | None = None
) -> tuple[Station, float]:
    """M/M/c: the station after so many customers, and how long that took."""
    environment, random = simpy.Environment(), Random(7)
    station = Station(environment, servers)

    def arrivals() -> Generator[simpy.Event]:
        for _ in range(customers):
            yield environment.timeout(random.expovariate(load / SERVICE_S))
            environment.process(station.serve(random.expovariate(1 / SERVICE_S), patience))

    environment.process(arrivals())
    environment.run()
    return station, environment.now


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (1, 0.8), (3, 2.0), (5, 4.0), (10, 7.0)])
def test_the_wait_is_that_of_erlangs_formula(servers: int, load: float) -> None:
    station, _ = simulated(servers, load, 30_000)

    waited = station.seconds_here / station.left - SERVICE_S
    assert waited == pytest.approx(mean_wait(servers, load), rel=0.2, abs=0.02)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.8), (5, 4.0)])
def test_littles_law_holds(servers: int, load: float) -> None:
    station, seconds = simulated(servers, load, 20_000)

    here_on_average = station.area / seconds
    rate, stay = station.left / seconds, station.seconds_here / station.left
    assert here_on_average == pytest.approx(rate * stay)
    assert here_on_average == pytest.approx(
        load / SERVICE_S * (mean_wait(servers, load) + SERVICE_S), rel=0.15
    )


def test_who_has_no_more_patience_leaves() -> None:
    station, _ = simulated(1, 2.0, 2_000, patience=3.0)

    assert station.left == 2_000
    assert station.longest_wait == pytest.approx(3.0)


def test_without_a_number_of_servers_nobody_waits() -> None:
    environment = simpy.Environment()
    station = Station(environment, None)
    for _ in range(100):
        environment.process(station.serve(1.0))
    environment.run()

    assert environment.now == 1.0
    assert station.most_waiting == 0
