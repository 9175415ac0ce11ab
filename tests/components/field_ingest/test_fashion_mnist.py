"""Tests of components/field_ingest/fashion_mnist.py and build_slice.py; none needs a network."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.field_ingest import fashion_mnist
from components.field_ingest.build_slice import main, write_slice
from components.field_ingest.config import ImagesConfig
from components.field_ingest.fashion_mnist import FILES, fetch_package, read_idx
from components.field_ingest.labelled_images import read_images
from noria.digests import file_digest
from noria.errors import DataError, NoriaError


def _idx(values: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    sizes = np.array(values.shape, ">u4").tobytes()
    return gzip.compress(bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes(), mtime=0)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder as the package has it, with 40 training and 20 test images of ten classes."""
    folder = tmp_path / "package"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for name, file, _ in FILES:
        count = 20 if name.startswith("test") else 40
        values = np.arange(count) % 10 if "labels" in name else generator.integers(0, 256, (count, 6, 5))
        (folder / file).write_bytes(_idx(values.astype(np.uint8)))
    return folder


def test_whole_package(package: Path) -> None:
    images = read_images(ImagesConfig(kind="debian", path=str(package), validation=0.25))
    assert images.facts().counts == {"train": 30, "valid": 10, "test": 20}
    assert images.classes[9] == "Ankle boot"
    assert images.images.max() == 1


def test_slice_has_equal_classes_and_is_made_again_the_same(package: Path, tmp_path: Path) -> None:
    arrays = fashion_mnist.read_package(package)
    for name in ("one.npz", "two.npz"):
        write_slice(arrays, tmp_path / name, train=20, test=10)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(tmp_path / "one.npz") as made:
        assert np.bincount(made["labels"]).tolist() == [2] * 10
        assert np.bincount(made["test_labels"]).tolist() == [1] * 10
        source = {row.tobytes(): int(y) for row, y in zip(arrays["images"], arrays["labels"], strict=True)}
        assert all(source[row.tobytes()] == y for row, y in zip(made["images"], made["labels"], strict=True))


def test_command_tells_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], package: Path
) -> None:
    assert main([str(tmp_path / "a.npz"), "--folder", str(tmp_path)]) == 1
    assert "no such file" in capsys.readouterr().err
    assert main([str(tmp_path / "a.npz"), "--folder", str(package)]) == 0
    assert "bytes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no gzip", "cannot be read"),
        (_idx(np.zeros((3, 4), np.uint8))[:-12], "cannot be read"),
        (gzip.compress(b"text that is no IDX"), "is no IDX file"),
        (gzip.compress(b""), "is no IDX file"),
        (gzip.compress(b"\0\0\x08\x02\0\0\0\x03"), "is no IDX file"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x05abcd"), r"holds 4 values, but says that it is \[5\]"),
    ],
)
def test_damaged_idx(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(tmp_path / "a.gz")


def _fake_tools(folder: Path, monkeypatch: pytest.MonkeyPatch, apt: str, dpkg: str) -> None:
    for name, script in (("apt-get", apt), ("dpkg-deb", dpkg)):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_fetching(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    unpacked = f"$3{fashion_mnist.FOLDER}"
    _fake_tools(tools, monkeypatch, "touch $2_1_all.deb", f"mkdir -p {unpacked}; cp {package}/* {unpacked}")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz is missing or not the known one"):
        fetch_package(scratch)
    known = tuple((name, file, file_digest(package / file)) for name, file, _ in FILES)
    monkeypatch.setattr(fashion_mnist, "FILES", known)
    monkeypatch.setattr("components.field_ingest.labelled_images.FOLDER", tmp_path / "not installed")
    images = read_images(ImagesConfig(kind="debian"))
    assert len(images.images) == 60


def test_fetching_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_tools(tmp_path, monkeypatch, "echo E: Unable to locate package >&2; exit 100", "")
    with pytest.raises(NoriaError, match=r"(?s)Unable to locate package.*apt-get update"):
        fetch_package(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(NoriaError, match="no apt-get"):
        fetch_package(tmp_path)
