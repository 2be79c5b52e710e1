"""Containers beside the local cloud, in which `sam local` runs functions.

A container has a loopback interface of its own; it reaches this machine as `host.docker.internal`.
On Linux that is the address of Docker's bridge, so the cloud's servers have to listen there too.
Where Docker has a virtual machine of its own (Docker Desktop), it leads to our loopback interface.
"""

import secrets
import socket
import subprocess
from dataclasses import dataclass
from typing import Final

import psutil

from local.servers.process import CannotStart

HOST: Final = "host.docker.internal"
_BRIDGE = '{{index .Options "com.docker.network.bridge.name"}}'


@dataclass(frozen=True)
class Access:
    """What lets containers reach the servers of a cloud."""

    bridge: str
    """Address to listen on besides the loopback interface; empty where there is none."""
    password: str
    """Of the database, for whoever does not come from the loopback interface."""


def engine_runs() -> bool:
    """Whether a Docker engine answers."""
    return _bridge() is not None


def access() -> Access:
    """For a cloud that is about to start; raises CannotStart when no Docker engine runs."""
    bridge = _bridge()
    if bridge is None:
        raise CannotStart("no Docker engine runs, or this user may not use it: see docker info")
    addresses = psutil.net_if_addrs().get(bridge, [])
    here = next((each.address for each in addresses if each.family is socket.AF_INET), "")
    return Access(here, secrets.token_urlsafe())


def _bridge() -> str | None:
    """The network interface of Docker's bridge, wherever that is; None without an engine."""
    try:
        inspected = subprocess.run(
            ["docker", "network", "inspect", "bridge", "--format", _BRIDGE],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return inspected.stdout.strip() if inspected.returncode == 0 else None
