"""Payments learns where the other services are from SSM, and again every minute."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from local.cloud import Cloud
from payments import downstreams
from payments.downstreams import services
from runtime import aws
from runtime.errors import Unavailable


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(downstreams, "monotonic", clock)
    return clock


@pytest.fixture
def name(aws_clients: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"/test/{uuid4()}"
    monkeypatch.setenv("DOWNSTREAMS_PARAMETER", name)
    monkeypatch.setenv("BREAKER_FAILURES", "5")
    monkeypatch.setenv("BREAKER_RECOVERY_SECONDS", "30")
    caches = (
        aws.ssm,
        downstreams._settings,
        downstreams._parameter,
        downstreams._services,
    )
    for cache in caches:
        cache.cache_clear()
    put(aws_clients, name, "https://one.example")
    yield name
    aws_clients.client("ssm").delete_parameter(Name=name)
    for cache in caches:
        cache.cache_clear()


def put(cloud: Cloud, name: str, url: str) -> None:
    each = {"url": url, "readSeconds": 1}
    value = json.dumps(dict.fromkeys(("customer", "sales", "communication"), each))
    cloud.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


@pytest.mark.usefixtures("name")
def test_within_a_minute_nothing_is_read_again(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = services()
    monkeypatch.setattr(aws, "ssm", None)
    clock.now += 59

    assert services() is first


def test_a_service_that_moved_is_found_within_a_minute(
    aws_clients: Cloud, name: str, clock: Clock
) -> None:
    first = services()
    put(aws_clients, name, "https://two.example")
    clock.now += 61

    assert services() is not first


@pytest.mark.usefixtures("name")
def test_where_nothing_moved_the_same_clients_go_on_with_their_breakers(clock: Clock) -> None:
    first = services()
    clock.now += 61

    assert services() is first


@pytest.mark.usefixtures("name")
def test_when_ssm_does_not_answer_the_last_addresses_are_used(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = services()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1")
    aws.ssm.cache_clear()
    clock.now += 61

    assert services() is first


@pytest.mark.usefixtures("name", "clock")
def test_without_any_address_services_are_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1")

    with pytest.raises(Unavailable):
        services()
