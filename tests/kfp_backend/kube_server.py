"""HTTPS in front of the stand-in's objects: the REST paths and verbs that Kubernetes' clients use."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.kfp_backend.kube_store import KubeError, KubeStore, Object, as_seen

_PATH = re.compile(
    r"^/(?:api/v1|apis/(?P<group>[^/]+)/(?P<version>[^/]+))"
    r"(?:/namespaces/(?P<namespace>[^/]+))?/(?P<resource>[^/]+)"
    r"(?:/(?P<name>[^/]+)(?:/(?P<sub>[^/]+))?)?$"
)
_INITIAL_END = {"k8s.io/initial-events-end": "true"}
_PROTOBUF = b"k8s\x00"
TOKEN = "the-stand-in-cluster-token"


class KubeServer(ThreadingHTTPServer):
    """The stand-in's server. ``logs`` is where the pods' output lies, as NAMESPACE/POD/CONTAINER.log."""

    daemon_threads = True

    def __init__(
        self, address: str, port: int, certificate: Path, key: Path, logs: Path, kube_json: Path
    ) -> None:
        super().__init__((address, port), _Handler)
        self.store, self.logs = KubeStore(), logs
        self._translating = threading.Lock()
        self._kube_json = subprocess.Popen([kube_json], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake happens in the connection's own thread.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.serve_forever, name="kube", daemon=True)
        self.thread.start()

    def as_json(self, message: bytes) -> bytes:
        """A protobuf message, which Kubernetes' own Go clients send, as JSON."""
        with self._translating:
            reader, writer = self._kube_json.stdout, self._kube_json.stdin
            assert reader is not None
            assert writer is not None
            writer.write(len(message).to_bytes(4, "big") + message)
            writer.flush()
            return reader.read(int.from_bytes(reader.read(4), "big"))

    def server_close(self) -> None:
        """Ends the translator, too."""
        super().server_close()
        self._kube_json.kill()
        self._kube_json.wait()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: KubeServer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def do_PATCH(self) -> None:
        self._answer("PATCH")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, verb: str) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                raise KubeError(401, "Unauthorized", "Unauthorized")
            if url.path == "/version":
                return self._send(200, {"major": "1", "minor": "33", "gitVersion": "v1.33.0-stand-in"})
            match = _PATH.match(url.path)
            if match is None:
                raise KubeError(404, "NotFound", f"the server could not find {url.path}")
            # namespaces/NAME is itself an object.
            parts = match.groupdict()
            if raw.startswith(_PROTOBUF):
                raw = self.server.as_json(raw)
            body = json.loads(raw) if raw else {}
            self._send(*self._object(verb, parts, query, body))
        except KubeError as error:
            details = {"status": "Failure", "reason": error.reason, "message": error.message}
            code = {"kind": "Status", "apiVersion": "v1", "code": error.status}
            self._send(error.status, {**code, **details})

    def _object(self, verb: str, parts: dict[str, Any], query: dict[str, str], body: Any) -> tuple[int, Any]:
        store = self.server.store
        group, resource, namespace = parts["group"] or "", parts["resource"], parts["namespace"] or ""
        name, sub = parts["name"] or "", parts["sub"] or ""
        key = (group, resource, namespace, name)
        if sub == "log":
            return 200, self._log(namespace, name, query)
        if verb == "POST" and sub:
            raise KubeError(501, "NotImplemented", f"the stand-in has no {resource}/{sub}")
        if verb == "POST":
            if resource.endswith("reviews"):
                return 201, _review(resource, body)
            if resource == "pods":
                body["status"] = {"phase": "Pending"}
            return 201, store.create((group, resource, namespace, ""), body)
        if verb == "PUT":
            return 200, store.replace(key, body, sub)
        if verb == "PATCH":
            return self._patch(key, body, sub)
        if verb == "DELETE" and name:
            grace = resource == "pods" and str(body.get("gracePeriodSeconds")) != "0"
            return 200, store.delete(key, grace=grace and self._runs(key))
        if verb == "DELETE":
            for found in store.select(group, resource, namespace, query):
                meta = found["metadata"]
                store.delete((group, resource, meta.get("namespace", ""), meta["name"]))
            return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        if name:
            return 200, store.get(key)
        if query.get("watch") in ("1", "true"):
            return self._watch(parts, query)
        with store.lock:
            items = store.select(group, resource, namespace, query)
            listed = {"metadata": {"resourceVersion": str(store.version)}, "items": items}
        version = f"{group}/{parts['version']}" if group else "v1"
        return 200, {"apiVersion": version, "kind": f"{_kind_of(resource)}List", **listed}

    def _patch(self, key: Any, body: Any, sub: str) -> tuple[int, Object]:
        kind = (self.headers.get("Content-Type") or "").split(";")[0]
        try:
            return 200, self.server.store.patch(key, body, kind, sub)
        except KubeError as error:
            if error.status != 404 or not kind.startswith("application/apply-patch"):
                raise
            return 201, self.server.store.create(key, body)

    def _runs(self, key: Any) -> bool:
        return bool(self.server.store.get(key).get("status", {}).get("phase") == "Running")

    def _log(self, namespace: str, pod: str, query: dict[str, str]) -> bytes:
        file = self.server.logs / namespace / pod / f"{query.get('container', 'main')}.log"
        if not file.exists():
            raise KubeError(404, "NotFound", f'pods "{pod}" not found')
        return file.read_bytes()

    def _watch(self, parts: dict[str, Any], query: dict[str, str]) -> tuple[int, None]:
        initial = query.get("sendInitialEvents") == "true"
        version = query.get("resourceVersion", "")
        since = None if initial or version in ("", "0") else int(version)
        seconds = float(query.get("timeoutSeconds") or 300)
        events = self.server.store.watch(
            parts["group"] or "", parts["resource"], parts["namespace"] or "", seconds, since
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events:
            if event.get("type") == "BOOKMARK":
                if not initial:
                    continue
                # The end of the initial events; its object must be of the kind that is watched.
                meta = {**event["object"]["metadata"], "annotations": _INITIAL_END}
                event = {"type": "BOOKMARK", "object": {**_kind(parts), "metadata": meta}}
            elif event and not (event := as_seen(event, query)):
                continue
            text = (json.dumps(event) if event else "").encode() + b"\n"
            self.wfile.write(f"{len(text):x}\r\n".encode() + text + b"\r\n")
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        return 0, None

    def _send(self, status: int, body: Any) -> None:
        if not status:
            return
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(body, bytes) else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


_KINDS = (
    "Workflow ScheduledWorkflow WorkflowTemplate ClusterWorkflowTemplate CronWorkflow WorkflowTaskSet"
    " WorkflowTaskResult WorkflowArtifactGCTask WorkflowEventBinding Secret Namespace ConfigMap"
    " ServiceAccount Pod Event PersistentVolumeClaim PodDisruptionBudget"
)


def _kind_of(resource: str) -> str:
    """The kind's name by its resource's; KFP's and Argo's clients decode by it."""
    return {f"{name.lower()}s": name for name in _KINDS.split()}.get(resource, "Object")


def _kind(parts: dict[str, Any]) -> Object:
    version = f"{parts['group']}/{parts['version']}" if parts["group"] else "v1"
    return {"apiVersion": version, "kind": _kind_of(parts["resource"])}


def _review(resource: str, body: Object) -> Object:
    """Everybody who has the cluster's token may do everything; TokenReview knows the token "good"."""
    if resource == "tokenreviews":
        good = body["spec"].get("token") == "good"
        user = {"username": "user@example.com"} if good else {}
        audiences = body["spec"].get("audiences", [])
        return {**body, "status": {"authenticated": good, "user": user, "audiences": audiences}}
    return {**body, "status": {"allowed": True}}
