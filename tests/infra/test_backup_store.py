"""Which backups are kept: the script that the backup jobs run."""

from __future__ import annotations

import importlib.util
import sys
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.infra.conftest import ROOT

SCRIPT = ROOT / "infra/kustomize/components/backup/files/backup_store.py"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


class FolderRepository:
    """MLflow's artifact repository over a folder, as far as the script uses it."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def list_artifacts(self) -> list[types.SimpleNamespace]:
        return [
            types.SimpleNamespace(path=p.name, file_size=p.stat().st_size, is_dir=False)
            for p in self.folder.iterdir()
        ]

    def log_artifact(self, file: str) -> None:
        (self.folder / Path(file).name).write_bytes(Path(file).read_bytes())

    def delete_artifacts(self, name: str) -> None:
        (self.folder / name).unlink()

    def download_artifacts(self, name: str, folder: str) -> None:
        (Path(folder) / name).write_bytes((self.folder / name).read_bytes())


@pytest.fixture(scope="module")
def script() -> types.ModuleType:
    """The script, without MLflow, which takes seconds to import."""
    name = "mlflow.store.artifact.artifact_repository_registry"
    stand_in = types.ModuleType(name)
    stand_in.get_artifact_repository = FolderRepository  # type: ignore[attr-defined]
    spec = importlib.util.spec_from_file_location("backup_store", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    saved = {n: sys.modules.get(n) for n in ("mlflow", "mlflow.store", "mlflow.store.artifact", name)}
    sys.modules |= {n: types.ModuleType(n) for n in saved} | {name: stand_in}
    try:
        spec.loader.exec_module(module)
    finally:
        for key, value in saved.items():
            if value is None:
                del sys.modules[key]
            else:
                sys.modules[key] = value
    return module


def named(age_days: float, kind: str = "postgres") -> str:
    return f"{kind}-{NOW - timedelta(days=age_days):%Y%m%dT%H%M%SZ}.tar"


@given(ages=st.lists(st.integers(0, 400), unique=True, max_size=20), keep=st.integers(1, 10))
def test_the_newest_are_never_removed(script: types.ModuleType, ages: list[int], keep: int) -> None:
    names = [named(age) for age in sorted(ages, reverse=True)]
    gone = script.too_old(names, NOW, days=30, keep=keep)
    assert not set(gone) & set(names[-keep:])
    assert all(NOW - script.time_of(name) > timedelta(days=30) for name in gone)
    left = [name for name in names if name not in gone]
    assert len(left) >= min(keep, len(names))
    assert all(NOW - script.time_of(name) <= timedelta(days=30) for name in left[: max(0, len(left) - keep)])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    (tmp_path / "work").mkdir()
    for name, value in {"BACKUP_URI": str(folder), "BACKUP_DAYS": "30", "BACKUP_KEEP": "1"}.items():
        monkeypatch.setenv(name, value)
    return folder


def test_put_then_fetch(
    script: types.ModuleType, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKUP_DAYS", "100000")
    for name in (named(1), named(0)):
        (tmp_path / "work" / name).write_text(name)
        script.put(tmp_path / "work")
        (tmp_path / "work" / name).unlink()
    (store / "unrelated.txt").write_text("stays")
    script.fetch(tmp_path / "work", "")
    assert [p.name for p in (tmp_path / "work").iterdir()] == [named(0)]
    assert sorted(p.name for p in store.iterdir()) == sorted([named(1), named(0), "unrelated.txt"])


def test_old_ones_go_when_a_new_one_is_there(script: types.ModuleType, store: Path, tmp_path: Path) -> None:
    old = "mysql-20200101T000000Z.sql.gz"
    (store / old).write_text("old")
    (tmp_path / "work" / "mysql-20260101T000000Z.sql.gz").write_text("new")
    script.put(tmp_path / "work")
    assert [p.name for p in store.iterdir()] == ["mysql-20260101T000000Z.sql.gz"]


def test_a_cut_upload_removes_nothing(
    script: types.ModuleType, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (store / "mysql-20200101T000000Z.sql.gz").write_text("old")
    (tmp_path / "work" / "mysql-20260101T000000Z.sql.gz").write_text("whole")

    def cut(self: FolderRepository, file: str) -> None:
        (self.folder / Path(file).name).write_text("wh")

    monkeypatch.setattr(FolderRepository, "log_artifact", cut)
    with pytest.raises(SystemExit, match="5 bytes sent, 2 stored"):
        script.put(tmp_path / "work")
    assert (store / "mysql-20200101T000000Z.sql.gz").exists()


def test_a_name_that_is_not_there(script: types.ModuleType, store: Path, tmp_path: Path) -> None:
    (store / named(3)).touch()
    with pytest.raises(SystemExit, match=named(3)):
        script.fetch(tmp_path / "work", named(2))


def test_nothing_to_store(script: types.ModuleType, store: Path, tmp_path: Path) -> None:
    assert store.exists()
    with pytest.raises(SystemExit, match="expected one backup"):
        script.put(tmp_path / "work")
