"""Where stacks are: a region of an AWS account, or a local cloud that is running.

Nothing is guessed: it is AWS, unless the local cloud is asked for.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import Cloud, find_running
from local.servers.localstack import REGION
from operations.errors import Failed


@dataclass(frozen=True)
class Place:
    name: str
    """By which people know whether it is the one they mean."""
    region: str
    client: Callable[[str], Any]
    """A service's boto3 client."""
    cloud: Cloud | None = None
    """None on AWS."""

    def stack_name(self, variant: str) -> str:
        """What the variant's stack is called by default."""
        return variant if self.cloud else f"premiums-{variant}"

    @classmethod
    def local(cls, cloud: Cloud) -> Self:
        return cls(f"the local cloud at {cloud.endpoint}", REGION, cache(cloud.client), cloud)

    @classmethod
    def aws(cls, profile: str | None) -> Self:
        """The account and region of the profile, by default of AWS's usual variables and files."""
        try:
            # boto3 reads AWS_DEFAULT_REGION alone, the AWS command line both.
            region = os.environ.get("AWS_REGION") or None
            session = boto3.Session(profile_name=profile, region_name=region)
            if session.region_name is None:
                raise Failed(
                    "which region? Set AWS_REGION, or region in the AWS profile; or with LOCAL=1"
                    " use the local cloud"
                )
            sts = session.client("sts")
            account = sts.get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            raise Failed(
                f"AWS knows nobody by these credentials: {error}\nSign in (aws sso login, aws"
                " configure), name another PROFILE, or with LOCAL=1 use the local cloud"
            ) from error
        name = f"AWS account {account}, {session.region_name}"
        if ".amazonaws." not in (endpoint := sts.meta.endpoint_url):
            name += f", which is at {endpoint}"  # AWS_ENDPOINT_URL or the profile says so
        make: Any = session.client  # its overloads know the services only by literal names
        return cls(name, session.region_name, cache(make))


def places(profile: str | None, *, local: bool) -> Iterator[Place]:
    """AWS, or each local cloud that is running, the last started first."""
    if not local:
        yield Place.aws(profile)
        return
    if profile:
        raise Failed("a local cloud has no profiles: it is either PROFILE or LOCAL=1")
    clouds = list(find_running())
    if not clouds:
        raise Failed("no local cloud is running: start one with make run")
    yield from map(Place.local, clouds)
