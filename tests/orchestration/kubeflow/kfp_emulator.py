"""KFP's driver and launcher, emulated: what happens to a compiled pipeline on a server, task by task.

Written after release 2.17's driver (resolve.go, driver.go), launcher (launcher_v2.go), cache key (cache.go)
and Argo compiler. What is not real: the server, the cluster, Argo's scheduling (tasks run one after the
other), ML Metadata (a dictionary). What is real: the compiled documents, the object store, the steps.

* The driver resolves parameters (root inputs and their defaults, constants, placeholders, the final status
  of a group) and artifacts (read back from metadata: with an id for a name, without a type; only text and
  numbers survive as properties), and lays out the outputs: ``ROOT/PIPELINE/RUN/TASK/SALT/KEY``.
* The launcher downloads inputs, makes the parents of outputs, puts the executor input in the place of
  ``{{$}}``, starts the command, reads the file that it left, uploads, and records what it made. A failed
  command uploads nothing.
* Every attempt of a task has a file system of its own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FOLDERS = {"s3://": "s3", "minio://": "minio", "gs://": "gcs"}


@dataclass
class Pod:
    """One attempt of one task.

    Attributes:
        root: Stands for ``/`` in the pod.
        command: Program and arguments.
        environment: Variables of the container.
        image: What the container is made of.
    """

    root: Path
    command: list[str]
    environment: dict[str, str]
    image: str


@dataclass
class TaskResult:
    """What became of a task.

    Attributes:
        state: SUCCEEDED, CACHED, FAILED, or SKIPPED (something before it failed).
        attempts: How many pods were started.
        outputs: Artifacts as metadata has them, by key.
        parameters: Output parameters.
        message: The termination message of the last pod.
    """

    state: str
    attempts: int = 0
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    message: str = ""


RunPod = Callable[[Pod], int]


class ObjectStore:
    """A bucket and how the launcher reads and writes it."""

    def __init__(self, client: Any, bucket: str, scheme: str = "s3://") -> None:
        self.client, self.bucket, self.scheme = client, bucket, scheme

    @property
    def root(self) -> str:
        """The bucket's address."""
        return f"{self.scheme}{self.bucket}"

    def keys(self, uri: str) -> list[str]:
        """Keys of an object, or of everything below it."""
        prefix = uri.removeprefix(f"{self.root}/")
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        found = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return [key for key in found if key == prefix or key.startswith(f"{prefix}/")]

    def download(self, uri: str, path: Path) -> None:
        """Brings an object or a folder of objects."""
        prefix = uri.removeprefix(f"{self.root}/")
        for key in self.keys(uri):
            target = path if key == prefix else path / key.removeprefix(f"{prefix}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            self.client.download_file(self.bucket, key, str(target))

    def upload(self, path: Path, uri: str) -> None:
        """Stores a file or a folder; empty folders are not stored."""
        prefix = uri.removeprefix(f"{self.root}/")
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            key = prefix if file == path else f"{prefix}/{file.relative_to(path).as_posix()}"
            self.client.upload_file(str(file), self.bucket, key)


class KfpEmulator:
    """Runs compiled documents.

    Attributes:
        cache: Outputs of earlier executions by fingerprint; survives the run.
    """

    def __init__(
        self,
        documents: Sequence[Mapping[str, Any]],
        store: ObjectStore,
        folder: Path,
        run_pod: RunPod,
        secrets: Mapping[str, Mapping[str, str]],
        cache: dict[str, TaskResult] | None = None,
    ) -> None:
        self.spec = documents[0]
        self.platform = documents[1] if len(documents) > 1 else {}
        self.store, self.folder, self.run_pod, self.secrets = store, folder, run_pod, secrets
        self.cache = {} if cache is None else cache
        self.run_id = str(uuid.uuid4())
        self.results: dict[str, TaskResult] = {}
        self._ids = 0

    def run(self, arguments: Mapping[str, Any] | None = None) -> dict[str, TaskResult]:
        """Runs the pipeline; returns what became of each task, groups included."""
        inputs = self._with_defaults(self.spec["root"].get("inputDefinitions", {}), dict(arguments or {}))
        self._run_dag(self.spec["root"]["dag"], inputs)
        return self.results

    def _run_dag(self, dag: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
        tasks = dag["tasks"]
        done: dict[str, TaskResult] = {}
        for name in self._order(tasks):
            task = tasks[name]
            before = [done[other].state for other in task.get("dependentTasks", [])]
            always = task.get("triggerPolicy", {}).get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED"
            if not always and any(state in ("FAILED", "SKIPPED") for state in before):
                done[name] = self.results[name] = TaskResult("SKIPPED")
                continue
            component = self.spec["components"][task["componentRef"]["name"]]
            parameters = self._parameters(task, component, inputs, done)
            if "dag" in component:
                done[name] = self.results[name] = TaskResult(self._run_dag(component["dag"], parameters))
                continue
            done[name] = self.results[name] = self._run_task(name, task, component, parameters, done)
        states = {result.state for name, result in done.items()}
        return "FAILED" if states & {"FAILED", "SKIPPED"} else "SUCCEEDED"

    @staticmethod
    def _order(tasks: Mapping[str, Any]) -> Iterator[str]:
        left = dict(tasks)
        while left:
            ready = [
                name for name, task in left.items() if not set(task.get("dependentTasks", [])) & left.keys()
            ]
            assert ready, f"tasks wait for each other: {sorted(left)}"
            for name in sorted(ready):
                yield name
                del left[name]

    @staticmethod
    def _with_defaults(definitions: Mapping[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        for name, definition in definitions.get("parameters", {}).items():
            if name not in values and "defaultValue" in definition:
                values[name] = definition["defaultValue"]
        return values

    def _parameters(
        self,
        task: Mapping[str, Any],
        component: Mapping[str, Any],
        inputs: Mapping[str, Any],
        done: Mapping[str, TaskResult],
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, source in task.get("inputs", {}).get("parameters", {}).items():
            if "componentInputParameter" in source:
                values[name] = inputs[source["componentInputParameter"]]
            elif "taskOutputParameter" in source:
                made = source["taskOutputParameter"]
                values[name] = done[made["producerTask"]].parameters[made["outputParameterKey"]]
            elif "taskFinalStatus" in source:
                # resolve.go: the last known state in ML Metadata, the first dependent task's.
                producer = task["dependentTasks"][0]
                state = {"SUCCEEDED": "COMPLETE"}.get(done[producer].state, done[producer].state)
                values[name] = {"state": state, "pipelineTaskName": producer, "error": {}}
            else:
                constant = source["runtimeValue"]["constant"]
                values[name] = {"{{$.pipeline_job_uuid}}": self.run_id}.get(str(constant), constant)
        return self._with_defaults(component.get("inputDefinitions", {}), values)

    def _run_task(
        self,
        name: str,
        task: Mapping[str, Any],
        component: Mapping[str, Any],
        parameters: Mapping[str, Any],
        done: Mapping[str, TaskResult],
    ) -> TaskResult:
        label = component["executorLabel"]
        container = self.spec["deploymentSpec"]["executors"][label]["container"]
        inputs = {}
        for key, source in task.get("inputs", {}).get("artifacts", {}).items():
            made = source["taskOutputArtifact"]
            artifact = done[made["producerTask"]].outputs[made["outputArtifactKey"]]
            # toRuntimeArtifact: no type is read back.
            inputs[key] = {"artifacts": [{**artifact, "type": {"instanceSchema": ""}}]}
        fingerprint = self._fingerprint(container, component, parameters, inputs)
        caching = task.get("cachingOptions", {}).get("enableCache", False)
        if caching and fingerprint in self.cache:
            hit = self.cache[fingerprint]
            return TaskResult("CACHED", 0, hit.outputs, hit.parameters)
        executor_input = {
            "inputs": {"artifacts": inputs, "parameterValues": dict(parameters)},
            "outputs": self._outputs(name, component),
        }
        # Its numbers are doubles, and Go writes whole ones without a point: 1.0 and 1 are the same there.
        executor_input = json.loads(json.dumps(executor_input), parse_float=_as_go_writes)
        result = TaskResult("FAILED")
        retries = task.get("retryPolicy", {}).get("maxRetryCount", 0)
        while result.state == "FAILED" and result.attempts <= retries:
            result.attempts += 1
            self._attempt(f"{name}-{result.attempts}", label, container, executor_input, result)
        if result.state == "SUCCEEDED" and caching:
            self.cache[fingerprint] = result
        return result

    def _fingerprint(
        self,
        container: Mapping[str, Any],
        component: Mapping[str, Any],
        parameters: Mapping[str, Any],
        inputs: Mapping[str, Any],
    ) -> str:
        """cache.go: input artifacts by name, parameters, outputs' types, command, image; no environment."""
        names = {key: [item["name"] for item in items["artifacts"]] for key, items in inputs.items()}
        key = [
            names,
            parameters,
            component.get("outputDefinitions", {}),
            container["command"],
            container.get("args", []),
            container["image"],
        ]
        return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()

    def _outputs(self, name: str, component: Mapping[str, Any]) -> dict[str, Any]:
        defined = component.get("outputDefinitions", {})
        pipeline = self.spec["pipelineInfo"]["name"]
        task_root = f"{self.store.root}/v2/{pipeline}/{self.run_id}/{name}/{uuid.uuid4()}"
        artifacts = {
            key: {"artifacts": [{"name": key, "uri": f"{task_root}/{key}", "type": spec["artifactType"]}]}
            for key, spec in defined.get("artifacts", {}).items()
        }
        # With publish_logs, which is the default; the launcher fills it itself.
        logs = {"name": "executor-logs", "uri": f"{task_root}/executor-logs"}
        logs_type = {"schemaTitle": "system.Artifact"}
        artifacts["executor-logs"] = {"artifacts": [{**logs, "type": logs_type}]}
        return {
            "artifacts": artifacts,
            "parameters": {
                key: {"outputFile": f"/tmp/kfp/outputs/{key}"} for key in defined.get("parameters", {})
            },
            "outputFile": f"/{_local(task_root)}/output_metadata.json",
        }

    def _attempt(
        self,
        pod_name: str,
        label: str,
        container: Mapping[str, Any],
        executor_input: Mapping[str, Any],
        result: TaskResult,
    ) -> None:
        root = self.folder / pod_name
        shutil.rmtree(root, ignore_errors=True)
        (root / "tmp").mkdir(parents=True)
        (root / "dev").mkdir()
        termination = root / "dev" / "termination-log"
        termination.touch()
        termination.chmod(0o666)
        for items in executor_input["inputs"]["artifacts"].values():
            for artifact in items["artifacts"]:
                self.store.download(artifact["uri"], root / _local(artifact["uri"]))
        outputs = executor_input["outputs"]
        for items in outputs["artifacts"].values():
            for artifact in items["artifacts"]:
                (root / _local(artifact["uri"])).parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(executor_input)
        command = [*container["command"], *(arg.replace("{{$}}", text) for arg in container.get("args", []))]
        status = self.run_pod(Pod(root, command, self._environment(label, container), container["image"]))
        self._publish_log(root, outputs, result.attempts)
        result.message = termination.read_text()
        if status != 0:
            return
        del outputs["artifacts"]["executor-logs"]
        left = root / outputs["outputFile"].lstrip("/")
        said = json.loads(left.read_text()) if left.exists() else {}
        result.parameters = said.get("parameterValues", {})
        for key, items in outputs["artifacts"].items():
            artifact = dict(items["artifacts"][0])
            made = said.get("artifacts", {}).get(key, {}).get("artifacts", [{}])[0]
            artifact["uri"] = made.get("uri") or artifact["uri"]
            if not artifact["uri"].startswith(tuple(_FOLDERS)):
                # The launcher warns and goes on: nothing is uploaded.
                continue
            local = root / _local(artifact["uri"])
            if local.exists():
                self.store.upload(local, artifact["uri"])
            result.outputs[key] = self._recorded(key, artifact, made.get("metadata", {}))
        result.state = "SUCCEEDED"

    def _publish_log(self, root: Path, outputs: Mapping[str, Any], attempt: int) -> None:
        """What the step printed goes to the store, also after a failure; a retry's beside the first's."""
        uri = outputs["artifacts"]["executor-logs"]["artifacts"][0]["uri"]
        if (root / "log").exists():
            self.store.upload(root / "log", uri if attempt == 1 else f"{uri}-{attempt - 1}")

    def _recorded(self, key: str, artifact: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
        """What ML Metadata gives back: an id for a name, properties that are text or numbers."""
        self._ids += 1
        kept = {name: value for name, value in metadata.items() if isinstance(value, str | int | float)}
        session = json.dumps({"Provider": "s3", "Params": {"fromEnv": "true"}})
        return {
            "name": str(self._ids),
            "uri": artifact["uri"],
            "metadata": {**kept, "display_name": key, "store_session_info": session},
        }

    def _environment(self, label: str, container: Mapping[str, Any]) -> dict[str, str]:
        found = {item["name"]: item["value"] for item in container.get("env", [])}
        executors = self.platform.get("platforms", {}).get("kubernetes", {}).get("deploymentSpec", {})
        config = executors.get("executors", {}).get(label, {})
        for item in config.get("fieldPathAsEnv", []):
            labels = {"metadata.labels['pipeline/runid']": self.run_id}
            found[item["name"]] = labels[item["fieldPath"]]
        for secret in config.get("secretAsEnv", []):
            for item in secret["keyToEnv"]:
                found[item["envVar"]] = self.secrets[secret["secretName"]][item["secretKey"]]
        return found


def _as_go_writes(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _local(uri: str) -> str:
    """LocalPathForURI, without the leading slash."""
    for scheme, folder in _FOLDERS.items():
        if uri.startswith(scheme):
            return f"{folder}/{uri.removeprefix(scheme)}"
    raise ValueError(uri)
