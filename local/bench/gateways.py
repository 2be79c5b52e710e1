"""The API gateway pattern: what the client waits for, beside the calls that it waits for."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from uuid import uuid4

import psutil

from local.bench import world
from local.bench.figures import Figure, NotMeasured, repetitions
from local.bench.world import World
from local.cloud import Cloud, running
from local.fault_proxy import FaultProxy
from local.paths import ROOT
from local.paying.payments_api import Answer, PaymentsApi
from local.paying.portfolio import Policy, load
from local.stack import Stack, deploy
from local.variants import VARIANTS

_TOPOLOGIES = ("apigw-single", "apigw-multiple")
_DELAYS_MS = (0, 50, 200)
_PAYMENTS = 60
_WARM_UP = 5
_TARGET_RATIO = 1.2
_SERVICES = ("customer", "sales", "communication")


@dataclass(frozen=True)
class _Topology:
    """One deployed topology, with a proxy in front of each service that Payments calls."""

    cloud: Cloud
    stack: Stack
    proxies: Mapping[str, FaultProxy]
    policy: Policy
    api: PaymentsApi
    calls: Callable[[Policy, str], list[float]]
    """The calls that Payments makes, made from here one after the other: milliseconds of each."""

    def delay(self, milliseconds: int) -> None:
        for proxy in self.proxies.values():
            proxy.delay(milliseconds / 1000)


def measure(*, quick: bool) -> Iterator[Figure]:
    payments = repetitions(_PAYMENTS, quick=quick)
    with running() as cloud:
        for name in _TOPOLOGIES:
            with ExitStack() as proxies:
                yield from _measure(_deployed(cloud, name, proxies), payments)


def _measure(here: _Topology, payments: int) -> Iterator[Figure]:
    name, months = here.stack.name, world.months()
    here.delay(0)
    _pay(here, months, _WARM_UP)
    for milliseconds in _DELAYS_MS:
        here.delay(milliseconds)
        hop = [_answered(here, "GET") for _ in range(payments)]
        answered = _pay(here, months, payments)
        calls = [here.calls(here.policy, next(months)) for _ in range(payments)]
        slowest = [customer + max(others) for customer, *others in calls]
        sequential = [sum(each) for each in calls]
        title = f"{name}, each {milliseconds} ms slower"
        yield Figure.median(
            f"{title}: answered, p50",
            answered,
            "ms",
            beside={
                "slowest path ms": slowest,
                "one after the other ms": sequential,
                "a hop of its own ms": hop,
            },
        )
        yield Figure(
            f"{title}: without its own hop / slowest path",
            (median(answered) - median(hop)) / median(slowest),
            target=_TARGET_RATIO,
        )
    here.delay(0)
    yield from _cost(here, months, payments)


def _cost(here: _Topology, months: Iterator[str], payments: int) -> Iterator[Figure]:
    """What a payment takes of AWS, and of Payments' own processor time."""
    name = here.stack.name
    function = here.stack.outputs["PaymentsApiFunction"]
    stack = World(here.cloud, here.stack)
    billed, requests, cpu = _billed(stack), stack.calls(), _cpu_seconds(function)
    _pay(here, months, payments)
    cpu = _cpu_seconds(function) - cpu
    requests = stack.calls() - requests
    now = _billed(stack)
    spent = {each: (now[each] - before) / payments for each, before in billed.items()}
    made = {call: number / payments for call, number in requests.items() if number >= payments}
    yield Figure(
        f"{name}: calls of AWS services for a payment",
        sum(made.values()),
        note=", ".join(f"{call} {number:.0f}" for call, number in sorted(made.items())),
    )
    yield Figure(
        f"{name}: billed for a payment",
        sum(spent.values()),
        "ms",
        note=", ".join(f"{each} {ms:.0f}" for each, ms in sorted(spent.items()) if ms >= 0.5),
    )
    yield Figure(f"{name}: Payments' own CPU for a request", cpu / payments * 1000, "ms")


def _deployed(cloud: Cloud, name: str, proxies: ExitStack) -> _Topology:
    stack = deploy(cloud, VARIANTS[name])
    ssm, parameter = cloud.client("ssm"), stack.outputs["DownstreamsParameter"]
    downstreams = json.loads(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    proxy = {
        service: proxies.enter_context(FaultProxy(downstreams[service]["url"]).running())
        for service in _SERVICES
    }
    for service in _SERVICES:
        downstreams[service]["url"] = proxy[service].url
    # Before any function has read it.
    ssm.put_parameter(Name=parameter, Value=json.dumps(downstreams), Overwrite=True)
    policy = world.new_policy()
    load(cloud.client("lambda"), stack.outputs["PortfolioImportFunction"], [policy])
    api = PaymentsApi(stack.outputs["ApiUrl"], World(cloud, stack).issuer.token)
    sys.path.append(str(ROOT / "src"))
    from local.bench.one_by_one import Calls

    return _Topology(cloud, stack, proxy, policy, api, Calls(downstreams))


def _pay(here: _Topology, months: Iterator[str], payments: int) -> list[float]:
    return [_answered(here, "POST", next(months)) for _ in range(payments)]


def _answered(here: _Topology, method: str, month: str = "") -> float:
    """Milliseconds until the answer: of a payment, or of a request that needs no other service."""
    policy = here.policy
    began = perf_counter()
    if method == "GET":
        nothing = Answer(202, {"requestId": str(uuid4())})
        answer = here.api.poll(nothing, policy.customer_id)
    else:
        answer = here.api.submit(world.premium(policy, month))
    milliseconds = (perf_counter() - began) * 1000
    expected = 404 if method == "GET" else 201
    if answer.status != expected:
        raise NotMeasured(f"{method} was answered with {answer.status} {answer.body}")
    return milliseconds


def _billed(stack: World) -> dict[str, int]:
    return {function: sum(milliseconds) for function, milliseconds in stack.billed().items()}


def _cpu_seconds(function: str) -> float:
    """That the function's processes have used."""
    seconds = 0.0
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == function:
                times = process.cpu_times()
                seconds += times.user + times.system
    return seconds
