"""The graph pipeline's definition: steps, order, configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from components.device_lab.profiles import DEFAULT_DEVICES
from noria.errors import ConfigError, DataError
from noria.typed_config import load_config, parse_config
from orchestration.target_devices import on_devices
from pipelines.drawing import nodes_of
from pipelines.graph import GraphConfig, check, create_pipeline

ROOT = Path(__file__).parents[2]
SLICE = ROOT / "tests" / "data" / "debian-slice"
STEPS = [
    "graph_ingest",
    "graph_validation",
    "graph_sampling",
    "gnn_training",
    "gnn_evaluation",
    "tflite_export",
    "device_check",
    "model_promotion",
]


def config(**changes: Any) -> GraphConfig:
    tree: dict[str, Any] = {
        "source": {"kind": "snapshot", "path": str(SLICE)},
        "sampling": {"plan": {"hops": [{"depends": 2}]}},
        "training": {"model": {"layers": 1}},
        "promotion": {
            "registered_model": "test",
            "gates": [{"kind": "minimum", "metric": "test_accuracy", "value": 0}],
        },
    }
    return parse_config(GraphConfig, {**tree, **changes}, origin="the test")


def test_the_shipped_configuration_fits() -> None:
    shipped = load_config(GraphConfig, ROOT / "configs" / "graph.yaml")
    check(shipped)
    assert [step.id for step in create_pipeline(on_devices(shipped, DEFAULT_DEVICES))] == STEPS


def test_nothing_is_sampled_before_the_graph_is_validated() -> None:
    steps = {step.id: step for step in create_pipeline(config())}
    assert steps["graph_validation"] in steps["graph_sampling"].upstream_nodes


def test_the_champion_that_is_compared_is_the_one_that_is_replaced() -> None:
    steps = {step.id: step for step in create_pipeline(config())}
    assert json.loads(steps["gnn_evaluation"].exec_properties["config"])["registered_model"] == "test"


def test_a_missing_source_is_told_before_anything_runs() -> None:
    with pytest.raises(DataError, match="nowhere"):
        check(config(source={"kind": "tables", "path": "nowhere"}))


def test_more_hops_than_layers_is_told() -> None:
    with pytest.raises(ConfigError, match="2 hops"):
        check(config(sampling={"plan": {"hops": [{"depends": 2}, {"depends": 2}]}}))


def test_only_json_strings_are_parameters() -> None:
    for step in create_pipeline(config()):
        assert {type(value) for value in step.exec_properties.values()} == {str}


def test_type_names_are_what_kubeflow_takes() -> None:
    import re

    from components import artifacts

    for step in create_pipeline(config()):
        for channel in step.outputs.values():
            name = channel.type_name
            assert re.fullmatch(r"[a-z][a-z0-9-_]{2,20}[.][A-Z][A-Za-z]+", name)
            assert getattr(artifacts, name.rpartition(".")[2]).PROPERTIES in (None, {})


def test_unknown_field_is_named() -> None:
    with pytest.raises(ConfigError, match=r"training\.model\.unit: unknown field; did you mean units"):
        config(training={"model": {"unit": 3}})


def test_the_drawing_knows_what_waits_for_what() -> None:
    upstream = {node.name: set(node.upstream) for node in nodes_of(create_pipeline(config()))}
    assert upstream["graph_sampling"] == {"graph_ingest", "graph_validation"}
    assert upstream["model_promotion"] == {"gnn_training", "gnn_evaluation", "tflite_export"}
