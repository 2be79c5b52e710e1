"""Reading a month of premiums."""

from pathlib import Path

import pytest

from local.paying.premiums import BrokenLine, Premium, UnreadableFile, read_premiums

HEADER = b"policyId,customerId,name,email,amount,currency,period"
GOOD = "MOT-1,C-1,Zoë Novák,success@simulator.amazonses.com,49.90,EUR,2026-11".encode()
OTHER = b'HOM-2,C-1,"Nov\xc3\xa1k, Zo\xc3\xab",success@simulator.amazonses.com,12.00,EUR,2026-11'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "premiums.csv"


def lines_of(file: Path, *lines: bytes) -> list[Premium | BrokenLine]:
    file.write_bytes(b"\n".join([HEADER, *lines, b""]))
    return read_premiums(file)


def keys(entries: list[Premium | BrokenLine]) -> list[str]:
    return [entry.idempotency_key for entry in entries if isinstance(entry, Premium)]


def test_a_line_becomes_a_premium_with_its_number(file: Path) -> None:
    first, second = lines_of(file, GOOD, b"", OTHER)
    assert isinstance(first, Premium)
    assert (first.line, first.policy_id, first.name) == (2, "MOT-1", "Zoë Novák")
    assert isinstance(second, Premium)
    assert (second.line, second.name) == (4, "Novák, Zoë")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"MOT-1,C-1,Ada", "3 columns instead of 7"),
        (GOOD + b",more", "8 columns instead of 7"),
        (GOOD.replace(b"Zo", b'"Zo'), "not CSV: a quote is never closed"),
        (GOOD.replace(b"49", b"\xff"), "not UTF-8"),
    ],
)
def test_a_broken_line_says_why_and_spoils_no_other(file: Path, line: bytes, reason: str) -> None:
    before, broken, after = lines_of(file, GOOD, line, OTHER)
    assert isinstance(before, Premium)
    assert broken == BrokenLine(3, reason)
    assert isinstance(after, Premium)


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake(file: Path) -> None:
    plain = lines_of(file, GOOD)
    file.write_bytes(b"\xef\xbb\xbf" + HEADER + b"\r\n" + GOOD + b"\r\n")
    assert read_premiums(file) == plain


def test_the_same_file_has_the_same_keys_again(file: Path) -> None:
    assert keys(lines_of(file, GOOD, OTHER)) == keys(lines_of(file, GOOD, OTHER))


def test_keys_do_not_depend_on_the_order_of_the_lines(file: Path) -> None:
    assert set(keys(lines_of(file, OTHER, GOOD))) == set(keys(lines_of(file, GOOD, OTHER)))


def test_a_premium_that_is_listed_twice_has_two_keys(file: Path) -> None:
    assert len(set(keys(lines_of(file, GOOD, OTHER, GOOD)))) == 3


def test_an_empty_month_is_no_mistake(file: Path) -> None:
    assert lines_of(file) == []


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"policy,amount\nMOT-1,49.90\n"])
def test_another_file_is_refused_with_what_is_expected(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UnreadableFile, match="must be policyId,customerId,name,email,amount"):
        read_premiums(file)


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"premiums\.csv: No such file"):
        read_premiums(file)
