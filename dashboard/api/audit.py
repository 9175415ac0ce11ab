"""Who did what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from dashboard.context import services_of

router = APIRouter(prefix="/api/audit", tags=["audit"])


@router.get("")
def entries(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    what: Annotated[str, Query(max_length=80, pattern=r"^[^\x00]*$")] = "",
    subject: Annotated[str, Query(max_length=300, pattern=r"^[^\x00]*$")] = "",
    before: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> list[dict[str, Any]]:
    """The latest entries first; ``before`` is the id that the page before ended with."""
    services = services_of(request)
    found = services.audit.entries(limit, what, subject, before)
    return [dict(services.mask.tree(asdict(entry))) for entry in found]
