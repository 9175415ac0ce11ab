"""Tests of components/field_ingest: executor, report, component, config, source_digest, sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.field_ingest.component import FieldIngest
from components.field_ingest.config import CC0_IMAGES, FieldIngestConfig
from components.field_ingest.executor import Executor
from components.field_ingest.field_set import FieldSet
from components.field_ingest.report import thumbnail
from components.field_ingest.source_digest import check_source, source_digest, with_source_digest
from components.tracking import RECORDS, recording
from noria.elsewhere import files_elsewhere
from noria.errors import ConfigError, DataError
from noria.typed_config import parse_config


def _config(**tree: Any) -> FieldIngestConfig:
    return parse_config(FieldIngestConfig, {"images": {"kind": "none"}, **tree}, "test")


def _run(config: FieldIngestConfig, folder: Path) -> list[dict[str, Any]]:
    folder.mkdir()
    with recording({"fields": folder}):
        Executor().run(config, {}, {"fields": folder})
    return [json.loads(line) for line in (folder / RECORDS).read_text().splitlines()]


def test_default_data(tmp_path: Path) -> None:
    config = with_source_digest(FieldIngestConfig())
    check_source(config)
    records = _run(config, tmp_path / "out")
    fields = FieldSet.load(tmp_path / "out")
    assert fields.names == tuple(image.name for image in CC0_IMAGES)
    assert fields.facts.source_digest == config.source_digest != ""
    for name in fields.names:
        values = fields.field(name)
        assert values.ndim == 2
        assert values.min() >= 0
        assert values.max() <= 1
        assert values.std() > 0.03, f"{name} shows nothing"
    assert fields.shape("retina") == (1411, 1411)
    metrics = {record["name"]: record["value"] for record in records if record["kind"] == "metric"}
    assert metrics["fields"] == 10
    assert metrics["largest_field_values"] == 1411**2
    assert metrics["train_images"] == 5100
    assert {"kind": "artifact", "output": "fields", "path": "report.html"} in records


def test_same_configuration_same_files_and_report(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.random.default_rng(0).random((20, 30)))
    tree = {
        "fields": [{"name": "own", "path": str(tmp_path / "a.npy")}],
        "generate": [{"name": "noise", "shape": [4, 12, 10], "seed": 5}],
    }
    for name in ("one", "two"):
        _run(_config(**tree), tmp_path / name)
    for file in ("fields/own.npy", "fields/noise.npy", "fields.json", "report.html"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    report = (tmp_path / "one" / "report.html").read_text()
    for text in ("2 fields", "<td>own</td>", "4 x 12 x 10", "generated: seed 5", "data:image/png;base64,"):
        assert text in report, text
    # The folder of a machine is no part of a result.
    assert str(tmp_path.parent) not in report


@pytest.mark.parametrize("shape", [(3, 2), (161, 7), (1000, 400), (9, 500, 500)])
def test_thumbnails_are_small(shape: tuple[int, ...]) -> None:
    small = thumbnail(np.zeros(shape))
    assert small.ndim == 2
    assert 1 <= max(small.shape) <= 160


def test_component() -> None:
    component = FieldIngest(_config(generate=[{"name": "a", "shape": [4, 4]}]))
    assert set(component.outputs) == {"fields"}
    assert component.id == "field_ingest"


def test_digest_is_of_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.ones((3, 3)))
    config = _config(fields=[{"name": "a", "path": str(path)}])
    digest = source_digest(config)
    path.touch()
    assert source_digest(config) == digest
    np.save(path, np.zeros((3, 3)))
    assert source_digest(config) != digest
    assert source_digest(FieldIngestConfig(fields=())) != source_digest(config)


def test_sources_that_only_the_steps_see() -> None:
    config = _config(fields=[{"name": "a", "path": "/volume/a.zarr"}])
    with files_elsewhere(["/volume"]) as elsewhere:
        check_source(config)
        assert source_digest(config) == ""
    assert Path("/volume/a.zarr") in elsewhere.asked
    with pytest.raises(DataError, match=r"field a: path=/volume/a\.zarr: no such file"):
        check_source(config)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"path": "gone.npy"}, "field a: path=gone.npy: no such file"),
        ({"path": "table.csv"}, "is no array that can be read: expected .npy"),
        ({"path": "a.png", "package": "no_such_package"}, "no such Python package"),
        ({"path": "data/gone.png", "package": "skimage"}, "no such file"),
    ],
)
def test_files_that_are_not_there(field: dict[str, str], message: str) -> None:
    config = _config(fields=[{"name": "a", **field}])
    for action in (check_source, source_digest):
        with pytest.raises(DataError, match=message):
            action(config)


def test_installed_without_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.field_ingest.sources.SHIPPED_IMAGES", Path("/gone.npz"))
    for action in (check_source, source_digest):
        with pytest.raises(DataError, match=r"(?s)images\.kind=slice: no such file.*set images\.kind to"):
            action(FieldIngestConfig(fields=()))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (
            {"fields": [{"name": "a", "path": "x.npy"}, {"name": "A", "path": "y.npy"}]},
            "two fields are named 'a'",
        ),
        ({"generate": [{"name": "camera", "shape": [4, 4]}]}, "two fields are named 'camera'"),
        ({"fields": [{"name": "../a", "path": "x.npy"}]}, "fields.0.name"),
        ({"fields": [{"name": "a", "path": "x.npy", "crop": [[3, 3]]}]}, "expected 0 <= start < stop"),
        ({"fields": [{"name": "a", "path": "x.npy", "channels": "blue"}]}, "fields.0.channels"),
        ({"generate": [{"name": "a", "shape": [4]}]}, "generate.0.shape"),
        ({"generate": [{"name": "a", "shape": [4, 4, 4, 4]}]}, "generate.0.shape"),
        ({"fields": []}, "neither fields nor images"),
        ({"images": {"kind": "npz"}}, "kind=npz needs a path"),
        ({"images": {"kind": "slice", "path": "a.npz"}}, "kind=slice reads no path"),
        ({"images": {"validation": 0.5, "test": 0.5}}, "nothing is left to train on"),
    ],
)
def test_configurations_that_do_not_fit(tree: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _config(**tree)


def test_nothing_is_half_written(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((3, 3)))
    np.save(tmp_path / "b.npy", np.full((3, 3), np.nan))
    config = _config(fields=[{"name": n, "path": str(tmp_path / f"{n}.npy")} for n in ("a", "b")])
    with pytest.raises(DataError, match="field b"):
        _run(config, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out" / "fields").iterdir()] == ["a.npy"]
    assert not (tmp_path / "out" / "fields.json").exists()
