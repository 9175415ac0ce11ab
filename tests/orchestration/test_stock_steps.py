"""TFX's stock executors between our own steps: StatisticsGen, SchemaGen, ExampleValidator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.artifacts import GraphTables
from noria.digests import write_manifest
from noria.light_tfx import without_frameworks
from orchestration.kubeflow.executor_input import StepInvocation
from orchestration.kubeflow.pod_step import _names_data
from orchestration.step_main import _hide_manifests

with without_frameworks():
    from tfx.types.standard_artifacts import Schema

FEATURES = "toy.features:PIPELINE"


def test_stock_executors_see_no_files_of_ours(tmp_path: Path) -> None:
    """TFX's SchemaReader fails on a folder with more than one file."""
    whole, bare = GraphTables(), GraphTables()
    for artifact, name in ((whole, "whole"), (bare, "bare")):
        folder = tmp_path / name
        (folder / "Split-train").mkdir(parents=True)
        (folder / "Split-train" / "part").write_text("data")
        (folder / "schema.pbtxt").write_text("schema")
        artifact.uri = str(folder)
    (tmp_path / "whole" / "_records.jsonl").write_text("{}")
    digest = write_manifest(tmp_path / "whole")
    _hide_manifests({"schema": [whole], "other": [bare]}, tmp_path / "shown")
    assert bare.uri == str(tmp_path / "bare")
    shown = Path(whole.uri)
    assert sorted(path.name for path in shown.iterdir()) == ["Split-train", "schema.pbtxt"]
    assert (shown / "Split-train" / "part").read_text() == "data"
    # The input itself is as it was.
    assert write_manifest(tmp_path / "whole") == digest
    assert (tmp_path / "whole" / "_records.jsonl").exists()


@pytest.mark.parametrize(
    ("inputs", "made", "names"),
    [([], "GraphTables", True), ([], "Schema", False), (["features"], "GraphTables", False)],
)
def test_which_pod_names_the_data_of_its_run(inputs: list[str], made: str, names: bool) -> None:
    """A schema that is imported has no inputs either, and may end before the data is read."""
    kinds = {"GraphTables": GraphTables, "Schema": Schema}
    invocation = StepInvocation(
        inputs={key: [GraphTables()] for key in inputs},
        outputs={"made": [kinds[made]()]},
        parameters={},
        output_parameters=(),
        output_file=Path("unused"),
        run_id="r",
    )
    assert _names_data(invocation) is names


@pytest.mark.slow
def test_tfxs_data_validation_runs_warns_is_cached_and_fails(noria: Any) -> None:
    drifting = ("--set", "features.shift=2")
    first = noria.json("run", "features", *drifting, NORIA_PIPELINES=FEATURES)
    assert first["state"] == "succeeded"
    assert first["metrics"]["train_examples"] == 237
    assert (first["metrics"]["drifted_features"], first["metrics"]["anomalies"]) == (1, 0)
    log = (noria.home / "runs" / first["id"] / "logs" / "feature_validation.log").read_text()
    assert "breached: drift.max_jensen_shannon of price" in log

    again = noria.json("run", "features", *drifting, NORIA_PIPELINES=FEATURES)
    assert [step["cached"] for step in again["steps"]] == [True] * 6
    assert again["metrics"] == first["metrics"]

    # What failed is only judged anew: TFX's steps still stand.
    limit = ("--set", "checks.validation.limits.ranges={price: {max: 5}}")
    failed = noria("run", "features", *drifting, *limit, status=1, NORIA_PIPELINES=FEATURES)
    assert "checks breached" in failed.stdout
    assert "ranges.max of eval.price: got 1" in failed.stdout
    (kept,) = noria.home.glob("runs/*/reports/feature_validation.html")
    assert str(kept) in failed.stdout
    assert noria.executions() == {"COMPLETE": 6, "CACHED": 6 + 5, "FAILED": 1}
