"""Where this machine's package index lies, asked from apt."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from noria.digests import file_digest
from noria.errors import DataError

_FIELDS = ("CREATED_BY", "RELEASE", "CODENAME", "COMPONENT", "ARCHITECTURE", "FILENAME")
_SUFFIXES = ("", ".lz4", ".xz", ".gz", ".bz2")
_UPDATE = "run `apt-get update`, or use source.kind=snapshot, which needs no index"


def find_indexes(path: str, release: str, areas: Sequence[str]) -> list[Path]:
    """The index files to read.

    Args:
        path: One index file, or empty to ask apt.
        release: The release's code name, or empty for this machine's own.
        areas: The archive's components, in order.

    Raises:
        DataError: There is no such index.
    """
    if path:
        if not Path(path).is_file():
            raise DataError(f"no package index {path}", hint=_UPDATE)
        return [Path(path)]
    release = release or own_release()
    found = choose_targets(_index_targets(), release, areas)
    missing = [area for area in areas if area not in found]
    if missing:
        raise DataError(f"apt has no package index of {release} {', '.join(missing)}", hint=_UPDATE)
    return [found[area] for area in areas]


def choose_targets(listing: str, release: str, areas: Sequence[str]) -> dict[str, Path]:
    """Picks one existing index file per archive component out of ``apt-get indextargets`` rows.

    A row holds the values of _FIELDS, separated by tabs.

    The release itself is meant, not its ``-updates``, ``-security`` or ``-backports``; an archive that is
    listed as ``stable`` counts by its code name.
    """
    rows = [dict(zip(_FIELDS, line.split("\t"), strict=True)) for line in listing.splitlines() if line]
    rows = [row for row in rows if row["CREATED_BY"] == "Packages" and row["COMPONENT"] in areas]
    exact = [row for row in rows if row["RELEASE"] == release]
    by_code_name = [row for row in rows if row["CODENAME"] == release and "-" not in row["RELEASE"]]
    found: dict[str, Path] = {}
    for row in exact or by_code_name:
        existing = [Path(row["FILENAME"] + suffix) for suffix in _SUFFIXES]
        file = next((candidate for candidate in existing if candidate.is_file()), None)
        if file is not None:
            found.setdefault(row["COMPONENT"], file)
    return found


def own_release(os_release: Path = Path("/etc/os-release")) -> str:
    """The code name in os-release(5), which derivatives of Debian share.

    Raises:
        DataError: The system names none.
    """
    lines = os_release.read_text(encoding="utf-8").splitlines() if os_release.is_file() else []
    fields: Mapping[str, str] = dict(line.split("=", 1) for line in lines if "=" in line)
    name = fields.get("VERSION_CODENAME", "").strip('"')
    if not name:
        raise DataError(
            f"{os_release} names no VERSION_CODENAME: this is no Debian or Ubuntu release",
            hint="set source.release, or use source.kind=snapshot",
        )
    return name


def release_facts(indexes: Sequence[Path]) -> dict[str, str]:
    """What is known of the first index: its digest, and the Release file's version and date beside it."""
    facts = {"index_sha256": " ".join(file_digest(path) for path in indexes)}
    index = indexes[0]
    # `<site>_dists_<suite>_<area>_binary-<arch>_Packages` lies beside `<site>_dists_<suite>_InRelease`.
    parts = index.name.split("_")
    if "dists" in parts:
        stem = "_".join(parts[: parts.index("dists") + 2])
        for name in (f"{stem}_InRelease", f"{stem}_Release"):
            release = index.with_name(name)
            if release.is_file():
                facts |= _release_fields(release)
                break
    return facts


def _release_fields(release: Path) -> dict[str, str]:
    wanted = ("Origin", "Codename", "Version", "Date")
    fields: dict[str, str] = {}
    for line in release.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(": ")
        if name in wanted:
            fields.setdefault(name.lower(), value.strip())
    return fields


def _index_targets() -> str:
    form = "\t".join(f"$({field})" for field in _FIELDS)
    try:
        done = subprocess.run(
            ["apt-get", "indextargets", "--format", form], capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        raise DataError(
            "no apt-get here: this machine has no Debian package index", hint="use source.kind=snapshot"
        ) from None
    except subprocess.CalledProcessError as error:
        raise DataError(f"apt-get indextargets failed: {error.stderr.strip()}", hint=_UPDATE) from None
    return done.stdout
