"""ML Metadata in one SQLite file that several runs use at once.

MLMD waits for itself where another process writes, call by call. A file lock around every group of calls
makes the group one step for the others, and spares the waiting; it is held for milliseconds, while a step
is prepared or published, never while it works.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from noria.home import Home
from noria.light_tfx import without_frameworks
from noria.locks import locked

with without_frameworks():
    from ml_metadata.proto import metadata_store_pb2
    from tfx.orchestration.metadata import Metadata, sqlite_metadata_connection_config
    from tfx.orchestration.portable.mlmd import execution_lib

Execution = metadata_store_pb2.Execution


class MetadataStore:
    """Opens the home's metadata file, one group of calls at a time."""

    def __init__(self, home: Home) -> None:
        self._path = home.metadata_db

    @contextmanager
    def open(self) -> Iterator[Metadata]:
        """Yields TFX's handle; nobody else reads or writes the file inside the block."""
        lock = self._path.with_suffix(".lock")
        with locked(lock), Metadata(sqlite_metadata_connection_config(str(self._path))) as handle:
            yield handle


def end_execution(
    handle: Metadata, execution_id: int, state: Any, error: str, contexts: list[Any] | tuple[Any, ...] = ()
) -> None:
    """Marks an execution as FAILED or CANCELED and keeps why, as its custom property ``error``."""
    [execution] = handle.store.get_executions_by_id([execution_id])
    execution.last_known_state = state
    execution.custom_properties["error"].string_value = error
    execution_lib.put_execution(handle, execution, list(contexts))


def end_open_executions(home: Home, run_id: str, error: str) -> list[int]:
    """Marks the executions that a dead run left RUNNING as FAILED; returns their ids."""
    if not home.metadata_db.exists():
        return []
    with MetadataStore(home).open() as handle:
        context = handle.store.get_context_by_type_and_name("pipeline_run", run_id)
        if context is None:
            return []
        executions = handle.store.get_executions_by_context(context.id)
        left = [execution.id for execution in executions if execution_lib.is_execution_active(execution)]
        for execution_id in left:
            end_execution(handle, execution_id, Execution.FAILED, error)
    return left
