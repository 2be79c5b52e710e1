"""Communication hears of payments, over DynamoDB and SES."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen
from uuid import uuid4

import pytest

from communication.mailer import SesMailer
from communication.model import BeingSent, Claim
from communication.sent import SentTable
from communication.service import confirm
from contracts.api import StepStatus
from local.cloud import Cloud
from local.variants import VARIANTS
from runtime.queues import retry_later
from tests.builders import NOW, confirmation, published, sqs_record
from tests.fakes import FakeSqs
from tests.integration.subscribers.conftest import Subscriber
from tests.templates.cloudformation import read

# LocalStack's SES, as SES itself, takes it for two addresses, of which one has no domain.
REFUSED = "ada,lovelace@example.com"

type Mails = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def mails(cloud: Cloud, sender: str) -> Mails:
    """The mails that LocalStack's SES took from the sender."""

    def get() -> list[dict[str, Any]]:
        query = urlencode({"email": sender})
        with urlopen(f"{cloud.endpoint}/_aws/ses?{query}", timeout=10) as answer:
            taken: list[dict[str, Any]] = json.load(answer)["messages"]
        return taken

    return get


@pytest.mark.parametrize("kind", ["payment.accepted.v1", "confirmation.due.v1"])
def test_a_payment_is_confirmed_to_the_payer(
    communication_consumer: Subscriber, mails: Mails, customer_id: str, kind: str
) -> None:
    request_id = uuid4()

    assert communication_consumer.take(published(kind, request_id, customer_id=customer_id)) == []
    (mail,) = mails()
    assert mail["Destination"]["ToAddresses"] == ["ada@example.com"]
    assert mail["Subject"] == "Your payment for November 2026"
    assert communication_consumer.reported(request_id) == [StepStatus.DONE]


def test_duplicates_in_one_batch_and_later_send_one_mail(
    communication_consumer: Subscriber, mails: Mails, customer_id: str
) -> None:
    event = published(customer_id=customer_id)

    assert communication_consumer.take(event, event) == []
    assert communication_consumer.take(event, receives=2) == []
    assert len(mails()) == 1


def test_an_address_that_ses_refuses_fails_the_step_and_delays_nobody(
    communication_consumer: Subscriber, mails: Mails, customer_id: str, log: io.StringIO
) -> None:
    request_id = uuid4()
    refused = published(request_id=request_id, customer_id=customer_id).model_dump_json()
    refused = refused.replace("ada@example.com", REFUSED)

    assert communication_consumer.take(refused, published(customer_id=customer_id)) == []
    assert communication_consumer.reported(request_id) == [StepStatus.FAILED]
    assert len(mails()) == 1
    for personal in ("Ada", "Lovelace", "lovelace", "example.com"):
        assert personal not in log.getvalue()


def test_the_attempts_of_a_message_outlast_the_claim_of_one_that_was_cut_short(
    sqs: FakeSqs,
    tables: dict[str, str],
    sender: str,
    mails: Mails,
    customer_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the answer of SES was lost, with back-offs as short as they get."""
    monkeypatch.setattr("runtime.queues.random.uniform", min)
    parameters = read(VARIANTS["pubsub-sns"].template)["Parameters"]
    base, most = (parameters[n]["Default"] for n in ("RetryDelaySeconds", "MaxReceiveCount"))
    sent, request_id, now = SentTable(tables["CONFIRMATIONS_TABLE"], 90), uuid4(), NOW
    sent.claim(Claim(uuid4(), request_id, customer_id, "2026-11"), now)

    for attempt in range(1, most):
        failed = sqs_record("", receives=attempt)
        retry_later("https://sqs.example/queue", [failed], base)
        now += timedelta(seconds=sqs.visibility[failed["receiptHandle"]])
        asked = confirmation(customerId=customer_id)
        with suppress(BeingSent):
            confirm(request_id, asked, now, sent=sent, mailer=SesMailer(sender))
            break

    assert len(mails()) == 1
    assert attempt + 1 == 4 < most
