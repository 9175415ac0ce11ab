"""The kind overlay's MLflow, PostgreSQL and SeaweedFS, really started under podman, really asked.

Run by ``make test-stack``; not part of ``make test``, because it needs podman and root.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
import requests

from infra.stack.podman_stack import MLFLOW_IMAGE, NETWORK, ROOT, Stack, podman

HOST = {"Host": "localhost:5000"}


class Mlflow:
    """The server as this machine sees it, through a port of the host."""

    def __init__(self, stack: Stack) -> None:
        """Takes a free port; ``start`` waits until the readiness probe's page answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.stack = stack
        self.user = ("noria-steps", stack.secrets["noria-mlflow-client"]["password"])
        self.admin = ("admin", stack.secrets["noria-mlflow-server"]["admin-password"])
        self.start()

    def start(self) -> None:
        """Starts the pod and waits as the startup probe does."""
        self.stack.start("Deployment", "mlflow", node_port=self.port)
        spec = self.stack.documents["Deployment", "mlflow"]["spec"]["template"]["spec"]["containers"][0]
        probe = spec["startupProbe"]
        deadline = time.monotonic() + probe["periodSeconds"] * probe["failureThreshold"]
        while True:
            try:
                if self.get(probe["httpGet"]["path"], headers={}).status_code == 200:
                    return
            except requests.ConnectionError:
                assert time.monotonic() < deadline, self.stack.logs("mlflow-mlflow")
            time.sleep(1)

    def get(self, path: str, **options: object) -> requests.Response:
        """One GET; the Host header is a permitted one unless given."""
        arguments = {"headers": HOST, "timeout": 30} | options
        return requests.get(f"http://127.0.0.1:{self.port}{path}", **arguments)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("cluster"))
    try:
        running.start("StatefulSet", "postgres")
        running.start("StatefulSet", "seaweedfs")
        status, output = running.run("Job", "object-store-buckets")
        assert status == 0, output
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def mlflow(stack: Stack) -> Mlflow:
    server = Mlflow(stack)
    status, output = stack.run("Job", "mlflow-users")
    assert status == 0, output
    return server


def in_cluster(stack: Stack, code: str, **environment: str) -> str:
    """Runs Python in a pod's place: the MLflow image on the stack's network, with the steps' credentials."""
    client = stack.secrets["noria-mlflow-client"]
    variables = {
        "HOME": "/tmp",
        "GIT_PYTHON_REFRESH": "quiet",
        "MLFLOW_TRACKING_URI": "http://mlflow:5000",
        "MLFLOW_TRACKING_USERNAME": client["username"],
        "MLFLOW_TRACKING_PASSWORD": client["password"],
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    } | environment
    options = [part for key, value in variables.items() for part in ("--env", f"{key}={value}")]
    return podman("run", "--rm", "--network", NETWORK, *options, MLFLOW_IMAGE, "python", "-c", code)


def sql(query: str, database: str = "mlflow") -> str:
    """Asks PostgreSQL as its superuser, through the pod's own socket."""
    command = ["psql", "-h", "/run/postgresql", "-U", "postgres", "-d", database, "-At", "-c", query]
    return podman("exec", "postgres-postgres", *command).strip()


LOG_A_RUN = """
import mlflow, tempfile, pathlib
mlflow.set_experiment("stack")
with mlflow.start_run() as run:
    mlflow.log_param("seed", 0)
    mlflow.log_metric("accuracy", 0.75)
    file = pathlib.Path(tempfile.mkdtemp()) / "report.txt"
    file.write_text("x" * 3_000_000)
    mlflow.log_artifact(str(file), "reports")
back = mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/reports/report.txt")
assert back == "x" * 3_000_000, len(back)
print(run.info.run_id)
"""


@pytest.fixture(scope="session")
def run_id(stack: Stack, mlflow: Mlflow) -> str:
    assert mlflow.port
    return in_cluster(stack, LOG_A_RUN).split()[-1]


SEARCH = "/api/2.0/mlflow/experiments/search?max_results=10"


def test_a_password_is_asked_for(mlflow: Mlflow) -> None:
    assert mlflow.get(SEARCH).status_code == 401
    assert mlflow.get("/").status_code == 401
    assert mlflow.get(SEARCH, auth=("noria-steps", "wrong")).status_code == 401
    assert mlflow.get(SEARCH, auth=mlflow.user).status_code == 200
    assert mlflow.get(SEARCH, auth=mlflow.admin).status_code == 200


def test_steps_are_no_administrators(mlflow: Mlflow) -> None:
    users = "/api/2.0/mlflow/users/get?username=admin"
    assert mlflow.get(users, auth=mlflow.user).status_code == 403
    assert mlflow.get(users, auth=mlflow.admin).status_code == 200


