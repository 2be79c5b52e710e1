import pytest

from comparison import counts, page
from comparison.page.rushes import Rushes, simulated
from comparison.prices import Prices
from tests.unit.comparison.page import made_up


@pytest.fixture(scope="package")
def rushes() -> Rushes:
    return simulated((1, 10_000))


@pytest.fixture(scope="package")
def html(rushes: Rushes) -> str:
    prices = Prices.of("us-east-1")
    return page.render(made_up.measured(), counts.load(), prices, made_up.failures(), rushes)
