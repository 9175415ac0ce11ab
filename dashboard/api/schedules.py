"""The API of schedules."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/schedules", tags=["schedules"])
