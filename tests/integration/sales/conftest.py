"""Sales' table in DynamoDB."""

from collections.abc import Iterator

import pytest

from local.cloud import Cloud
from tests.integration.conftest import dynamodb_table


@pytest.fixture(scope="session")
def table(cloud: Cloud) -> Iterator[str]:
    with dynamodb_table(cloud, "LeadsTable") as name:
        yield name
