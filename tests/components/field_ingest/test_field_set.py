"""Tests of components/field_ingest/field_set.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.field_ingest.config import FieldIngestConfig
from components.field_ingest.field_set import FieldSet, field_path
from components.field_ingest.ingest import ingest
from noria.errors import DataError
from noria.typed_config import parse_config


@pytest.fixture
def made(tmp_path: Path) -> Path:
    tree = {
        "fields": [],
        "generate": [{"name": "plane", "shape": [9, 8]}, {"name": "volume", "shape": [3, 4, 5]}],
        "images": {"kind": "none"},
    }
    ingest(parse_config(FieldIngestConfig, tree, "test"), tmp_path)
    return tmp_path


def test_fields_are_mapped_and_read_only(made: Path) -> None:
    fields = FieldSet.load(made)
    assert fields.names == ("plane", "volume")
    assert fields.shape("volume") == (3, 4, 5)
    field = fields.field("plane")
    assert isinstance(field, np.memmap)
    assert field.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        field[0, 0] = 1
    assert fields.classes == ()


def test_what_is_not_there(made: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    fields = FieldSet.load(made)
    with pytest.raises(DataError, match="no field 'cloud'; it has: plane, volume"):
        fields.field("cloud")
    with pytest.raises(DataError, match="no labelled images"):
        fields.images("train")
    with pytest.raises(DataError, match=r"holds no fields\.json"):
        FieldSet.load(tmp_path_factory.mktemp("empty"))


def test_damaged_field(made: Path) -> None:
    path = field_path(made, "plane")
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(DataError, match=r"(?s)plane.npy is damaged.*run field_ingest again"):
        FieldSet.load(made).field("plane")
    np.save(path, np.zeros((8, 9), np.float32))
    with pytest.raises(DataError, match=r"holds float32 \[8, 9\], fields.json says float32 \[9, 8\]"):
        FieldSet.load(made).field("plane")
    path.unlink()
    with pytest.raises(DataError, match="is damaged"):
        FieldSet.load(made).field("plane")


def test_images_by_split(tmp_path: Path) -> None:
    images = np.arange(40, dtype=np.uint8)[:, None, None] * np.ones((40, 3, 4), np.uint8)
    np.savez(tmp_path / "own.npz", images=images, labels=np.arange(40) % 2, classes=["even", "odd"])
    tree = {"fields": [], "images": {"kind": "npz", "path": str(tmp_path / "own.npz")}}
    ingest(parse_config(FieldIngestConfig, tree, "test"), tmp_path / "out")
    fields = FieldSet.load(tmp_path / "out")
    assert fields.classes == ("even", "odd")
    seen = []
    for split in ("train", "valid", "test"):
        pictures, labels = fields.images(split)
        numbers = np.round(pictures[:, 0, 0] * 255).astype(int)
        assert (numbers % 2 == labels).all()
        seen += numbers.tolist()
        assert fields.facts.images is not None
        assert fields.facts.images.counts[split] == len(labels)
    assert sorted(seen) == list(range(40))
