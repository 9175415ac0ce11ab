"""Is this machine and this installation fit to run pipelines? One check per function, each with advice."""

from __future__ import annotations

import contextlib
import importlib
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from noria.home import Home

_PACKAGES = {
    "tfx": "tfx.v1",
    "tensorflow": "tensorflow",
    "tf_keras": "tf_keras",
    "tensorflow-gnn": "tensorflow_gnn",
    "apache-beam": "apache_beam",
    "ml-metadata": "ml_metadata",
    "mlflow": "mlflow",
    "kfp": "kfp",
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "scikit-learn": "sklearn",
    "pyarrow": "pyarrow",
    "numpy": "numpy",
}
_REINSTALL = "make setup"
_DISK_GB, _MEMORY_GB = 5.0, 6.0


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        name: What was looked at.
        state: ok, warning (works, but), or error (will not work).
        found: What was found.
        advice: What to do; empty where nothing is to be done.
    """

    name: str
    state: str
    found: str
    advice: str = ""


def check_installation(home: Home, deep: bool = False) -> list[Finding]:
    """Runs every check; ``deep`` imports the big packages instead of only looking up their versions."""
    if deep:
        # As the steps have it: TF-GNN imports under Keras 2 only.
        os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return [
        _python(),
        _environment(),
        *(_package(name, module, deep) for name, module in _PACKAGES.items()),
        _cores(),
        _memory(),
        _disk(home),
        _home(home),
        _mlflow(home),
    ]


def _python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info[:2] != (3, 11):
        return Finding("python", "error", found, f"the compiled wheels are for Python 3.11: {_REINSTALL}")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return Finding("python", "warning", found, "only Linux on x86-64 was tried")
    return Finding("python", "ok", found)


def _environment() -> Finding:
    if sys.prefix == sys.base_prefix:
        return Finding(
            "environment", "warning", f"no virtual environment ({sys.prefix})", f"{_REINSTALL} makes one"
        )
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        advice = "unset PYTHONDONTWRITEBYTECODE: with it every start compiles thousands of modules anew"
        return Finding("environment", "warning", sys.prefix, advice)
    return Finding("environment", "ok", sys.prefix)


def _package(name: str, module: str, deep: bool) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(name, "error", "not installed", _REINSTALL)
    if deep:
        try:
            importlib.import_module(module)
        except Exception as error:
            # Broken native libraries raise all sorts of errors; each is what was looked for.
            return Finding(name, "error", f"{found}, but: {type(error).__name__}: {error}", _REINSTALL)
        found += ", imports"
    return Finding(name, "ok", found)


def _cores() -> Finding:
    return Finding("cores", "ok", str(len(os.sched_getaffinity(0))))


def _memory() -> Finding:
    with Path("/proc/meminfo").open(encoding="ascii") as lines:
        table = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
    free, total = (table[name] / 2**20 for name in ("MemAvailable", "MemTotal"))
    found = f"{free:.1f} GB free of {total:.1f} GB"
    if free < _MEMORY_GB:
        return Finding("memory", "warning", found, f"training may need up to {_MEMORY_GB:.0f} GB")
    return Finding("memory", "ok", found)


def _disk(home: Home) -> Finding:
    free = shutil.disk_usage(_nearest(home.root)).free / 1e9
    if free < _DISK_GB:
        advice = f"make room: less than {_DISK_GB:.0f} GB; old artifacts lie in {home.artifacts}"
        return Finding("disk", "warning", f"{free:.1f} GB free", advice)
    return Finding("disk", "ok", f"{free:.1f} GB free")


def _home(home: Home) -> Finding:
    """Whether files can be written there, and used by SQLite with a write-ahead log."""
    try:
        with (
            tempfile.TemporaryDirectory(dir=_nearest(home.root)) as folder,
            contextlib.closing(sqlite3.connect(Path(folder) / "probe.sqlite")) as database,
        ):
            [mode] = database.execute("PRAGMA journal_mode=WAL").fetchone()
    except (OSError, sqlite3.Error) as error:
        return Finding("home", "error", f"{home.root}: {error}", "set NORIA_HOME to a folder you may write")
    if mode != "wal":
        advice = "SQLite cannot write ahead there (a network file system?): set NORIA_HOME to a local folder"
        return Finding("home", "warning", str(home.root), advice)
    return Finding("home", "ok", str(home.root))


def _mlflow(home: Home) -> Finding:
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not uri.startswith("http"):
        return Finding("mlflow", "ok", uri or f"{home.tracking_uri()} (look at it with: noria mlflow)")
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=5):
            return Finding("mlflow", "ok", f"{uri} answers")
    except (urllib.error.URLError, OSError) as error:
        advice = "start that server, or unset MLFLOW_TRACKING_URI; runs keep their records until it is back"
        return Finding("mlflow", "warning", f"{uri} does not answer: {error}", advice)


def _nearest(folder: Path) -> Path:
    """The folder itself, or the first one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
