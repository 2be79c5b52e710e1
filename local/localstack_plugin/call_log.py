"""Which permissions each function has needed so far: a line of JSON for each, written once.

What the functions' roles grant is not enforced here; tests/permissions compares it with this.
"""

import json
import os
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from . import credentials
from .credentials import Caller
from .permissions import Permission, Place, asked

_FILE_VARIABLE = "FUNCTION_CALLS_FILE"
_seen: set[tuple[str, Permission]] = set()
_lock = threading.Lock()


def install() -> None:
    handlers.serve_custom_service_request_handlers.append(_note_call)


def note(caller: Caller, permission: Permission) -> None:
    """Callers that are no function are passed over."""
    if caller.function is None or (caller.function, permission) in _seen:
        return
    line = json.dumps({"function": caller.function, **asdict(permission)})
    with _lock, Path(os.environ[_FILE_VARIABLE]).open("a") as file:
        if (caller.function, permission) not in _seen:
            _seen.add((caller.function, permission))
            file.write(f"{line}\n")


def _note_call(_chain: Any, context: RequestContext, _response: Any) -> None:
    access_key = extract_access_key_id_from_auth_header(context.request.headers)
    caller = credentials.find(access_key) if access_key else None
    if caller is None or caller.function is None or context.operation is None:
        return
    place = Place(caller.account_id, context.region)
    service, operation = context.service.service_name, context.operation.name
    for permission in asked(service, operation, context.service_request, place):
        note(caller, permission)
