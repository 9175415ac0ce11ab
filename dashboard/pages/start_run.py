"""The page that starts a run: a form out of the pipeline's typed configuration, or the same as YAML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.context import Services, services_of
from dashboard.forms import SentFields
from dashboard.security import operator
from dashboard.services.config_sheet import ConfigSheet
from dashboard.services.form_input import NO_FIELD
from dashboard.services.run_actions import config_of_run, pipeline_entry, start_run
from dashboard.templating import page
from noria.errors import NoriaError
from orchestration.targets import target_names
from pipelines.registry import all_pipelines

router = APIRouter(include_in_schema=False)


@dataclass
class _Asked:
    """What the page shows beside the configuration."""

    sheet: ConfigSheet
    source: str = ""
    target: str = "local"
    use_cache: bool = True


@router.get("/start")
def choose(request: Request) -> HTMLResponse:
    """Which pipeline."""
    return page(request, "choose_pipeline.html", pipelines=list(all_pipelines().values()))


@router.get("/start/{pipeline}")
def form(
    request: Request,
    pipeline: str,
    source: Annotated[str, Query(alias="from", max_length=40)] = "",
    view: str = "",
) -> HTMLResponse:
    """The form with the default configuration, or with that of the run ``from``."""
    services = services_of(request)
    asked = _asked(services, pipeline, source)
    asked.sheet.as_yaml = view == "yaml"
    if source:
        asked.target = services.runs.find(source).load().target
        # The pipeline may have changed since: what no longer fits is told at once.
        asked.sheet.check()
    return _show(request, asked)


@router.post("/start/{pipeline}", dependencies=[Depends(operator)])
def submit(request: Request, pipeline: str, sent: SentFields) -> Response:
    """Starts the run, or shows the other view, or the same with its errors."""
    services = services_of(request)
    asked = _asked(services, pipeline, sent.get("from", "")[:40])
    asked.target, asked.use_cache = sent.get("target", "local"), sent.get("use_cache") == "true"
    sheet = asked.sheet
    sheet.read(sent)
    if sheet.turned(sent.get("action", "start")):
        return _show(request, asked)
    if sheet.check() is not None:
        try:
            started = start_run(
                services,
                request.state.person,
                pipeline,
                sheet.tree,
                target=asked.target,
                use_cache=asked.use_cache,
                what="run again" if asked.source else "start run",
            )
            return RedirectResponse(f"/runs/{started.run_id}", status_code=303)
        except NoriaError as error:
            sheet.errors = {NO_FIELD: str(error)}
    return _show(request, asked, status=422)


def _asked(services: Services, pipeline: str, source: str) -> _Asked:
    loaded = pipeline_entry(pipeline).load()
    return _Asked(
        ConfigSheet.of(loaded, config_of_run(services, source, pipeline) if source else None), source
    )


def _show(request: Request, asked: _Asked, status: int = 200) -> HTMLResponse:
    return page(
        request,
        "start_run.html",
        status,
        pipeline=asked.sheet.loaded.entry,
        config=asked.sheet.view(services_of(request).mask),
        refused=status != 200,
        source=asked.source,
        targets=target_names(),
        target=asked.target,
        use_cache=asked.use_cache,
    )
