"""The six variants as diagrams: from the client at the top to the stores at the bottom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from comparison.page import svg
from comparison.page.shapes import (
    Place,
    call,
    channel,
    client,
    gateway,
    message,
    queue,
    service,
    store,
)
from local.variants import VARIANTS

_WIDTH, _HEIGHT = 340.0, 372.0
_COLUMNS = (43.0, 128.0, 213.0, 297.0)
_BELOW = ("Customer", "Sales", "Communication")
_STORES = {
    "Payments": ("orders", "DynamoDB"),
    "Customer": ("ledger", "Aurora DSQL"),
    "Sales": ("leads", "DynamoDB"),
    "Communication": ("e-mail", "Amazon SES"),
    "Audit": ("trail", "DynamoDB"),
}


@dataclass(frozen=True)
class Diagram:
    name: str
    about: str
    svg: Markup


def diagrams() -> list[Diagram]:
    return [
        Diagram(
            name,
            _ABOUT[name],
            svg.drawing(
                f"How {name} integrates the services: {_ABOUT[name]}",
                _WIDTH,
                _HEIGHT,
                *_DRAWN[name](),
                kind="diagram",
            ),
        )
        for name in VARIANTS
    ]


def _decouple() -> list[Markup]:
    top, api = Place(170, 20, 66, 26), Place(170, 82, 92, 26)
    customer, ledger = Place(170, 150, 88, 32), Place(291, 150, 78, 36)
    sales_queue, outcomes = Place(78, 226, 92, 28), Place(262, 226, 92, 28)
    sales, leads = Place(170, 302, 88, 32), Place(291, 302, 78, 36)
    return [
        call(top.bottom, api.top),
        call(api.bottom, customer.top),
        call(customer.right, ledger.left),
        message((140, 166), (92, 212)),
        message((92, 240), (140, 286)),
        message((200, 286), (248, 240)),
        message((248, 212), (200, 166)),
        call(sales.right, leads.left),
        client(top),
        gateway(api, "API Gateway"),
        service(customer, "Customer"),
        store(ledger, *_STORES["Customer"]),
        queue(sales_queue, "Sales"),
        queue(outcomes, "Outcomes"),
        service(sales, "Sales"),
        store(leads, *_STORES["Sales"]),
    ]


def _apigw_single() -> list[Markup]:
    top, api = Place(43, 20, 66, 26), Place(170, 104, 334, 30)
    parts = [call(top.bottom, (43, 89)), client(top)]
    for x, name in zip(_COLUMNS, ("Payments", *_BELOW), strict=True):
        at, below = Place(x, 204, 80, 32), Place(x, 292, 72, 38)
        parts += [call(at.bottom, below.top), store(below, *_STORES[name])]
        if name == "Payments":
            parts += [call((31, 119), (31, 188)), call((57, 188), (57, 119))]
        else:
            parts.append(call((x, 119), at.top, says="1" if name == "Customer" else "2"))
        parts.append(service(at, name))
    return [*parts, gateway(api, "One API for all")]


def _apigw_multiple() -> list[Markup]:
    top, api = Place(43, 20, 66, 26), Place(43, 90, 80, 28)
    payments, orders = Place(43, 160, 80, 32), Place(43, 252, 72, 38)
    parts = [
        call(top.bottom, api.top),
        call(api.bottom, payments.top),
        call(payments.bottom, orders.top),
    ]
    for x, name in zip(_COLUMNS[1:], _BELOW, strict=True):
        own, at, below = Place(x, 232, 76, 28), Place(x, 294, 80, 30), Place(x, 350, 72, 36)
        order = "1" if name == "Customer" else "2"
        parts += [
            call((x, 160), own.top, says=order),
            call(own.bottom, at.top),
            call(at.bottom, below.top),
            gateway(own, "API"),
            service(at, name),
            store(below, *_STORES[name]),
        ]
    trunk = svg.line(83, 160, _COLUMNS[-1], 160, "call")
    return [
        trunk,
        *parts,
        client(top),
        gateway(api, "API"),
        service(payments, "Payments"),
        store(orders, *_STORES["Payments"]),
    ]


def _pubsub(kind: str, hears: Mapping[str, str]) -> list[Markup]:
    top, api = Place(170, 16, 66, 24), Place(170, 62, 92, 24)
    payments, requests = Place(170, 112, 84, 30), Place(297, 112, 78, 36)
    outcomes, bus = Place(51, 112, 84, 26), Place(170, 172, 334, 28)
    parts = [
        call(top.bottom, api.top),
        call(api.bottom, payments.top),
        call(payments.right, requests.left),
        message(payments.bottom, (170, 158)),
        message((51, 158), outcomes.bottom),
        message(outcomes.right, payments.left),
    ]
    for x, name in zip(_COLUMNS, (*_BELOW, "Audit"), strict=True):
        box, at, below = Place(x, 240, 62, 24), Place(x, 292, 80, 30), Place(x, 349, 72, 36)
        parts += [
            message((x, 186), box.top),
            message(box.bottom, at.top),
            call(at.bottom, below.top),
            queue(box, "queue"),
            service(at, name),
            store(below, *_STORES[name]),
            *_heard(x + 4, hears[name]),
        ]
        if name != "Audit":  # it reports to nobody
            parts.append(message((x - 36, 277), (x - 36, 186)))
    return [
        *parts,
        client(top),
        gateway(api, "API Gateway"),
        service(payments, "Payments"),
        store(requests, "requests", "DynamoDB"),
        queue(outcomes, "Outcomes"),
        channel(bus, kind),
    ]


def _heard(x: float, words: str) -> list[Markup]:
    """Written over the arrow."""
    width = 4.4 * len(words)
    paper = svg.box(x - width / 2, 195, width, 11, "behind")
    return [paper, svg.text(x, 203, words, "tiny middle")]


def _sns() -> list[Markup]:
    return _pubsub("SNS topic", dict.fromkeys((*_BELOW, "Audit"), "the event"))


def _three_events() -> list[Markup]:
    events = ("payment.taken", "premium.paid", "confirmation.due", "every event")
    return _pubsub("EventBridge: three events", dict(zip((*_BELOW, "Audit"), events, strict=True)))


def _one_event() -> list[Markup]:
    parts = {**dict.fromkeys(_BELOW, "its part"), "Audit": "every event"}
    return _pubsub("EventBridge: one event, a rule each", parts)


_DRAWN: Mapping[str, Callable[[], list[Markup]]] = {
    "decouple": _decouple,
    "apigw-single": _apigw_single,
    "apigw-multiple": _apigw_multiple,
    "pubsub-sns": _sns,
    "pubsub-three-events": _three_events,
    "pubsub-one-event": _one_event,
}
_ABOUT: Mapping[str, str] = {
    "decouple": (
        "Customer records the payment and answers. Sales follows through a queue, and reports back"
        " through another."
    ),
    "apigw-single": (
        "Payments calls Customer, then Sales and Communication at the same time, all through the"
        " one API. The answer comes when all is done."
    ),
    "apigw-multiple": (
        "The same calls, each through an API of the service that is called. Payments’ API alone is"
        " public."
    ),
    "pubsub-sns": (
        "Payments decides and publishes one event. Every subscriber gets a copy of it in a queue of"
        " its own, and reports through a second topic."
    ),
    "pubsub-three-events": (
        "Payments publishes three events at once. A rule for each type leads it to the queue of the"
        " service that it is for."
    ),
    "pubsub-one-event": (
        "Payments publishes one event. Each service’s rule passes on only what that service needs."
    ),
}
