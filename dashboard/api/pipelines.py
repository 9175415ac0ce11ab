"""Pipelines, their configurations, and the places where they run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from dashboard.context import services_of
from dashboard.services.run_actions import default_config, pipeline_entry
from noria.config_fields import config_fields
from orchestration.target_devices import on_devices
from orchestration.targets import LOCAL, load_target, target_names
from pipelines.registry import all_pipelines

router = APIRouter(prefix="/api", tags=["pipelines"])

PipelineName = Annotated[str, Path(max_length=200, description="The pipeline's name.")]


@router.get("/pipelines")
def list_pipelines() -> list[dict[str, str]]:
    """Every pipeline."""
    return [{"name": entry.name, "summary": entry.summary} for entry in all_pipelines().values()]


@router.get("/pipelines/{name}")
def show(request: Request, name: PipelineName) -> dict[str, Any]:
    """The configuration's JSON schema (types, limits, defaults), its fields in words, the default values."""
    loaded = pipeline_entry(name).load()
    return {
        "name": name,
        "summary": loaded.entry.summary,
        "schema": loaded.config_type.model_json_schema(),
        "fields": [asdict(field) for field in config_fields(loaded.config_type)],
        "defaults": services_of(request).mask.tree(default_config(loaded)),
    }


@router.get("/pipelines/{name}/picture", response_class=Response)
def picture(name: PipelineName) -> Response:
    """The steps of the default configuration and what they hand each other, as SVG."""
    from pipelines.drawing import draw, nodes_of

    loaded = pipeline_entry(name).load()
    config = loaded.config_type.model_validate(default_config(loaded))
    components = loaded.create(on_devices(config, load_target(LOCAL).devices))
    return Response(draw(nodes_of(components)), media_type="image/svg+xml")


@router.get("/targets")
def targets() -> list[dict[str, str]]:
    """Where runs can go."""
    return [{"name": name, "kind": load_target(name).kind} for name in target_names()]
