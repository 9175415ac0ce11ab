"""Runs of the graph pipeline through KFP's own API server, Argo's controller, KFP's driver and launcher."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kfp_backend.cluster_objects import NAMESPACE
from tests.kfp_backend.conftest import Noria
from tests.kfp_backend.stack import Stack

CONFIG = ("--config", "tests/data/graph-small.yaml")
# What is measured anew in every run.
TIMES = {"tflite_latency_ms"}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def shown(noria: Noria, run: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(noria("show", run, "--json").stdout)
    return found


def started(noria: Noria, target: Path, *more: str) -> str:
    done = noria("run", "graph", "--target", target, *CONFIG, *more, "--detach", "--json")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["id"])


@pytest.fixture(scope="module")
def whole(stack: Stack, noria: Noria, target: Path) -> dict[str, Any]:
    """A run to its end."""
    assert stack.folder.is_dir()
    done = noria("run", "graph", "--target", target, *CONFIG, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return shown(noria, json.loads(done.stdout)["id"])


def test_a_run_has_the_metrics_of_a_local_one(whole: dict[str, Any], noria: Noria) -> None:
    here = noria("run", "graph", *CONFIG, "--json")
    assert here.returncode == 0, here.stderr
    local = shown(noria, json.loads(here.stdout)["id"])
    assert len(local["metrics"]) > 20
    assert {k: v for k, v in whole["metrics"].items() if k not in TIMES} == {
        k: v for k, v in local["metrics"].items() if k not in TIMES
    }


@pytest.mark.usefixtures("whole")
def test_the_second_time_everything_comes_from_the_cache(noria: Noria, target: Path) -> None:
    done = noria("run", "graph", "--target", target, *CONFIG, "--json")
    assert done.returncode == 0, done.stderr
    steps = shown(noria, json.loads(done.stdout)["id"])["steps"]
    assert [step["name"] for step in steps if not step["cached"]] == []


def test_logs_come_from_the_pod(whole: dict[str, Any], noria: Noria) -> None:
    assert "uploadFile" in noria("logs", whole["id"], "graph_ingest").stdout


@pytest.mark.usefixtures("stack")
def test_a_failed_step_is_tried_again_and_says_why(noria: Noria, target: Path) -> None:
    done = noria(
        "run", "graph", "--target", target, *CONFIG, "--set", "validation.limits.min_nodes=99999", "--json"
    )
    assert done.returncode == 1
    record = shown(noria, json.loads(done.stdout)["id"])
    step = next(step for step in record["steps"] if step["name"] == "graph_validation")
    assert (step["state"], step["attempts"]) == ("failed", 2)
    assert "min_nodes of package" in step["error"]


def test_an_evicted_pod_is_tried_again(stack: Stack, noria: Noria, target: Path) -> None:
    run = started(noria, target, "--no-cache", "--set", "validation.limits.min_nodes=99998")
    stack.runner.evict(NAMESPACE, _running_step(stack))
    assert noria("follow", run).returncode == 1
    steps = {step["name"]: step for step in shown(noria, run)["steps"]}
    assert (steps["graph_ingest"]["state"], steps["graph_ingest"]["attempts"]) == ("succeeded", 2)


def test_a_deleted_pod_is_started_again(stack: Stack, noria: Noria, target: Path) -> None:
    run = started(noria, target, "--no-cache", "--set", "validation.limits.min_nodes=99997")
    name = _running_step(stack)
    (deleted,) = [pod for pod in _pods(stack) if pod[0] == name]
    stack.kube.store.delete(("", "pods", NAMESPACE, name), grace=True)
    assert noria("follow", run).returncode == 1
    steps = {step["name"]: step for step in shown(noria, run)["steps"]}
    assert steps["graph_ingest"]["state"] == "succeeded"
    # By Argo under the same name, where it had not yet seen it work, or as a further attempt.
    assert deleted not in _pods(stack)
    assert [pod for pod in _pods(stack) if pod[0] == name] or steps["graph_ingest"]["attempts"] == 2


def test_cancel(stack: Stack, noria: Noria, target: Path) -> None:
    run = started(noria, target, "--no-cache")
    _running_step(stack)
    assert noria("cancel", run).returncode == 0
    record = shown(noria, run)
    assert record["state"] == "cancelled"
    # The step at work may come to its end: Argo signals it through Kubernetes, which the stand-in cannot.
    assert not any(step["state"] == "succeeded" for step in record["steps"][1:])


def test_retry_takes_a_failed_run_up_again(stack: Stack, noria: Noria, target: Path) -> None:
    run = started(noria, target, "--set", "validation.limits.min_nodes=99996")
    assert noria("follow", run).returncode == 1
    before = _pods(stack)
    assert noria("retry", run).returncode == 1
    # The step that failed got a new pod; the run failed again, for the same reason.
    assert {pod for pod in _pods(stack) - before if "-retry-system-container-impl-" in pod[0]}
    assert "min_nodes of package" in shown(noria, run)["error"]


def _pods(stack: Stack) -> set[tuple[str, str]]:
    found = stack.kube.store.select("", "pods", NAMESPACE, {})
    return {(pod["metadata"]["name"], pod["metadata"]["uid"]) for pod in found}


def _running_step(stack: Stack) -> str:
    """Waits until a step's own container works; returns its pod's name."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for pod in stack.kube.store.select("", "pods", NAMESPACE, {}):
            name = str(pod["metadata"]["name"])
            if "-retry-system-container-impl-" in name and pod["status"].get("phase") == "Running":
                time.sleep(1)
                return name
        time.sleep(0.2)
    raise TimeoutError("no step was started")
