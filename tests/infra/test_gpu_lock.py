"""The lock file holds the CUDA libraries that TensorFlow asks for, in versions that it can load."""

from __future__ import annotations

from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement

from tests.infra.lock_file import LockFile

# No wheel exists; the image's build stage has a compiler for them.
_BUILT_FROM_SOURCE = {"google-apitools", "kfp-server-api", "pyfarmhash", "rouge-score"}


@pytest.fixture(scope="module")
def lock() -> LockFile:
    return LockFile.read()


def _cuda_requirements() -> list[Requirement]:
    asked = [Requirement(line) for line in requires("tensorflow") or []]
    return [
        requirement
        for requirement in asked
        if requirement.marker
        and requirement.marker.evaluate({"extra": "and-cuda"})
        and not requirement.marker.evaluate({"extra": ""})
    ]


def test_the_extra_locks_every_library_in_a_version_that_tensorflow_takes(lock: LockFile) -> None:
    assert lock.packages["tensorflow"]["version"] == version("tensorflow")
    gpu = lock.installed(frozenset({"gpu"}))
    asked = _cuda_requirements()
    assert {"nvidia-cudnn-cu12", "nvidia-cublas-cu12", "nvidia-nccl-cu12"} <= {one.name for one in asked}
    wrong = [
        f"{one}: {gpu.get(one.name, 'not locked')}"
        for one in asked
        if one.name not in gpu or gpu[one.name] not in one.specifier
    ]
    assert not wrong


def test_without_the_extra_there_is_no_cuda(lock: LockFile) -> None:
    assert "tensorflow" in lock.installed()
    assert not [name for name in lock.installed() if name.startswith("nvidia-")]


def test_the_extra_changes_nothing_else(lock: LockFile) -> None:
    """The CPU and the GPU image differ in CUDA libraries only."""
    plain, gpu = lock.installed(), lock.installed(frozenset({"gpu"}))
    assert {name for name in gpu if name not in plain} == {one.name for one in _cuda_requirements()}


@pytest.mark.parametrize("extras", [frozenset[str](), frozenset({"gpu"})], ids=["cpu", "gpu"])
def test_every_package_can_be_installed_on_debian_12(lock: LockFile, extras: frozenset[str]) -> None:
    """TensorFlow 2.15.0 pinned tensorrt wheels that no index had: an extra that locked, never installed."""
    installed = lock.installed(extras)
    assert len(installed) > 200
    assert {name for name in installed if not lock.has_wheel_for_debian_12(name)} == _BUILT_FROM_SOURCE
