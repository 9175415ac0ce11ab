"""What the image's build removes from the installed packages, and what it must not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.infra.lock_file import ROOT

_REMOVED = (
    "tensorflow/include/tensorflow/core/op.h",
    "pyarrow/include/arrow/api.h",
    "numpy/core/lib/libnpymath.a",
    "scipy/stats/tests/test_stats.py",
    "scipy/stats/tests/data/tests/nested.npz",
    "tfx/components/testdata/big.csv",
    "apache_beam/pipeline_test.py",
    "apache_beam/__pycache__/pipeline_test.cpython-311.pyc",
    "clang/native/libclang.so",
)
_KEPT = (
    # Modules that look like tests.
    "tensorflow/_api/v2/test/__init__.py",
    "scipy/stats/_bws_test.py",
    "google/cloud/spanner_v1/testing/database_test.py",
    "tests/__init__.py",
    # Read when kernels are compiled.
    "nvidia/cuda_nvcc/include/crt/host_config.h",
    "nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc",
    "tensorflow/python/ops.py",
    "tensorflow-2.21.0.dist-info/METADATA",
)


@pytest.fixture(scope="module")
def prune_packages() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "prune_packages", ROOT / "infra" / "image" / "prune_packages.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses looks its module up.
    sys.modules["prune_packages"] = module
    spec.loader.exec_module(module)
    return module


def test_removes_what_is_never_read_and_nothing_else(prune_packages: ModuleType, tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in (*_REMOVED, *_KEPT):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_bytes(b"x" * 1000)
    saved = prune_packages.prune(tmp_path)
    left = {path.relative_to(packages).as_posix() for path in packages.rglob("*") if path.is_file()}
    assert left == set(_KEPT)
    assert sum(saved.values()) == 1000 * len(_REMOVED)
    assert saved["TensorFlow's headers"] == 1000


def test_twice_is_as_good_as_once(prune_packages: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    assert sum(prune_packages.prune(tmp_path).values()) == 0


def test_a_folder_that_is_no_environment_is_refused(prune_packages: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected a virtual environment"):
        prune_packages.prune(tmp_path)


def test_named_packages_are_installed(prune_packages: ModuleType) -> None:
    """A package that was renamed would silently be left as it is."""
    for name in prune_packages._PACKAGES_WITH_TEST_MODULES:
        assert importlib.util.find_spec(name) is not None, name
