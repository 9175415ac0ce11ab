"""Files that runs produced: which there are, and which of them may be handed out."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from dashboard.run_index import NotFoundError
from noria.home import Home
from orchestration.run_record import RunRecord
from orchestration.run_report import artifact_paths

_MOST_FILES = 2000
# What a browser may show itself. Text is always sent as plain text, whatever its name says.
_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
_TEXTS = {".txt", ".json", ".jsonl", ".yaml", ".yml", ".csv", ".md", ".log", ".pbtxt"}
_PAGES = {".html": "text/html", ".htm": "text/html", ".svg": "image/svg+xml"}
# An origin of its own, and nothing runs, nothing is fetched, no form is sent, whatever the file holds.
SANDBOX = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class ArtifactFile:
    """A file below an output's folder."""

    output: str
    path: str
    bytes: int


def artifact_files(home: Home, record: RunRecord) -> list[ArtifactFile]:
    """The files of a run's outputs on this machine, 2000 at most; symbolic links are left out."""
    found: list[ArtifactFile] = []
    for output in artifact_paths(record):
        try:
            root = _root(home, record, output)
        except NotFoundError:
            continue
        for folder, _, names in os.walk(root, followlinks=False):
            for name in sorted(names):
                path = Path(folder) / name
                if path.is_symlink() or not path.is_file():
                    continue
                found.append(ArtifactFile(output, path.relative_to(root).as_posix(), path.stat().st_size))
                if len(found) >= _MOST_FILES:
                    return found
    return found


def artifact_file(home: Home, record: RunRecord, output: str, path: str) -> Path:
    """The file to hand out.

    Raises:
        NotFoundError: There is none, or the path, or a symbolic link on it, leads out of the output's folder.
    """
    missing = NotFoundError(f"output {output[:80]!r} of run {record.id} has no file {path[:200]!r}")
    root = _root(home, record, output)
    if "\0" in path or path.startswith("/") or ".." in path.split("/"):
        raise missing
    try:
        found = (root / path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise missing from None
    if not found.is_relative_to(root) or not found.is_file():
        raise missing
    return found


def headers_of(path: Path, download: bool) -> dict[str, str]:
    """Content type and policy: what could run in a browser is caged, what it need not show is downloaded."""
    kind = path.suffix.lower()
    if kind in _PAGES and not download:
        return {"content-type": f"{_PAGES[kind]}; charset=utf-8", "content-security-policy": SANDBOX}
    if kind in _PICTURES and not download:
        return {"content-type": _PICTURES[kind], "content-security-policy": SANDBOX}
    if kind in _TEXTS and not download:
        return {"content-type": "text/plain; charset=utf-8", "content-security-policy": SANDBOX}
    name = re.sub(r"[^A-Za-z0-9._-]", "_", path.name)
    return {
        "content-type": "application/octet-stream",
        "content-disposition": f'attachment; filename="{name}"',
        "content-security-policy": SANDBOX,
    }


def _root(home: Home, record: RunRecord, output: str) -> Path:
    uri = artifact_paths(record).get(output, "")
    if not uri or "://" in uri:
        raise NotFoundError(f"run {record.id} has no output {output[:80]!r} on this machine")
    root, allowed = Path(uri).resolve(), home.artifacts.resolve()
    if not root.is_relative_to(allowed) or not root.is_dir():
        raise NotFoundError(f"output {output[:80]!r} of run {record.id} is not in {home.artifacts}")
    return root
