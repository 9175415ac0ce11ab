"""The list of runs, and the page of one: steps, logs, metrics, files, lineage, and what can be done."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse

from dashboard.context import Services, services_of
from dashboard.run_index import NotFoundError
from dashboard.security import operator
from dashboard.services import run_actions
from dashboard.services.run_details import RunView, view_run
from dashboard.services.run_events import read_tail
from dashboard.templating import page
from orchestration.run_record import RunRecord
from pipelines.registry import all_pipelines

router = APIRouter(include_in_schema=False)

Person = Annotated[str, Depends(operator)]
_PAGE = 50
_STATES = ("queued", "running", "succeeded", "failed", "cancelled")
_LOG_LINES = 300


@router.get("/runs")
def list_runs(
    request: Request,
    pipeline: Annotated[str, Query(max_length=80)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> HTMLResponse:
    """Runs, newest first, some at a time."""
    services = services_of(request)
    found = services.runs.page(offset, _PAGE, pipeline, state)
    names = {run.pipeline for run in services.runs.all()} | set(all_pipelines())
    return page(
        request,
        "runs.html",
        runs=found.runs,
        total=found.total,
        offset=offset,
        size=_PAGE,
        pipelines=sorted(names),
        pipeline=pipeline,
        states=_STATES,
        state=state,
        waiting=[] if offset or state else services.queue.waiting(),
    )


@router.get("/runs/{run_id}")
def show(request: Request, run_id: str, log: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """One run; ``log`` names the step whose log is open. A run that waits has a page, too."""
    services = services_of(request)
    try:
        view = _view(services, run_id)
    except NotFoundError:
        asked = services.queue.find(run_id)
        if asked is None:
            raise
        return page(request, "waiting_run.html", asked=asked, error=services.mask.text(asked.error))
    return page(request, "run.html", **_context(services, view), **_log(services, view, log))


@router.get("/runs/{run_id}/live")
def live(request: Request, run_id: str) -> HTMLResponse:
    """The part of a run's page that changes while it goes on."""
    services = services_of(request)
    return page(request, "run_live.html", **_context(services, _view(services, run_id)))


@router.post("/runs/{run_id}/cancel")
def cancel(request: Request, run_id: str, person: Person) -> RedirectResponse:
    """Ends it, or takes it back while it waits."""
    run_actions.cancel(services_of(request), person, run_id)
    return _to(run_id)


@router.post("/runs/{run_id}/resume")
def resume(request: Request, run_id: str, person: Person) -> RedirectResponse:
    """Goes on from the steps that it did not finish."""
    asked = run_actions.resume(services_of(request), person, run_id)
    return _to(asked.run_id if asked else run_id)


@router.post("/runs/{run_id}/again")
def again(request: Request, run_id: str, person: Person) -> RedirectResponse:
    """Starts the same once more."""
    return _to(run_actions.run_again(services_of(request), person, run_id).run_id)


def _to(run_id: str) -> RedirectResponse:
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


def _view(services: Services, run_id: str) -> RunView:
    folder = services.runs.find(run_id)
    runs = services.runs.all()
    record = next((run for run in runs if run.id == run_id), None) or folder.load()
    return view_run(folder, record, _earlier(runs, record), services.mask)


def _earlier(runs: list[RunRecord], record: RunRecord) -> list[RunRecord]:
    return [
        run
        for run in runs
        if run.pipeline == record.pipeline and run.started < record.started and run.remote is None
    ]


def _context(services: Services, view: RunView) -> dict[str, Any]:
    mlflow_run = str(view.details["mlflow_run_id"])
    return {
        "view": view,
        "run": view.record,
        "error": services.mask.text(view.record.error),
        "mlflow_address": f"/mlflow/#/runs/{mlflow_run}" if mlflow_run and services.settings.mlflow else "",
        "known_pipeline": view.record.pipeline in all_pipelines(),
    }


def _log(services: Services, view: RunView, chosen: str) -> dict[str, Any]:
    """The log that is open: the one asked for, else of what failed, of what runs, or of the last step."""
    names = [step.name for step in view.steps]
    candidates = [chosen] if chosen in names else []
    for states in (("failed",), ("running",)):
        candidates += [step.name for step in view.steps if step.state in states]
    candidates += [step.name for step in reversed(view.steps) if step.has_log] + names
    if not candidates:
        return {"log_step": "", "log_text": ""}
    folder = services.runs.find(view.record.id)
    text = read_tail(folder.log(candidates[0]), _LOG_LINES)
    return {"log_step": candidates[0], "log_text": services.mask.text(text)}
