"""Stacks that are there already, for `make test-aws`: on AWS, or in the local cloud that is up.

TEST_STACKS names them. Without it the tests have a cloud and stacks of their own.
"""

import os
from argparse import Namespace
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import psycopg
import pytest

from local.issuer import Issuer, local_issuer, read_key
from local.variants import VARIANTS
from operations.errors import Failed
from operations.place import Place
from operations.stack import Stack, chosen
from runtime import database


@cache
def stacks() -> Mapping[str, Stack]:
    """By the names of their variants; empty where none is given."""
    found: dict[str, Stack] = {}
    for name in os.environ.get("TEST_STACKS", "").split():
        options = Namespace(stack=name, variant=None, profile=None, local=_is_local())
        stack = chosen(options)
        variant = _variant(stack)
        if variant in found:
            raise Failed(f"{found[variant].name} and {name} are both {variant}: name one of them")
        found[variant] = stack
    return found


def place() -> Place:
    return next(iter(stacks().values())).place


def issuer() -> Issuer:
    """Whose tokens the stacks take; of one that is not the local cloud's we need a key."""
    if cloud := place().cloud:
        return local_issuer(cloud)
    trusted = {
        (each.parameters["TokenIssuer"], each.parameters["TokenAudience"])
        for each in stacks().values()
    }
    if len(trusted) > 1:
        raise Failed("the stacks trust different issuers: test one after the other")
    key = os.environ.get("ISSUER_KEY")
    if not key:
        raise Failed("the tests make tokens: set ISSUER_KEY (a PEM file), and ISSUER_KEY_ID")
    ((url, audience),) = trusted
    return Issuer(url, audience, read_key(Path(key)), os.environ.get("ISSUER_KEY_ID", ""))


def allowed_origin(stack: Stack) -> str:
    origin, *_ = stack.parameters["AllowedOrigins"].split(",")
    return origin or pytest.skip(f"{stack.name} has no AllowedOrigins")


def connect(stack: Stack) -> psycopg.Connection:
    """To Customer's database: on AWS as its admin, by IAM's grant of dsql:DbConnectAdmin."""
    settings = {"DATABASE_URL": stack.parameters["LocalDatabaseUrl"], "AWS_REGION": place().region}
    if "Database" in stack.resources:
        cluster = place().client("dsql").get_cluster(identifier=stack.resources["Database"].id)
        settings |= {"DSQL_ENDPOINT": cluster["endpoint"], "DSQL_ROLE": "admin"}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        return database.connect()


def _variant(stack: Stack) -> str:
    """The one that most of the stack's parameters tell of."""
    possible = [v for v in VARIANTS.values() if v.parameters.items() <= stack.parameters.items()]
    return max(possible, key=lambda variant: len(variant.parameters)).name


def _is_local() -> bool:
    return bool(os.environ.get("TEST_LOCAL"))
