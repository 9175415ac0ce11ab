"""The logic of the kind scripts: what they call, in which order, and what they say when something is missing.

The tools are stubs: no cluster was made here.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT
from tests.infra.stub_tools import Machine

CLUSTER = {"call": "kind get clusters", "output": "other\nnoria\n"}


def position(calls: list[str], text: str) -> int:
    """Where the one call is that contains ``text``."""
    found = [i for i, call in enumerate(calls) if text in call]
    assert len(found) == 1, (text, [calls[i] for i in found], calls)
    return found[0]


def test_shellcheck_finds_nothing() -> None:
    scripts = [str(p) for p in (ROOT / "infra").rglob("*.sh")]
    assert len(scripts) > 8
    # 2016: what a container's shell expands stands in single quotes.
    options = ["--external-sources", "--source-path=SCRIPTDIR", "--exclude=SC2016"]
    tool = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([tool, *options, *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_up_from_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    done = machine.run("kind/up.sh")
    assert done.returncode == 0, done.stderr
    order = [
        "kind create cluster --config infra/kind/cluster.yaml",
        "build.sh steps",
        "build.sh mlflow-server",
        "kind load docker-image noria:dev --name noria",
        "kind load docker-image noria:dev-mlflow --name noria",
        "--kustomize infra/kustomize/base/kubeflow/cluster-scoped",
        "--for=condition=Established",
        "--filename infra/kustomize/base/noria/namespace.yaml",
        "--kustomize infra/kustomize/overlays/kind/kubeflow",
        "wait --namespace kubeflow --for=condition=Available deployment --all --timeout=900s",
        "delete job --namespace noria --ignore-not-found",
        "--kustomize infra/kustomize/overlays/kind/noria",
        "rollout status --namespace noria statefulset/postgres --timeout=300s",
        "rollout status --namespace noria deployment/mlflow --timeout=300s",
        "job/object-store-buckets job/mlflow-users --timeout=300s",
    ]
    places = [position(machine.calls(), text) for text in order]
    assert places == sorted(places)
    assert "http://localhost:8080" in done.stdout
    assert "http://localhost:5000" in done.stdout
    waits = [line for line in done.stdout.splitlines() if line.startswith("==> waiting")]
    assert len(waits) == 6
    assert all("(up to" in line for line in waits)


def test_secrets_come_before_what_needs_them(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.run("kind/up.sh").returncode == 0
    calls = machine.calls()
    secrets = [i for i, call in enumerate(calls) if "get secret" in call]
    assert position(calls, "base/noria/namespace.yaml") < secrets[0]
    assert secrets[-1] < position(calls, "overlays/kind/kubeflow")


def test_every_call_names_the_cluster(tmp_path: Path) -> None:
    """Else it would change whatever cluster kubectl points to."""
    machine = Machine(tmp_path)
    machine.run("kind/up.sh")
    calls = [call for call in machine.calls() if call.startswith("kubectl")]
    assert calls
    assert [call for call in calls if not call.startswith("kubectl --context kind-noria ")] == []


def test_up_again_keeps_the_cluster(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    done = machine.run("kind/up.sh", rules=[CLUSTER])
    assert done.returncode == 0, done.stderr
    assert "the cluster noria is there" in done.stdout
    assert not [call for call in machine.calls() if "kind create" in call or "kind delete" in call]


def test_a_cluster_of_a_similar_name_is_not_ours(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.run("kind/up.sh", rules=[{"call": "kind get clusters", "output": "noria-test\n"}])
    position(machine.calls(), "kind create cluster")


def test_podman_instead_of_docker(tmp_path: Path) -> None:
    machine = Machine(tmp_path, ("kind", "kubectl", "git", "podman"))
    done = machine.run("kind/up.sh")
    assert done.returncode == 0, done.stderr
    calls = machine.calls()
    tagged = position(calls, "podman tag localhost/noria:dev docker.io/library/noria:dev")
    if calls[tagged].endswith("mlflow"):
        pytest.fail("expected the steps' image first")
    assert len([call for call in calls if "kind load image-archive /dev/stdin" in call]) == 2


@pytest.mark.parametrize("script", ["kind/up.sh", "kind/demo.sh", "kind/down.sh"])
def test_missing_tools_are_named_at_once(tmp_path: Path, script: str) -> None:
    machine = Machine(tmp_path, ())
    done = machine.run(script)
    assert done.returncode == 1
    for text in ("kind 0.33", "kubectl", "git", "docker or podman"):
        assert text in done.stderr
    assert machine.calls() == []


def test_an_engine_that_is_not_running(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    done = machine.run("kind/up.sh", rules=[{"call": "docker info", "status": 1}])
    assert done.returncode == 1
    assert "docker is installed but does not answer" in done.stderr
    assert machine.calls() == ["docker info"]


def test_what_does_not_come_up_is_shown(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    rules: list[dict[str, object]] = [
        {"call": "wait --namespace kubeflow", "status": 1},
        {"call": "get pods --all-namespaces", "output": "kubeflow mysql-0 Pending\n"},
    ]
    done = machine.run("kind/up.sh", rules=rules)
    assert done.returncode == 1
    assert "Kubeflow Pipelines did not come up in 900 s" in done.stderr
    assert "mysql-0 Pending" in done.stderr
    assert "run 'make kind-up' again" in done.stderr
    assert not [call for call in machine.calls() if "overlays/kind/noria" in call]


def test_a_build_that_fails_stops_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.run("kind/up.sh", rules=[{"call": "build.sh steps", "status": 3}]).returncode == 3
    assert not [call for call in machine.calls() if call.startswith("kubectl")]


def test_down_removes_only_its_cluster(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert "nothing to do" in machine.run("kind/down.sh").stdout
    assert not [call for call in machine.calls() if "delete" in call]
    assert machine.run("kind/down.sh", rules=[CLUSTER]).returncode == 0
    position(machine.calls(), "kind delete cluster --name noria")


def test_demo_without_a_cluster(tmp_path: Path) -> None:
    done = Machine(tmp_path).run("kind/demo.sh")
    assert done.returncode == 1
    assert "make kind-up" in done.stderr


def test_demo_runs_the_pipeline_as_the_steps_account(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    noria = machine.bin / "noria"
    noria.write_text('#!/bin/sh\necho "noria $* as $MLFLOW_TRACKING_USERNAME:$MLFLOW_TRACKING_PASSWORD"\n')
    noria.chmod(0o755)
    rules: list[dict[str, object]] = [
        CLUSTER,
        {"call": 'index .data "username"', "output": "c3RlcHM="},
        {"call": 'index .data "password"', "output": "czNjcmV0"},
    ]
    done = machine.run("kind/demo.sh", rules=rules, NORIA=str(noria))
    assert done.returncode == 0, done.stderr
    expected = "noria run graph --target kind --config infra/kind/graph-small.yaml as steps:s3cret"
    assert done.stdout.splitlines()[-1] == expected


def test_the_demo_configuration_is_one(tmp_path: Path) -> None:
    from noria.typed_config import load_config
    from pipelines.graph import GraphConfig

    assert tmp_path.exists()
    config = load_config(GraphConfig, ROOT / "infra/kind/graph-small.yaml")
    assert config.training.epochs == 1
