"""What the templates and AWS let through: docs/limits.md, which a test compares."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    throttle: float = 10_000
    """`ThrottlingRate` of each stage, as many at once: raised here to what an account has."""
    gateway_rate: float = 10_000
    gateway_burst: float = 5_000
    """Of an account, all its APIs together."""
    concurrency: int = 1_000
    """Executions of an account's functions."""
    sns_messages: float = 30_000
    eventbridge_calls: float = 10_000
    eventbridge_invocations: float = 18_750
    """A second. Above it they are late, not lost."""
    dynamodb_writes: float = 40_000
    """Units a second, of a table that is warm."""


THROTTLE_OF_TEMPLATES = 200
CONSUMERS = {
    "Customer": 5,
    "Sales": 5,
    "Communication": 5,
    "Outcomes": 15,
    "Audit": 15,
}
"""Batches at once, `MaximumConcurrency`."""
OUTCOMES_OF_DECOUPLE = 5
STEP_DEADLINE_S = 1200.0
"""`StepDeadlineSeconds` of the queues: the sweep fails a step that nobody has reported by then."""
PATIENCE_S = 2.0
"""`SalesTimeoutSeconds`: how long Payments waits for Sales."""
RESUME_EVERY_S = 60.0
RESUME_FOR_S = 46.0
"""Of the 50 that ResumeFunction has, 4 are for the answer."""
