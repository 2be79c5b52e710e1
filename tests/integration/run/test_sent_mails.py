"""What SES has taken is asked of LocalStack, which may be taking a mail at that moment."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.paying.effects import sent_mails

MAILS = [{"Id": "1", "Source": "premiums@insurance.example"}]


class _Busy(BaseHTTPRequestHandler):
    """Its first answer is that of LocalStack when its list of mails grows while it is read."""

    answers = 0

    def do_GET(self) -> None:
        _Busy.answers += 1
        is_first = _Busy.answers == 1
        body = {"message": "dictionary changed size during iteration"}
        self.send_response(500 if is_first else 200)
        self.end_headers()
        self.wfile.write(json.dumps(body if is_first else {"messages": MAILS}).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_list_that_grew_while_it_was_read_is_read_again(port: int, tmp_path: Path) -> None:
    cloud = Cloud.at(tmp_path, port=port, database_port=0, pid=0)

    assert sent_mails(cloud, "premiums@insurance.example") == MAILS
