"""What breaks: each fault says in which variants it can happen, and what it does to a stack."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from tests.chaos.stream import Clients
from tests.chaos.wires import PUBLISHES, doubling, killing, refusing
from tests.chaos.world import World
from tests.e2e.pubsub.conftest import paused

type Breaks = Callable[[World], AbstractContextManager[None]]

EFFECTS = ("ledger", "leads", "mails")
_DATABASE = "database"


@dataclass(frozen=True)
class Service:
    """Where a microservice does its part: its function, and the call with which that is done."""

    function: str
    commit: str
    """An AWS service, or the database."""
    operations: frozenset[str] = frozenset()


def _service(function: str, commit: str, *operations: str) -> Service:
    return Service(function, commit, frozenset(operations))


SERVICES = {
    "decouple": {
        "customer": _service("CustomerApiFunction", _DATABASE),
        "sales": _service("SalesConsumerFunction", "dynamodb", "TransactWriteItems"),
    },
    "apigw": {
        "payments": _service("PaymentsApiFunction", "dynamodb", "PutItem"),
        "customer": _service("CustomerInternalApiFunction", _DATABASE),
        "sales": _service("SalesInternalApiFunction", "dynamodb", "TransactWriteItems"),
        "communication": _service("CommunicationInternalApiFunction", "ses", "SendEmail"),
    },
    "pubsub": {
        "payments": _service("PaymentsApiFunction", "dynamodb", "TransactWriteItems"),
        "customer": _service("CustomerConsumerFunction", _DATABASE),
        "sales": _service("SalesConsumerFunction", "dynamodb", "TransactWriteItems"),
        "communication": _service("CommunicationConsumerFunction", "ses", "SendEmail"),
    },
}
CHANNELS = {
    "decouple": "sqs",
    "pubsub-sns": "sns",
    "pubsub-three-events": "events",
    "pubsub-one-event": "events",
}
_NAMES = {"dynamodb": "DynamoDB", "ses": "SES", "sqs": "SQS", "sns": "SNS", "events": "EventBridge"}
_SLUGS = {"events": "eventbridge"}


@dataclass(frozen=True)
class Fault:
    name: str
    meaning: str
    breaks: Breaks
    clients: Clients = field(default_factory=Clients)
    is_relay_off: bool = False
    """Whether, while it lasts, nobody goes on with what was left undone."""
    is_counted: bool = True
    """Whether it is known how often it struck, so that it must have."""
    backlog: int | None = None
    """Where Sales comes back to one: how many messages are put there beside the payments'."""
    is_quick: bool = field(default=False, compare=False)
    """Whether it is in the subset of `make test`."""


def faults(variant: str) -> dict[str, Fault]:
    """All that can happen to this variant, by their names."""
    return {fault.name: fault for fault in _faults(variant)}


def _faults(variant: str) -> Iterator[Fault]:
    family = variant.partition("-")[0]
    for name, service in SERVICES[family].items():
        yield from _of_service(name, service)
    yield Fault(
        "database-restarted",
        "Aurora is stopped, and started again",
        _stopped_database,
        is_counted=False,
    )
    yield Fault(
        "database-cut",
        "all connections to Aurora are cut, and no new one is made",
        _cut,
        is_counted=False,
    )
    for aws in ("dynamodb",) if family == "decouple" else ("dynamodb", "ses"):
        yield from _of_aws(aws, None)
    if variant in CHANNELS:
        yield from _of_aws(CHANNELS[variant], PUBLISHES)
    if family == "apigw":
        yield Fault("twice", "each service gets every call twice, at the same time", _doubled)
        relay = "Sales' function raises, and nobody resumes requests"
        failing = partial(_fault, "SalesInternalApiFunction", "throws")
        yield Fault("relay-off", relay, failing, is_relay_off=True)
    else:
        yield Fault(
            "twice", "every message is published twice, and each batch handed over twice", _twice
        )
        yield Fault("shuffled", "batches are handed over in no order", partial(_queues, "shuffled"))
        relay = "nothing can be published, and the outbox relay is off"
        refused = partial(_by_rule, CHANNELS[variant], "ServiceUnavailable", PUBLISHES)
        yield Fault("relay-off", relay, refused, is_relay_off=True, is_quick=True)
        backlog = 2000 if family == "decouple" else 0
        more = f", and {backlog} messages more" if backlog else ""
        surge = f"Sales is away, and comes back to all that it has missed{more}"
        yield Fault("surge", surge, _away, is_counted=False, backlog=backlog)
    poison = "every tenth message is one that no service understands"
    yield Fault("poison", poison, _nothing, Clients(poison_every=10), is_counted=False)
    soon = Clients(token_lives=timedelta(minutes=4))
    for name, seconds, where in (("clock-fast", 300, "ahead"), ("clock-slow", -300, "behind")):
        meaning = f"the clocks of all functions are five minutes {where}"
        yield Fault(name, meaning, partial(_clocks, seconds), soon)
    yield Fault(
        "client-threefold",
        "each client sends everything three times at the same time",
        _nothing,
        Clients(at_once=3),
        is_counted=False,
        is_quick=family == "decouple",
    )


