"""A run and a failure matrix that never were: nothing in them is a figure of this project."""

from typing import Any

from comparison.failures import Failures
from comparison.measured import Function, Interval, Load, Measured, Template, Times, Variant
from local.variants import VARIANTS

_ANSWERED = {
    "decouple": 40.0,
    "apigw-single": 180.0,
    "apigw-multiple": 186.0,
    "pubsub-sns": 61.0,
    "pubsub-three-events": 74.0,
    "pubsub-one-event": 63.0,
}
_DONE = {
    "decouple": 1080.0,
    "apigw-single": 180.0,
    "apigw-multiple": 186.0,
    "pubsub-sns": 1900.0,
    "pubsub-three-events": 2300.0,
    "pubsub-one-event": 2100.0,
}
_CALLS = {"dynamodb.GetItem": 1.0, "dynamodb.TransactWriteItems": 1.0}
_CHANNEL = {
    "decouple": {"sqs.SendMessageBatch": 2.0},
    "pubsub-sns": {"sns.Publish": 4.0, "ses.SendEmail": 1.0, "dynamodb.PutItem": 4.02},
    "pubsub-three-events": {"events.PutEvents": 4.0, "ses.SendEmail": 1.0, "dynamodb.PutItem": 6},
    "pubsub-one-event": {"events.PutEvents": 4.0, "ses.SendEmail": 1.0, "dynamodb.PutItem": 4.0},
}
_MESSAGES: dict[str, dict[str, float]] = {
    "decouple": {"SalesQueue": 1, "OutcomesQueue": 1},
    "apigw": {},
    "pubsub": {
        "CustomerQueue": 1,
        "SalesQueue": 1,
        "CommunicationQueue": 1,
        "OutcomesQueue": 3,
        "AuditQueue": 4,
    },
}
_OF_APIGW = {"ses.SendEmail": 1.0, "dynamodb.UpdateItem": 2.0}


def around(value: float, spread: float = 0.1) -> Interval:
    return Interval(value=value, low=value * (1 - spread), high=value * (1 + spread))


def times(value: float, spread: float = 0.1) -> Times:
    p50, p95, p99 = (around(value * factor, spread) for factor in (1, 1.9, 2.8))
    return Times(n=1560, p50=p50, p95=p95, p99=p99)


def load(name: str, rate: float) -> Load:
    slower = 1 + rate / 20
    return Load(
        offered=rate,
        payments=529,
        completed=520,
        refused={"409": 2, "422": 3},
        answered=times(_ANSWERED[name] * slower),
        done=times(_DONE[name] * slower**2, 0.2),
    )


def variant(name: str) -> Variant:
    calls = {**_CALLS, **_CHANNEL.get(name, _OF_APIGW)}
    messages = _MESSAGES[name.partition("-")[0]]
    billed = {"PaymentsApiFunction": 90.0} | {
        queue.replace("Queue", "ConsumerFunction"): 22.0 for queue in messages
    }
    return Variant(
        loads=tuple(load(name, rate) for rate in (2.0, 8.0, 12.0)),
        calls=calls,
        messages=messages,
        functions={
            function: Function(invocations=1, billed_ms=around(ms), memory_mb=512)
            for function, ms in billed.items()
        },
        template=Template(file=VARIANTS[name].template.name, lines=1234, resources=56),
    )


def measured() -> Measured:
    return Measured(
        at="1999-12-31 (made up)",
        commit="0000000",
        machine="no machine: these figures are made up",
        seconds=840,
        rounds=3,
        variants={name: variant(name) for name in VARIANTS},
    )


def cell(name: str, fault: str, errors: int, healed_s: float) -> dict[str, Any]:
    return {
        "variant": name,
        "fault": fault,
        "meaning": f"made up: {fault}",
        "payments": 51,
        "lost": {"ledger": 0, "leads": 0},
        "answers": {"202": 51 - errors, **({"503": errors} if errors else {})},
        "waited_p50_s": 0.1,
        "waited_most_s": 2.4 if name.startswith("apigw") else 0.4,
        "healed_s": healed_s,
        "violations": [],
    }


def failures(*faults: str) -> Failures:
    names = faults or ("sales-times-out", "sales-throttled", "database-cut", "poison")
    cells = [
        cell(name, fault, 17 * (fault == "database-cut" and not name.startswith("pubsub")), 9 + n)
        for name in VARIANTS
        for n, fault in enumerate(names)
    ]
    return Failures.model_validate({"date": "1999-12-31", "commit": "0000000", "cells": cells})
