"""Every function answers a sample event in a container as events/outcomes.toml says, by `sam local
invoke`, which makes a container for each call; test_start_lambda.py has the other sample events.

The stacks are of one variant of each template: the others run the same functions, with other
addresses in their environment.
"""

import subprocess
from collections.abc import Mapping

import pytest

from local import sam_local
from local.cloud import Cloud
from local.variants import VARIANTS
from tests.outcomes import Sample, one_per_function
from tests.sam_local.conftest import prepare


@pytest.mark.parametrize("sample", one_per_function(), ids=str)
def test_a_function_answers_as_stated(
    sample: Sample, cloud: Cloud, environment: Mapping[str, str]
) -> None:
    prepare(cloud, sample.template)

    done = subprocess.run(
        sam_local.command(
            cloud, VARIANTS[sample.stack], "invoke", sample.function, "--event", sample.path
        ),
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    sample.check(done.stdout)
