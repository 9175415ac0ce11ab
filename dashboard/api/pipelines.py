"""The API of pipelines."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/pipelines", tags=["pipelines"])
