"""The API of session."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/session", tags=["session"])
