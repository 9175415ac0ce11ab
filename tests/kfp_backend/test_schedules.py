"""Recurring runs on KFP's own API server and scheduled-workflow controller."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kfp_backend.cluster_objects import NAMESPACE
from tests.kfp_backend.conftest import Noria
from tests.kfp_backend.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def _state(noria: Noria, target: Path) -> list[str]:
    listed = json.loads(noria("schedule", "list", "--target", target, "--json").stdout)
    return [entry["state"] for entry in listed]


def _workflows(stack: Stack) -> list[dict[str, Any]]:
    found = stack.kube.store.select("argoproj.io", "workflows", NAMESPACE, {})
    return [
        w for w in found if "scheduledworkflows.kubeflow.org/scheduledWorkflowName" in w["metadata"]["labels"]
    ]


def test_a_schedule_starts_runs_until_it_is_paused_and_removed(
    stack: Stack, noria: Noria, target: Path
) -> None:
    made = noria(
        "schedule", "add", "graph", "--cron", "*/5 * * * * *", "--target", target,
        "--config", "tests/data/graph-small.yaml", "--set", "validation.limits.min_nodes=99995", "--json",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    (stored,) = stack.kube.store.select("kubeflow.org", "scheduledworkflows", NAMESPACE, {})
    assert stored["spec"]["trigger"]["cronSchedule"]["cron"] == "*/5 * * * * *"
    assert (stored["spec"]["maxConcurrency"], stored["spec"]["noCatchup"]) == (1, True)
    end = time.monotonic() + 120
    while not _workflows(stack) and time.monotonic() < end:
        time.sleep(1)
    assert _workflows(stack), "no run was started"
    assert _state(noria, target) == ["active"]
    assert noria("schedule", "pause", "graph", "--target", target).returncode == 0
    assert _state(noria, target) == ["paused"]
    time.sleep(15)
    begun = len(_workflows(stack))
    time.sleep(30)
    assert len(_workflows(stack)) == begun
    assert noria("schedule", "resume", "graph", "--target", target).returncode == 0
    assert _state(noria, target) == ["active"]
    assert noria("schedule", "remove", "graph", "--target", target).returncode == 0
    assert _state(noria, target) == []
    assert not stack.kube.store.select("kubeflow.org", "scheduledworkflows", NAMESPACE, {})
