"""The whole graph pipeline through the command line, on a slice of the real graph, MLflow included."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.whole_runs import ROOT, Noria, step_processes, until

CONFIG = ROOT / "tests" / "data" / "graph-small.yaml"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Noria:
    return Noria(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def first(noria: Noria) -> Any:
    """One run to the end."""
    return noria.json("run", "graph", "--config", str(CONFIG))


def test_runs_to_the_end(first: Any) -> None:
    assert first["state"] == "succeeded"
    assert [step["state"] for step in first["steps"]] == ["succeeded"] * 8
    assert not any(step["cached"] for step in first["steps"])


def test_says_what_it_measured(first: Any) -> None:
    metrics = first["metrics"]
    assert metrics["test_accuracy"] > metrics["baseline_majority_accuracy"]
    assert metrics["test_accuracy_low"] <= metrics["test_accuracy"] <= metrics["test_accuracy_high"]
    for name in ("own_features", "neighbour_labels", "linear"):
        assert 0 <= metrics[f"baseline_{name}_accuracy"] <= 1
    assert metrics["tflite_agreement"] >= 0.9
    assert metrics["tflite_bytes"] == Path(first["artifacts"]["tflite"], "model.tflite").stat().st_size
    assert metrics["sibling_leak_share"] == 0


def test_promotes_with_a_gate_table(first: Any) -> None:
    (promotion,) = first["promotions"]
    assert promotion["promoted"] is True
    assert {gate["name"]: gate["passed"] for gate in promotion["gates"]} == {
        "test_accuracy_minimum": True,
        "test_accuracy_not_worse_than_champion": True,
        "tflite_agreement_minimum": True,
        "contract": True,
    }


def test_reports_open_without_a_network(first: Any) -> None:
    pages = [path for path in first["reports"] if path.endswith(".html")]
    assert len(pages) >= 3
    for page in pages:
        text = Path(page).read_text()
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "https://" not in text


def test_embeddings_have_a_row_per_labelled_node(first: Any) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(Path(first["artifacts"]["embeddings"], "embeddings.parquet"))
    split = np.load(Path(first["artifacts"]["graph"], "task", "split.npy"))
    assert sorted(table["node"].to_pylist()) == np.flatnonzero(split >= 0).tolist()


def test_mlflow_holds_the_run_and_serves_the_champion(noria: Noria, first: Any) -> None:
    # Its own process: MLflow's settings are the process's.
    code = (
        "import json, sys, mlflow, numpy as np\n"
        "from mlflow import MlflowClient\n"
        "from components.model_folder import ModelFolder\n"
        "from pathlib import Path\n"
        f"mlflow.set_tracking_uri('sqlite:///{noria.home}/mlflow.sqlite')\n"
        f"run = MlflowClient().get_run('{first['mlflow_run_id']}')\n"
        "champion = mlflow.pyfunc.load_model('models:/slice-sections@champion')\n"
        f"folder = ModelFolder.load(Path('{first['artifacts']['model']}'))\n"
        "example = {k: np.array(v) for k, v in folder.examples(1).items()}\n"
        "logits = champion.predict(example)['logits']\n"
        "children = MlflowClient().search_runs([run.info.experiment_id], "
        "f\"tags.mlflow.parentRunId = '{run.info.run_id}'\")\n"
        "curves = {c.info.run_name: len(MlflowClient().get_metric_history(c.info.run_id, 'valid_accuracy'))"
        " for c in children}\n"
        "print(json.dumps({'status': run.info.status, 'metrics': run.data.metrics,"
        " 'logits': np.asarray(logits).size, 'curves': curves}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=noria.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["status"] == "FINISHED"
    assert told["metrics"]["test_accuracy"] == pytest.approx(first["metrics"]["test_accuracy"])
    assert told["logits"] > 2
    # One point per epoch, and the step's own result.
    assert max(told["curves"].values()) >= 2


def test_an_unchanged_run_is_cached_and_tells_the_same(noria: Noria, first: Any) -> None:
    again = noria.json("run", "graph", "--config", str(CONFIG))
    assert all(step["cached"] for step in again["steps"])
    assert again["metrics"] == first["metrics"]
    assert again["artifacts"] == first["artifacts"]
    # Generous: the aim is 5 s on an idle machine.
    assert again["seconds"] < 30


def test_a_changed_model_trains_again_on_cached_samples(noria: Noria, first: Any) -> None:
    del first
    changed = noria.json(
        "run",
        "graph",
        "--config",
        str(CONFIG),
        "--set",
        "training.epochs=1",
        "--set",
        "training.model.units=8",
    )
    cached = {step["name"]: step["cached"] for step in changed["steps"]}
    assert [name for name, hit in cached.items() if hit] == [
        "graph_ingest",
        "graph_validation",
        "graph_sampling",
    ]
    # The champion was scored on the same nodes.
    assert "champion_test_accuracy" in changed["metrics"]


def test_training_killed_then_resumed(noria: Noria, first: Any) -> None:
    del first
    run = noria.start("run", "graph", "--config", str(CONFIG), "--set", "training.seed=5")
    until(lambda: step_processes(noria.home, "gnn_training") != [], run)
    os.kill(step_processes(noria.home, "gnn_training")[0], signal.SIGKILL)
    out, _ = run.communicate(timeout=300)
    assert run.returncode == 1
    assert "signal 9" in out
    failed = noria.json("runs")[0]
    assert failed["state"] == "failed"
    resumed = noria.json("run", "graph", "--resume", failed["id"])
    assert resumed["state"] == "succeeded"
    assert {s["name"] for s in resumed["steps"] if s["cached"]} >= {"graph_ingest", "graph_sampling"}


def test_bad_graphs_end_before_training(noria: Noria, tmp_path: Path) -> None:
    example = ROOT / "examples" / "own_graph"
    broken = tmp_path / "own_graph"
    broken.mkdir()
    for file in example.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / "cites.csv").write_text("source,target\nnobody,nothing\n")
    config = str(example / "graph.yaml")
    result = noria.json("run", "graph", "--config", config, "--set", f"source.path={broken}", status=1)
    failed = [step for step in result["steps"] if step["state"] == "failed"]
    assert [step["name"] for step in failed] == ["graph_ingest"]
    assert "cites.csv" in failed[0]["error"]
    assert "nobody" in failed[0]["error"]
    assert "Traceback" not in failed[0]["error"]


def test_the_example_of_an_own_graph_runs(noria: Noria) -> None:
    result = noria.json("run", "graph", "--config", "examples/own_graph/graph.yaml")
    assert result["state"] == "succeeded"
