"""Removes from a virtual environment what a running program never reads, and says what each rule saved.

Used while the container image is built: ``prune_packages.py /opt/venv``. Python's standard library only.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1_000_000
# NVIDIA's libraries come stripped, and the headers among them are read when kernels are compiled.
_UNTOUCHED = "nvidia"
_SOURCE_SUFFIXES = frozenset({".h", ".hh", ".hpp", ".cuh", ".inc", ".a", ".c", ".cc", ".cpp", ".pyx", ".pxd"})
# Not "test": tensorflow.test is a module that TensorFlow imports.
_TEST_FOLDERS = frozenset({"tests", "testdata"})
# Tests beside the module they test. Elsewhere such names are modules: scipy.stats._bws_test.
_PACKAGES_WITH_TEST_MODULES = (
    "apache_beam",
    "keras",
    "kfp",
    "temporian",
    "tensorflow_data_validation",
    "tensorflow_gnn",
    "tensorflow_model_analysis",
    "tensorflow_transform",
    "tfx",
    "vizier",
    "ydf",
)
_NEVER_IMPORTED = (
    "clang",  # TensorFlow lists libclang for those who build it
    "pip",  # fetches the device lab, which the image has already
    "tensorboard_data_server",  # makes TensorBoard's page faster; no step serves it
    "matplotlib/mpl-data/sample_data",
)


@dataclass(frozen=True)
class Rule:
    """One kind of files that go.

    Attributes:
        name: What the report calls it.
        find: Files and folders to remove, given the folder of the installed packages.
    """

    name: str
    find: Callable[[Path], Iterable[Path]]


def prune(environment: Path) -> dict[str, int]:
    """Removes and strips; returns rule -> bytes saved.

    Raises:
        FileNotFoundError: The folder is no virtual environment.
    """
    packages = next(environment.glob("lib/python3.*/site-packages"), None)
    if packages is None:
        raise FileNotFoundError(f"{environment}: expected a virtual environment with lib/python3.*/")
    saved = {rule.name: sum(_remove(path) for path in list(rule.find(packages))) for rule in RULES}
    saved["Jupyter's extensions, manuals"] = sum(_remove(environment / name) for name in ("share", "etc"))
    saved["symbol tables of libraries"] = sum(_strip(library) for library in _libraries(packages))
    return saved


def _test_folders(packages: Path) -> Iterator[Path]:
    for folder in packages.rglob("*"):
        inside = folder.relative_to(packages).parts[:-1]
        # Not a package that is called so itself, nor twice what lies in a folder of tests.
        if folder.name in _TEST_FOLDERS and inside and not _TEST_FOLDERS & set(inside) and folder.is_dir():
            yield folder


def _test_modules(packages: Path) -> Iterator[Path]:
    for name in _PACKAGES_WITH_TEST_MODULES:
        yield from (packages / name).rglob("*_test.py")
        yield from (packages / name).rglob("*_test.*.pyc")


def _sources(packages: Path) -> Iterator[Path]:
    for path in packages.rglob("*"):
        if path.suffix in _SOURCE_SUFFIXES and path.is_file() and not _is_untouched(path, packages):
            yield path


def _never_imported(packages: Path) -> Iterator[Path]:
    return (packages / name for name in _NEVER_IMPORTED)


RULES = (
    Rule("TensorFlow's headers", lambda packages: [packages / "tensorflow/include"]),
    Rule("other headers and sources of compiled code", _sources),
    Rule("folders of tests and their data", _test_folders),
    Rule("test modules beside the tested ones", _test_modules),
    Rule("libclang, TensorBoard's server, sample pictures", _never_imported),
)


def _libraries(packages: Path) -> Iterator[Path]:
    """Shared libraries that can be stripped; those that auditwheel has patched (``*.libs``) may break."""
    for path in packages.rglob("*.so*"):
        patched = path.parent.name.endswith(".libs")
        if path.is_file() and not path.is_symlink() and not patched and not _is_untouched(path, packages):
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def _strip(library: Path) -> int:
    before = library.stat().st_size
    subprocess.run(["strip", "--strip-unneeded", library], check=True)
    return before - library.stat().st_size


def _remove(path: Path) -> int:
    if path.is_dir():
        size = sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())
        shutil.rmtree(path)
    elif path.exists():
        size = path.stat().st_size
        path.unlink()
    else:
        size = 0
    return size


def _is_untouched(path: Path, packages: Path) -> bool:
    return path.relative_to(packages).parts[0] == _UNTOUCHED


def main() -> None:
    """Prints a table of what each rule saved."""
    saved = prune(Path(sys.argv[1]))
    for name, size in {**saved, "in all": sum(saved.values())}.items():
        print(f"{size / MEGABYTE:8.1f} MB  {name}")


if __name__ == "__main__":
    main()
