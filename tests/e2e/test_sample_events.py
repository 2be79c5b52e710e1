"""Every function answers each of its sample events as events/outcomes.toml says: here as a process
of the local cloud, in tests/sam_local in a container.
"""

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from local.cloud import Cloud
from local.stack import Deployment
from local.variants import VARIANTS
from operations.place import Place
from operations.stack import find
from tests.conftest import PARAMETERS
from tests.outcomes import STACKS, Sample, first, samples

type Invoke = Callable[[Sample], str]


def name_of(variant: str) -> str:
    return f"samples-{variant}"


@pytest.fixture(scope="module")
def invoke(cloud: Cloud) -> Invoke:
    """Calls functions of stacks in which no other test leaves anything."""
    with ExitStack() as under_way:
        deployments = [
            under_way.enter_context(
                Deployment(cloud, VARIANTS[name], parameters=PARAMETERS, name=name_of(name))
            )
            for name in STACKS.values()
        ]
        for deployment in deployments:
            deployment.wait()
    stacks = {name: find(Place.local(cloud), name_of(name)) for name in STACKS.values()}

    def invoke(sample: Sample) -> str:
        stack = stacks[sample.stack]
        assert stack is not None
        answer = cloud.client("lambda").invoke(
            FunctionName=stack.resources[sample.function].id, Payload=sample.path.read_bytes()
        )
        return str(answer["Payload"].read().decode())

    for sample in first():
        invoke(sample)
    return invoke


@pytest.mark.parametrize("sample", samples(), ids=str)
def test_a_function_answers_a_sample_event_as_stated(sample: Sample, invoke: Invoke) -> None:
    sample.check(invoke(sample))
