"""A stack whose services a test can break: Payments calls each through a proxy with faults."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from uuid import uuid4

import pytest
import urllib3

from local.cloud import Cloud
from local.fault_proxy import FaultProxy
from local.issuer import Issuer
from local.stack import Stack, deploy
from local.variants import VARIANTS
from tests.e2e.conftest import Backstage, Customer, enrolled
from tests.eventually import eventually

pytest.register_assert_rewrite("tests.e2e.apigw.faults")

_READ_SECONDS = 1.5

type Proxies = Mapping[str, FaultProxy]
"""By the names of the services."""


@pytest.fixture(scope="class")
def stack(cloud: Cloud, request: pytest.FixtureRequest) -> Stack:
    """Of the variant that the test's class names."""
    variant: str = request.cls.variant
    return deploy(
        cloud,
        VARIANTS[variant],
        name=f"faults-{variant}",
        parameters={
            "BreakerFailures": "1000",  # a circuit that opened would outlive its test
            "RelayAgeSeconds": "0",
            "RelaySchedule": "rate(1 day)",
        },
    )


@pytest.fixture(scope="class")
def backstage(cloud: Cloud, stack: Stack) -> Backstage:
    return Backstage(cloud, stack, cloud.create_database(stack.name))


@pytest.fixture(scope="class")
def all_proxies(
    cloud: Cloud, stack: Stack, issuer: Issuer, http: urllib3.PoolManager
) -> Iterator[Proxies]:
    ssm, name = cloud.client("ssm"), stack.outputs["DownstreamsParameter"]
    downstreams = json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    with ExitStack() as running:
        proxies = {
            service: running.enter_context(FaultProxy(downstream["url"]).running())
            for service, downstream in downstreams.items()
        }
        for service, proxy in proxies.items():
            downstreams[service] = {"url": proxy.url, "readSeconds": _READ_SECONDS}
        ssm.put_parameter(Name=name, Value=json.dumps(downstreams), Overwrite=True)
        # Functions that start now may need longer than Payments will wait for them.
        customer = enrolled(cloud, stack, Customer(stack.outputs["ApiUrl"], issuer, http))
        key = str(uuid4())
        eventually(lambda: customer.pay(key=key).status == 201, "all functions have started")
        yield proxies


@pytest.fixture
def proxies(all_proxies: Proxies) -> Proxies:
    """Without faults, and without requests so far."""
    for proxy in all_proxies.values():
        proxy.reset()
    return all_proxies
