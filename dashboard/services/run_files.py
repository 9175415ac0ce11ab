"""What a run's steps left: files by output, and the chain of digests from its data to its model file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from noria.digests import MANIFEST
from noria.files import read_json
from orchestration.run_record import RunRecord
from orchestration.run_report import artifact_paths

_MOST_FILES = 60
_PICTURES = (".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp")

Shown = Literal["report", "picture", "file"]


@dataclass(frozen=True)
class ArtifactFile:
    """One file; ``path`` is below the output's folder, ``shown`` says how a page shows it."""

    path: str
    size: int
    shown: Shown


@dataclass(frozen=True)
class OutputFiles:
    """One output of a step.

    Attributes:
        name: What the API calls it: ``output``, or ``step.output`` where several steps have one.
        files: At most so many as anybody reads; reports and pictures first.
        more: How many were left out.
        here: Its folder is on this machine.
    """

    step: str
    name: str
    files: list[ArtifactFile]
    more: int
    here: bool


@dataclass(frozen=True)
class LineageItem:
    """One link: what it is, who made it, and its SHA-256."""

    what: str
    step: str
    digest: str


def output_files(record: RunRecord, journal: Sequence[dict[str, Any]]) -> list[OutputFiles]:
    """Files of every output; those that a step called an artifact come first."""
    named = {
        (entry["step"], entry["output"], entry["path"]) for entry in journal if entry["kind"] == "artifact"
    }
    names = {uri: name for name, uri in artifact_paths(record).items()}
    found = []
    for step in record.steps:
        for key, uri in step.outputs.items():
            folder = Path(uri)
            here = "://" not in uri and folder.is_dir()
            files = _files(folder) if here else []
            files.sort(
                key=lambda file: ((step.name, key, file.path) not in named, file.shown == "file", file.path)
            )
            found.append(
                OutputFiles(
                    step.name, names[uri], files[:_MOST_FILES], max(0, len(files) - _MOST_FILES), here
                )
            )
    return found


def lineage(record: RunRecord, journal: Sequence[dict[str, Any]], data_digest: str) -> list[LineageItem]:
    """From the data's digest over every output to the hash of each ``.tflite`` file."""
    digests = {
        (entry["step"], key): digest
        for entry in journal
        if entry["kind"] == "step"
        for key, digest in (entry.get("digests") or {}).items()
    }
    chain = []
    if data_digest and data_digest not in digests.values():
        chain.append(LineageItem("data", "", data_digest))
    for step in record.steps:
        for key, uri in step.outputs.items():
            digest = digests.get((step.name, key), "")
            if digest:
                what = "data" if digest == data_digest else f"output {key}"
                chain.append(LineageItem(what, step.name, digest))
            chain += [
                LineageItem(path, step.name, file_digest)
                for path, file_digest in _manifest(Path(uri)).items()
                if path.endswith(".tflite")
            ]
    return chain


def _files(folder: Path) -> list[ArtifactFile]:
    # The manifest names what the step made; a folder without one was made by a stock step of TFX.
    listed = _manifest(folder)
    paths = [folder / name for name in listed] if listed else sorted(folder.rglob("*"))
    return [
        ArtifactFile(path.relative_to(folder).as_posix(), path.stat().st_size, _shown(path))
        for path in paths
        if not path.name.startswith("_") and not path.is_symlink() and path.is_file()
    ]


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    return dict(read_json(path)["files"]) if path.is_file() else {}


def _shown(path: Path) -> Shown:
    if path.suffix == ".html":
        return "report"
    return "picture" if path.suffix.lower() in _PICTURES else "file"
