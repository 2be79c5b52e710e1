"""Who signs requests: each function with credentials of its own, and the project's own clients."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """A holder of credentials, as API Gateway describes it in `requestContext.identity`."""

    access_key: str
    secret_key: str
    session_token: str | None
    account_id: str
    principal: str
    """IAM's unique id of the caller."""
    arn: str
    function: str | None = None
    """The function's name, where it is one."""


# What `local.cloud.Cloud.client` signs with: the account's root.
_OWNER = Caller(
    "test", "test", None, "000000000000", "000000000000", "arn:aws:iam::000000000000:root"
)
_callers: dict[str, Caller] = {_OWNER.access_key: _OWNER}


def find(access_key: str) -> Caller | None:
    return _callers.get(access_key)


def register(caller: Caller) -> None:
    _callers[caller.access_key] = caller


def forget(access_key: str) -> None:
    if access_key != _OWNER.access_key:
        _callers.pop(access_key, None)


def of_function(
    environment: Mapping[str, str], account_id: str, role: str, function: str
) -> Caller:
    """The caller that a function is, by the credentials in its environment."""
    access_key = environment["AWS_ACCESS_KEY_ID"]
    role_name = role.rpartition("/")[2]
    return Caller(
        access_key=access_key,
        secret_key=environment["AWS_SECRET_ACCESS_KEY"],
        session_token=environment["AWS_SESSION_TOKEN"],
        account_id=account_id,
        principal=f"AROA{access_key[4:]}:{function}",
        arn=f"arn:aws:sts::{account_id}:assumed-role/{role_name}/{function}",
        function=function,
    )
