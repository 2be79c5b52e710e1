"""In-memory stand-ins for the ports of the use cases, and for SQS."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from botocore.exceptions import ClientError

from contracts.events import Event
from customer.model import Payment, Policy
from payment_requests.model import PaymentRequest
from sales.model import Lead, LeadChanged


class MemoryLedger:
    def __init__(self, *policies: Policy) -> None:
        self.policies = {policy.policy_id: policy for policy in policies}
        self.payments: list[Payment] = []

    def policy(self, policy_id: str) -> Policy | None:
        return self.policies.get(policy_id)

    def record(self, payment: Payment) -> bool:
        taken = {(known.policy_id, known.period) for known in self.payments}
        if (payment.policy_id, payment.period) in taken:
            return False
        self.payments.append(payment)
        return True


class MemoryRequests:
    """Requests with their outbox; `transaction` runs work on it as a database would."""

    def __init__(self, *requests: PaymentRequest) -> None:
        self.requests = {request.id: request for request in requests}
        self.outbox: dict[UUID, tuple[datetime, Event]] = {}
        self.saved: list[UUID] = []

    def transaction[Result](self, work: Callable[["MemoryRequests"], Result]) -> Result:
        return work(self)

    def add(self, request: PaymentRequest, events: Sequence[Event]) -> None:
        self.requests[request.id] = request
        self.mark(request.accepted_at, *events)

    def mark(self, at: datetime, *events: Event) -> None:
        self.outbox |= {event.id: (at, event) for event in events}

    def find(self, request_id: UUID) -> PaymentRequest | None:
        return self.requests.get(request_id)

    def save(self, request: PaymentRequest) -> None:
        self.requests[request.id] = request
        self.saved.append(request.id)

    def overdue(self, accepted_before: datetime, limit: int) -> list[UUID]:
        late = [
            request
            for request in self.requests.values()
            if request.accepted_at < accepted_before and any(step.is_open for step in request.steps)
        ]
        return [r.id for r in sorted(late, key=lambda request: request.accepted_at)][:limit]

    def unpublished(self, marked_before: datetime, limit: int) -> list[Event]:
        marks = sorted(self.outbox.values(), key=lambda mark: mark[0])
        return [event for at, event in marks if at < marked_before][:limit]

    def mark_published(self, event_ids: Sequence[UUID]) -> None:
        for event_id in event_ids:
            self.outbox.pop(event_id, None)


class MemoryPublisher:
    """Accepts every event but those in `refuses`."""

    def __init__(self, *, refuses: Sequence[UUID] = ()) -> None:
        self.refuses = refuses
        self.published: list[Event] = []

    def publish(self, events: Sequence[Event]) -> list[UUID]:
        accepted = [event for event in events if event.id not in self.refuses]
        self.published += accepted
        return [event.id for event in accepted]


class MemoryLeads:
    def __init__(self) -> None:
        self.leads: dict[str, Lead] = {}
        self.marks: set[UUID] = set()
        self.faster = 0
        """How many saves find that another was faster."""

    def find(self, customer_id: str) -> Lead | None:
        return self.leads.get(customer_id)

    def save(self, lead: Lead, request_id: UUID) -> None:
        if self.faster:
            self.faster -= 1
            raise LeadChanged
        if request_id not in self.marks:
            self.marks.add(request_id)
            self.leads[lead.customer_id] = lead


class FakeSqs:
    """The calls of boto3's SQS client that the code uses."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        """Queue URL and body of each message."""
        self.visibility: dict[str, int] = {}
        """The new time-out in seconds, by receipt handle."""
        self.batches: list[int] = []
        """The number of entries in each call."""
        self.refuses: Callable[[str], bool] = lambda body: False
        self.is_down = False

    def bodies(self, queue_url: str) -> list[str]:
        return [body for url, body in self.sent if url == queue_url]

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self._called("SendMessageBatch", Entries)
        answer: dict[str, list[dict[str, Any]]] = {}
        for entry in Entries:
            if self.refuses(entry["MessageBody"]):
                answer.setdefault("Failed", []).append({"Id": entry["Id"], "Code": "Refused"})
            else:
                self.sent.append((QueueUrl, entry["MessageBody"]))
                answer.setdefault("Successful", []).append({"Id": entry["Id"]})
        return answer

    def change_message_visibility_batch(
        self, *, QueueUrl: str, Entries: list[dict[str, Any]]
    ) -> dict[str, Any]:
        self._called("ChangeMessageVisibilityBatch", Entries)
        self.visibility |= {e["ReceiptHandle"]: e["VisibilityTimeout"] for e in Entries}
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def _called(self, operation: str, entries: list[dict[str, Any]]) -> None:
        if self.is_down:
            raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, operation)
        if not 1 <= len(entries) <= 10 or len({entry["Id"] for entry in entries}) < len(entries):
            raise ClientError({"Error": {"Code": "InvalidBatch"}}, operation)
        self.batches.append(len(entries))
