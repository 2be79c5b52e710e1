"""What a runtime has posted is known before the runtime goes on."""

import pytest
import urllib3

from local.localstack_plugin.runtime_api import Event, Kind, RuntimeApi


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/2018-06-01/runtime/init/error", Kind.ERROR),
        ("/2018-06-01/runtime/invocation/8476a536/error", Kind.ERROR),
        ("/2018-06-01/runtime/invocation/8476a536/response", Kind.RESPONSE),
    ],
)
def test_the_event_is_there_when_the_runtime_has_its_reply(path: str, kind: Kind) -> None:
    api = RuntimeApi()
    try:
        for _ in range(50):
            reply = urllib3.request("POST", f"http://{api.address}{path}", body=b"{}")

            assert reply.status == 202
            assert api.events.get_nowait() == Event(kind, b"{}")
    finally:
        api.close()
