"""The page Models: champion and challenger, gates, history, roll back, downloads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.context import services_of
from dashboard.security import operator
from dashboard.services.champions import forget_champions
from dashboard.services.model_registry import RegisteredModel, registered_models, roll_back
from dashboard.templating import page
from noria.errors import NoriaError

router = APIRouter(include_in_schema=False)

Number = Annotated[str, Form(max_length=10)]


@router.get("/models")
def show(request: Request) -> HTMLResponse:
    """Every registered model."""
    return _page(request)


@router.post("/models/{name}/champion")
def make_champion(
    request: Request,
    name: str,
    version: Number,
    person: Annotated[str, Depends(operator)],
    expected: Number = "",
) -> Response:
    """Makes a version the champion; what stands against it is told on the page."""
    services = services_of(request)
    try:
        roll_back(services.home, services.audit, name, version, expected, person)
        forget_champions(request.app.state)
    except NoriaError as error:
        return _page(request, services.mask.text(str(error)), 409)
    return RedirectResponse(f"/models#{name}", 303)


def _page(request: Request, problem: str = "", status: int = 200) -> HTMLResponse:
    models: list[RegisteredModel] = []
    try:
        models = registered_models(services_of(request).home)
    except NoriaError as error:
        problem = problem or services_of(request).mask.text(str(error))
    return page(request, "models.html", status, models=models, problem=problem)
