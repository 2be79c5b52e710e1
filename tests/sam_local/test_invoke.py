"""Every function answers its sample events in a container as events/outcomes.toml says: one of them
by `sam local invoke`, which makes a container for each call; the others by `sam local
start-lambda`, where a function keeps its container.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest
import urllib3

from local import sam_local
from local.cloud import Cloud
from local.variants import VARIANTS
from tests.outcomes import Sample, samples
from tests.sam_local.conftest import prepare, served

BY_INVOKE = list({(s.template, s.function): s for s in reversed(samples())}.values())
BY_START_LAMBDA = [
    pytest.param(sample, marks=pytest.mark.xdist_group(sample.template), id=str(sample))
    for sample in samples()
    if sample not in BY_INVOKE
]


@pytest.mark.parametrize("sample", BY_INVOKE, ids=str)
def test_sam_local_invoke_answers_as_stated(sample: Sample, cloud: Cloud) -> None:
    prepare(cloud, sample.template)

    done = subprocess.run(
        sam_local.command(
            cloud, VARIANTS[sample.stack], "invoke", sample.function, "--event", sample.path
        ),
        env=sam_local.environment(),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    sample.check(done.stdout)


@pytest.fixture(scope="module")
def endpoint(cloud: Cloud) -> Iterator[Callable[[str], str]]:
    """Where the functions of a template are served, from the first call on."""
    with ExitStack() as servers:

        @cache
        def endpoint(template: str) -> str:
            prepare(cloud, template)
            return servers.enter_context(served(cloud, template, "start-lambda"))

        yield endpoint


@pytest.mark.parametrize("sample", BY_START_LAMBDA)
def test_sam_local_start_lambda_answers_as_stated(
    sample: Sample, endpoint: Callable[[str], str], http: urllib3.PoolManager
) -> None:
    answer = http.request(
        "POST",
        f"{endpoint(sample.template)}/2015-03-31/functions/{sample.function}/invocations",
        body=sample.path.read_bytes(),
    )

    assert answer.status == 200, answer.data
    sample.check(answer.data.decode())
