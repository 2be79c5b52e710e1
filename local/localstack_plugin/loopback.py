"""LocalStack listens on the loopback interface only.

It takes the port from GATEWAY_LISTEN and forgets the host: whoever reaches this machine could run
code on it, by creating a function.
"""

from functools import partial

from twisted.internet import endpoints

_INTERFACE = "127.0.0.1"


def install() -> None:
    endpoints.TCP4ServerEndpoint = partial(endpoints.TCP4ServerEndpoint, interface=_INTERFACE)