def _of_service(name: str, service: Service) -> Iterator[Fault]:
    title, function = name.capitalize(), service.function
    yield Fault(
        f"{name}-throws",
        f"{title}'s function raises, before its work or after it",
        partial(_fault, function, "throws"),
    )
    yield Fault(
        f"{name}-times-out",
        f"{title}'s function hangs, before its work or after it, until it is timed out",
        partial(_fault, function, "hangs 1"),
    )
    for when in ("before", "after"):
        yield Fault(
            f"{name}-killed-{when}-commit",
            f"SIGKILL for {title}'s function {when} its commit"
            if service.commit != "ses"
            else f"SIGKILL for {title}'s function {when} SES takes its mail",
            partial(_killed, service, after=when == "after"),
            is_quick=when == "after" and name == "sales",
        )
    yield Fault(
        f"{name}-throttled",
        f"{title}'s function may not run: its reserved concurrency is 0",
        partial(_throttled, function),
        is_counted=False,
    )


def _of_aws(service: str, operations: set[str] | None) -> Iterator[Fault]:
    slug, name = _SLUGS.get(service, service), _NAMES[service]
    what = "to publish anything" if operations else "every call"
    throttling = {"dynamodb": "ProvisionedThroughputExceededException", "sns": "Throttled"}
    denying = {"sns": "AuthorizationError", "ses": "AccessDenied", "sqs": "AccessDenied"}
    yield Fault(
        f"{slug}-throttles",
        f"{name} throttles: it refuses {what}",
        partial(_by_rule, service, throttling.get(service, "ThrottlingException"), operations),
    )
    yield Fault(
        f"{slug}-denies",
        f"{name} denies access: it refuses {what}",
        partial(_by_rule, service, denying.get(service, "AccessDeniedException"), operations),
    )


@contextmanager
def _nothing(_world: World) -> Iterator[None]:
    yield


@contextmanager
def _fault(function: str, words: str, world: World) -> Iterator[None]:
    with world.fault(world.function(function), words):
        yield


@contextmanager
def _killed(service: Service, world: World, *, after: bool) -> Iterator[None]:
    function = world.function(service.function)
    if service.commit == _DATABASE:
        with world.database.killing(function, after=after):
            yield
    else:
        rule = killing(function, service.commit, set(service.operations), after=after)
        with world.aws.rule(rule):
            yield


@contextmanager
def _throttled(function: str, world: World) -> Iterator[None]:
    functions, name = world.cloud.client("lambda"), world.function(function)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        functions.delete_function_concurrency(FunctionName=name)


@contextmanager
def _away(world: World) -> Iterator[None]:
    with paused(world.backstage, "sales"):
        yield


@contextmanager
def _stopped_database(world: World) -> Iterator[None]:
    world.postgres.stop()
    try:
        yield
    finally:
        world.postgres.start()


@contextmanager
def _cut(world: World) -> Iterator[None]:
    with world.database.cut():
        yield


@contextmanager
def _by_rule(service: str, code: str, operations: set[str] | None, world: World) -> Iterator[None]:
    with world.aws.rule(refusing(service, code, operations)):
        yield


@contextmanager
def _doubled(world: World) -> Iterator[None]:
    with world.aws.rule(doubling):
        yield


@contextmanager
def _queues(words: str, world: World) -> Iterator[None]:
    with ExitStack() as faults:
        for url in world.queues().values():
            faults.enter_context(world.fault(url.rpartition("/")[2], words))
        yield


@contextmanager
def _twice(world: World) -> Iterator[None]:
    with _doubled(world), _queues("twice", world):
        yield


@contextmanager
def _clocks(seconds: int, world: World) -> Iterator[None]:
    with ExitStack() as faults:
        for name, function in world.stack.outputs.items():
            if name.endswith("Function"):
                faults.enter_context(world.fault(function, f"clock {seconds}"))
        yield
