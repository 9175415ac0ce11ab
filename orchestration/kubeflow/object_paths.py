"""Where KFP's launcher puts objects of the store in a step's file system, and back.

The launcher downloads a step's inputs before the step starts and uploads its outputs after it ended; the
step itself sees files only.
"""

from __future__ import annotations

import os
from pathlib import Path

from noria.errors import NoriaError

# Of KFP 2.17's launcher (LocalPathForURI).
_FOLDERS = {"s3": "s3", "minio": "minio", "gs": "gcs"}
# Below which the launcher's folders lie; "/" in a pod. The contract test gives each step its own.
ROOT_VARIABLE = "NORIA_LAUNCHER_ROOT"


def local_path(uri: str) -> Path:
    """The file or folder that stands for an object.

    Raises:
        NoriaError: The launcher handles no such address.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme not in _FOLDERS or not rest:
        raise NoriaError(
            f"artifact address {uri!r}: expected s3://, minio:// or gs://, which the launcher downloads",
            hint="set pipeline_root in the target's file, or the server's default pipeline root",
        )
    return launcher_path(f"/{_FOLDERS[scheme]}/{rest}")


def launcher_path(path: str) -> Path:
    """A path as the launcher states it, e.g. that of the output file."""
    return Path(os.environ.get(ROOT_VARIABLE, "/")) / path.lstrip("/")


def object_uri(path: Path) -> str:
    """The address of the object that a file or folder stands for; the inverse of ``local_path``.

    Raises:
        ValueError: The path lies outside the launcher's folders: nobody would upload it.
    """
    relative = path.relative_to(os.environ.get(ROOT_VARIABLE, "/"))
    scheme = {folder: scheme for scheme, folder in _FOLDERS.items()}.get(relative.parts[0])
    if scheme is None:
        raise ValueError(
            f"{path} lies in none of the folders that are uploaded: {', '.join(_FOLDERS.values())}"
        )
    return f"{scheme}://{relative.relative_to(relative.parts[0]).as_posix()}"
