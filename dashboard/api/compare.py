"""Runs side by side."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from dashboard.context import services_of
from dashboard.services.compare import FEWEST, MOST, Comparison, compare, mlflow_comparison

router = APIRouter(prefix="/api/compare", tags=["compare"])

RunIds = Annotated[
    list[Annotated[str, Query(pattern="^[a-z0-9]{1,40}$")]],
    Query(alias="run", min_length=FEWEST, max_length=MOST, description="Ids of two to six runs."),
]


class MlflowPage(BaseModel):
    """Where MLflow shows the same; below /mlflow/ of this server, or the root of MLflow's own."""

    path: str


@router.get("")
def compare_runs(request: Request, runs: RunIds) -> Comparison:
    """Settings that differ, metrics with the best marked, learning curves, gates."""
    services = services_of(request)
    return compare(services.runs, runs, services.mask)


@router.get("/mlflow")
def mlflow_page(request: Request, runs: RunIds) -> MlflowPage:
    """Address of MLflow's own comparison of the same runs."""
    services = services_of(request)
    return MlflowPage(path=mlflow_comparison(services.home, services.runs, runs))
