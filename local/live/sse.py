"""Server-sent events, as they go over the wire.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json

from local.live.broadcast import Event

CONTENT_TYPE = "text/event-stream; charset=utf-8"
HEARTBEAT = b":\n\n"
"""A comment: a browser ignores it, and a connection that has gone is noticed."""


def encode(event: Event) -> bytes:
    """An id of 0 is none: such an event is not one of those that can be repeated."""
    id = f"id: {event.id}\n" if event.id else ""
    # JSON escapes line breaks, so its data is one line.
    return f"{id}event: {event.name}\ndata: {json.dumps(event.data)}\n\n".encode()


def retry(milliseconds: int) -> bytes:
    """After which a browser connects again."""
    return f"retry: {milliseconds}\n\n".encode()
