"""The spectral pipeline's definition: steps, order, configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from components.device_lab.profiles import DEFAULT_DEVICES
from noria.errors import ConfigError, NoriaError
from noria.typed_config import load_config, parse_config
from orchestration.target_devices import on_devices
from pipelines.drawing import nodes_of
from pipelines.spectral import SpectralConfig, check, create_pipeline

ROOT = Path(__file__).parents[2]
STEPS = [
    "field_ingest",
    "spectral_features",
    "spectral_training",
    "tflite_export",
    "device_check",
    "spectral_evaluation",
    "model_promotion",
]


def config(**changes: Any) -> SpectralConfig:
    tree: dict[str, Any] = {
        "promotion": {"registered_model": "test", "gates": [{"metric": "m", "kind": "minimum", "value": 0}]}
    }
    return parse_config(SpectralConfig, {**tree, **changes}, origin="the test")


def given(step: Any) -> dict[str, Any]:
    return dict(json.loads(step.exec_properties["config"]))


@pytest.mark.parametrize("name", ["configs/spectral.yaml", "examples/own_images/spectral.yaml"])
def test_shipped_configurations_fit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shipped = load_config(SpectralConfig, ROOT / name)
    check(shipped)
    assert [step.id for step in create_pipeline(on_devices(shipped, DEFAULT_DEVICES))] == STEPS


def test_one_mesh_and_one_registered_model_for_all_steps() -> None:
    steps = {step.id: step for step in create_pipeline(config(mesh={"devices": 4}))}
    features, evaluation = given(steps["spectral_features"]), given(steps["spectral_evaluation"])
    assert features["mesh"] == evaluation["mesh"]
    assert features["mesh"]["devices"] == 4
    assert evaluation["registered_model"] == "test"
    # A configuration that is kept names it once, so that it can be changed there.
    kept = config(mesh={"devices": 4}).model_dump(mode="json")
    assert "mesh" not in kept["features"]
    assert parse_config(SpectralConfig, kept, origin="the test") == config(mesh={"devices": 4})


@pytest.mark.parametrize("step", ["features", "evaluation"])
def test_another_mesh_in_a_step_is_told_before_anything_runs(step: str) -> None:
    with pytest.raises(ConfigError, match=f"{step}.mesh is not what the pipeline has as mesh"):
        check(config(**{step: {"mesh": {"devices": 2}}}))


def test_what_cannot_work_is_told_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"images\.kind is none"):
        check(config(fields={"images": {"kind": "none"}}))
    absent = [{"name": "absent", "path": str(tmp_path / "absent.npy")}]
    with pytest.raises(NoriaError, match=r"absent\.npy"):
        check(config(fields={"fields": absent}))
    with pytest.raises(ConfigError, match="mesh"):
        config(mesh={"devices": 4, "shape": [3]})


def test_what_flows_where() -> None:
    upstream = {node.name: set(node.upstream) for node in nodes_of(create_pipeline(config()))}
    assert upstream["spectral_training"] == {"field_ingest", "spectral_features"}
    assert upstream["spectral_evaluation"] == {"field_ingest", "spectral_features", "spectral_training"}
    assert upstream["model_promotion"] == {"spectral_training", "tflite_export", "spectral_evaluation"}
