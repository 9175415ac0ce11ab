"""Kubeflow Pipelines' own programs, started on one machine: API server, controllers, and what they stand on.

Real: KFP's API server, scheduled-workflow controller, persistence agent, driver and launcher; Argo's workflow
controller and executor; MariaDB; SeaweedFS; ML Metadata's store. Stand-ins: the Kubernetes API
(``kube_server``) and the kubelet (``pods``).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.kfp_backend.cluster_objects import (
    ACCESS_KEY,
    API_SERVER_FILES,
    AS_INSTALLED,
    NAMESPACE,
    SECRET_KEY,
    create_objects,
)
from tests.kfp_backend.container import DIES_WITH_PARENT, Sandbox, stop
from tests.kfp_backend.kube_server import TOKEN, KubeServer
from tests.kfp_backend.metadata_server import serve
from tests.kfp_backend.pods import PodRunner

_PYTHON = Path(sys.executable).parent
# Loopback addresses of our own, so that the ports can be those that KFP expects.
KUBE, STORE, METADATA, API, MLFLOW = (f"127.0.17.{n}" for n in range(1, 6))
HOSTS = {
    "kubernetes.default.svc": KUBE,
    "seaweedfs.kubeflow": STORE,
    "metadata-grpc-service.kubeflow.svc.cluster.local": METADATA,
    "ml-pipeline.kubeflow.svc.cluster.local": API,
    "ml-pipeline": API,
    "mlflow.noria.svc.cluster.local": MLFLOW,
}
PROGRAMS = (
    "apiserver",
    "scheduledworkflow",
    "persistence",
    "driver",
    "launcher-v2",
    "workflow-controller",
    "argoexec",
    "kube-json",
)


class Stack:
    """Everything, under one folder; ``close`` ends it all."""

    def __init__(
        self, folder: Path, binaries: Path, source: Path, at_once: int = 2, defaults: str = AS_INSTALLED
    ) -> None:
        missing = [name for name in PROGRAMS if not (binaries / name).is_file()]
        if missing:
            raise FileNotFoundError(f"{binaries} lacks {', '.join(missing)}")
        self.folder = folder
        self._ends: list[Callable[[], Any]] = []
        account = folder / "service-account"
        account.mkdir(parents=True)
        self._certificate(account)
        (account / "token").write_text(TOKEN)
        (account / "namespace").write_text(NAMESPACE)
        self.sandbox = Sandbox(
            scratch=folder / "scratch",
            binaries=binaries,
            source=source,
            python=_PYTHON,
            service_account=account,
            hosts=HOSTS,
            environment={"KUBERNETES_SERVICE_HOST": KUBE, "KUBERNETES_SERVICE_PORT": "6443"},
        )
        logs = folder / "logs"
        files = account / "ca.crt", account / "ca.key", logs, binaries / "kube-json"
        self.kube = KubeServer(KUBE, 6443, *files)
        self._ends += [self.kube.server_close, self.kube.shutdown]
        self.runner = PodRunner(self.kube.store, self.sandbox, folder / "pods", logs, at_once)
        self._ends.append(self.runner.close)
        create_objects(self.kube.store, defaults)
        metadata = serve(f"{METADATA}:8080", folder / "mlmd.sqlite")
        self._ends.append(lambda: metadata.stop(0))
        self._object_store()
        self._database()

    def close(self) -> None:
        """Ends everything that was started, the latest first."""
        for end in reversed(self._ends):
            end()

    def start_api(self, environment: Mapping[str, str] | None = None, wait: float = 120) -> None:
        """Starts KFP's API server and waits until it answers."""
        variables = {
            "POD_NAMESPACE": NAMESPACE,
            "DBCONFIG_MYSQLCONFIG_USER": "kfp",
            "DBCONFIG_MYSQLCONFIG_PASSWORD": "kfp",
            "DBCONFIG_MYSQLCONFIG_HOST": STORE,
            "DBCONFIG_MYSQLCONFIG_PORT": "3306",
            "OBJECTSTORECONFIG_HOST": "seaweedfs.kubeflow",
            "OBJECTSTORECONFIG_PORT": "9000",
            "OBJECTSTORECONFIG_ACCESSKEY": ACCESS_KEY,
            "OBJECTSTORECONFIG_SECRETACCESSKEY": SECRET_KEY,
            "V2_DRIVER_IMAGE": "driver",
            "V2_LAUNCHER_IMAGE": "launcher",
            "ARCHIVE_CONFIG_LOG_FILE_NAME": "main.log",
            "PUBLISH_LOGS": "true",
            "ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_HOST": API,
            "ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_PORT": "8889",
            **(environment or {}),
        }
        config = self.folder / "config"
        config.mkdir(exist_ok=True)
        for name, text in API_SERVER_FILES.items():
            (config / name).write_text(text)
        # Its HTTP side calls its gRPC side as localhost.
        ports = ["--rpcPortFlag=:8887", f"--httpPortFlag={API}:8888"]
        command = ["apiserver", "--config=/config", "--sampleconfig=/config/samples.json", *ports]
        self.program("apiserver", [*command, "-logtostderr=true"], variables, {"/config": config})
        self._until(
            lambda: self._answers(f"http://{API}:8888/apis/v2beta1/healthz"), wait, "KFP's API server"
        )

    def start_controllers(self) -> None:
        """Starts Argo's controller and KFP's scheduled-workflow controller and persistence agent."""
        transient = "(?i)(imminent node shutdown|node is shutting down|preempt|evict|spot|pod deleted)"
        self.program(
            "workflow-controller",
            [
                "workflow-controller",
                "--configmap",
                "workflow-controller-configmap",
                "--executor-image",
                "argoexec",
                "--namespaced",
                "--loglevel",
                "info",
            ],
            {
                "LEADER_ELECTION_DISABLE": "true",
                "DEFAULT_REQUEUE_TIME": "1s",
                "TRANSIENT_ERROR_PATTERN": transient,
                "ARGO_NAMESPACE": NAMESPACE,
            },
        )
        self.program("persistence", ["persistence", "--namespace", NAMESPACE, "-logtostderr=true"], {})
        schedule = {"CRON_SCHEDULE_TIMEZONE": "UTC", "METRICS_PORT": "19091", "RESYNC_INTERVAL_SECONDS": "5"}
        self.program(
            "scheduledworkflow", ["scheduledworkflow", "--namespace", NAMESPACE, "-logtostderr=true"],
            {**schedule, "NAMESPACE": NAMESPACE},
        )  # fmt: skip

    def start_mlflow(self) -> None:
        """Starts an MLflow server under the address that the target ``kind`` gives to steps."""
        data = self.folder / "mlflow"
        data.mkdir()
        names = f"mlflow.noria.svc.cluster.local:5000,{MLFLOW}:5000"
        command = [
            str(_PYTHON / "mlflow"), "server", "--host", MLFLOW, "--port", "5000",
            "--workers", "1", "--backend-store-uri", f"sqlite:///{data}/mlflow.db", "--artifacts-destination",
            str(data / "artifacts"), "--allowed-hosts", names,
        ]  # fmt: skip
        with (self.folder / "mlflow.log").open("wb") as log:
            process = subprocess.Popen(
                [*DIES_WITH_PARENT, *command], stdout=log, stderr=log, start_new_session=True
            )
        self._ends.append(process.wait)
        self._ends.append(lambda: os.killpg(process.pid, signal.SIGTERM))
        self._until(lambda: self._answers(f"http://{MLFLOW}:5000/health"), 120, "MLflow")

    def program(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        mounts: Mapping[str, Path] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Starts a program of the cluster; its output goes to NAME.log."""
        log = (self.folder / f"{name}.log").open("wb")
        tokens = self.folder / "tokens"
        tokens.mkdir(exist_ok=True)
        for token in ("persistenceagent-sa-token", "scheduledworkflow-sa-token"):
            (tokens / token).write_text(TOKEN)
        bound = {"/var/run/secrets/kubeflow/tokens": tokens, **(mounts or {})}
        process = self.sandbox.start(command, environment, bound, log)
        self._ends.append(lambda: stop(process))
        return process

    def _certificate(self, account: Path) -> None:
        names = ",".join(["DNS:kubernetes.default.svc", f"IP:{KUBE}"])
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=kube",
        ]
        files = ["-keyout", str(account / "ca.key"), "-out", str(account / "ca.crt")]
        subprocess.run(
            [*command, *files, "-addext", f"subjectAltName={names}"], check=True, capture_output=True
        )

    def _object_store(self) -> None:
        data = self.folder / "weed"
        data.mkdir()
        identity = '{"name":"kfp","credentials":[{"accessKey":"%s","secretKey":"%s"}],"actions":["Admin"]}'
        (self.folder / "s3.json").write_text('{"identities":[%s]}' % (identity % (ACCESS_KEY, SECRET_KEY)))
        weed = _PYTHON / "weed"
        ports = {"master": 19333, "volume": 19334, "filer": 19335}
        command = [
            str(weed), "server", f"-ip={STORE}", f"-ip.bind={STORE}", f"-dir={data}", "-filer", "-s3",
            "-s3.port=9000", f"-s3.config={self.folder / 's3.json'}", "-volume.max=50",
            "-master.volumeSizeLimitMB=256", *(f"-{name}.port={port}" for name, port in ports.items()),
        ]  # fmt: skip
        with (self.folder / "weed.log").open("wb") as log:
            process = subprocess.Popen(
                [*DIES_WITH_PARENT, *command], stdout=log, stderr=log, start_new_session=True
            )
        self._ends.append(lambda: stop(process))
        self._until(lambda: self._answers(f"http://{STORE}:9000/healthz"), 60, "SeaweedFS")

    def _database(self) -> None:
        data = self.folder / "mariadb"
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root", "--skip-test-db"],
            check=True, capture_output=True,
        )  # fmt: skip
        socket = self.folder / "mariadb.sock"
        options = [
            f"--datadir={data}",
            f"--socket={socket}",
            f"--bind-address={STORE}",
            "--port=3306",
            "--user=root",
        ]
        with (self.folder / "mariadb.log").open("wb") as log:
            command = ["mariadbd", "--no-defaults", *options]
            process = subprocess.Popen(
                [*DIES_WITH_PARENT, *command], stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        self._ends.append(process.wait)
        self._ends.append(process.terminate)
        user = "CREATE USER 'kfp'@'%' IDENTIFIED BY 'kfp'; GRANT ALL ON *.* TO 'kfp'@'%'"
        make = f"CREATE DATABASE mlpipeline; {user}"
        client = ["mariadb", "--no-defaults", f"--socket={socket}", "-e", make]
        self._until(lambda: subprocess.run(client, capture_output=True).returncode == 0, 30, "MariaDB")

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def _until(self, happened: Callable[[], bool], seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > end:
                self.close()
                raise TimeoutError(
                    f"{what} does not answer after {seconds} s; its output is in {self.folder}"
                )
            time.sleep(0.3)
