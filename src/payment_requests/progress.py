"""Tells of the progress of the requests that a service owns: in its log, and in its metrics."""

from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from contracts.api import RequestStatus, StepStatus
from payment_requests.model import Change
from runtime.metrics import emit

_STEPS = {
    StepStatus.RETRYING: "StepsRetrying",
    StepStatus.DONE: "StepsDone",
    StepStatus.FAILED: "StepsFailed",
}


def tell(change: Change) -> None:
    """To be called once it is stored, and only by who has stored it: so it is counted once."""
    request = change.after
    if change.before is None:
        emit("payment accepted", request.id, ["PaymentsAccepted"])
    for step in change.steps:
        by = {"step": step.service}
        emit(f"step {step.status}", request.id, [_STEPS[step.status]], by=by, detail=step.detail)
    match change.status:
        case RequestStatus.COMPLETED:
            taken = {"TimeToCompletion": datetime.now(UTC) - request.accepted_at}
            emit("payment completed", request.id, ["PaymentsCompleted"], durations=taken)
        case RequestStatus.FAILED:
            emit("payment failed", request.id, ["PaymentsFailed"])


def tell_refused(request_id: UUID, status: HTTPStatus) -> None:
    """Nothing is stored of what is refused: a client who repeats it is counted again."""
    by = {"status": str(status.value)}
    emit("payment refused", request_id, ["PaymentsRefused"], by=by)
