"""The page that starts a run: a form out of the pipeline's typed configuration, or the same as YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.context import Services, services_of
from dashboard.security import operator
from dashboard.services.config_form import config_form, yaml_text
from dashboard.services.form_input import (
    NO_FIELD,
    check_config,
    default_tree,
    merged,
    read_form,
    whole_tree,
    written_tree,
)
from dashboard.services.run_actions import pipeline_entry, start_run, stored_config
from dashboard.services.safe_yaml import read_yaml
from dashboard.templating import page
from noria.errors import NoriaError
from orchestration.targets import target_names
from pipelines.registry import LoadedPipeline, all_pipelines

router = APIRouter(include_in_schema=False)

# Names of a form's controls: settings have their path behind this.
_SETTING = "c."


@dataclass
class _Sheet:
    """What the page shows; what a person typed stays as it was.

    Attributes:
        tree: The configuration as it would be started, perhaps incomplete.
        shown: The complete one that the form began with.
    """

    loaded: LoadedPipeline
    tree: dict[str, Any]
    shown: dict[str, Any]
    source: str = ""
    target: str = "local"
    use_cache: bool = True
    as_yaml: bool = False
    text: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


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
    sheet = _sheet(services, pipeline, source)
    sheet.as_yaml = view == "yaml"
    if source:
        sheet.target = services.runs.find(source).load().target
        # The pipeline may have changed since: what no longer fits is told at once.
        sheet.errors = check_config(sheet.loaded, sheet.tree).errors
    return _show(request, sheet)


@router.post("/start/{pipeline}", dependencies=[Depends(operator)])
async def submit(request: Request, pipeline: str) -> Response:
    """Starts the run, or shows the other view, or the same with its errors."""
    async with request.form(max_fields=5000) as sent:
        typed = {name: value for name, value in sent.multi_items() if isinstance(value, str)}
    return await run_in_threadpool(_submit, request, pipeline, typed)


def _submit(request: Request, pipeline: str, sent: Mapping[str, str]) -> Response:
    services = services_of(request)
    sheet = _sheet(services, pipeline, sent.get("from", "")[:40])
    sheet.target, sheet.use_cache = sent.get("target", "local"), sent.get("use_cache") == "true"
    sheet.as_yaml = "yaml" in sent
    _read(sheet, sent)
    action = sent.get("action", "start")
    if not sheet.errors and action in ("yaml", "fields"):
        sheet.as_yaml, sheet.typed, sheet.text = action == "yaml", {}, ""
        return _show(request, sheet)
    if not sheet.errors:
        sheet.errors = check_config(sheet.loaded, sheet.tree).errors
    if not sheet.errors:
        try:
            started = start_run(
                services,
                request.state.person,
                pipeline,
                sheet.tree,
                target=sheet.target,
                use_cache=sheet.use_cache,
                what="run again" if sheet.source else "start run",
            )
            return RedirectResponse(f"/runs/{started.run_id}", status_code=303)
        except NoriaError as error:
            sheet.errors = {NO_FIELD: str(error)}
    return _show(request, sheet, status=422)


def _sheet(services: Services, pipeline: str, source: str) -> _Sheet:
    loaded = pipeline_entry(pipeline).load()
    tree, shown = written_tree(loaded), default_tree(loaded)
    if source:
        folder = services.runs.find(source)
        if folder.load().pipeline != pipeline:
            raise NoriaError(f"run {source} is not one of pipeline {pipeline}")
        tree = stored_config(folder)
        shown = whole_tree(loaded, tree)
    return _Sheet(loaded, tree, shown, source)


def _read(sheet: _Sheet, sent: Mapping[str, str]) -> None:
    """Takes over what was typed, as far as it can be read."""
    if not sheet.as_yaml:
        sheet.typed = {
            name.removeprefix(_SETTING): text for name, text in sent.items() if name.startswith(_SETTING)
        }
        sheet.tree, sheet.errors = read_form(sheet.loaded.config_type, sheet.typed, sheet.tree, sheet.shown)
        return
    sheet.text = sent["yaml"].replace("\r\n", "\n")
    try:
        sheet.tree = read_yaml(sheet.text)
    except NoriaError as error:
        sheet.errors = {NO_FIELD: str(error)}


def _show(request: Request, sheet: _Sheet, status: int = 200) -> HTMLResponse:
    mask = services_of(request).mask
    masked = mask.tree(sheet.tree)
    model, defaults = sheet.loaded.config_type, default_tree(sheet.loaded)
    config = check_config(sheet.loaded, sheet.tree).config
    complete = config.model_dump(mode="json") if config else merged(defaults, sheet.tree)
    form = config_form(model, mask.tree(complete), defaults, sheet.errors, sheet.typed)
    known = {item.path for item in form.every}
    # In the YAML view nothing is beside a field: errors are listed with their paths.
    general = [
        mask.text(f"{path}: {text}" if path else text)
        for path, text in sheet.errors.items()
        if sheet.as_yaml or path not in known
    ]
    return page(
        request,
        "start_run.html",
        status,
        pipeline=sheet.loaded.entry,
        form=form,
        general=general,
        refused=status != 200,
        source=sheet.source,
        targets=target_names(),
        target=sheet.target,
        use_cache=sheet.use_cache,
        as_yaml=sheet.as_yaml,
        text=sheet.text or yaml_text(masked),
    )
