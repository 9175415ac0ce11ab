"""The pages of schedules: list, new, one with its history and its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.context import services_of
from dashboard.security import operator
from dashboard.services import schedule_actions, server_schedules
from dashboard.services.config_form import yaml_text
from dashboard.services.run_actions import stored_config
from dashboard.services.schedule_forms import (
    FormError,
    due_in_words,
    empty_form,
    form_of,
    preview,
    schedule_from_form,
)
from dashboard.templating import page
from noria.errors import NoriaError
from orchestration.scheduling.schedule_store import StoredSchedule
from orchestration.targets import target_names
from pipelines.registry import all_pipelines

router = APIRouter(include_in_schema=False)

Operator = Annotated[str, Depends(operator)]
_SHOWN_TICKS = 100
# The page waits so long for servers that were not asked lately; then it says that they are being asked.
_SECONDS = 0.5


async def sent_fields(request: Request) -> dict[str, str]:
    """Dependency: the fields of a form as texts."""
    async with request.form(max_fields=100) as form:
        return {name: value for name, value in form.multi_items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(sent_fields)]


@router.get("/schedules")
def show(request: Request) -> HTMLResponse:
    """Every schedule."""
    found = [
        (stored, preview(stored.schedule), due_in_words(stored.next_due))
        for stored in services_of(request).schedules.all()
    ]
    servers = services_of(request).servers.lines(_SECONDS)
    return page(request, "schedules.html", schedules=found, servers=servers)


@router.get("/schedules/new")
def new(request: Request, pipeline: str = "", run: str = "") -> HTMLResponse:
    """An empty form; with ``run``, the configuration is that of the run."""
    services = services_of(request)
    names = list(all_pipelines())
    form = empty_form(pipeline if pipeline in names else names[0])
    if run:
        folder = services.runs.find(run)
        record = folder.load()
        config = services.mask.tree(stored_config(folder))
        form |= {"pipeline": record.pipeline, "name": record.pipeline, "target": record.target}
        form["config"] = yaml_text(config)
    return _form(request, form)


@router.post("/schedules")
def create(request: Request, person: Operator, fields: Fields) -> Response:
    """Makes it, or shows the form again with its errors."""
    services = services_of(request)
    try:
        new = schedule_from_form(fields)
        if server_schedules.keeper_of(new, fields.get("kept_by") or None) == "server":
            server_schedules.create(services, person, new)
            return RedirectResponse("/schedules", 303)
        made = schedule_actions.create(services, person, new)
    except NoriaError as error:
        return _form(request, fields, error)
    return RedirectResponse(f"/schedules/{made.id}", 303)


@router.get("/schedules/{schedule_id}")
def one(request: Request, schedule_id: str) -> HTMLResponse:
    """One schedule: when, what became of its ticks, and its form."""
    services = services_of(request)
    stored = schedule_actions.find(services, schedule_id)
    masked = stored.schedule.model_copy(update={"config": services.mask.tree(stored.schedule.config)})
    return _form(request, form_of(masked), stored=stored)


@router.post("/schedules/{schedule_id}")
def change(request: Request, schedule_id: str, person: Operator, fields: Fields) -> Response:
    """Replaces it, or shows the form again with its errors."""
    services = services_of(request)
    stored = schedule_actions.find(services, schedule_id)
    try:
        schedule_actions.change(services, person, stored.id, schedule_from_form(fields, stored.schedule))
    except NoriaError as error:
        return _form(request, fields, error, stored)
    return RedirectResponse(f"/schedules/{stored.id}", 303)


@router.post("/schedules/{schedule_id}/{deed}")
async def act(request: Request, schedule_id: str, deed: str, person: Operator) -> Response:
    """Pauses, resumes or removes it."""
    deeds = {
        "pause": schedule_actions.pause,
        "resume": schedule_actions.resume,
        "remove": schedule_actions.remove,
    }
    if deed not in deeds:
        raise NoriaError(f"a schedule can be paused, resumed and removed, got {deed[:40]!r}")
    await run_in_threadpool(deeds[deed], services_of(request), person, schedule_id)
    return RedirectResponse("/schedules", 303)


@router.post("/schedules/servers/{target}/{schedule_id}/{deed}")
def act_there(request: Request, target: str, schedule_id: str, deed: str, person: Operator) -> Response:
    """Pauses, resumes or removes a schedule that a target's server keeps."""
    server_schedules.act(services_of(request), person, target, schedule_id, deed)
    return RedirectResponse("/schedules", 303)


def _form(
    request: Request,
    form: Mapping[str, str],
    error: NoriaError | None = None,
    stored: StoredSchedule | None = None,
) -> HTMLResponse:
    services = services_of(request)
    errors = error.errors if isinstance(error, FormError) else {"form": str(error)} if error else {}
    return page(
        request,
        "schedule.html",
        422 if error else 200,
        form=empty_form() | dict(form),
        errors={field: services.mask.text(text) for field, text in errors.items()},
        stored=stored,
        preview=preview(stored.schedule) if stored else None,
        ticks=services.schedules.ticks(stored.id, _SHOWN_TICKS) if stored else [],
        due=due_in_words(stored.next_due) if stored else "",
        pipelines=sorted(all_pipelines()),
        targets=target_names(),
    )
