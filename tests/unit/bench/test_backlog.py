from uuid import uuid4

from contracts.events import PaymentAccepted
from local.bench.backlog import payment_accepted
from sales.model import PremiumPaid


def test_the_backlog_is_what_customer_publishes_and_sales_understands() -> None:
    request = uuid4()
    message = payment_accepted(7, request)
    assert PaymentAccepted.model_validate(message).data.request_id == request
    assert PremiumPaid.model_validate(message).data.request_id == request
