"""The list prices: dated, sourced, and honest about what was not found."""

import pytest

from comparison.prices import NoPrice, Price, Prices, regions

REGIONS = regions()


@pytest.fixture(params=REGIONS)
def prices(request: pytest.FixtureRequest) -> Prices:
    return Prices.of(request.param)


def test_there_are_prices_of_two_regions_at_least() -> None:
    assert {"us-east-1", "eu-central-1"} <= set(REGIONS)


def test_each_price_names_awss_page_and_where_it_was_found(prices: Prices) -> None:
    for price in prices.by_name.values():
        assert price.url.startswith("https://aws.amazon.com/"), price.name
        assert price.source, price.name


def test_each_price_that_is_checked_has_a_date(prices: Prices) -> None:
    undated = [p.name for p in prices.by_name.values() if p.checked and not p.as_of]

    assert undated == []


def test_what_stands_in_is_the_price_of_us_east_1_and_unchecked(prices: Prices) -> None:
    first = Prices.of("us-east-1")
    for price in prices.by_name.values():
        if "stands in" in price.source:
            assert not price.checked
            assert price.usd == first[price.name].usd


def test_a_price_is_of_so_many_units() -> None:
    price = Price("sqs.standard_request", usd=0.40, per=1_000_000, url="", source="")

    assert price.of(2_500_000) == pytest.approx(1.00)


def test_a_region_and_a_price_that_are_not_listed_are_told() -> None:
    with pytest.raises(NoPrice, match="mars-1"):
        Prices.of("mars-1")
    with pytest.raises(NoPrice, match=r"lambda\.wish"):
        Prices.of("us-east-1")["lambda.wish"]
