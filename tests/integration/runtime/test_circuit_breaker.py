"""A service that keeps failing is spared, and asked again with care."""

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.fault_proxy import FaultProxy
from runtime.errors import NotDone, OutcomeUnknown, Refused
from runtime.service_client import ServiceClient
from tests.eventually import eventually
from tests.integration.runtime.conftest import NOTE, PAID, Note, Service, within

type MakeClient = Callable[..., ServiceClient]


def fails(client: ServiceClient) -> None:
    with pytest.raises((NotDone, OutcomeUnknown)):
        client.put("/notes/1", NOTE, within())


def works(client: ServiceClient) -> bool:
    try:
        return client.get("/notes", within(), Note) == PAID
    except NotDone:
        return False


@pytest.mark.parametrize(
    "fault", [FaultProxy.refuse, FaultProxy.hang, FaultProxy.rubbish, lambda p: p.answer(500)]
)
def test_after_failures_in_a_row_no_call_is_made(
    make_client: MakeClient, proxy: FaultProxy, fault: Callable[[FaultProxy], None]
) -> None:
    client = make_client(failures=3, read_seconds=0.1)
    fault(proxy)
    fails(client)
    fails(client)
    proxy.reset()

    with pytest.raises(NotDone, match="keeps failing"):
        client.put("/notes/1", NOTE, within())

    assert proxy.requests == 0


def test_after_a_while_one_call_may_try_and_closes_the_circuit(
    make_client: MakeClient, proxy: FaultProxy, log: io.StringIO
) -> None:
    client = make_client(failures=2, recovery_seconds=1)
    proxy.answer(500)
    fails(client)
    proxy.reset()

    eventually(lambda: works(client), "the circuit is closed")
    assert works(client)

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["circuit"] for line in lines if "circuit" in line] == [
        "OPEN",
        "HALF_OPEN",
        "CLOSED",
    ]


def test_a_try_that_fails_opens_the_circuit_again(
    make_client: MakeClient, proxy: FaultProxy, log: io.StringIO
) -> None:
    client = make_client(failures=2, recovery_seconds=2)
    proxy.answer(500)
    fails(client)

    def tried() -> bool:
        fails(client)
        return proxy.requests > 2

    eventually(tried, "a call has tried")
    assert proxy.requests == 3
    proxy.reset()
    eventually(lambda: works(client), "the circuit is closed")


def test_only_one_of_many_threads_tries(
    make_client: MakeClient, proxy: FaultProxy, service: Service
) -> None:
    client = make_client(failures=2, recovery_seconds=2)
    proxy.answer(500)
    fails(client)
    proxy.delay(0.5)

    def work(_: int) -> None:
        eventually(lambda: works(client), "the circuit is closed")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    first, second, *_ = sorted(received.at for received in service.received)
    assert second - first >= 0.5


@pytest.mark.parametrize("status", [403, 422, 429])
def test_a_service_that_says_no_does_not_fail(
    make_client: MakeClient, proxy: FaultProxy, status: int
) -> None:
    client = make_client(failures=1)
    proxy.answer(status, b'{"title": "", "status": 422, "detail": "no"}')
    for _ in range(3):
        with pytest.raises((NotDone, Refused)):
            client.put("/notes/1", NOTE, within())
    proxy.reset()

    assert works(client)


def test_a_refusal_closes_the_circuit_too(make_client: MakeClient, proxy: FaultProxy) -> None:
    client = make_client(failures=2, recovery_seconds=1)
    proxy.answer(500)
    fails(client)
    proxy.answer(422, b'{"title": "", "status": 422, "detail": "no"}')

    def refused() -> bool:
        try:
            client.put("/notes/1", NOTE, within())
        except Refused:
            return True
        except NotDone:
            return False
        return False

    eventually(refused, "a call has tried")
    proxy.reset()
    with ThreadPoolExecutor(1) as another_thread:
        assert another_thread.submit(works, client).result()


def test_failures_that_are_not_in_a_row_do_not_open_the_circuit(
    make_client: MakeClient, proxy: FaultProxy
) -> None:
    client = make_client(failures=2)

    for _ in range(3):
        proxy.fail_once()
        assert works(client)


def test_a_call_that_the_caller_cuts_short_says_nothing_of_the_service(
    make_client: MakeClient, proxy: FaultProxy
) -> None:
    client = make_client(failures=3, read_seconds=30)
    proxy.answer(500)
    fails(client)  # twice

    proxy.hang()
    with pytest.raises(OutcomeUnknown):
        client.put("/notes/1", NOTE, within(1))
    proxy.reset()
    proxy.answer(500)
    fails(client)

    assert proxy.requests == 1, "neither a failure, nor the end of the failures in a row"


def test_circuits_of_two_services_are_apart(make_client: MakeClient, proxy: FaultProxy) -> None:
    broken, sound = make_client(failures=1), make_client(failures=1)
    proxy.answer(500)
    fails(broken)
    proxy.reset()

    assert works(sound)
    assert not works(broken)
