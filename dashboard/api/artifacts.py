"""The files that a run produced."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import FileResponse

from dashboard.api.runs import RunId
from dashboard.context import services_of
from dashboard.services.artifact_files import artifact_file, artifact_files, headers_of

router = APIRouter(prefix="/api/runs", tags=["runs"])


@router.get("/{run_id}/artifacts")
def list_files(request: Request, run_id: RunId) -> list[dict[str, Any]]:
    """Output, path and size of each file, 2000 at most."""
    services = services_of(request)
    return [asdict(file) for file in artifact_files(services.home, services.runs.find(run_id).load())]


@router.get("/{run_id}/artifacts/{output}/{path:path}", response_class=FileResponse)
def file(
    request: Request,
    run_id: RunId,
    output: Annotated[str, Path(max_length=200)],
    path: Annotated[str, Path(max_length=1000)],
    download: Annotated[bool, Query(description="As a file to keep, not to show.")] = False,
) -> FileResponse:
    """One file. HTML comes in a sandbox: no scripts, no network, an origin of its own."""
    services = services_of(request)
    found = artifact_file(services.home, services.runs.find(run_id).load(), output, path)
    headers = headers_of(found, download)
    return FileResponse(found, headers=headers, media_type=headers["content-type"])
