"""What the commands print: it fits, says what it is, and how it was obtained."""

import pytest

from comparison.command_line import execute
from local.variants import VARIANTS

WIDTH = 80


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> "Printed":
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    return Printed(capsys)


class Printed:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def by(self, *arguments: str) -> str:
        assert execute(arguments) == 0
        output = self._capsys.readouterr().out
        assert max(len(line) for line in output.splitlines()) <= WIDTH, output
        return output


def test_all_variants_are_beside_each_other_with_totals(printed: Printed) -> None:
    output = printed.by("cost")

    assert "USD for a million payments, us-east-1" in output
    assert "USD for a month without any" in output
    assert output.count("\nTotal ") == 2 + 1  # with and without mails, and of the month
    headings = output.partition("───")[0]
    for word in {word for name in VARIANTS for word in name.split("-")}:
        assert word in headings


def test_a_bill_says_how_its_counts_were_obtained_and_which_prices_are_unchecked(
    printed: Printed,
) -> None:
    output = " ".join(
        printed.by("cost", "--variant", "pubsub-sns", "--region", "eu-central-1").split()
    )

    assert "counted: calls, gatewayRequests, mails," in output
    assert "derived: archivedBytes" not in output  # SNS has no archive
    assert "assumed: idle.emptyReceives, polls" in output
    assert "SNS~" in output
    assert "no dated source was found for this price in eu-central-1" in output


def test_what_an_http_api_loses_is_said(printed: Printed) -> None:
    assert "An HTTP API checks no request" in printed.by("cost", "--gateway", "http")


def test_a_batch_beyond_what_sqs_gives_is_refused_in_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute(["cost", "--batch", "50"]) == 1
    assert capsys.readouterr().err == "a batch is of 1 to 10 messages\n"


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_simulation_says_that_it_is_one_and_what_is_reached_first(
    printed: Printed, variant: str
) -> None:
    output = printed.by("simulate", "--variant", variant, "--rate", "20", "--seconds", "5")

    assert "\nSimulated, not measured: payments for 5 s" in output
    assert variant in [line.strip() for line in output.splitlines()]
    reached = output.partition("What is reached first")[2]
    assert "clients are refused" in reached
    assert "Sales" in reached


def test_a_simulation_is_the_same_each_time(printed: Printed) -> None:
    arguments = ("simulate", "--variant", "apigw-single", "--rate", "60", "--seconds", "5")

    assert printed.by(*arguments) == printed.by(*arguments)


def test_rates_that_take_too_long_as_events_are_marked(printed: Printed) -> None:
    assert "100,000*" in printed.by("simulate", "--variant", "decouple", "--rate", "100000")


def test_what_waits_for_longer_than_the_sweep_does_is_marked(printed: Printed) -> None:
    late = printed.by("simulate", "--variant", "decouple", "--rate", "10000")
    in_time = printed.by("simulate", "--variant", "decouple", "--rate", "1000")

    assert "100 min!" in late
    assert "min!" not in in_time


def test_a_rate_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        execute(["simulate", "--rate", "0"])
    assert "0 is no number above 0" in capsys.readouterr().err
