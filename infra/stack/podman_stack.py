"""Brings the workloads that the kind overlay renders for the namespace noria up under ``podman play kube``.

What podman 4 does not know is translated, and nothing else: a stateful set or deployment becomes a pod of the
service's name (podman's DNS knows pods by name), a volume claim template a claim, a job's or cron job's
template a pod that runs once; probes go (podman runs an HTTP probe with curl inside the container); images
that cannot be pulled are replaced by stand-ins. Network policies are not enforced.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
OVERLAY = ROOT / "infra/kustomize/overlays/kind/noria"
KUBECTL = ROOT / ".venv/bin/kubectl"
NETWORK = "noria-stack"
MLFLOW_IMAGE = "localhost/noria:dev-mlflow"
STAND_INS = {
    "postgres": "localhost/noria-stack-postgres:15",
    "chrislusf/seaweedfs": "localhost/noria-stack-seaweedfs:4.48",
    "noria": MLFLOW_IMAGE,
}
Document = dict[str, Any]


def podman(*arguments: str, text: str | None = None, check: bool = True) -> str:
    """Runs podman; gives its output. Raises CalledProcessError with its complaint in the notes."""
    done = subprocess.run(["podman", *arguments], input=text, capture_output=True, text=True, check=False)
    if check and done.returncode:
        failure = subprocess.CalledProcessError(done.returncode, ["podman", *arguments])
        failure.add_note(done.stdout[-3000:] + done.stderr[-3000:])
        raise failure
    return done.stdout


def render() -> dict[tuple[str, str], Document]:
    """What the kind overlay has for the namespace noria: (kind, name without a hash) -> document."""
    text = subprocess.run([KUBECTL, "kustomize", OVERLAY], capture_output=True, text=True, check=True).stdout
    return {(d["kind"], d["metadata"]["name"]): d for d in yaml.safe_load_all(text)}


def make_secrets(folder: Path) -> dict[str, dict[str, str]]:
    """Runs infra/secrets.sh against a folder; gives the secrets of the namespace noria in plain text."""
    tools = folder / "bin"
    tools.mkdir(parents=True)
    stub = tools / "kubectl"
    fake = Path(__file__).parent / "fake_cluster.py"
    stub.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}" "$@"\n')
    stub.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "FAKE_CLUSTER": str(folder)}
    subprocess.run([ROOT / "infra/secrets.sh", "kind"], check=True, env=environment, capture_output=True)
    secrets = {}
    for path in (folder / "noria").glob("*.json"):
        data = json.loads(path.read_text())["data"]
        secrets[path.stem] = {key: base64.b64decode(value).decode() for key, value in data.items()}
    return secrets


def pod(document: Document, name: str, *, node_port: int | None = None) -> list[Document]:
    """The pod that a workload would start, as podman takes it, with its claims."""
    spec = copy.deepcopy(document["spec"])
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    claims = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": f"{NETWORK}-{name}-{template['metadata']['name']}"},
            "spec": template["spec"],
        }
        for template in spec.get("volumeClaimTemplates", [])
    ]
    inner: Document = spec["template"]["spec"]
    for claim, template in zip(claims, spec.get("volumeClaimTemplates", []), strict=True):
        source = {"claimName": claim["metadata"]["name"]}
        inner["volumes"].append({"name": template["metadata"]["name"], "persistentVolumeClaim": source})
    for volume in inner["volumes"]:
        if "secret" in volume:
            volume["secret"] = {"secretName": f"{volume['secret']['secretName']}-files", "optional": False}
        if "emptyDir" in volume:
            volume["emptyDir"] = {}
    shared = inner.pop("securityContext")
    for container in inner.get("initContainers", []) + inner["containers"]:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            container.pop(probe, None)
        container["image"] = STAND_INS[container["image"].rsplit(":", 1)[0]]
        container["imagePullPolicy"] = "Never"
        # podman takes these from the container only.
        container["securityContext"] |= {k: shared[k] for k in ("runAsUser", "runAsGroup", "runAsNonRoot")}
        # podman opens every port that is listed on the host as well.
        ports = container.pop("ports", [])
        if node_port:
            container["ports"] = [ports[0] | {"hostPort": node_port, "hostIP": "127.0.0.1"}]
    # With any other policy podman starts a finished init container again, beside the running server.
    inner["restartPolicy"] = "Never"
    inner.pop("serviceAccountName")
    # Else podman removes an init container when it has ended, and sometimes trips over that.
    keep = {"io.podman.annotations.init.container.type": "always"}
    metadata = {"name": name, "labels": {"app": NETWORK}, "annotations": keep}
    return [*claims, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": inner}]


class Stack:
    """The running workloads; ``close`` removes all of it, volumes and secrets too."""

    def __init__(self, folder: Path) -> None:
        """Renders, makes secrets and the network; starts nothing yet."""
        self.documents = render()
        self.secrets = make_secrets(folder)
        self.close()
        podman("network", "create", NETWORK)
        for name, data in self.secrets.items():
            coded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
            # podman 4 wants a secret for variables as JSON, one for files as a document with plain values.
            podman("secret", "create", name, "-", text=json.dumps(coded))
            files = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
            podman("secret", "create", f"{name}-files", "-", text=json.dumps(files))
        self.config = [d for (kind, _), d in self.documents.items() if kind == "ConfigMap"]

    def start(self, kind: str, name: str, node_port: int | None = None) -> None:
        """Starts a deployment or stateful set as the pod ``name``."""
        self._play(pod(self.documents[kind, name], name, node_port=node_port))

    def run(self, kind: str, name: str, changes: dict[str, str] | None = None) -> tuple[int, str]:
        """Runs a job to its end; gives its exit status (of the first container that failed) and all output.

        ``changes`` replaces, or adds, environment variables.
        """
        made = pod(self.documents[kind, name], f"run-{name}")
        containers = made[-1]["spec"].get("initContainers", []) + made[-1]["spec"]["containers"]
        for container in containers:
            environment = {item["name"]: item for item in container.get("env", [])}
            environment |= {key: {"name": key, "value": value} for key, value in (changes or {}).items()}
            container["env"] = list(environment.values())
            container["envFrom"] = [
                source
                for source in container.get("envFrom", [])
                if not source.get("configMapRef", {}).get("optional")
            ]
        started = self._play(made, check=False)
        output, status = started, 0
        for container in containers:
            full_name = f"run-{name}-{container['name']}"
            state = podman("inspect", "--format", "{{.State.Status}}", full_name, check=False).strip()
            # An init container that failed leaves the next ones created, never started.
            ended = podman("wait", full_name).strip() if state in {"running", "exited"} else "125"
            status = status or int(ended)
            output += self.logs(full_name)
        podman("pod", "rm", "--force", f"run-{name}")
        return status, output

    def stop(self, name: str) -> None:
        """Removes a pod; its claims stay."""
        podman("pod", "rm", "--force", name, check=False)

    def logs(self, container: str) -> str:
        """What a container has written so far."""
        command = ["podman", "logs", container]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout

    def close(self) -> None:
        """Removes pods, volumes, secrets and the network."""
        for line in podman("pod", "ls", "--filter", f"label=app={NETWORK}", "--format", "{{.Name}}").split():
            self.stop(line)
        for volume in podman("volume", "ls", "--format", "{{.Name}}").split():
            if volume.startswith(NETWORK):
                podman("volume", "rm", "--force", volume)
        for name in self.secrets:
            podman("secret", "rm", name, f"{name}-files", check=False)
        podman("network", "rm", "--force", NETWORK, check=False)

    def _play(self, documents: list[Document], check: bool = True) -> str:
        text = yaml.safe_dump_all([*self.config, *documents])
        return podman("play", "kube", "--network", NETWORK, "-", text=text, check=check)
