"""In-memory stand-ins for the ports of the use cases, and for SQS."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from botocore.exceptions import ClientError

from communication.model import BeingSent, Claim, Mail, Progress
from contracts.events import Event
from contracts.internal import SentConfirmation
from customer.model import Payment
from payment_requests.model import PaymentRequest
from payment_requests.premiums import Policy
from runtime.errors import Unavailable
from sales.model import Lead, LeadChanged


class MemoryLedger:
    def __init__(self, *policies: Policy) -> None:
        self.policies = {policy.policy_id: policy for policy in policies}
        self.payments: list[Payment] = []

    def policy(self, policy_id: str) -> Policy | None:
        return self.policies.get(policy_id)

    def record(self, payment: Payment) -> bool:
        def due(payment: Payment) -> tuple[str, str]:
            return payment.details.policy_id, payment.details.period

        if due(payment) in map(due, self.payments):
            return False
        self.payments.append(payment)
        return True

    def payment(self, request_id: UUID) -> Payment | None:
        known = (each for each in self.payments if each.details.request_id == request_id)
        return next(known, None)

    def policies_of(self, customer_id: str) -> list[Policy]:
        return [policy for policy in self.policies.values() if policy.customer_id == customer_id]

    def payments_of(self, customer_id: str, limit: int) -> list[Payment]:
        paid = [each for each in self.payments if each.details.customer_id == customer_id]
        return sorted(paid, key=lambda payment: payment.paid_at, reverse=True)[:limit]


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


class MemorySent:
    """What was sent; `claims` holds the claims that have not ended."""

    def __init__(self) -> None:
        self.claims: dict[UUID, Claim] = {}
        self.settled: dict[UUID, tuple[Claim, Progress, datetime]] = {}
        self.is_down = False
        """Whether what becomes of a claim can no longer be stored."""

    def claim(self, claim: Claim, now: datetime) -> Progress:
        if claim.request_id in self.settled:
            return self.settled[claim.request_id][1]
        if claim.request_id in self.claims:
            raise BeingSent
        self.claims[claim.request_id] = claim
        return Progress.CLAIMED

    def settle(self, claim: Claim, progress: Progress, at: datetime) -> None:
        self._store()
        del self.claims[claim.request_id]
        self.settled[claim.request_id] = claim, progress, at

    def release(self, claim: Claim) -> None:
        self._store()
        del self.claims[claim.request_id]

    def latest(self, customer_id: str, limit: int) -> list[SentConfirmation]:
        sent = [
            SentConfirmation(request_id=claim.request_id, period=claim.period, sent_at=at)
            for claim, progress, at in self.settled.values()
            if claim.customer_id == customer_id and progress is Progress.SENT
        ]
        return sorted(sent, key=lambda confirmation: confirmation.sent_at, reverse=True)[:limit]

    def _store(self) -> None:
        if self.is_down:
            raise Unavailable


class MemoryMailer:
    """Keeps every mail, but where `failure` is set it raises that instead."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mail]] = []
        self.failure: Exception | None = None

    def send(self, recipient: str, mail: Mail) -> None:
        if self.failure:
            raise self.failure
        self.sent.append((recipient, mail))


class FakeSes:
    """Boto3's SES client; `failure` is what a call raises."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.failure: Exception | None = None

    def send_email(self, **mail: Any) -> dict[str, Any]:
        if self.failure:
            raise self.failure
        self.sent.append(mail)
        return {"MessageId": str(len(self.sent))}
