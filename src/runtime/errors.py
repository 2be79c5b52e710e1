"""Errors that are the platform's, not the business's."""


class Unavailable(Exception):
    """A dependency did not answer. Whether the work was done is unknown; repeating it is safe."""


class NotDone(Exception):
    """A call to another service had no effect: the service was not reached, or turned it away."""


class OutcomeUnknown(Exception):
    """A call to another service may have had its effect. Repeating it is safe."""


class Refused(Exception):
    """Another service answered that it will not do this, and why (the problem's `detail`)."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class StepFailed(Exception):
    """A step of a request has failed for good: repeating it would change nothing. Says why."""
