"""An API server of Kubeflow Pipelines for tests of its client, on a free loopback port.

It runs nothing: tests put runs into it, state by state. What it takes and gives are kfp-server-api's own
models: a request body is read into the model and refused where that leaves something over, an answer is
the model written out. Behaviour that the models do not show follows the server's source, release 2.17.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kfp_server_api as kfp

_API = kfp.ApiClient()
Answer = tuple[int, str, str]
JSON, HTML, TEXT = "application/json", "text/html", "text/plain"
V2, V1 = "/apis/v2beta1", "/apis/v1beta1"


def written(model: Any) -> Any:
    """A model as the JSON tree that goes over the wire."""
    return _API.sanitize_for_serialization(model)


class Body:
    """Stands for a response, so that the client's own reader reads it."""

    def __init__(self, text: str) -> None:
        self.data = text


def read(text: str, kind: str) -> Any:
    """A request's body as its model; fails where the model does not hold all of it."""
    model = _API.deserialize(Body(text), kind)
    sent, kept = json.loads(text), written(model)
    times = re.compile(r"_time$|_at$")

    def comparable(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {k: None if times.search(k) else comparable(v) for k, v in tree.items()}
        return [comparable(item) for item in tree] if isinstance(tree, list) else tree

    assert comparable(sent) == comparable(kept), f"{kind} does not hold all of {text}"
    return model


class KfpApi(ThreadingHTTPServer):
    """The server.

    Attributes:
        trouble: Asked first with ``METHOD /path``; what it returns, unless None, is the answer.
        token: The bearer token that is asked for; empty: none.
        asked: Method, path and query of every request.
        script: What becomes of a run, one entry for each time that it is asked for; the last one stays.
        workflows: The workflow behind a run, by its id.
        logs: Text by the pod's name.
    """

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.version, self.multi_user, self.token = "2.17.0", False, ""
        self.trouble: Callable[[str], Answer | None] = {}.get
        self.pipelines: list[Any] = []
        self.versions: list[Any] = []
        self.experiments: list[Any] = []
        self.runs: dict[str, Any] = {}
        self.recurring: list[Any] = []
        self.uploads: list[str] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.script: list[Callable[[Any], None]] = []
        self.workflows: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, str] = {}
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def only_says(self, answer: Answer, where: str = "") -> None:
        """Gives this answer to every request that matches, beginning with now."""
        self.trouble = lambda asked: answer if re.search(where, asked) else None

    def count(self, method: str, path: str) -> int:
        """How often something was asked."""
        return sum(asked[0] == method and re.fullmatch(path, asked[1]) is not None for asked in self.asked)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no error."""

    def answer(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        self.asked.append((method, path, query))
        if trouble := self.trouble(f"{method} {path}"):
            return trouble
        if self.token and headers.get("authorization") != f"Bearer {self.token}":
            return said(401, 16, "Request header error: there is no user identity header.")
        for verb, pattern, name in _ROUTES:
            if verb == method and (found := re.fullmatch(pattern, path)):
                return getattr(self, name)(*found.groups(), query=query, body=body)
        return said(404, 5, "Not Found")

    def health(self, **_: Any) -> Answer:
        known = kfp.V2beta1GetHealthzResponse(multi_user=self.multi_user, pipeline_store="database")
        return ok({**written(known), "commit_sha": "unknown", "tag_name": self.version})

    def list_pipelines(self, query: dict[str, str], **_: Any) -> Answer:
        self._namespace(query)
        return ok(kfp.V2beta1ListPipelinesResponse(pipelines=named(self.pipelines, query)))

    def create_pipeline(self, body: bytes, **_: Any) -> Answer:
        made = read(body.decode(), "V2beta1Pipeline")
        if named(self.pipelines, {"filter": _filter(made.display_name)}):
            return said(409, 6, "The pipeline already exists")
        made.pipeline_id = str(uuid.uuid4())
        self.pipelines.append(made)
        return ok(made)

    def list_versions(self, pipeline_id: str, query: dict[str, str], **_: Any) -> Answer:
        own = [version for version in self.versions if version.pipeline_id == pipeline_id]
        return ok(kfp.V2beta1ListPipelineVersionsResponse(pipeline_versions=named(own, query)))

    def upload_version(self, query: dict[str, str], body: bytes, **_: Any) -> Answer:
        if any(version.display_name == query["name"] for version in self.versions):
            return 409, json.dumps({"error_message": "Failed to create a pipeline version"}), JSON
        version = kfp.V2beta1PipelineVersion(
            pipeline_id=query["pipelineid"], pipeline_version_id=str(uuid.uuid4()), display_name=query["name"]
        )
        self.versions.append(version)
        self.uploads.append(body.decode())
        return ok(version)

    def list_experiments(self, query: dict[str, str], **_: Any) -> Answer:
        self._namespace(query)
        return ok(kfp.V2beta1ListExperimentsResponse(experiments=named(self.experiments, query)))

    def create_experiment(self, body: bytes, **_: Any) -> Answer:
        made = read(body.decode(), "V2beta1Experiment")
        made.experiment_id = str(uuid.uuid4())
        self.experiments.append(made)
        return ok(made)

    def create_run(self, body: bytes, **_: Any) -> Answer:
        run = read(body.decode(), "V2beta1Run")
        run.run_id, run.state = str(uuid.uuid4()), "PENDING"
        run.created_at, run.finished_at = datetime.now(UTC), datetime.fromtimestamp(0, UTC)
        self.runs[run.run_id] = run
        return ok(run)

    def list_runs(self, query: dict[str, str], **_: Any) -> Answer:
        return ok(kfp.V2beta1ListRunsResponse(runs=named(list(self.runs.values()), query)))

    def get_run(self, run_id: str, **_: Any) -> Answer:
        if run_id not in self.runs:
            return said(404, 5, f"Failed to get a run: Run {run_id} not found")
        run = self.runs[run_id]
        if self.script:
            change = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            change(run)
        return ok(run)

    def get_run_v1(self, run_id: str, **_: Any) -> Answer:
        manifest = json.dumps(self.workflows.get(run_id, {}))
        return ok({"run": {"id": run_id}, "pipeline_runtime": {"workflow_manifest": manifest}})

    def terminate(self, run_id: str, **_: Any) -> Answer:
        self.runs[run_id].state = "CANCELING"
        return ok({})

    def retry(self, run_id: str, **_: Any) -> Answer:
        self.runs[run_id].state, self.runs[run_id].finished_at = "PENDING", datetime.fromtimestamp(0, UTC)
        return ok({})

    def log(self, _run_id: str, pod: str, **_: Any) -> Answer:
        if pod in self.logs:
            return 200, self.logs[pod], TEXT
        # The server has said 200 before it looks for the pod.
        return 200, json.dumps({"error_message": f'pods "{pod}" not found', "error_details": "..."}), TEXT

    def create_recurring(self, body: bytes, **_: Any) -> Answer:
        made = read(body.decode(), "V2beta1RecurringRun")
        if len(made.trigger.cron_schedule.cron.split()) not in (5, 6):
            return said(400, 3, "Schedule cron is not a supported format")
        made.recurring_run_id, made.created_at = str(uuid.uuid4()), datetime.now(UTC)
        made.status = "ENABLED" if made.mode == "ENABLE" else "DISABLED"
        self.recurring.append(made)
        return ok(made)

    def list_recurring(self, query: dict[str, str], **_: Any) -> Answer:
        # Pages of two, so that a second one is asked for.
        begin = int(query.get("page_token") or 0)
        more = str(begin + 2) if begin + 2 < len(self.recurring) else ""
        page = self.recurring[begin : begin + 2]
        return ok(kfp.V2beta1ListRecurringRunsResponse(recurring_runs=page, next_page_token=more))

    def enable(self, run_id: str, **_: Any) -> Answer:
        return self._set(run_id, "ENABLED")

    def disable(self, run_id: str, **_: Any) -> Answer:
        return self._set(run_id, "DISABLED")

    def delete_recurring(self, run_id: str, **_: Any) -> Answer:
        self.recurring = [run for run in self.recurring if run.recurring_run_id != run_id]
        return ok({})

    def _set(self, run_id: str, status: str) -> Answer:
        next(run for run in self.recurring if run.recurring_run_id == run_id).status = status
        return ok({})

    def _namespace(self, query: dict[str, str]) -> None:
        assert bool(query.get("namespace")) == self.multi_user, query


_ROUTES = (
    ("GET", f"{V2}/healthz", "health"),
    ("GET", f"{V2}/pipelines", "list_pipelines"),
    ("POST", f"{V2}/pipelines", "create_pipeline"),
    ("GET", f"{V2}/pipelines/([^/]+)/versions", "list_versions"),
    ("POST", f"{V2}/pipelines/upload_version", "upload_version"),
    ("GET", f"{V2}/experiments", "list_experiments"),
    ("POST", f"{V2}/experiments", "create_experiment"),
    ("POST", f"{V2}/runs", "create_run"),
    ("GET", f"{V2}/runs", "list_runs"),
    ("GET", f"{V2}/runs/([^/:]+)", "get_run"),
    ("GET", f"{V1}/runs/([^/:]+)", "get_run_v1"),
    ("POST", f"{V2}/runs/([^/:]+):terminate", "terminate"),
    ("POST", f"{V2}/runs/([^/:]+):retry", "retry"),
    ("GET", "/apis/v1alpha1/runs/([^/]+)/nodes/([^/]+)/log", "log"),
    ("POST", f"{V2}/recurringruns", "create_recurring"),
    ("GET", f"{V2}/recurringruns", "list_recurring"),
    ("POST", f"{V2}/recurringruns/([^/:]+):enable", "enable"),
    ("POST", f"{V2}/recurringruns/([^/:]+):disable", "disable"),
    ("DELETE", f"{V2}/recurringruns/([^/:]+)", "delete_recurring"),
)


def ok(model: Any) -> Answer:
    return 200, json.dumps(written(model)), JSON


def said(status: int, code: int, message: str) -> Answer:
    """An error as the server's gateway writes it."""
    return status, json.dumps({"code": code, "message": message, "details": []}), JSON


def named(found: list[Any], query: dict[str, str]) -> list[Any] | None:
    """What passes the filter of a list; the server leaves empty lists out."""
    if "filter" not in query:
        return found or None
    predicates = _API.deserialize(Body(query["filter"]), "V2beta1Filter").predicates
    for predicate in predicates:
        assert (predicate.operation, predicate.key) == ("EQUALS", "display_name"), query
    wanted = {predicate["stringValue"] for predicate in json.loads(query["filter"])["predicates"]}
    return [model for model in found if model.display_name in wanted] or None


def _filter(name: str) -> str:
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: KfpApi

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get_content_type() == "multipart/form-data":
            message = BytesParser().parsebytes(
                b"content-type: " + self.headers["content-type"].encode() + b"\r\n\r\n" + body
            )
            [part] = [part for part in message.walk() if part.get_filename()]
            body = part.get_payload(decode=True)
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        status, text, kind = self.server.answer(self.command, address.path, query, self.headers, body)
        data = text.encode()
        self.send_response(status)
        if status in (301, 302):
            self.send_header("location", text)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
