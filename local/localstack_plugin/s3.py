"""S3 keeps its objects below the cloud's temporary folder.

LocalStack keeps those of all its processes in one folder of `/tmp`, which belongs to the user who
made it: nobody else on the machine could store an object.
"""

from typing import Any

from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore

_init = EphemeralS3ObjectStore.__init__


def install() -> None:
    EphemeralS3ObjectStore.__init__ = _init_in_temporary_folder


def _init_in_temporary_folder(store: Any, _root_directory: str | None = None) -> None:
    _init(store)  # without a folder it makes one, in TMPDIR
