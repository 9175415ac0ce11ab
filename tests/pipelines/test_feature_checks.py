"""Tests of pipelines/feature_checks.py and components/tfx_validation.py: how the steps are wired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from components import tfx_validation
from components.artifacts import FeatureTable
from components.tfx_validation import StatisticsGen
from noria.elsewhere import files_elsewhere
from noria.errors import DataError
from noria.light_tfx import without_frameworks
from orchestration.pipeline_plan import plan_pipeline
from pipelines.drawing import nodes_of
from pipelines.feature_checks import FeatureChecksConfig, check, feature_checks

with without_frameworks():
    from tfx.types.channel import Channel

# TFX calls what protobuf 6 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:label:DeprecationWarning")


def steps_of(**fields: Any) -> dict[str, Any]:
    return feature_checks(FeatureChecksConfig(**fields), Channel(FeatureTable))


def test_the_steps_and_their_order() -> None:
    steps = steps_of()
    names = ["feature_examples", "statistics_gen", "schema_gen", "example_validator", "feature_validation"]
    assert list(steps) == names
    upstream = {node.name: node.upstream for node in nodes_of([*steps.values()][1:])}
    assert upstream["schema_gen"] == ("statistics_gen",)
    assert upstream["feature_validation"] == ("example_validator", "schema_gen", "statistics_gen")
    # What eval is held against must not have been learnt from it.
    assert json.loads(steps["schema_gen"].exec_properties["exclude_splits"]) == ["eval"]


def test_the_plan_names_tfxs_executors(tmp_path: Path) -> None:
    examples = Channel(steps_of()["feature_examples"].outputs["examples"].type)
    (planned,) = plan_pipeline("p", str(tmp_path), [StatisticsGen(examples=examples)], "run").steps
    assert planned.executor_spec.class_path == "tfx.components.statistics_gen.executor.Executor"


def test_a_schema_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "schema.pbtxt"
    file.write_text('feature { name: "price" type: FLOAT }')
    step = steps_of(schema_file=file)["schema_gen"]
    assert step.executor_spec.class_path.endswith("import_schema_gen.executor.Executor")
    before = step.exec_properties
    file.write_text('feature { name: "price" type: INT }')
    # The cache has to miss when the file's content changes.
    assert steps_of(schema_file=file)["schema_gen"].exec_properties != before
    # The step that ends first names the data of the run, and this one needs none of it.
    assert {node.id for node in step.upstream_nodes} == {"statistics_gen"}


def test_a_schema_file_that_is_not_there(tmp_path: Path) -> None:
    config = FeatureChecksConfig(schema_file=tmp_path / "no.pbtxt")
    with pytest.raises(DataError, match=r"schema_file: there is no file .*no\.pbtxt"):
        check(config)
    with files_elsewhere([str(tmp_path)]):
        check(config)
        assert steps_of(schema_file=config.schema_file)["schema_gen"].exec_properties["schema_digest"] == ""


def test_a_result_of_another_tfdv_is_no_result_of_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = steps_of()["statistics_gen"].exec_properties["releases"]
    assert "tensorflow-data-validation==" in now
    tfx_validation._releases.cache_clear()
    monkeypatch.setattr(tfx_validation, "version", lambda name: f"of {name}")
    assert steps_of()["statistics_gen"].exec_properties["releases"] != now
    tfx_validation._releases.cache_clear()
