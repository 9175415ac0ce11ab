"""Packages, with package managers that are not there."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from components.device_lab.device_run import DeviceUnavailableError
from components.device_lab.lab_folder import VARIABLE
from components.device_lab.published_models import fetch as module
from components.device_lab.published_models.catalogue import PublishedModel, Source
from noria.errors import DataError

FILE = b"....TFL3 a file"


def model(name: str, sha256: str, start: int = 0) -> PublishedModel:
    return PublishedModel(name, name, Source("pypi", "zoo", "1.0", f"zoo/{name}", start, sha256))


RIGHT = model("right", hashlib.sha256(FILE).hexdigest())
INSIDE = model("inside", hashlib.sha256(FILE[4:]).hexdigest(), start=4)
WRONG = model("wrong", "0" * 64)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A pip that brings a wheel with one file for every model."""
    made: list[list[str]] = []

    def pip(command: list[str], folder: Path) -> None:
        made.append(command)
        with zipfile.ZipFile(folder / "zoo-1.0-py3-none-any.whl", "w") as wheel:
            for each in ("right", "inside", "wrong"):
                wheel.writestr(f"zoo/{each}", FILE)

    monkeypatch.setenv(VARIABLE, str(tmp_path / "lab"))
    monkeypatch.setattr(module, "_run", pip)
    return made


def test_a_package_is_fetched_once_for_all_its_models(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MODELS", (RIGHT, INSIDE))
    said: list[str] = []
    assert module.fetch(RIGHT, said.append) == FILE
    assert module.fetch(INSIDE, said.append) == FILE[4:]
    assert said == ["fetching zoo 1.0 (pypi)"]
    assert [command[-1] for command in calls] == ["zoo==1.0"]


@pytest.mark.usefixtures("calls")
def test_another_file_than_the_pinned_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MODELS", (WRONG,))
    with pytest.raises(DataError, match=r"zoo/wrong of zoo 1.0 has the digest"):
        module.fetch(WRONG, print)
    assert not list(module.models_folder().glob("*"))


def test_what_a_package_manager_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing: list[Any] = ["sh", "-c", "echo no such host >&2; exit 1", "zoo==1.0"]
    with pytest.raises(DeviceUnavailableError, match=r"zoo==1.0 could not be fetched: no such host"):
        module._run(failing, tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "lab"))
    npm = PublishedModel("toy", "toy", Source("npm", "toy", "1.0", "package/toy"))
    with pytest.raises(DeviceUnavailableError, match="npm is not on the path; toy comes from it"):
        module.fetch(npm, print)


def test_a_failed_installation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: list[str], folder: Path) -> None:
        (folder / "site").mkdir()
        raise DeviceUnavailableError("no")

    monkeypatch.setattr(module, "_run", fails)
    with pytest.raises(DeviceUnavailableError):
        module.install_packages(tmp_path / "lab" / "site", ("zoo",))
    assert [path.name for path in (tmp_path / "lab").iterdir()] == ["site.lock"]
