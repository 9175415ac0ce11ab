"""What reaches MLflow, with its server up, down, and back."""

import json
import os
import shutil
import signal

import pytest

from noria.home import Home
from orchestration.delivery import Delivery, prepare
from orchestration.mlflow_server import connect
from orchestration.run_record import RunFolder
from tests.servers.mlflow import mlflow_server
from tests.servers.processes import free_ports


def tracked(uri, run):
    """Parent and nested MLflow runs of a run."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("toy")
    found = client.search_runs([experiment.experiment_id], f"tags.`noria.run_id` = '{run}'")
    steps = {item.data.tags["noria.step"]: item for item in found}
    assert len(steps) == len(found), "a run or a step was made twice"
    return client, steps


def curve(client, run, name):
    return [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]


@pytest.fixture
def tracking(noria):
    """The command line with delivery to the home's own SQLite file."""
    del noria.environment["NORIA_TRACKING"]
    return noria


def test_a_run_in_mlflow(tracking, eventually):
    details = tracking.json("run", "toy", "--set", "square.epochs=3")
    assert details["mlflow_delivered"] is True
    client, steps = tracked(f"sqlite:///{tracking.home / 'mlflow.sqlite'}", details["id"])
    parent = steps.pop("(run)")
    assert parent.info.run_id == details["mlflow_run_id"]
    assert parent.info.status == "FINISHED"
    assert parent.data.params["square.epochs"] == "3"
    assert parent.data.metrics["total_sum"] == 50
    assert "loss" not in parent.data.metrics
    assert parent.data.tags["noria.pipeline"] == "toy"
    assert parent.data.tags["noria.data_digest"]
    assert set(steps) == {"numbers", "square", "double", "total"}
    for step in steps.values():
        assert step.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert step.info.status == "FINISHED"
        assert [file.path for file in client.list_artifacts(step.info.run_id)] == ["report.html"]
    assert curve(client, steps["square"], "loss") == [(0, 1.0), (1, 0.5), (2, pytest.approx(1 / 3))]

    again = tracking.json("run", "toy", "--set", "square.epochs=3")
    # A cached run does not wait long for its delivery.
    eventually(lambda: tracking.json("show", again["id"])["mlflow_delivered"], lambda: "not delivered")
    _, cached = tracked(f"sqlite:///{tracking.home / 'mlflow.sqlite'}", again["id"])
    assert cached["square"].data.tags["noria.cached"] == "true"
    assert cached["square"].data.metrics == steps["square"].data.metrics


def test_failed_and_killed_runs_are_so_in_mlflow(tracking, eventually):
    failed = tracking.json("run", "toy", "--set", "numbers.trouble.fail=data", status=1)
    # Its nested run is open when it is killed: it reports before it sleeps.
    process = tracking.start("run", "toy", "--set", "double.trouble.sleep=300", "--set", "double.epochs=2")
    eventually(lambda: nested_run_of_double(tracking), lambda: "not started")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=120)
    killed = next(line["id"] for line in tracking.json("runs") if line["id"] != failed["id"])
    folder = RunFolder(tracking.home / "runs" / killed)
    eventually(lambda: json.loads(folder.mlflow.read_text())["complete"], lambda: folder.mlflow.read_text())
    for run in (failed["id"], killed):
        _, steps = tracked(f"sqlite:///{tracking.home / 'mlflow.sqlite'}", run)
        assert steps["(run)"].info.status == "FAILED"
        assert {"FAILED", "FINISHED"} >= {step.info.status for step in steps.values()}
    assert steps["double"].info.status == "FAILED"


def nested_run_of_double(tracking):
    states = [json.loads(path.read_text()) for path in tracking.home.glob("runs/*/mlflow.json")]
    return any("double" in state["step_runs"] for state in states)


def test_database_of_ones_own_keeps_artifacts_in_the_home_folder(tracking, tmp_path):
    """A database without a server: MLflow itself would put files into the working folder."""
    uri = f"sqlite:///{tmp_path / 'own.sqlite'}"
    tracking("run", "toy", MLFLOW_TRACKING_URI=uri)
    experiment = connect(Home(tracking.home), uri).get_experiment_by_name("toy")
    assert experiment.artifact_location == (tracking.home / "mlflow-artifacts" / "toy").as_uri()


@pytest.mark.slow
def test_server_down_then_back(tracking, tmp_path):
    (port,) = free_ports(1)
    uri = f"http://127.0.0.1:{port}"
    done = tracking("run", "toy", "--set", "square.epochs=3", MLFLOW_TRACKING_URI=uri)
    assert "noria sync delivers them" in done.stderr
    details = tracking.json("show", "last")
    assert details["state"] == "succeeded"
    assert details["mlflow_delivered"] is False
    assert "kept" in tracking("sync", status=2).stderr

    with mlflow_server(tmp_path, port):
        assert "records delivered" in tracking("sync").stdout
        client, steps = tracked(uri, details["id"])
        assert curve(client, steps["square"], "loss") == [(0, 1.0), (1, 0.5), (2, pytest.approx(1 / 3))]
        assert steps["(run)"].info.status == "FINISHED"
        assert [f.path for f in client.list_artifacts(steps["square"].info.run_id)] == ["report.html"]
        assert tracking.json("show", "last")["mlflow_delivered"] is True
        assert tracking("sync").stdout == "MLflow knows every run\n"


def test_delivery_that_broke_off_goes_on_without_doubling(tracking):
    run = tracking.json("run", "toy", "--set", "square.epochs=3", NORIA_TRACKING="later")["id"]
    folder = RunFolder(tracking.home / "runs" / run)
    # Killed after a batch was told and before that was written down, twice.
    for _ in range(2):
        prepare(folder, "")
        assert Delivery(folder).advance() > 0
    prepare(folder, "")
    assert "records delivered" in tracking("sync").stdout
    client, steps = tracked(f"sqlite:///{tracking.home / 'mlflow.sqlite'}", run)
    assert len(curve(client, steps["square"], "loss")) == 3
    assert len(curve(client, steps["(run)"], "total_sum")) == 1


def test_next_run_delivers_what_is_pending(tracking, eventually):
    first = tracking.json("run", "toy", NORIA_TRACKING="later")
    assert first["mlflow_run_id"] == ""
    tracking.json("run", "toy")
    eventually(lambda: tracking.json("show", first["id"])["mlflow_delivered"], lambda: "not delivered")


def test_deleted_outputs_do_not_stop_a_delivery(tracking):
    details = tracking.json("run", "toy", NORIA_TRACKING="later")
    shutil.rmtree(details["artifacts"]["squares"])
    assert "records delivered" in tracking("sync").stdout
