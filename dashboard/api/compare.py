"""The API of compare."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/compare", tags=["compare"])
