"""Who reaches a local cloud that is open to containers."""

import psutil
import psycopg
import pytest
import urllib3

from local.cloud import Cloud
from local.containers import Access


@pytest.fixture
def access(cloud: Cloud) -> Access:
    assert cloud.containers is not None
    if not cloud.containers.bridge:
        pytest.skip("Docker's bridge is in a virtual machine")
    return cloud.containers


def listening(port: int | None) -> set[str]:
    return {
        connection.laddr.ip
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
    }


def test_the_servers_listen_at_the_bridge_and_on_loopback_only(
    cloud: Cloud, access: Access
) -> None:
    for port in (urllib3.util.parse_url(cloud.endpoint).port, cloud.postgres.port):
        assert listening(port) == {"127.0.0.1", access.bridge}


def test_at_the_bridge_the_database_wants_its_password(cloud: Cloud, access: Access) -> None:
    at_bridge = f"{access.bridge}:{cloud.postgres.port}/postgres"

    with psycopg.connect(f"postgresql://postgres:{access.password}@{at_bridge}") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    for login in ("postgres", "postgres:wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://{login}@{at_bridge}")


def test_its_password_is_not_in_the_log(cloud: Cloud, access: Access) -> None:
    assert access.password not in cloud.postgres.log.read_text()
