"""Tests of components/source_files.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from components.source_files import REPOSITORY, candidates, content_digest, is_pattern
from noria.digests import tree_digest


def test_the_working_folder_comes_before_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert candidates("a/b.csv") == (tmp_path / "a/b.csv", REPOSITORY / "a/b.csv")
    assert candidates("/a/b.csv") == (Path("/a/b.csv"), Path("/a/b.csv"))
    assert (REPOSITORY / "pyproject.toml").is_file()


def test_patterns() -> None:
    assert is_pattern("sales-*.csv")
    assert not is_pattern("sales-1.csv")


def test_content_counts_and_time_does_not(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    before = content_digest(file)
    assert before == tree_digest(file)
    os.utime(file, (1, 1))
    assert content_digest(file) == before
    file.write_text("two")
    assert content_digest(file) != before
    assert content_digest(tmp_path) == tree_digest(tmp_path)
