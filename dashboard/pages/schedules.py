"""The pages of schedules: list, new, one with its history and its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.context import Services, services_of
from dashboard.forms import SentFields
from dashboard.security import operator
from dashboard.services import schedule_actions, server_schedules
from dashboard.services.config_sheet import ConfigSheet
from dashboard.services.form_input import NO_FIELD
from dashboard.services.run_actions import config_of_run, pipeline_entry
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
from orchestration.scheduling.schedule import LocalSchedule
from orchestration.scheduling.schedule_store import StoredSchedule
from orchestration.targets import target_names
from pipelines.registry import all_pipelines

router = APIRouter(include_in_schema=False)

Operator = Annotated[str, Depends(operator)]
Name = Annotated[str, Query(max_length=80)]
_SHOWN_TICKS = 100
# The page waits so long for servers that were not asked lately; then it says that they are being asked.
_SECONDS = 0.5


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
def new(request: Request, pipeline: Name = "", run: Name = "") -> HTMLResponse:
    """The form with the default configuration of a pipeline, or with that of a run."""
    services = services_of(request)
    if run:
        record = services.runs.find(run).load()
        form = empty_form(record.pipeline) | {"target": record.target, "from": run}
    else:
        names = list(all_pipelines())
        form = empty_form(pipeline if pipeline in names else names[0])
    sheet = _new_sheet(services, form)
    if run:
        # The pipeline may have changed since: what no longer fits is told at once.
        sheet.check()
    return _form(request, form, sheet, fresh=True)


@router.post("/schedules")
def create(request: Request, person: Operator, fields: SentFields) -> Response:
    """Makes it, or shows the other view of its configuration, or the form again with its errors."""
    services = services_of(request)
    sheet = _new_sheet(services, fields)
    sheet.read(fields)
    if sheet.turned(fields.get("action", "")):
        return _form(request, fields, sheet)
    try:
        new = _schedule(fields, sheet)
        if server_schedules.keeper_of(new, fields.get("kept_by") or None) == "server":
            server_schedules.create(services, person, new)
            return RedirectResponse("/schedules", 303)
        made = schedule_actions.create(services, person, new)
    except NoriaError as error:
        return _form(request, fields, sheet, error)
    return RedirectResponse(f"/schedules/{made.id}", 303)


@router.get("/schedules/{schedule_id}")
def one(request: Request, schedule_id: str) -> HTMLResponse:
    """One schedule: when, what became of its ticks, and its form."""
    stored = schedule_actions.find(services_of(request), schedule_id)
    return _form(request, form_of(stored.schedule), _stored_sheet(stored), stored=stored)


@router.post("/schedules/{schedule_id}")
def change(request: Request, schedule_id: str, person: Operator, fields: SentFields) -> Response:
    """Replaces it, or shows the other view of its configuration, or the form again with its errors."""
    services = services_of(request)
    stored = schedule_actions.find(services, schedule_id)
    fields["pipeline"] = stored.schedule.pipeline
    sheet = _stored_sheet(stored)
    if sheet is None:
        raise NoriaError(f"there is no pipeline {stored.schedule.pipeline} here any more")
    sheet.read(fields)
    if sheet.turned(fields.get("action", "")):
        return _form(request, fields, sheet, stored=stored)
    try:
        schedule_actions.change(services, person, stored.id, _schedule(fields, sheet))
    except NoriaError as error:
        return _form(request, fields, sheet, error, stored)
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


def _new_sheet(services: Services, form: Mapping[str, str]) -> ConfigSheet:
    pipeline, run = form.get("pipeline", ""), form.get("from", "")
    loaded = pipeline_entry(pipeline).load()
    return ConfigSheet.of(loaded, config_of_run(services, run, pipeline) if run else None)


def _stored_sheet(stored: StoredSchedule) -> ConfigSheet | None:
    """None where the pipeline is gone."""
    if stored.schedule.pipeline not in all_pipelines():
        return None
    loaded = pipeline_entry(stored.schedule.pipeline).load()
    return ConfigSheet.of(loaded, stored.schedule.config or None)


def _schedule(fields: Mapping[str, str], sheet: ConfigSheet) -> LocalSchedule:
    """What both parts of the form say together; raises FormError, so that all mistakes are told at once."""
    config = sheet.check()
    schedule = schedule_from_form(fields, config.model_dump(mode="json") if config else {})
    if config is None:
        raise FormError({})
    return schedule


def _form(
    request: Request,
    form: Mapping[str, str],
    sheet: ConfigSheet | None,
    error: NoriaError | None = None,
    stored: StoredSchedule | None = None,
    fresh: bool = False,
) -> HTMLResponse:
    services = services_of(request)
    errors = error.errors if isinstance(error, FormError) else {NO_FIELD: str(error)} if error else {}
    return page(
        request,
        "schedule.html",
        422 if error else 200,
        form=empty_form() | dict(form),
        errors={field: services.mask.text(text) for field, text in errors.items()},
        config=sheet.view(services.mask) if sheet else None,
        summary=sheet.loaded.entry.summary if sheet else "",
        fresh=fresh,
        stored=stored,
        preview=preview(stored.schedule) if stored else None,
        ticks=services.schedules.ticks(stored.id, _SHOWN_TICKS) if stored else [],
        due=due_in_words(stored.next_due) if stored else "",
        pipelines=sorted(all_pipelines()),
        targets=target_names(),
    )
