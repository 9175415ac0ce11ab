"""Where the emulator cannot be had, the error says what is missing and nothing is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.device_lab.device_run import DeviceUnavailableError
from components.device_lab.emulator_install import emulator_status, install_emulator
from components.device_lab.lab_folder import VARIABLE


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty lab folder."""
    folder = tmp_path / "lab"
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


def fake_tools(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    folder.mkdir()
    for name, script in scripts.items():
        program = folder / name.replace("_", "-")
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def ignore(_: str) -> None:
    pass


@pytest.mark.usefixtures("lab")
def test_a_machine_without_apt_is_told_so(tmp_path, monkeypatch):
    fake_tools(tmp_path / "bin", monkeypatch)
    with pytest.raises(DeviceUnavailableError, match="this machine has no apt-get, dpkg-deb, dpkg") as caught:
        install_emulator(ignore)
    assert "Debian" in caught.value.hint
    assert emulator_status() is None


def test_a_machine_without_network_is_told_so_and_nothing_is_half_installed(lab, tmp_path, monkeypatch):
    update = 'case "$*" in *update*) echo "W: Failed to fetch http://example.test"; exit 0;; esac'
    fake_tools(
        tmp_path / "bin",
        monkeypatch,
        apt_get=f'{update}; echo "E: Unable to locate package qemu-user"; exit 100',
        dpkg_deb="exit 0",
        dpkg="echo amd64",
    )
    with pytest.raises(DeviceUnavailableError, match="Unable to locate package qemu-user") as caught:
        install_emulator(ignore)
    assert "Failed to fetch http://example.test" in caught.value.message
    assert emulator_status() is None
    assert [path.name for path in lab.iterdir()] == ["emulator.lock"]


def test_a_lab_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file" / "lab"))
    with pytest.raises(DeviceUnavailableError, match="cannot be written to") as caught:
        install_emulator(ignore)
    assert VARIABLE in caught.value.hint


@pytest.mark.slow
def test_what_is_installed_is_not_fetched_again(emulator):
    said: list[str] = []
    assert install_emulator(said.append) == emulator
    assert said == []
    assert "qemu" in (emulator_status() or "")
