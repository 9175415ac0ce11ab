"""Content digests of files and folders, and the manifest that tells a whole artifact from a broken one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from noria.files import read_json, write_json

MANIFEST = "_manifest.json"


def text_digest(*parts: str) -> str:
    """SHA-256 of length-prefixed strings, so that ("ab", "c") and ("a", "bc") differ."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of one file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_digest(path: Path) -> str:
    """SHA-256 over the relative names and contents of a file or of every file below a folder."""
    if path.is_file():
        return file_digest(path)
    names = _files_below(path)
    return text_digest(*(part for name in names for part in (name, file_digest(path / name))))


def write_manifest(folder: Path) -> str:
    """Records every file below ``folder`` with its digest; written last, it marks the folder as whole.

    Returns:
        The folder's content digest. Files at the top whose names begin with an underscore are told apart
        when the folder is checked, but are no content: they tell how it was made (``_records.jsonl``, with
        its timings), and two results that differ only there are the same.
    """
    files = {name: file_digest(folder / name) for name in _files_below(folder)}
    content = text_digest(
        *(part for name, digest in files.items() if not name.startswith("_") for part in (name, digest))
    )
    write_json(folder / MANIFEST, {"digest": content, "files": files})
    return content


def manifest_problems(folder: Path) -> list[str]:
    """Compares a folder with its manifest; an empty list means that it is whole and unaltered."""
    if not (folder / MANIFEST).is_file():
        return [f"{folder} has no {MANIFEST}: it was deleted or never finished"]
    try:
        recorded: dict[str, str] = dict(read_json(folder / MANIFEST)["files"])
    except (ValueError, KeyError, TypeError):
        return [f"{folder / MANIFEST} was altered: it cannot be read"]
    present = set(_files_below(folder))
    problems = [f"{name} is missing" for name in recorded if name not in present]
    problems += [f"{name} was added" for name in sorted(present - recorded.keys())]
    problems += [
        f"{name} was altered"
        for name, digest in recorded.items()
        if name in present and file_digest(folder / name) != digest
    ]
    return problems


def _files_below(folder: Path) -> list[str]:
    return sorted(
        p.relative_to(folder).as_posix()
        for p in folder.rglob("*")
        if p.is_file() and p.relative_to(folder).as_posix() != MANIFEST
    )
