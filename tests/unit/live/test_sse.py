"""Server-sent events as a browser reads them."""

import json

from local.live import sse
from local.live.broadcast import Event


def test_an_event_has_its_id_its_name_and_one_line_of_data_and_ends_with_an_empty_line() -> None:
    data = {"what": "it failed:\nno\r\nanswer – ü"}

    head, event, line, *rest = sse.encode(Event(7, "step", data)).decode().split("\n")

    assert (head, event) == ("id: 7", "event: step")
    assert json.loads(line.removeprefix("data: ")) == data
    assert rest == ["", ""]


def test_an_event_without_an_id_leaves_the_last_one_as_it_is() -> None:
    assert sse.encode(Event(0, "variants", {})) == b"event: variants\ndata: {}\n\n"


def test_a_heartbeat_is_a_comment() -> None:
    assert sse.HEARTBEAT.startswith(b":")
    assert sse.HEARTBEAT.endswith(b"\n\n")


def test_a_browser_is_told_when_to_come_again() -> None:
    assert sse.retry(1000) == b"retry: 1000\n\n"
