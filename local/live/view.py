"""The live view of a local cloud's stacks."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from local.cloud import Cloud
from local.issuer import local_issuer
from local.live.broadcast import Broadcast
from local.live.premiums import endless
from local.live.server import LiveServer, serving
from local.live.till import Till, Way
from local.live.travel import StackLog
from local.paths import ROOT
from local.paying.premiums import Premium
from local.servers import ports
from operations.place import Place
from operations.stack import Stack, find

PAGE: Final = ROOT / "docs" / "comparison" / "index.html"
_PORT = 8080


@contextmanager
def live_view(
    cloud: Cloud, variants: Iterable[str], paid: Sequence[Premium], page: Path = PAGE
) -> Iterator[str]:
    """Its address; it is served until the end of the block.

    `paid` are premiums that were paid through each of the variants.
    """
    place = Place.local(cloud)
    stacks = [stack for name in variants if (stack := find(place, name))]
    broadcast = Broadcast()
    till = Till(
        {stack.name: _way(stack) for stack in stacks},
        local_issuer(cloud),
        endless(paid),
        broadcast,
    )
    with ports.claim(_PORT) as port:
        names = [stack.name for stack in stacks]
        server = LiveServer(port, page, names, broadcast, till.pay)
        with serving(server):
            try:
                yield server.address
            finally:
                till.close()


def _way(stack: Stack) -> Way:
    return Way(stack.outputs["ApiUrl"], StackLog(stack))
