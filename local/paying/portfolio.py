"""The portfolio of policies: read from CSV, loaded into a stack, and what is due by it."""

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import batched
from pathlib import Path
from typing import Any

from local.paying.premiums import Premium, UnreadableFile

HEADER = ("policyId", "customerId", "product", "premium", "currency")
POLICIES_PER_CALL = 1000
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_EMAIL = re.compile(r"(?=.{3,254}\Z)[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class ImportFailed(RuntimeError):
    """The stack did not take the policies."""


@dataclass(frozen=True)
class Policy:
    policy_id: str
    customer_id: str
    product: str
    premium: Decimal
    currency: str


def read_policies(path: Path) -> dict[str, Policy]:
    """By policy id; one mistake and the whole file is refused with `UnreadableFile`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            if tuple(next(rows, ())) != HEADER:
                raise UnreadableFile(f"{path}: the first line must be {','.join(HEADER)}")
            policies = [_policy(f"{path}:{rows.line_num}", row) for row in rows if row]
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(f"{path}: {error}") from error
    return {policy.policy_id: policy for policy in policies}


def _policy(where: str, row: list[str]) -> Policy:
    try:
        policy_id, customer_id, product, premium, currency = row
    except ValueError:
        raise UnreadableFile(f"{where}: {len(row)} columns instead of {len(HEADER)}") from None
    if not _AMOUNT.fullmatch(premium):
        raise UnreadableFile(f"{where}: premium {premium!r} is not an amount like '49.90'")
    return Policy(policy_id, customer_id, product, Decimal(premium), currency)


def load(lambda_client: Any, function: str, policies: Iterable[Policy]) -> int:
    """Upserts the policies through the stack's import function; returns how many it has taken."""
    imported = 0
    for batch in batched(policies, POLICIES_PER_CALL, strict=False):
        answer = lambda_client.invoke(
            FunctionName=function,
            Payload=json.dumps({"policies": [_message(policy) for policy in batch]}),
        )
        payload = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise ImportFailed(f"{function} failed: {payload.get('errorMessage', payload)}")
        imported += payload["imported"]
    return imported


def _message(policy: Policy) -> dict[str, Any]:
    return {
        "policyId": policy.policy_id,
        "customerId": policy.customer_id,
        "product": policy.product,
        "premium": {"value": str(policy.premium), "currency": policy.currency},
    }


def payable(policies: Mapping[str, Policy], premiums: Iterable[Premium]) -> set[int]:
    """Numbers of the lines that must be completed when nothing was paid before: those that match
    the portfolio, and are the first to do so of their policy and period.

    It is the check of what the services decide, so it shares nothing with them.
    """
    first: dict[tuple[str, str], int] = {}
    for premium in premiums:
        policy = policies.get(premium.policy_id)
        if policy and _matches(policy, premium):
            first.setdefault((premium.policy_id, premium.period), premium.line)
    return set(first.values())


def _matches(policy: Policy, premium: Premium) -> bool:
    return (
        premium.customer_id == policy.customer_id
        and _AMOUNT.fullmatch(premium.amount) is not None
        and Decimal(premium.amount) == policy.premium
        and premium.currency == policy.currency
        and _MONTH.fullmatch(premium.period) is not None
        and _NAME.fullmatch(premium.name) is not None
        and _EMAIL.fullmatch(premium.email) is not None
    )
