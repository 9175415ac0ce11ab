"""Registered models: versions with their gates, history, roll back, downloads."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from dashboard.context import services_of
from dashboard.security import operator
from dashboard.services.champions import forget_champions
from dashboard.services.model_downloads import download
from dashboard.services.model_registry import (
    RegisteredModel,
    registered_model,
    registered_models,
    roll_back,
)
from noria.typed_config import TypedConfig

router = APIRouter(prefix="/api/models", tags=["models"])

Operator = Annotated[str, Depends(operator)]
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_. -]{0,199}$", description="Its name.")]
VersionName = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,80}$", description="A number, or an alias such as champion.")
]


class NewChampion(TypedConfig):
    """Which version is to be champion."""

    version: str = Field(pattern=r"^\d{1,10}$", description="The version.")
    expected: str = Field("", pattern=r"^\d{0,10}$", description="The champion of now; empty: there is none.")


@router.get("")
def list_models(request: Request) -> list[RegisteredModel]:
    """Every registered model, by name."""
    return registered_models(services_of(request).home)


@router.get("/{name}")
def show(request: Request, name: Name) -> RegisteredModel:
    """One registered model."""
    return registered_model(services_of(request).home, name)


@router.post("/{name}/champion")
def make_champion(request: Request, name: Name, body: NewChampion, person: Operator) -> RegisteredModel:
    """Makes a version the champion, e.g. the one before; refused where the champion is another by now."""
    services = services_of(request)
    roll_back(services.home, services.audit, name, body.version, body.expected, person)
    forget_champions(request.app.state)
    return registered_model(services.home, name)


@router.get("/{name}/versions/{version}/saved_model.zip", response_class=FileResponse)
def saved_model(request: Request, name: Name, version: VersionName) -> FileResponse:
    """The SavedModel and its card."""
    return _file(request, name, version, "saved_model")


@router.get("/{name}/versions/{version}/model.tflite", response_class=FileResponse)
def tflite(request: Request, name: Name, version: VersionName) -> FileResponse:
    """The exported file."""
    return _file(request, name, version, "tflite")


def _file(request: Request, name: str, version: str, what: str) -> FileResponse:
    # Removed when the answer is sent, which is after this function ends.
    scratch = FilePath(tempfile.mkdtemp(prefix="noria-download-"))
    try:
        path = download(services_of(request).home, name, version, what, scratch)
    except BaseException:
        shutil.rmtree(scratch)
        raise
    kinds = {"saved_model": (".zip", "application/zip"), "tflite": (".tflite", "application/octet-stream")}
    ending, media_type = kinds[what]
    return FileResponse(
        path,
        media_type=media_type,
        filename=f"{name}-{version}{ending}",
        background=BackgroundTask(shutil.rmtree, scratch),
    )
