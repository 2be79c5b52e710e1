"""Every function answers in a container as events/outcomes.toml says to the sample events that
test_invoke.py leaves, by `sam local start-lambda`, where a function keeps its container.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache

import pytest
import urllib3

from local.cloud import Cloud
from tests.outcomes import Sample, one_per_function, samples
from tests.sam_local.conftest import prepare, served

LEFT = [sample for sample in samples() if sample not in one_per_function()]


@pytest.fixture(scope="module")
def endpoint(cloud: Cloud, environment: Mapping[str, str]) -> Iterator[Callable[[str], str]]:
    """Where the functions of a template are served, from the first call on."""
    with ExitStack() as servers:

        @cache
        def endpoint(template: str) -> str:
            prepare(cloud, template)
            return servers.enter_context(served(cloud, template, "start-lambda", environment))

        yield endpoint


@pytest.mark.parametrize("sample", LEFT, ids=str)
def test_a_function_answers_as_stated(
    sample: Sample, endpoint: Callable[[str], str], http: urllib3.PoolManager
) -> None:
    answer = http.request(
        "POST",
        f"{endpoint(sample.template)}/2015-03-31/functions/{sample.function}/invocations",
        body=sample.path.read_bytes(),
    )

    assert answer.status == 200, answer.data
    sample.check(answer.data.decode())
