"""What the live view shows of what its server tells, in a real browser. What is told is made up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.live.broadcast import Broadcast
from local.live.server import LiveServer, serving
from local.live.till import NothingToPay
from tests import browser, live_page
from tests.browser import Page
from tests.eventually import eventually

VARIANTS = ["decouple", "apigw-single"]
PAID = {"policy": "P-1", "amount": "29.40 EUR", "period": "2026-12"}
ON_ITS_WAY = "29.40 EUR for policy P-1, 2026-12, is on its way."


class Told:
    """Pay, in place of the services."""

    def __init__(self) -> None:
        self.broadcast = Broadcast()
        self.error: Exception | None = None

    def pay(self) -> None:
        if self.error:
            raise self.error
        self.broadcast.begin("pay", PAID)

    def step(self, service: str, kind: str, what: str, ms: int, **about: Any) -> None:
        step = {"variant": "decouple", "service": service, "kind": kind, "what": what, "ms": ms}
        self.broadcast.say("step", step | {"cold": False, "status": None} | about)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def server(tmp_path: Path, told: Told) -> Iterator[LiveServer]:
    file = tmp_path / "index.html"
    file.write_text(live_page.html(dict.fromkeys([*VARIANTS, "pubsub-sns"], live_page.diagram())))
    server = LiveServer(0, file, VARIANTS, told.broadcast, told.pay)
    with serving(server):
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    program = browser.executable()
    if program is None:
        pytest.skip("no Chromium is installed (Debian's package: chromium)")
    with browser.browsing(program) as page:
        yield page


@pytest.fixture
def page(chromium: Page, server: LiveServer) -> Page:
    chromium.complaints.clear()
    chromium.show(server.address)
    wait_for_status(chromium, "Ready.")
    return chromium


def text(page: Page, selector: str) -> str:
    return str(page.run(f"document.querySelector('#live {selector}')?.innerText"))


def wait_for_status(page: Page, expected: str) -> None:
    eventually(lambda: text(page, "[role=status]") == expected, expected, seconds=5)


def wait_for_line(page: Page, expected: str) -> None:
    eventually(lambda: expected in text(page, ".live-timeline"), expected, seconds=5)


def state(page: Page, service: str) -> str:
    return str(page.run(f"document.querySelector('#live g[data-service={service}]').dataset.state"))


def press(page: Page) -> None:
    page.run("document.querySelector('#live button').focus()")
    page.press(" ", 32)


def pay(page: Page) -> None:
    press(page)
    wait_for_status(page, ON_ITS_WAY)


def test_it_shows_the_variants_that_are_up_each_with_its_diagram(page: Page) -> None:
    shown = page.run("[...document.querySelectorAll('#live h3')].map((each) => each.innerText)")

    assert shown == VARIANTS
    assert page.run("document.querySelectorAll('#live svg').length") == len(VARIANTS)
    assert page.complaints == []


def test_the_page_alone_has_no_live_view(
    chromium: Page, server: LiveServer, tmp_path: Path
) -> None:
    chromium.show((tmp_path / "index.html").as_uri())

    assert chromium.run("document.querySelector('#live').hidden")
    assert chromium.run("document.querySelector('#live').innerHTML") == ""


def test_a_service_lights_up_when_it_reports_and_its_line_is_in_the_order_of_time(
    page: Page, told: Told
) -> None:
    pay(page)

    told.step("sales", "received", "took its message", 91)
    wait_for_line(page, "Sales took its message")
    assert state(page, "sales") == "active"
    assert state(page, "customer") == "None"

    told.step("sales", "reported", "reported its outcome", 1310, cold=True)
    told.step("customer", "received", "received the payment", 31, cold=True)
    wait_for_line(page, "Sales reported its outcome")

    assert text(page, ".live-timeline").split("\n") == [
        *("31 ms", "Customer received the payment cold start"),
        *("91 ms", "Sales took its message"),
        *("1.31 s", "Sales reported its outcome cold start"),
    ]
    assert (state(page, "customer"), state(page, "sales")) == ("active", "done")


def test_the_badge_is_what_the_client_was_told(page: Page, told: Told) -> None:
    pay(page)
    told.step("client", "sent", "sends the payment", 1)
    eventually(lambda: text(page, ".live-badge") == "waiting", "it waits")

    told.step("client", "answered", "is answered: accepted, ask later", 63, status=202)
    told.step("client", "completed", "hears that it is completed", 1090)

    expected = "202 after 63 ms, done after 1.09 s"
    assert eventually(lambda: text(page, ".live-badge") == expected, expected)


def test_what_fails_is_told_and_marked(page: Page, told: Told) -> None:
    pay(page)
    told.step("sales", "failed", "a message failed: Unavailable", 91)
    told.step("client", "failed", "is refused: try again", 230, status=503)
    told.broadcast.say("over", {"variant": "apigw-single", "unread": "the log cannot be read"})

    wait_for_line(page, "Client is refused: try again 503")

    assert (state(page, "sales"), state(page, "client")) == ("failed", "failed")
    assert text(page, ".live-badge") == "503 after 230 ms"
    assert "the log cannot be read" in text(page, "[data-variant=apigw-single]")


def test_pay_can_be_pressed_again_when_all_is_shown_and_has_kept_the_focus(
    page: Page, told: Told
) -> None:
    pay(page)
    told.step("sales", "reported", "reported its outcome", 91)
    assert page.run("document.querySelector('#live button').ariaDisabled") == "true"

    told.broadcast.say("end", {})

    wait_for_status(page, "That was all. Pay again?")
    assert page.run("document.activeElement.innerText") == "Pay"
    page.press(" ", 32)
    wait_for_status(page, ON_ITS_WAY)
    assert text(page, ".live-timeline") == ""


def test_what_cannot_be_paid_is_said(page: Page, told: Told) -> None:
    told.error = NothingToPay("no premium is known to be payable")

    press(page)

    wait_for_status(page, "Not paid: no premium is known to be payable.")


def test_the_end_of_make_run_is_said(page: Page, told: Told) -> None:
    told.broadcast.close()

    wait_for_status(page, "The connection is lost. Is make run still up?")


def test_a_connection_that_was_lost_misses_nothing(
    page: Page, told: Told, server: LiveServer
) -> None:
    pay(page)
    told.step("sales", "received", "took its message", 91)
    wait_for_line(page, "Sales took its message")

    page.show(server.address)

    wait_for_line(page, "Sales took its message")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off(chromium: Page, server: LiveServer, scheme: str) -> None:
    chromium.show(server.address, width=360, scheme=scheme)
    wait_for_status(chromium, "Ready.")

    assert chromium.run("document.documentElement.scrollWidth") == 360
