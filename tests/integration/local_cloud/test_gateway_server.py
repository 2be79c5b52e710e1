"""LocalStack's port speaks HTTP as its clients do."""

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import pytest
import urllib3

from local.cloud import Cloud


@pytest.fixture
def bucket(cloud: Cloud) -> Iterator[str]:
    """The URL of a bucket."""
    s3, name = cloud.client("s3"), f"test-{uuid4()}"
    s3.create_bucket(Bucket=name)
    yield f"{cloud.endpoint}/{name}"
    for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def test_it_listens_on_the_loopback_interface_only(cloud: Cloud) -> None:
    port = urlsplit(cloud.endpoint).port

    addresses = {
        connection.laddr.ip
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
    }

    assert addresses == {"127.0.0.1"}


def test_a_body_may_come_in_chunks(bucket: str, http: urllib3.PoolManager) -> None:
    parts = [b"in ", b"several ", b"chunks"]

    stored = http.request("PUT", f"{bucket}/object", body=iter(parts), chunked=True)

    assert stored.status == 200
    assert http.request("GET", f"{bucket}/object").data == b"in several chunks"


def test_a_client_may_wait_until_its_body_is_wanted(bucket: str) -> None:
    where = urlsplit(bucket)
    connection = http.client.HTTPConnection(where.netloc, timeout=10)
    connection.putrequest("PUT", f"{where.path}/object")
    connection.putheader("Content-Length", "4")
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"

    connection.send(b"body")

    assert connection.getresponse().status == 200
    connection.close()


def test_a_connection_serves_one_request_after_the_other(bucket: str) -> None:
    where = urlsplit(bucket)
    connection = http.client.HTTPConnection(where.netloc, timeout=10)
    seen = []
    for method, body in (("PUT", b"body"), ("HEAD", None), ("DELETE", None), ("GET", None)):
        connection.request(method, f"{where.path}/object", body=body)
        answer = connection.getresponse()
        seen.append((method, answer.status, answer.getheader("Content-Length")))
        answer.read()
    connection.close()

    assert [(method, status) for method, status, _ in seen] == [
        ("PUT", 200),
        ("HEAD", 200),
        ("DELETE", 204),
        ("GET", 404),
    ]
    assert seen[1][2] == "4"
    assert seen[2][2] is None


@pytest.mark.parametrize("key", ["a b", "ü/日本", "50%25", "a+b&c=d", "q?x"])
def test_a_path_may_hold_any_character(cloud: Cloud, bucket: str, key: str) -> None:
    s3, name = cloud.client("s3"), bucket.rpartition("/")[2]

    s3.put_object(Bucket=name, Key=key, Body=b"body")

    (found,) = s3.list_objects_v2(Bucket=name)["Contents"]
    assert found["Key"] == key
    assert s3.get_object(Bucket=name, Key=key)["Body"].read() == b"body"