def test_an_unknown_host_header_is_refused(mlflow: Mlflow) -> None:
    refused = mlflow.get(SEARCH, auth=mlflow.user, headers={"Host": "evil.example.com"})
    assert refused.status_code == 403
    assert "Invalid Host header" in refused.text


def test_a_run_is_in_postgres(run_id: str) -> None:
    assert sql(f"SELECT value FROM metrics WHERE run_uuid = '{run_id}' AND key = 'accuracy'") == "0.75"
    assert sql(f"SELECT value FROM params WHERE run_uuid = '{run_id}' AND key = 'seed'") == "0"


LIST_A_BUCKET = """
import boto3, botocore.exceptions, sys
s3 = boto3.client("s3", endpoint_url="http://seaweedfs:8333", region_name="us-east-1")
try:
    print([item["Key"] for item in s3.list_objects_v2(Bucket=sys.argv[1]).get("Contents", [])])
except botocore.exceptions.ClientError as failure:
    print(failure.response["Error"]["Code"])
"""


def listed(stack: Stack, bucket: str, secret: str, **changes: str) -> str:
    """What a user of the object store gets when he lists a bucket."""
    keys = {
        "AWS_ACCESS_KEY_ID": stack.secrets[secret]["access-key-id"],
        "AWS_SECRET_ACCESS_KEY": stack.secrets[secret]["secret-access-key"],
    } | changes
    return in_cluster(stack, LIST_A_BUCKET.replace("sys.argv[1]", repr(bucket)), **keys)


def test_an_artifact_is_in_the_object_store(stack: Stack, run_id: str) -> None:
    assert f"{run_id}/artifacts/reports/report.txt" in listed(stack, "mlflow", "noria-mlflow-bucket")


def test_a_bucket_opens_to_its_own_user_only(stack: Stack, run_id: str) -> None:
    assert run_id
    assert "AccessDenied" in listed(stack, "backups", "noria-mlflow-bucket")
    assert "AccessDenied" in listed(stack, "mlflow", "noria-backup-bucket")
    wrong = listed(stack, "mlflow", "noria-mlflow-bucket", AWS_SECRET_ACCESS_KEY="wrong")
    assert "SignatureDoesNotMatch" in wrong


