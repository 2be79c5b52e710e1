"""A month of premiums: a CSV file with one premium a line.

A line that cannot be read is kept as such and spoils no other line; therefore a quoted field cannot
hold a line break, unlike in RFC 4180.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

HEADER = ("policyId", "customerId", "name", "email", "amount", "currency", "period")
_KEYS = UUID("6f0d6a52-6c1e-4d7c-9d53-1c0b7f3f6f11")


class UnreadableFile(Exception):
    """The file as a whole is not what is expected."""


@dataclass(frozen=True)
class Premium:
    """One readable line, as it stands in the file: whether it is due is for the service to say."""

    line: int
    idempotency_key: str
    policy_id: str
    customer_id: str
    name: str
    email: str
    amount: str
    currency: str
    period: str


@dataclass(frozen=True)
class BrokenLine:
    line: int
    reason: str


def read_premiums(path: Path) -> list[Premium | BrokenLine]:
    """All lines but the header and empty ones, in the file's order.

    The idempotency key follows from a line's content and from how many such lines precede it: the
    same file sent again pays nothing again, while what is listed twice is sent twice, and refused.
    """
    header, *lines = _lines(path)
    _check_header(path, header)
    seen: Counter[tuple[str, ...]] = Counter()
    entries: list[Premium | BrokenLine] = []
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        try:
            fields = _fields(line)
        except ValueError as error:
            entries.append(BrokenLine(number, str(error)))
            continue
        seen[fields] += 1
        key = uuid5(_KEYS, "\x1f".join((*fields, str(seen[fields]))))
        entries.append(Premium(number, str(key), *fields))
    return entries


def _fields(line: bytes) -> tuple[str, ...]:
    """Raises `ValueError` with the reason."""
    try:
        (fields,) = csv.reader([line.decode()], strict=True)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except csv.Error as error:
        reason = "a quote is never closed" if "unexpected end" in str(error) else str(error)
        raise ValueError(f"not CSV: {reason}") from None
    if len(fields) != len(HEADER):
        raise ValueError(f"{len(fields)} columns instead of {len(HEADER)}")
    return tuple(field.strip() for field in fields)


def _lines(path: Path) -> Sequence[bytes]:
    try:
        return path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines() or [b""]
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from error


def _check_header(path: Path, header: bytes) -> None:
    try:
        matches = _fields(header) == HEADER
    except ValueError:
        matches = False
    if not matches:
        raise UnreadableFile(f"{path}: the first line must be {','.join(HEADER)}")
