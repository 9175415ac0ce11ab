"""Where a configured source lies."""

from __future__ import annotations

from pathlib import Path

from components.graph_ingest.config import SourceConfig
from components.source_files import REPOSITORY, candidates
from noria.errors import ConfigError, DataError

SHIPPED_SNAPSHOT = REPOSITORY / "data" / "debian-bookworm"


def source_folder(source: SourceConfig) -> Path:
    """The folder of a snapshot, tables or ogb source.

    A relative path counts from the working folder, and where nothing is there from the repository's root,
    so that shipped data is found from anywhere.

    Raises:
        ConfigError: The kind needs a path and none is set.
        DataError: There is no such folder.
    """
    if not source.path:
        if source.kind == "snapshot":
            return SHIPPED_SNAPSHOT
        raise ConfigError(f"source.path is empty; source.kind={source.kind} needs a folder")
    for folder in candidates(source.path):
        if folder.is_dir():
            return folder
    raise DataError(f"source.path={source.path}: no such folder ({candidates(source.path)[0]})")
