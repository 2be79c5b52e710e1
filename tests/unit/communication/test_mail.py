"""What a confirmation says."""

import pytest

from communication.model import Mail
from tests.builders import confirmation


def test_the_mail_says_what_was_paid() -> None:
    mail = Mail.confirming(confirmation())

    assert mail.subject == "Your payment for November 2026"
    for text in (mail.text, mail.html):
        for fact in ("Dear Ada Lovelace,", "P-1", "49.90 EUR", "November 2026"):
            assert fact in text


def test_the_html_says_the_same_as_the_text() -> None:
    mail = Mail.confirming(confirmation())

    for paragraph in mail.text.strip().split("\n\n"):
        assert f"<p>{paragraph}</p>" in mail.html


def test_html_in_a_name_stays_text() -> None:
    mail = Mail.confirming(confirmation(name='<a href="https://evil.example">Ada & Co</a>'))

    assert 'Dear <a href="https://evil.example">Ada & Co</a>,' in mail.text
    assert "<a" not in mail.html
    assert "&lt;a href=&quot;https://evil.example&quot;&gt;Ada &amp; Co&lt;/a&gt;" in mail.html


@pytest.mark.parametrize(
    ("value", "amount"),
    [("49.9", "49.90 EUR"), ("1234.5", "1,234.50 EUR"), ("999999999.99", "999,999,999.99 EUR")],
)
def test_an_amount_is_easy_to_read(value: str, amount: str) -> None:
    mail = Mail.confirming(confirmation(amount={"value": value, "currency": "EUR"}))

    assert f" {amount}," in mail.text


@pytest.mark.parametrize(
    ("period", "month"),
    [("2027-01", "January 2027"), ("2026-12", "December 2026"), ("0000-05", "May 0000")],
)
def test_a_month_is_named(period: str, month: str) -> None:
    mail = Mail.confirming(confirmation(period=period))

    assert month in mail.subject
    assert month in mail.text


def test_nothing_in_the_mail_calls_home() -> None:
    mail = Mail.confirming(confirmation())

    for loaded in ("http", "src=", "<img", "<link", "url("):
        assert loaded not in mail.html
