"""The stored runs, kept in memory as far as they are over: listing costs a look at each folder's date."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass

from noria.errors import NoriaError
from noria.home import Home
from orchestration.dead_runs import bury_if_dead
from orchestration.run_record import RunFolder, RunRecord

# Nanoseconds.
_YOUNG = 1_000_000_000


class NotFoundError(NoriaError):
    """Something of that name does not exist."""


@dataclass(frozen=True)
class RunPage:
    """Some of the runs that fit a filter, newest first, and how many fit it in all."""

    runs: list[RunRecord]
    total: int


class RunIndex:
    """Reads each record again only where its file has changed."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        # Name of the folder -> its date when the record was read, and what that said. Replacing a record
        # changes the date of its folder.
        self._known: dict[str, tuple[int, RunRecord]] = {}

    def all(self) -> list[RunRecord]:
        """Every run, newest first; runs whose process died are marked failed on the way."""
        with self._lock:
            found: dict[str, tuple[int, RunRecord]] = {}
            for folder in self._folders():
                entry = self._entry(folder)
                if entry is not None:
                    found[folder.name] = entry
            self._known = found
            return sorted((record for _, record in found.values()), key=lambda r: r.started, reverse=True)

    def page(
        self, offset: int = 0, limit: int = 50, pipeline: str = "", state: str = "", target: str = ""
    ) -> RunPage:
        """The runs that fit, from ``offset`` on, at most ``limit`` of them."""
        fitting = [
            run
            for run in self.all()
            if (not pipeline or run.pipeline == pipeline)
            and (not state or run.state == state)
            and (not target or run.target == target)
        ]
        return RunPage(fitting[offset : offset + limit], len(fitting))

    def find(self, run_id: str) -> RunFolder:
        """The folder of the run with exactly this id; raises NotFoundError."""
        # Never a path: an id that is no name of a folder is not looked up.
        if run_id.isalnum() and (self._home.runs / run_id / "run.json").is_file():
            return RunFolder(self._home.runs / run_id)
        raise NotFoundError(f"there is no run {run_id[:40]!r}", hint="/api/runs lists them")

    def _folders(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._home.runs) as entries:
                return list(entries)
        except FileNotFoundError:
            return []

    def _entry(self, folder: os.DirEntry[str]) -> tuple[int, RunRecord] | None:
        try:
            version = folder.stat(follow_symlinks=False).st_mtime_ns
            known = self._known.get(folder.name)
            # A date this young may stay the same through another change: the clock of files is coarse.
            young = time.time_ns() - version < _YOUNG
            if known is not None and known[0] == version and known[1].over and not young:
                return known
            # Dated back while it is young, so that it is read once more afterwards.
            return (0 if young else version), bury_if_dead(self._home.runs / folder.name)
        except (FileNotFoundError, NotADirectoryError):
            # Not recorded yet, or removed in this moment.
            return None
