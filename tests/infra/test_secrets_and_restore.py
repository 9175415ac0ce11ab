"""infra/secrets.sh and infra/restore.sh, with stubs in place of a cluster."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT
from tests.infra.stub_tools import Machine


def secrets(folder: Path, overlay: str) -> dict[str, dict[str, str]]:
    """Runs infra/secrets.sh against a folder of secrets; gives them in plain text, by namespace/name."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    stub = tools / "kubectl"
    stub.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{ROOT}/infra/stack/fake_cluster.py" "$@"\n')
    stub.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "FAKE_CLUSTER": str(folder / "cluster"),
    }
    done = subprocess.run(
        [ROOT / "infra/secrets.sh", overlay], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    found = {}
    for path in (folder / "cluster").rglob("*.json"):
        data = json.loads(path.read_text())["data"]
        plain = {key: base64.b64decode(value).decode() for key, value in data.items()}
        found[f"{path.parent.name}/{path.stem}"] = plain
        for key, value in plain.items():
            assert "password" not in key or value not in done.stdout + done.stderr
    return found


def test_secrets_are_random_and_kept(tmp_path: Path) -> None:
    first = secrets(tmp_path, "kind")
    assert secrets(tmp_path, "kind") == first
    (tmp_path / "elsewhere").mkdir()
    other = secrets(tmp_path / "elsewhere", "kind")
    assert other.keys() == first.keys()
    for name in ("noria/noria-postgres", "kubeflow/mysql-secret", "kubeflow/mlpipeline-minio-artifact"):
        assert other[name] != first[name]
    passwords = [v for data in first.values() for k, v in data.items() if "password" in k or "secret" in k]
    assert all(len(value) >= 32 for value in passwords)


def test_both_namespaces_have_the_same_client(tmp_path: Path) -> None:
    made = secrets(tmp_path, "kind")
    assert made["noria/noria-mlflow-client"] == made["kubeflow/noria-mlflow-client"]
    assert made["noria/noria-backup-bucket"] == made["kubeflow/noria-backup-bucket"]
    assert (
        made["noria/noria-mlflow-client"]["password"] != made["noria/noria-mlflow-server"]["admin-password"]
    )


def test_a_missing_secret_is_made_and_the_others_stay(tmp_path: Path) -> None:
    first = secrets(tmp_path, "kind")
    (tmp_path / "cluster/noria/noria-object-store.json").unlink()
    assert secrets(tmp_path, "kind") == first


def test_users_of_the_object_store_are_confined(tmp_path: Path) -> None:
    made = secrets(tmp_path, "kind")
    identities = {i["name"]: i for i in json.loads(made["noria/noria-object-store"]["s3.json"])["identities"]}
    assert identities.keys() == {"mlflow", "backup", "setup"}
    assert all(action.endswith(":mlflow") for action in identities["mlflow"]["actions"])
    assert all(action.endswith(":backups") for action in identities["backup"]["actions"])
    key = identities["mlflow"]["credentials"][0]
    assert made["noria/noria-mlflow-bucket"] == {
        "access-key-id": key["accessKey"],
        "secret-access-key": key["secretKey"],
    }


def test_the_cloud_needs_fewer(tmp_path: Path) -> None:
    assert set(secrets(tmp_path, "cloud")) == {
        "noria/noria-mlflow-server",
        "noria/noria-mlflow-client",
        "kubeflow/noria-mlflow-client",
        "kubeflow/mlpipeline-minio-artifact",
        "kubeflow/mysql-secret",
    }


def test_a_cluster_that_does_not_answer_changes_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    done = machine.run("secrets.sh", "kind", rules=[{"call": "get secret", "status": 1}])
    assert done.returncode != 0
    assert not [call for call in machine.calls() if "apply" in call]


def test_no_value_is_an_argument(tmp_path: Path) -> None:
    """Arguments of a process are for everybody to see."""
    machine = Machine(tmp_path)
    existing = base64.b64encode(b"the-stored-value").decode()
    assert (
        machine.run("secrets.sh", "kind", rules=[{"call": "get secret", "output": existing}]).returncode == 0
    )
    assert "the-stored-value" not in "".join(machine.calls())
    assert existing not in "".join(machine.calls())


COPIES: dict[str, object] = {"call": "jsonpath={.spec.replicas}", "output": "1"}


def test_restore_stops_what_uses_the_database_and_starts_it_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    rules = [COPIES, {"call": "get job postgres-restore", "output": "Complete"}]
    done = machine.run("restore.sh", "mlflow", "postgres-20260101T000000Z.tar", rules=rules)
    assert done.returncode == 0, done.stderr
    calls = [c for c in machine.calls() if "get" not in c.split()[3:4]]
    order = [
        "scale deployment/mlflow --replicas=0",
        "rollout status deployment/mlflow",
        "RESTORE_NAME=postgres-20260101T000000Z.tar",
        "create job --from=cronjob/postgres-restore",
        "scale deployment/mlflow --replicas=1",
    ]
    places = [next(i for i, call in enumerate(calls) if text in call) for text in order]
    assert places == sorted(places)


def test_a_restore_that_fails_starts_everything_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    rules = [COPIES, {"call": "get job mysql-restore", "output": "Failed"}]
    done = machine.run("restore.sh", "kubeflow", "latest", rules=rules)
    assert done.returncode == 1
    assert "did not finish" in done.stderr
    up = [call for call in machine.calls() if call.endswith("--replicas=1")]
    assert len(up) == 6
    assert "RESTORE_NAME= " in next(call for call in machine.calls() if "create configmap" in call)


@pytest.mark.parametrize("script", ["secrets.sh", "restore.sh"])
def test_what_they_do_not_know_they_refuse(tmp_path: Path, script: str) -> None:
    machine = Machine(tmp_path)
    assert machine.run(script, "everything").returncode == 2
    assert machine.calls() == []
