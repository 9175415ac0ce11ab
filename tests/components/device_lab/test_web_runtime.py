"""What comes from npm: the lock file, and what is said where npm is missing or fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.device_lab import web_runtime
from noria.errors import NoriaError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to install into, and nothing on the path."""
    monkeypatch.setattr(web_runtime, "FOLDER", tmp_path / "web")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "web"


def npm(folder: Path, script: str) -> None:
    """Puts a stand-in for npm on the path."""
    program = folder.parent / "bin" / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def make_files(folder: Path) -> str:
    """A script that leaves what npm would, in the folder that it runs in."""
    paths = [f"node_modules/{path}" for path in web_runtime.FILES.values()]
    lines = [f"/bin/mkdir -p {Path(path).parent}; echo x > {path}" for path in paths]
    return "\n".join([f"echo once >> {folder.parent}/calls", *lines])


def test_the_lock_file_names_no_host_and_fits() -> None:
    lock = json.loads((web_runtime.PACKAGE / "package-lock.json").read_text())
    package = json.loads((web_runtime.PACKAGE / "package.json").read_text())
    for kind in ("dependencies", "devDependencies"):
        assert lock["packages"][""][kind] == package[kind]
    for name, entry in lock["packages"].items():
        assert "resolved" not in entry
        assert not name or entry["integrity"].startswith("sha512-")


@pytest.mark.usefixtures("folder")
def test_without_npm_it_says_what_to_do() -> None:
    with pytest.raises(NoriaError, match="npm is not on the path") as error:
        web_runtime.install()
    assert web_runtime.INSTALL in error.value.hint
    assert not web_runtime.installed()
    assert web_runtime.main() == 1


def test_a_failed_npm_is_told_and_tried_again(folder: Path) -> None:
    npm(folder, f"{make_files(folder)}\necho no network >&2; exit 3")
    with pytest.raises(NoriaError, match=r"status 3: no network"):
        web_runtime.install()
    assert not web_runtime.up_to_date()
    npm(folder, make_files(folder))
    assert web_runtime.install() == folder
    assert web_runtime.up_to_date()


def test_what_is_there_is_not_installed_again_until_the_lock_file_changes(folder: Path) -> None:
    npm(folder, make_files(folder))
    web_runtime.install()
    web_runtime.install()
    calls = folder.parent / "calls"
    assert calls.read_text().count("once") == 1
    (folder / "installed.json").write_text("another lock file")
    web_runtime.install()
    assert calls.read_text().count("once") == 2


def test_only_listed_files_have_an_address(folder: Path) -> None:
    npm(folder, make_files(folder))
    web_runtime.install()
    (folder / "node_modules" / "secret.js").write_text("no")
    assert web_runtime.runtime_file("litert.js") is not None
    for name in ("secret.js", "../package.json", "/etc/passwd", "", "wasm"):
        assert web_runtime.runtime_file(name) is None


def test_a_browser_can_resolve_the_modules_imports(tmp_path: Path) -> None:
    module = tmp_path / "index.js"
    module.write_text('import { a } from "@litertjs/wasm-utils";\n')
    assert web_runtime.runtime_module(module) == 'import { a } from "./wasm-utils.js";\n'
