"""The live view in a real browser, over stacks of the local cloud."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from local.live.view import PAGE, live_view
from local.paths import STATE
from local.paying.premiums import Premium
from local.stack import Stack
from tests import browser, live_page
from tests.browser import Page
from tests.e2e.conftest import Customer
from tests.eventually import eventually

SCREENSHOTS = STATE / "screenshots"
SERVICES = {"client", "payments", "customer", "sales", "communication"}
INVOLVED = {"apigw-single": SERVICES, "pubsub-one-event": SERVICES}
ANSWERED = {"apigw-single": "201 after", "pubsub-one-event": "202 after"}
STATES = """
Object.fromEntries([...document.querySelectorAll("#live [data-service][data-state]")]
  .filter((each) => each.closest("svg"))
  .map((each) => [each.dataset.service, each.dataset.state]))
"""
TIMELINE = """
[...document.querySelectorAll("#live .live-timeline li")]
  .map(({ dataset, textContent }) => [dataset.service, Number(dataset.ms), textContent])
"""

pytestmark = pytest.mark.parametrize("stack", INVOLVED, indirect=True)


@pytest.fixture
def page_file(tmp_path: Path, stack: Stack) -> Path:
    """The page itself, or, before `make compare` has written it, what the live view needs of it."""
    if PAGE.exists():
        return PAGE
    file = tmp_path / "index.html"
    file.write_text(live_page.html({stack.name: live_page.diagram()}))
    return file


@pytest.fixture
def address(cloud: Cloud, stack: Stack, customer: Customer, page_file: Path) -> Iterator[str]:
    """Of a live view of this stack, in which the customer's next premium is paid."""
    paid = Premium(
        1, "", customer.policy_id, customer.id, "Ada", customer.email, "49.90", "EUR", "2026-10"
    )
    with live_view(cloud, [stack.name], [paid], page_file) as address:
        yield address


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    program = browser.executable()
    if program is None:
        pytest.skip("no Chromium is installed (Debian's package: chromium)")
    with browser.browsing(program) as page:
        page.show(address)
        eventually(lambda: status(page) == "Ready.", "the page is ready")
        yield page


def status(page: Page) -> str:
    return str(page.run("document.querySelector('#live [role=status]')?.textContent"))


def pay(page: Page) -> None:
    """With the keyboard."""
    page.run("document.querySelector('#live button').focus()")
    page.press(" ", 32)
    eventually(lambda: "on its way" in status(page), "it is paid")


def wait_until_all_is_told(page: Page) -> None:
    eventually(lambda: status(page) == "That was all. Pay again?", "all is told", seconds=150)


def timeline(page: Page) -> list[list[Any]]:
    found: list[list[Any]] = page.run(TIMELINE)
    return found


def test_who_presses_pay_sees_every_service_report(page: Page, stack: Stack) -> None:
    pay(page)

    wait_until_all_is_told(page)

    assert page.run(STATES) == dict.fromkeys(INVOLVED[stack.name], "done")
    steps = timeline(page)
    assert {service for service, _, _ in steps} == INVOLVED[stack.name]
    assert [ms for _, ms, _ in steps] == sorted(ms for _, ms, _ in steps)
    assert any("Payments completed it" in text for _, _, text in steps)
    badge = page.run("document.querySelector('#live .live-badge').textContent")
    assert badge.startswith(ANSWERED[stack.name])
    assert page.complaints == []
    page.run("document.getElementById('live').scrollIntoView({ behavior: 'instant' })")
    page.screenshot(SCREENSHOTS / f"live-{stack.name}.png", whole=False)


def test_the_next_premium_is_another_months_and_begins_a_new_timeline(page: Page) -> None:
    pay(page)
    assert "2026-11" in status(page)
    wait_until_all_is_told(page)

    pay(page)
    assert "2026-12" in status(page)
    wait_until_all_is_told(page)

    sent = [text for _, _, text in timeline(page) if "sends the payment" in text]
    assert len(sent) == 1


def test_who_comes_late_sees_it_too(page: Page, address: str) -> None:
    pay(page)
    wait_until_all_is_told(page)
    seen = timeline(page)

    page.show(address, width=360, scheme="dark")

    assert eventually(lambda: timeline(page) == seen, "the same timeline")
    assert page.run("document.documentElement.scrollWidth") == 360
