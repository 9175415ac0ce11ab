"""Runs: list, show, start, cancel, resume, again, and what happens to one while it goes on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import Field
from starlette.responses import StreamingResponse

from dashboard.context import Services, services_of
from dashboard.run_index import NotFoundError
from dashboard.security import operator
from dashboard.server_events import EventStream
from dashboard.services import run_actions
from dashboard.services.run_events import run_events
from noria.typed_config import TypedConfig
from orchestration.run_record import RunFolder, RunRecord
from orchestration.run_report import run_details, run_line
from orchestration.scheduling.run_queue import RunRequest

router = APIRouter(prefix="/api/runs", tags=["runs"])

Operator = Annotated[str, Depends(operator)]
RunId = Annotated[str, Path(pattern="^[a-z0-9]{1,40}$", description="The run's id.")]
Name = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class StartRun(TypedConfig):
    """What to run."""

    pipeline: Name = Field(description="A name of /api/pipelines.")
    config: dict[str, Any] | None = Field(
        None, description="The configuration; null: the pipeline's default one."
    )
    changes: dict[str, Any] = Field(
        default={}, description="Values put into it, by dotted name, e.g. training.epochs."
    )
    target: Name = Field("local", description="A name of configs/targets.")
    again: list[Name] = Field(default=[], max_length=100, description="Steps to compute again in any case.")
    use_cache: bool = Field(True, description="Whether earlier results may stand for steps.")


class RunAgain(TypedConfig):
    """What is different this time."""

    changes: dict[str, Any] = Field(default={}, description="Values of configuration fields by dotted name.")
    target: Name = Field("", description="A name of configs/targets; empty: where it ran.")
    again: list[Name] = Field(default=[], max_length=100, description="Steps to compute again in any case.")
    use_cache: bool = Field(True, description="Whether earlier results may stand for steps.")


@router.get("")
def list_runs(
    request: Request,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    pipeline: str = "",
    state: Literal["", "queued", "running", "succeeded", "failed", "cancelled"] = "",
    target: str = "",
) -> dict[str, Any]:
    """The runs that fit, newest first, how many there are in all, and those that wait for their turn."""
    services = services_of(request)
    page = services.runs.page(offset, limit, pipeline, state, target)
    return {
        "total": page.total,
        "offset": offset,
        "runs": [_line(services, record) for record in page.runs],
        "waiting": [request_line(waiting) for waiting in services.queue.waiting()],
    }


@router.post("", status_code=202)
def start(request: Request, body: StartRun, person: Operator) -> dict[str, Any]:
    """Asks for a run; the answer has its id."""
    config: dict[str, Any] | None = body.config
    if body.changes:
        loaded = run_actions.pipeline_entry(body.pipeline).load()
        tree = config if config is not None else run_actions.default_config(loaded)
        config = run_actions.changed(tree, body.changes)
    asked = run_actions.start_run(
        services_of(request),
        person,
        body.pipeline,
        config,
        target=body.target,
        again=tuple(body.again),
        use_cache=body.use_cache,
    )
    return request_line(asked)


@router.get("/{run_id}")
def show(request: Request, run_id: RunId) -> dict[str, Any]:
    """One run: state, steps, metrics, artifacts, gates, configuration."""
    services = services_of(request)
    try:
        folder = services.runs.find(run_id)
    except NotFoundError:
        asked = services.queue.find(run_id)
        if asked is None:
            raise
        return {**request_line(asked), "settings": services.mask.tree(asked.config)}
    details = run_details(folder, folder.load())
    settings = run_actions.stored_config(folder) if folder.config.is_file() else {}
    return dict(services.mask.tree({**details, "settings": settings}))


@router.post("/{run_id}/cancel")
def cancel(request: Request, run_id: RunId, person: Operator) -> dict[str, str]:
    """Ends the run, or takes it back while it waits; answers when that is done."""
    return {"id": run_id, "state": run_actions.cancel(services_of(request), person, run_id)}


@router.post("/{run_id}/resume", status_code=202)
def resume(request: Request, run_id: RunId, person: Operator) -> dict[str, Any]:
    """Goes on from the steps that did not finish: here as a new run, elsewhere as the same."""
    asked = run_actions.resume(services_of(request), person, run_id)
    return request_line(asked) if asked else {"id": run_id, "state": "running"}


@router.post("/{run_id}/again", status_code=202)
def again(request: Request, run_id: RunId, body: RunAgain, person: Operator) -> dict[str, Any]:
    """Starts a run like this one, with changes."""
    asked = run_actions.run_again(
        services_of(request),
        person,
        run_id,
        body.changes,
        target=body.target,
        again=tuple(body.again),
        use_cache=body.use_cache,
    )
    return request_line(asked)


@router.get("/{run_id}/events", response_class=StreamingResponse)
def events(
    request: Request,
    run_id: RunId,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
) -> StreamingResponse:
    """Server-sent events: ``state`` (run, steps), ``metric``, ``progress``, ``note``, at last ``end``.

    Where ``max_streams`` are open already the answer is 503 with Retry-After.
    """
    services = services_of(request)
    folder = services.runs.find(run_id)
    offset = int(last_event_id) if last_event_id.isdecimal() else 0
    return EventStream(run_events(folder, services.mask, offset), services.streams)


def request_line(asked: RunRequest) -> dict[str, Any]:
    """A run that was asked for and may have no record yet."""
    line = asdict(asked)
    return {"id": line.pop("run_id"), **{key: value for key, value in line.items() if key != "config"}}


def _line(services: Services, record: RunRecord) -> dict[str, Any]:
    return run_line(RunFolder(services.home.runs / record.id), record)
