"""Runs the stand-in's pods: what a kubelet does for them, with a process per container.

Init containers one after the other, then all others at once; volumes of the kinds that KFP and Argo use;
statuses, exit codes, termination messages and logs as a kubelet reports them.
"""

from __future__ import annotations

import base64
import contextlib
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from tests.kfp_backend.container import Sandbox, stop
from tests.kfp_backend.kube_store import KubeError, KubeStore, Object, now

# What a pod's containers have to end by themselves; Kubernetes gives them 30 s.
_GRACE_SECONDS = 10
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


class PodRunner:
    """Starts every pod that appears, each in a thread of its own."""

    def __init__(
        self, store: KubeStore, sandbox: Sandbox, folder: Path, logs: Path, at_once: int = 4
    ) -> None:
        self.store, self.sandbox, self.folder, self.logs = store, sandbox, folder, logs
        self._free = threading.Semaphore(at_once)
        self._live: dict[str, list[subprocess.Popen[bytes]]] = {}
        self._evicted: set[str] = set()
        self.closing = False
        self.thread = threading.Thread(target=self._loop, name="pods", daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Ends all containers."""
        self.closing = True
        for processes in list(self._live.values()):
            for process in processes:
                stop(process)

    def evict(self, namespace: str, name: str) -> None:
        """Ends a pod as a node under pressure does."""
        self._evicted.add(name)
        self._end(f"{namespace}/{name}")

    def _end(self, pod: str) -> None:
        ends = [
            threading.Thread(target=stop, args=(process, _GRACE_SECONDS))
            for process in self._live.get(pod, [])
        ]
        for end in ends:
            end.start()
        for end in ends:
            end.join()

    def _loop(self) -> None:
        for event in self.store.watch("", "pods", "", 1e9, None):
            if event.get("type") == "ADDED":
                threading.Thread(target=self._run, args=(event["object"],), daemon=True).start()
            elif event.get("type") == "MODIFIED" and event["object"]["metadata"].get("deletionTimestamp"):
                threading.Thread(target=self._delete, args=(event["object"],), daemon=True).start()

    def _delete(self, pod: Object) -> None:
        meta = pod["metadata"]
        self._end(f"{meta['namespace']}/{meta['name']}")
        if meta.get("finalizers"):
            return
        # Somebody may have been faster.
        with contextlib.suppress(KubeError):
            self.store.delete(("", "pods", meta["namespace"], meta["name"]))

    def _run(self, pod: Object) -> None:
        with self._free:
            meta = pod["metadata"]
            key = ("", "pods", meta["namespace"], meta["name"])
            live = self._live.setdefault(f"{meta['namespace']}/{meta['name']}", [])
            try:
                self._containers(pod, key, live)
            except KubeError as error:
                if error.status != 404:
                    raise

    def _containers(self, pod: Object, key: Any, live: list[subprocess.Popen[bytes]]) -> None:
        spec, volumes = pod["spec"], self._volumes(pod)
        self._set(key, {"phase": "Pending", "startTime": now(), "podIP": "127.0.0.1", "hostIP": "127.0.0.1"})
        done: list[Object] = []
        for container in spec.get("initContainers", []):
            code, status = self._wait(container, self._start(pod, container, volumes, live))
            done.append(status)
            self._set(key, {"initContainerStatuses": done})
            if code:
                self._set(key, {"phase": "Failed", "message": f"init container {container['name']}"})
                return
        running = [(c, self._start(pod, c, volumes, live)) for c in spec["containers"]]
        started = {"running": {"startedAt": now()}}
        statuses = [_status(c, started) for c, _ in running]
        self._set(key, {"phase": "Running", "containerStatuses": statuses})
        codes: dict[int, int] = {}
        while len(codes) < len(running):
            for place, (container, entry) in enumerate(running):
                if place not in codes and entry[0].poll() is not None:
                    codes[place], statuses[place] = self._wait(container, entry)
                    if len(codes) < len(running):
                        self._set(key, {"containerStatuses": statuses})
            time.sleep(0.1)
        over: Object = {"phase": "Failed" if any(codes.values()) else "Succeeded"}
        if key[3] in self._evicted:
            over.update(reason="Evicted", message="evicted")
        self._set(key, {**over, "containerStatuses": statuses})

    def _start(self, pod: Object, container: Object, volumes: dict[str, Path], live: list[Any]) -> Any:
        meta = pod["metadata"]
        environment = self._environment(pod, container)
        mounts = {}
        for mount in container.get("volumeMounts", []):
            folder = volumes[mount["name"]] / mount.get("subPath", "")
            if not folder.exists():
                folder.mkdir(parents=True, mode=0o777)
            mounts[mount["mountPath"]] = folder
        log = self.logs / meta["namespace"] / meta["name"] / f"{container['name']}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        words = [*container.get("command", []), *container.get("args", [])]
        command = [_REFERENCE.sub(lambda m: environment.get(m[1], m[0]), w) for w in words]
        last = self.folder / meta["uid"] / f"{container['name']}.termination"
        workdir = container.get("workingDir", "/opt/noria")
        began = now()
        with log.open("wb") as output:
            process = self.sandbox.start(command, environment, mounts, output, workdir, last)
        live.append(process)
        return process, began, last, log

    def _wait(self, container: Object, entry: Any) -> tuple[int, Object]:
        process, began, last, log = entry
        code = process.wait()
        code = 128 - code if code < 0 else code
        message = last.read_text(errors="replace")[:4096]
        if not message and code and container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            message = log.read_text(errors="replace")[-2048:]
        state = {"exitCode": code, "reason": "Error" if code else "Completed", "message": message}
        return code, _status(container, {"terminated": {**state, "startedAt": began, "finishedAt": now()}})

    def _set(self, key: Any, status: Object) -> None:
        while not self.closing:
            pod = self.store.get(key)
            pod["status"] = {**pod.get("status", {}), **status}
            try:
                self.store.replace(key, pod)
                return
            except KubeError as error:
                if error.status != 409:
                    raise

    def _volumes(self, pod: Object) -> dict[str, Path]:
        base, folders = self.folder / pod["metadata"]["uid"], {}
        for volume in pod["spec"].get("volumes", []):
            folder = base / "volumes" / volume["name"]
            folder.mkdir(parents=True)
            folder.chmod(0o777)
            namespace = pod["metadata"]["namespace"]
            if "configMap" in volume:
                self._files(folder, "configmaps", namespace, volume["configMap"]["name"])
            elif "secret" in volume:
                self._files(folder, "secrets", namespace, volume["secret"]["secretName"])
            folders[volume["name"]] = folder
        base.mkdir(parents=True, exist_ok=True)
        return folders

    def _files(self, folder: Path, resource: str, namespace: str, name: str) -> None:
        for file, value in self._data(resource, namespace, name).items():
            (folder / file).write_text(value)

    def _data(self, resource: str, namespace: str, name: str) -> dict[str, str]:
        found = self.store.get(("", resource, namespace, name))
        data = dict(found.get("data") or {})
        if resource == "secrets":
            data = {k: base64.b64decode(v).decode() for k, v in data.items()} | found.get("stringData", {})
        return data

    def _environment(self, pod: Object, container: Object) -> dict[str, str]:
        namespace = pod["metadata"]["namespace"]
        values: dict[str, str] = {}
        for source in container.get("envFrom", []):
            kind = "configMapRef" if "configMapRef" in source else "secretRef"
            resource = "configmaps" if kind == "configMapRef" else "secrets"
            try:
                values |= self._data(resource, namespace, source[kind]["name"])
            except KubeError:
                if not source[kind].get("optional"):
                    raise
        for entry in container.get("env", []):
            values[entry["name"]] = self._value(pod, namespace, entry, values)
        return values

    def _value(self, pod: Object, namespace: str, entry: Object, known: dict[str, str]) -> str:
        source = entry.get("valueFrom")
        if not source:
            return _REFERENCE.sub(lambda m: known.get(m[1], m[0]), entry.get("value", ""))
        if "fieldRef" in source:
            path = source["fieldRef"]["fieldPath"]
            if match := re.match(r"metadata\.(labels|annotations)\['(.+)'\]", path):
                return str(pod["metadata"].get(match[1], {}).get(match[2], ""))
            value: Any = pod
            for part in path.split("."):
                value = value.get(part, "")
            return str(value)
        if "secretKeyRef" in source:
            reference = source["secretKeyRef"]
            return self._data("secrets", namespace, reference["name"])[reference["key"]]
        reference = source["configMapKeyRef"]
        return self._data("configmaps", namespace, reference["name"]).get(reference["key"], "")


def _status(container: Object, state: Object) -> Object:
    image = {"image": container["image"], "imageID": container["image"]}
    return {
        "name": container["name"],
        "ready": "running" in state,
        "restartCount": 0,
        "state": state,
        **image,
    }
