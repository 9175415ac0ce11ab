"""Tests of components/graph_ingest/sources/apt.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.graph_ingest.sources import apt
from noria.errors import DataError


def _row(folder: Path, release: str, code_name: str, area: str, kind: str = "Packages") -> str:
    file = folder / f"site_dists_{release}_{area}_binary-amd64_Packages"
    return "\t".join([kind, release, code_name, area, "amd64", str(file)])


@pytest.fixture
def listing(tmp_path: Path) -> str:
    rows = [("bookworm-updates", "bookworm", "main"), ("bookworm", "bookworm", "main")]
    rows += [("bookworm", "bookworm", "contrib"), ("trixie", "trixie", "main")]
    for release, _, area in rows:
        (tmp_path / f"site_dists_{release}_{area}_binary-amd64_Packages.lz4").write_bytes(b"")
    lines = [_row(tmp_path, *row) for row in rows]
    return "\n".join([_row(tmp_path, "bookworm", "bookworm", "main", "DEP-11"), *lines])


def test_picks_the_release_itself(listing: str, tmp_path: Path) -> None:
    found = apt.choose_targets(listing, "bookworm", ["main", "contrib"])
    assert found == {
        area: tmp_path / f"site_dists_bookworm_{area}_binary-amd64_Packages.lz4"
        for area in ("main", "contrib")
    }


def test_an_archive_listed_as_stable_counts_by_code_name(tmp_path: Path) -> None:
    for release in ("stable", "stable-updates"):
        (tmp_path / f"site_dists_{release}_main_binary-amd64_Packages").write_bytes(b"")
    rows = [_row(tmp_path, release, "bookworm", "main") for release in ("stable-updates", "stable")]
    found = apt.choose_targets("\n".join(rows), "bookworm", ["main"])
    assert found["main"].name == "site_dists_stable_main_binary-amd64_Packages"


def test_no_index_says_what_to_do(listing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "_index_targets", lambda: listing)
    with pytest.raises(DataError, match="apt has no package index of sid main") as caught:
        apt.find_indexes("", "sid", ["main"])
    assert "apt-get update" in caught.value.hint
    with pytest.raises(DataError, match="no package index /nowhere"):
        apt.find_indexes("/nowhere", "", ["main"])


def test_a_machine_without_apt_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="no apt-get here"):
        apt.find_indexes("", "bookworm", ["main"])


def test_own_release(tmp_path: Path) -> None:
    file = tmp_path / "os-release"
    file.write_text('NAME="Some OS"\nVERSION_CODENAME="noble"\n')
    assert apt.own_release(file) == "noble"
    with pytest.raises(DataError, match="names no VERSION_CODENAME"):
        apt.own_release(tmp_path / "missing")


def test_facts_come_from_the_release_file_beside(tmp_path: Path) -> None:
    index = tmp_path / "site_debian_dists_bookworm_main_binary-amd64_Packages"
    index.write_text("Package: a\n")
    assert list(apt.release_facts([index])) == ["index_sha256"]
    release = tmp_path / "site_debian_dists_bookworm_InRelease"
    release.write_text(
        "Origin: Debian\nCodename: bookworm\nVersion: 12.1\nDate: Sat, 1 Jan 2000\nDate: later\n"
    )
    facts = apt.release_facts([index])
    assert facts["codename"] == "bookworm"
    assert facts["date"] == "Sat, 1 Jan 2000"
