"""The stored runs, kept in memory as far as they are over: listing costs a look at each file's date."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from noria.errors import NoriaError
from noria.home import Home
from orchestration.dead_runs import bury_if_dead
from orchestration.run_record import RunFolder, RunRecord


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
        # Name of the folder -> date and inode of the record when it was read, and what it said. A record
        # is replaced by renaming, so that no two have the same of both.
        self._known: dict[str, tuple[tuple[int, int], RunRecord]] = {}

    def all(self) -> list[RunRecord]:
        """Every run, newest first; runs whose process died are marked failed on the way."""
        with self._lock:
            found: dict[str, tuple[tuple[int, int], RunRecord]] = {}
            for name in self._folders():
                entry = self._entry(name)
                if entry is not None:
                    found[name] = entry
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

    def _folders(self) -> list[str]:
        try:
            with os.scandir(self._home.runs) as entries:
                return [entry.name for entry in entries]
        except FileNotFoundError:
            return []

    def _entry(self, name: str) -> tuple[tuple[int, int], RunRecord] | None:
        path = self._home.runs / name
        try:
            stat = (path / "run.json").stat()
            version = (stat.st_mtime_ns, stat.st_ino)
            known = self._known.get(name)
            if known is not None and known[0] == version and known[1].over:
                return known
            return version, bury_if_dead(path)
        except (FileNotFoundError, NotADirectoryError):
            # Not recorded yet, or removed in this moment.
            return None
