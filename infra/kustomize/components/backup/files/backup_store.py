"""Keeps backups in an object store: ``put FOLDER``, ``fetch FOLDER [NAME]``, ``list``.

BACKUP_URI (s3://BUCKET/FOLDER, gs://... or file://...) is where; a backup is one file called KIND-TIME.EXT,
TIME as 20260131T020000Z. ``put`` uploads the one file in FOLDER, compares its size with the stored one, then
removes backups older than BACKUP_DAYS days, never the newest BACKUP_KEEP. ``fetch`` gets NAME or the newest.
"""

import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

NAME = re.compile(r"^[a-z-]+-(\d{8}T\d{6}Z)\.[a-z.]+$")


def stored(repository: Any) -> dict[str, int]:
    """Backups there are, oldest first: name -> size in bytes."""
    found = {f.path: f.file_size for f in repository.list_artifacts() if NAME.match(f.path)}
    return dict(sorted(found.items(), key=lambda item: time_of(item[0])))


def time_of(name: str) -> datetime:
    """When a backup was made, from its name."""
    match = NAME.match(name)
    assert match, name
    return datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def too_old(names: list[str], now: datetime, days: int, keep: int) -> list[str]:
    """Of ``names``, oldest first, those that may go."""
    candidates = names[: max(0, len(names) - keep)]
    return [name for name in candidates if now - time_of(name) > timedelta(days=days)]


def put(folder: Path) -> None:
    """Uploads the backup that lies in ``folder`` and removes those that are too old."""
    files = [path for path in folder.iterdir() if NAME.match(path.name)]
    if len(files) != 1:
        raise SystemExit(f"{folder}: expected one backup, found {sorted(p.name for p in folder.iterdir())}")
    file, repository = files[0], get_artifact_repository(os.environ["BACKUP_URI"])
    repository.log_artifact(str(file))
    sizes = stored(repository)
    if sizes.get(file.name) != file.stat().st_size:
        raise SystemExit(f"{file.name}: {file.stat().st_size} bytes sent, {sizes.get(file.name)} stored")
    print(f"stored {file.name}, {file.stat().st_size} bytes")
    days, keep = int(os.environ["BACKUP_DAYS"]), int(os.environ["BACKUP_KEEP"])
    for name in too_old(list(sizes), datetime.now(UTC), days, keep):
        repository.delete_artifacts(name)
        print(f"removed {name}: older than {days} days")


def fetch(folder: Path, name: str) -> None:
    """Downloads backup ``name``, or the newest, into ``folder``."""
    repository = get_artifact_repository(os.environ["BACKUP_URI"])
    names = list(stored(repository))
    name = name or (names[-1] if names else "")
    if name not in names:
        raise SystemExit(f"there is no backup {name!r} in {os.environ['BACKUP_URI']}; there are: {names}")
    repository.download_artifacts(name, str(folder))
    print(f"fetched {name}")


def main(command: str, *arguments: str) -> None:
    """Runs one of the commands that the module's text names."""
    if command == "put":
        put(Path(arguments[0]))
    elif command == "fetch":
        fetch(Path(arguments[0]), arguments[1] if len(arguments) > 1 else "")
    elif command == "list":
        for name, size in stored(get_artifact_repository(os.environ["BACKUP_URI"])).items():
            print(f"{name}  {size} bytes")
    else:
        raise SystemExit(f"{command}: expected put, fetch or list")


if __name__ == "__main__":
    main(*sys.argv[1:])
