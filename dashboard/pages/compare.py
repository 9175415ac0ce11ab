"""The page Compare: choose runs, see them side by side, go on to MLflow's own comparison."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse

from dashboard.context import services_of
from dashboard.services.compare import FEWEST, MOST, compare, mlflow_comparison
from dashboard.services.curves import charts
from dashboard.templating import page
from noria.errors import NoriaError

router = APIRouter(include_in_schema=False)

# So many of the latest runs can be chosen from.
_OFFERED = 50

# Two names: links carry ``run``, the list of runs sends its boxes as ``runs``.
Run = Annotated[list[str] | None, Query(max_length=50)]


@router.get("/compare")
def show(request: Request, run: Run = None, runs: Run = None, pipeline: str = "") -> HTMLResponse:
    """The comparison; with fewer than two runs or more than six, the list to choose from."""
    services = services_of(request)
    chosen = list(dict.fromkeys([*(run or []), *(runs or [])]))
    everything = services.runs.all()
    offered = [r for r in everything if not pipeline or r.pipeline == pipeline][:_OFFERED]
    context: dict[str, Any] = {
        "chosen": chosen,
        "offered": offered,
        "pipeline": pipeline,
        "pipelines": sorted({r.pipeline for r in everything}),
        "fewest": FEWEST,
        "most": MOST,
    }
    if not FEWEST <= len(chosen) <= MOST:
        return page(request, "compare.html", comparison=None, charts={}, **context)
    found = compare(services.runs, chosen, services.mask)
    return page(request, "compare.html", comparison=found, charts=charts(found.curves), **context)


@router.get("/compare/mlflow")
def in_mlflow(request: Request, run: Run = None) -> RedirectResponse:
    """Goes to MLflow's own comparison of the same runs."""
    services = services_of(request)
    if not services.settings.mlflow:
        raise NoriaError("MLflow's pages are not served here", hint="start the dashboard with mlflow: true")
    return RedirectResponse(f"/mlflow/{mlflow_comparison(services.home, services.runs, run or [])}", 303)
