"""The API of models."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/models", tags=["models"])
