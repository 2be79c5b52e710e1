"""The values that contracts share: money, periods, identifiers."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.base import Identifier, Money, Period

AMOUNTS = st.decimals(min_value="0.01", max_value="999999999.99", places=2)


@pytest.mark.parametrize("value", ["0.01", "0.1", "0.10", "1", "49.9", "49.90", "999999999.99"])
def test_money_is_a_string_with_a_positive_decimal(value: str) -> None:
    assert Money.model_validate({"value": value, "currency": "EUR"}).value == Decimal(value)


@pytest.mark.parametrize(
    "value",
    [
        *("-1", "-0.01", "0", "0.0", "0.00", "00.10", "01", "49.905", "1.000", "1000000000"),
        *("1e3", "1E3", "NaN", "nan", "Infinity", "+1", ".5", "5.", "1,5", "1_000", "0x10"),
        *("", " ", " 1", "1 ", "1\n", "EUR 1", "١", "１"),
        *(49.9, 1, 0, -1, True, None, [], {}, ["1"], float("nan")),
    ],
    ids=repr,
)
def test_money_refuses_anything_else(value: object) -> None:
    with pytest.raises(ValidationError, match="a string with a positive decimal of at most two"):
        Money.model_validate({"value": value, "currency": "EUR"})


@pytest.mark.parametrize("currency", ["eur", "EU", "EURO", "", "E R", "EUR\n", "€", 978, None])
def test_a_currency_is_three_capital_letters(currency: object) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"value": "1", "currency": currency})


def test_amounts_that_are_written_differently_are_equal() -> None:
    money = [Money.model_validate({"value": v, "currency": "EUR"}) for v in ("49.9", "49.90")]

    assert money[0] == money[1]
    assert money[0].model_dump_json() == money[1].model_dump_json()


@given(AMOUNTS)
def test_money_survives_json(value: Decimal) -> None:
    money = Money(value=value, currency="EUR")
    text = money.model_dump_json()

    assert json.loads(text) == {"value": f"{value:.2f}", "currency": "EUR"}
    assert Money.model_validate_json(text) == money


@given(st.text())
def test_money_accepts_no_text_that_decimal_would_read_as_something_else(value: str) -> None:
    try:
        money = Money.model_validate({"value": value, "currency": "EUR"})
    except ValidationError:
        return
    assert money.value == Decimal(value)
    assert 0 < money.value < 10**9
    assert money.value == round(money.value, 2)


@pytest.mark.parametrize("period", ["2026-01", "2026-11", "2026-12", "0001-01"])
def test_a_period_is_a_year_and_a_month(period: str) -> None:
    assert TypeAdapter(Period).validate_python(period) == period


@pytest.mark.parametrize(
    "period",
    ["2026-13", "2026-00", "2026-1", "26-01", "2026/01", "2026-11-01", "2026-11\n", "", 202611],
)
def test_any_other_period_is_refused(period: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Period).validate_python(period)


@pytest.mark.parametrize("identifier", ["P-10001", "a", "9", "a.b_c-d", "x" * 64])
def test_an_identifier_is_short_and_safe_to_print(identifier: str) -> None:
    assert TypeAdapter(Identifier).validate_python(identifier) == identifier


@pytest.mark.parametrize(
    "identifier", ["", "-a", ".a", "a b", "a/b", "a#b", "a\n", "ä", "x" * 65, "a\x00", 1, None]
)
def test_any_other_identifier_is_refused(identifier: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Identifier).validate_python(identifier)
