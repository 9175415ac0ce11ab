"""What a step printed: whole, its end, or live."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import PlainTextResponse, Response

from dashboard.api.runs import RunId
from dashboard.context import services_of
from dashboard.run_index import NotFoundError
from dashboard.server_events import EventStream
from dashboard.services.run_events import log_events, read_tail
from orchestration.remote_logs import remote_log

router = APIRouter(prefix="/api/runs", tags=["runs"])


@router.get("/{run_id}/logs/{step}", response_class=PlainTextResponse)
def step_log(
    request: Request,
    run_id: RunId,
    step: Annotated[str, Path(max_length=200)],
    tail: Annotated[int, Query(ge=0, le=100_000, description="Only so many lines; 0: all that is kept.")] = 0,
    follow: Annotated[bool, Query(description="Server-sent events until the step is over.")] = False,
    last_event_id: Annotated[str, Header(max_length=20)] = "",
) -> Response:
    """A step's log as text (its last 2 MB), or as server-sent events ``text`` and at last ``end``."""
    services = services_of(request)
    folder = services.runs.find(run_id)
    record = folder.load()
    # Only what the record names is looked up, so that a name is never a path to somewhere else.
    if step not in [known.name for known in record.steps]:
        raise NotFoundError(f"run {run_id} has no step {step[:80]!r}")
    if follow:
        offset = int(last_event_id) if last_event_id.isdecimal() else 0
        return EventStream(log_events(folder, step, services.mask, offset), services.streams)
    if record.remote is not None and not folder.log(step).exists():
        text = "".join(remote_log(folder, step, follow=False))
    else:
        text = read_tail(folder.log(step), tail)
    return PlainTextResponse(services.mask.text(text))
