"""What `python -m local` does: run, pay and token."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import NamedTuple

from botocore.exceptions import EndpointConnectionError
from rich.console import Console

from local import report, sam_local
from local.build import Build
from local.cloud import Cloud, find_running, running
from local.containers import access
from local.issuer import Issuer, local_issuer
from local.live import view
from local.paying.client import Outcome, Result, pay
from local.paying.effects import read_effects
from local.paying.payments_api import PaymentsApi
from local.paying.portfolio import Policy, load, payable, read_policies
from local.paying.premiums import BrokenLine, Premium, read_premiums
from local.paying.verdict import unexpected, unexpected_effects
from local.report import Month
from local.signals import Stopped
from local.stack import Deployment, Stack, find
from local.variants import VARIANTS, Variant

_CHECK_EVERY_S = 1.0

type Entries = Sequence[Premium | BrokenLine]

_ISSUER_VARIABLES = (
    "ISSUER_KEY (a PEM file), ISSUER_KEY_ID, ISSUER_URL and AUDIENCE of the issuer it trusts"
)


class UsageError(Exception):
    """The options do not fit together, or not what is running."""


def run(
    console: Console,
    variants: Sequence[Variant],
    premiums: Path,
    policies: Path,
    *,
    containers: bool,
    stay_up: bool,
) -> int:
    """Cloud, deployments, and a portfolio and a month of premiums for each variant in turn; 0 when
    every line ended as it must.
    """
    entries = read_premiums(premiums)
    portfolio = read_policies(policies)
    phase = report.Phases(console)
    months: list[Month] = []
    urls: dict[str, str] = {}
    with ExitStack() as world:
        one_per_template = {variant.template: variant for variant in variants}.values()
        builds = [world.enter_context(Build(variant)) for variant in one_per_template]
        with phase("boot") as boot:
            cloud = world.enter_context(running(access() if containers else None))
            boot.note = f"LocalStack and PostgreSQL at {cloud.endpoint}"
        with phase("build") as building:
            seconds = max(build.wait().seconds for build in builds)
            building.note = f"{seconds:.1f} s beside the boot" if seconds else "unchanged"
        issuer = local_issuer(cloud)
        for stack in _deploy(phase, cloud, variants):
            with phase("load") as loading:
                function = stack.outputs["PortfolioImportFunction"]
                count = load(cloud.client("lambda"), function, portfolio.values())
                loading.note = f"{count} policies into {stack.name}"
            url = urls[stack.name] = stack.outputs["ApiUrl"]
            results, first_s = _pay(phase, entries, url, issuer, cloud.check)
            effects = read_effects(cloud, stack)
            wrong = [
                *unexpected(results, _due(portfolio, entries)),
                *unexpected_effects(results, effects),
            ]
            month = Month(stack.name, results, effects, wrong)
            if months:
                report.show(console, month, like=months[0])
            else:
                report.show(console, month, first_completed_s=first_s)
            months.append(month)
        if len(months) > 1:
            report.compare(console, months)
        if stay_up:
            if containers:
                sam_local.publish(cloud, variants)
            paid = _paid(entries, months)
            if view.PAGE.exists():
                report.show_live(console, world.enter_context(view.live_view(cloud, urls, paid)))
            else:
                report.show_live(console, None)
            report.show_how_to_go_on(console, urls, issuer, next(iter(paid), None))
            _stay_up(cloud)
    return 1 if any(month.wrong for month in months) else 0


def _deploy(phase: report.Phases, cloud: Cloud, variants: Sequence[Variant]) -> Iterator[Stack]:
    """The first alone, so that its payments begin soon; then the others, faster all at once."""
    for group in filter(None, (variants[:1], variants[1:])):
        with phase("deploy") as deploying, ExitStack() as under_way:
            deployments = [under_way.enter_context(Deployment(cloud, each)) for each in group]
            stacks = [deployment.wait() for deployment in deployments]
            deploying.note = ", ".join(stack.name for stack in stacks)
        yield from stacks


def pay_only(
    console: Console,
    endpoint: str | None,
    variants: Sequence[Variant],
    premiums: Path,
    policies: Path | None,
    issuer: Issuer | None,
) -> int:
    """The client alone, against any endpoint or the first of the variants that is up locally."""
    entries = read_premiums(premiums)
    due = _due(read_policies(policies), entries) if policies else None
    if endpoint is not None:
        endpoint = endpoint.rstrip("/")
        if not endpoint.startswith(("http://", "https://")):
            raise UsageError(f"{endpoint} is no address of an API: it must begin with https://")
    local = next((each for each in _deployed(variants) if endpoint in (None, each.url)), None)
    if local:
        endpoint, issuer = local.url, issuer or local_issuer(local.cloud)
    if endpoint is None:
        names = " or ".join(variant.name for variant in variants)
        raise UsageError(f"no local cloud with {names} is running: start one, or name an endpoint")
    if issuer is None:
        raise UsageError(f"{endpoint} needs tokens: set {_ISSUER_VARIABLES}")
    results, _ = _pay(report.Phases(console), entries, endpoint, issuer)
    effects = read_effects(local.cloud, local.stack) if local else None
    wrong = list(unexpected(results, due))
    report.show(console, Month(local.stack.name if local else "", results, effects, wrong))
    return 1 if wrong else 0


def running_issuer() -> Issuer:
    """The issuer of the running local cloud."""
    local = next(_deployed(VARIANTS.values()), None)
    if local is None:
        raise UsageError(
            "no local cloud with a stack is running: start one, or name an issuer's key"
        )
    return local_issuer(local.cloud)


def _pay(
    phase: report.Phases,
    entries: Entries,
    endpoint: str,
    issuer: Issuer,
    check: Callable[[], None] = lambda: None,
) -> tuple[list[Result], float | None]:
    """The results, and when the first premium was completed, in seconds since the start.

    `check` raises when there is no use in going on.
    """
    results: list[Result] = []
    first_s = None
    with phase("pay", spinner=False) as paying, PaymentsApi(endpoint, issuer.token) as api:
        for result in report.with_progress(phase.console, pay(entries, api), len(entries)):
            check()
            results.append(result)
            if first_s is None and result.outcome is Outcome.COMPLETED:
                first_s = phase.seconds
        paying.note = f"{len(entries)} premiums through {endpoint}"
    return results, first_s


def _due(portfolio: dict[str, Policy], entries: Entries) -> Collection[int]:
    return payable(portfolio, (entry for entry in entries if isinstance(entry, Premium)))


def _paid(entries: Entries, months: Sequence[Month]) -> list[Premium]:
    """Premiums that are known to be right, so that they are payable for the next period."""
    completed = [{result.line for result in each.of(Outcome.COMPLETED)} for each in months]
    lines = set.intersection(*completed)
    return [each for each in entries if isinstance(each, Premium) and each.line in lines]


class _Deployed(NamedTuple):
    cloud: Cloud
    stack: Stack

    @property
    def url(self) -> str:
        return self.stack.outputs["ApiUrl"]


def _deployed(variants: Iterable[Variant]) -> Iterator[_Deployed]:
    """Those of the variants that are up in local clouds, in the last started cloud first."""
    for cloud in find_running():
        try:
            stacks = [find(cloud, variant.name) for variant in variants]
        except EndpointConnectionError:  # it has just stopped
            continue
        yield from (_Deployed(cloud, stack) for stack in stacks if stack)


def _stay_up(cloud: Cloud) -> None:
    """Until Ctrl-C; raises `ServerCrashed` when LocalStack or PostgreSQL ends by itself."""
    try:
        while True:
            cloud.check()
            sleep(_CHECK_EVERY_S)
    except Stopped as stopped:
        if not stopped.by_keyboard:
            raise