def test_the_database_keeps_roles_apart(stack: Stack, run_id: str) -> None:
    assert run_id

    def ask(user: str, password: str, query: str) -> str:
        command = ["psql", "-h", "postgres", "-U", user, "-d", "mlflow", "-At", "-c", query]
        done = subprocess.run(
            ["podman", "exec", "--env", f"PGPASSWORD={password}", "postgres-postgres", *command],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.stdout

    passwords = stack.secrets["noria-postgres"]
    backup = passwords["backup-password"]
    assert int(ask("backup", backup, "SELECT count(*) FROM runs")) >= 1
    assert "permission denied" in ask("backup", backup, "DELETE FROM runs")
    assert "password authentication failed" in ask("mlflow", "wrong", "SELECT 1")
    assert "pg_hba.conf rejects" in ask("postgres", "", "SELECT 1")


def test_probes_are_true_of_the_running_pods(stack: Stack, mlflow: Mlflow) -> None:
    postgres = stack.documents["StatefulSet", "postgres"]["spec"]["template"]["spec"]["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        podman("exec", "postgres-postgres", *postgres[probe]["exec"]["command"])
    store = stack.documents["StatefulSet", "seaweedfs"]["spec"]["template"]["spec"]["containers"][0]
    path = store["readinessProbe"]["httpGet"]["path"]
    read = f"import urllib.request as u; print(u.urlopen('http://seaweedfs:8333{path}').status)"
    assert in_cluster(stack, read).strip() == "200"
    assert mlflow.get("/health", headers={"Host": "10.0.0.7:5000"}).status_code == 200


@pytest.mark.usefixtures("mlflow")
def test_pods_are_hardened() -> None:
    for name in ("postgres-postgres", "seaweedfs-seaweedfs", "mlflow-mlflow"):
        user = podman("exec", name, "id", "-u").strip()
        assert user in {"999", "1000"}, (name, user)
        looks = "{{.HostConfig.ReadonlyRootfs}} {{.EffectiveCaps}} {{.HostConfig.SecurityOpt}}"
        assert podman("inspect", name, "--format", looks).strip() == "true [] [no-new-privileges]"


def test_a_backup_brings_everything_back(stack: Stack, mlflow: Mlflow, run_id: str) -> None:
    status, output = stack.run("CronJob", "postgres-backup")
    assert status == 0, output
    name = next(line.split()[1].rstrip(",") for line in output.splitlines() if line.startswith("stored "))
    assert name in listed(stack, "backups", "noria-backup-bucket")

    # A disaster: the tables are gone, and the users with them.
    mlflow.stack.stop("mlflow")
    for database in ("mlflow", "mlflow_auth"):
        sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION mlflow", database)
    assert sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"

    status, output = stack.run("CronJob", "postgres-restore", {"RESTORE_NAME": name})
    assert status == 0, output
    mlflow.start()
    found = mlflow.get(f"/api/2.0/mlflow/runs/get?run_id={run_id}", auth=mlflow.user)
    assert found.status_code == 200, found.text
    metrics = {m["key"]: m["value"] for m in found.json()["run"]["data"]["metrics"]}
    assert metrics == {"accuracy": 0.75}


def test_a_restore_over_tables_that_are_there(stack: Stack, mlflow: Mlflow, run_id: str) -> None:
    status, output = stack.run("CronJob", "postgres-backup")
    assert status == 0, output
    mlflow.stack.stop("mlflow")
    sql(f"UPDATE params SET value = '7' WHERE run_uuid = '{run_id}'")
    # No name: the newest.
    status, output = stack.run("CronJob", "postgres-restore", {"RESTORE_NAME": ""})
    assert status == 0, output
    mlflow.start()
    assert sql(f"SELECT value FROM params WHERE run_uuid = '{run_id}' AND key = 'seed'") == "0"


def test_a_restore_of_what_is_not_there_changes_nothing(stack: Stack, run_id: str) -> None:
    missing = {"RESTORE_NAME": "postgres-20200101T000000Z.tar"}
    status, output = stack.run("CronJob", "postgres-restore", missing)
    assert status != 0
    assert "there is no backup 'postgres-20200101T000000Z.tar'" in output
    assert sql(f"SELECT count(*) FROM runs WHERE run_uuid = '{run_id}'") == "1"


def test_a_backup_that_cannot_log_in_fails(stack: Stack) -> None:
    status, output = stack.run("CronJob", "postgres-backup", {"PGPASSWORD": "wrong"})
    assert status != 0
    assert "password authentication failed" in output
    assert "stored" not in output


def test_passwords_follow_the_secret(stack: Stack, mlflow: Mlflow) -> None:
    """A rotated password of the steps is set by the job that follows a deployment."""
    assert mlflow.get(SEARCH, auth=mlflow.user).status_code == 200
    status, output = stack.run("Job", "mlflow-users", {"CLIENT_PASSWORD": "another-password-of-32-letters"})
    assert status == 0, output
    assert mlflow.get(SEARCH, auth=mlflow.user).status_code == 401
    status, output = stack.run("Job", "mlflow-users")
    assert status == 0, output
    assert mlflow.get(SEARCH, auth=mlflow.user).status_code == 200


def test_dump_and_restore_of_kfp_database() -> None:
    """The scripts of KFP's backup, with MariaDB in MySQL's place: MySQL 8.4 cannot be had from a package."""
    scripts = ROOT / "infra/kustomize/base/kubeflow/files"
    script = """
set -e
mariadb-install-db --auth-root-authentication-method=normal --datadir=/tmp/data >/dev/null
mariadbd --datadir=/tmp/data --socket=/tmp/db.sock --pid-file=/tmp/pid --bind-address=127.0.0.1 2>/tmp/log &
until mariadb-admin --socket=/tmp/db.sock ping >/dev/null 2>&1; do sleep 0.2; done
mariadb --socket=/tmp/db.sock --user=root -e "ALTER USER root@localhost IDENTIFIED BY 'secret';
  CREATE DATABASE mlpipeline; CREATE DATABASE cachedb; CREATE DATABASE metadb;
  CREATE TABLE mlpipeline.run_details (id INT PRIMARY KEY, name TEXT); INSERT INTO mlpipeline.run_details
  VALUES (1, 'first');"
export MYSQL_HOST=127.0.0.1 MYSQL_USER=root MYSQL_PWD=secret
bash /scripts/dump.sh
ask="mysql --host=127.0.0.1 --user=root"
$ask -e "DROP DATABASE mlpipeline; CREATE DATABASE mlpipeline; CREATE TABLE mlpipeline.later (id INT);"
bash /scripts/restore.sh
$ask -N -e "SELECT name FROM mlpipeline.run_details; SHOW TABLES FROM mlpipeline"
"""
    options = [
        "--rm",
        "--read-only",
        "--tmpfs",
        "/tmp:mode=1777",
        "--tmpfs",
        "/backup:mode=1777",
        "--cap-drop=all",
    ]
    mount = ["--volume", f"{scripts}:/scripts:ro"]
    output = podman("run", *options, *mount, "localhost/noria-stack-mariadb:10.11", "bash", "-c", script)
    assert output.split()[-2:] == ["first", "run_details"], output
