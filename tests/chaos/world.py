"""A stack that can be broken: its servers are its own, and wires lead to them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import urllib3

from local.cloud import Cloud
from local.issuer import Issuer
from local.paying.portfolio import Policy, load
from local.servers import ports
from local.servers.postgres import Postgres
from local.stack import Stack, deploy
from local.variants import VARIANTS
from tests.chaos.stream import Payment
from tests.chaos.wires import AwsWire, DatabaseWire
from tests.e2e.conftest import Backstage, Customer
from tests.eventually import eventually
from tests.plugin_faults import fault

_DATABASE_PORT = 5532
_VISIBILITY_SECONDS = 3
_POLICIES_EACH = 3
_AT_ONCE = 4
_WARM_SECONDS = 3.0

TIMES = {
    "RetryDelaySeconds": "1",
    "RelayAgeSeconds": "1",
    "ConfirmationLeaseSeconds": "12",  # longer than the function runs that sends
    "BreakerRecoverySeconds": "1",
    "CustomerTimeoutSeconds": "2",
    "SalesTimeoutSeconds": "2",
    "CommunicationTimeoutSeconds": "2",
    # What runs on a schedule is invoked by the tests.
    "RelaySchedule": "rate(1 day)",
    "SweepSchedule": "rate(1 day)",
}
_QUEUED_TIMES = {"ConfirmationLeaseSeconds": "31"}
"""Where the function is a consumer of a queue."""


@dataclass(frozen=True)
class World:
    variant: str
    cloud: Cloud
    stack: Stack
    backstage: Backstage
    issuer: Issuer
    http: urllib3.PoolManager
    postgres: Postgres
    database: DatabaseWire
    aws: AwsWire
    faults: dict[str, Callable[[], int]] = field(default_factory=dict)
    """Of functions and queues, now: how often each has hit."""
    past_hits: Counter[str] = field(default_factory=Counter)

    @property
    def family(self) -> str:
        return self.variant.partition("-")[0]

    @property
    def is_queued(self) -> bool:
        """Whether services hear of payments through queues."""
        return self.family != "apigw"

    @property
    def relay(self) -> str:
        """The function that goes on with what was left undone."""
        return "OutboxRelayFunction" if self.is_queued else "ResumeFunction"

    def function(self, output: str) -> str:
        return self.stack.outputs[output]

    def queues(self) -> Mapping[str, str]:
        """Their URLs, by their logical ids."""
        return {
            name.removesuffix("Url"): url
            for name, url in self.stack.outputs.items()
            if name.endswith("QueueUrl")
        }

    @contextmanager
    def fault(self, name: str, words: str) -> Iterator[None]:
        """Of a function or queue: see `local.localstack_plugin.faults`."""
        with fault(self.cloud, name, words) as hits:
            self.faults[name] = hits
            try:
                yield
            finally:
                del self.faults[name]
                self.past_hits[name] += hits()

    @property
    def hits(self) -> int:
        """How often a fault has hit so far."""
        now = sum(hits() for hits in list(self.faults.values()))
        return self.aws.struck + self.database.struck + self.past_hits.total() + now


@contextmanager
def broken_world(
    cloud: Cloud, variant: str, issuer: Issuer, http: urllib3.PoolManager, *, name: str
) -> Iterator[World]:
    """The variant, deployed under this name and with short times."""
    with ExitStack() as servers:
        postgres = servers.enter_context(_postgres(cloud.folder / name))
        database = servers.enter_context(DatabaseWire(postgres.port).running())
        aws = servers.enter_context(AwsWire(cloud.endpoint).running())
        url = postgres.create_database(name)
        wires = {
            "LocalEndpointUrl": aws.url,
            "LocalDatabaseUrl": url.replace(str(postgres.port), str(database.port)),
        }
        times = TIMES | (_QUEUED_TIMES if variant.startswith("pubsub") else {})
        stack = deploy(cloud, VARIANTS[variant], name=name, parameters=times | wires)
        # The clients' own way to the API is not broken.
        api = stack.outputs["ApiUrl"].replace(aws.url, cloud.endpoint)
        stack = replace(stack, outputs={**stack.outputs, "ApiUrl": api})
        world = World(
            variant,
            cloud,
            stack,
            Backstage(cloud, stack, url),
            issuer,
            http,
            postgres,
            database,
            aws,
        )
        _shorten(world)
        warm(world)
        yield world


def _shorten(world: World) -> None:
    """The template allows no less than the time of six time-outs, which no test can wait for."""
    for queue in world.queues().values():
        world.cloud.client("sqs").set_queue_attributes(
            QueueUrl=queue, Attributes={"VisibilityTimeout": str(_VISIBILITY_SECONDS)}
        )


@contextmanager
def _postgres(folder: Path) -> Iterator[Postgres]:
    with ports.claim(_DATABASE_PORT) as port:
        folder.mkdir(exist_ok=True)
        server = Postgres(folder, port)
        server.start()
        try:
            yield server
        finally:
            server.remove()


def new_payments(world: World, number: int) -> list[Payment]:
    """Of customers with several policies each, whose leads are then written at the same time."""
    url = world.stack.outputs["ApiUrl"]
    customers = [Customer(url, world.issuer, world.http) for _ in range(number // _POLICIES_EACH)]
    payments = [
        Payment(customer, f"P-{uuid4()}") for _ in range(_POLICIES_EACH) for customer in customers
    ]
    policies = [
        Policy(each.policy_id, each.customer.id, "motor", Decimal("49.90"), "EUR")
        for each in payments
    ]
    load(world.cloud.client("lambda"), world.function("PortfolioImportFunction"), policies)
    return payments


def warm(world: World) -> None:
    """Until several clients at once are answered soon: functions that have to start first would
    hide what a fault does.
    """

    def is_warm() -> bool:
        payments = new_payments(world, _POLICIES_EACH * _AT_ONCE)[:_AT_ONCE]
        with ThreadPoolExecutor(_AT_ONCE) as clients:
            list(clients.map(lambda payment: payment.submit(timedelta(hours=1)), payments))
        for payment in payments:
            if world.is_queued and payment.is_accepted:
                payment.customer.wait_until("completed", str(payment.id))
        return all(
            attempt.is_good and attempt.seconds < _WARM_SECONDS
            for payment in payments
            for attempt in payment.attempts
        )

    eventually(is_warm, "the functions have started", seconds=180)
