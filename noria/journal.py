"""A file of JSON lines that several processes append to and others follow while it grows."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def append(path: Path, *records: dict[str, Any]) -> None:
    """Adds records with a single write, so that lines of parallel writers never mix."""
    if not records:
        return
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, "".join(json.dumps(record) + "\n" for record in records).encode())
    finally:
        os.close(handle)


class JournalReader:
    """Reads whole lines from where it stopped.

    Attributes:
        offset: Bytes read so far; a later reader may start there.
        damaged: Lines that were no JSON, because a writer was killed or the disk was full in mid-write.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.damaged = 0

    def read(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Returns the records added since the last call, at most ``limit`` of them."""
        if not self.path.exists():
            return []
        records: list[dict[str, Any]] = []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for line in file:
                if not line.endswith(b"\n") or (limit is not None and len(records) >= limit):
                    break
                self.offset += len(line)
                try:
                    records.append(json.loads(line))
                except ValueError:
                    self.damaged += 1
        return records


def read_journal(path: Path) -> list[dict[str, Any]]:
    """All records of a journal; empty when there is none yet."""
    return JournalReader(path).read()
