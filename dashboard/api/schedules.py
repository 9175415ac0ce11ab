"""Schedules of this machine and of servers: list, make, change, pause, resume, delete; ticks here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field

from dashboard.context import Services, services_of
from dashboard.security import operator
from dashboard.services import schedule_actions, server_schedules
from dashboard.services.form_input import unmasked
from dashboard.services.schedule_forms import Preview, checked, preview, preview_cron
from dashboard.services.server_schedules import Keeper, ServerLine, ServerSchedule
from orchestration.scheduling.schedule import LocalSchedule
from orchestration.scheduling.schedule_store import StoredSchedule

router = APIRouter(prefix="/api/schedules", tags=["schedules"])

Operator = Annotated[str, Depends(operator)]
# Servers are asked at the same time; who has not answered then is told to be "asking".
_SECONDS = 3.0
Target = Annotated[str, Path(pattern="^[A-Za-z0-9_.-]{1,80}$", description="A remote target.")]
ServersId = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,80}$", description="The server's id of it.")]
ScheduleId = Annotated[str, Path(pattern="^[A-Za-z0-9 _.-]{1,80}$", description="Its id or name.")]


class ScheduleLine(BaseModel):
    """A schedule of this machine with its state."""

    kept_by: Literal["here"] = "here"
    id: str
    state: str = Field(description="active or paused.")
    created: str
    next_due: str = Field(description="ISO 8601 in UTC; empty while it is paused.")
    last_run: str
    schedule: LocalSchedule
    preview: Preview


class NewLine(LocalSchedule):
    """A schedule to be made, and who is to keep it."""

    kept_by: Keeper | None = Field(
        None,
        description="server: the remote target's server starts its runs, at times of cron, with or without "
        "this dashboard; null: the server where the target is remote and the trigger is cron, else here.",
    )


class TickLine(BaseModel):
    """What became of one time at which a schedule was due."""

    id: int
    due: str
    state: str
    run_id: str
    note: str
    done: str


@router.get("")
def list_schedules(request: Request) -> list[ScheduleLine]:
    """Every schedule, by name."""
    services = services_of(request)
    return [_line(services, stored) for stored in services.schedules.all()]


@router.get("/preview")
def preview_of_cron(
    cron: Annotated[str, Query(max_length=200)], time_zone: Annotated[str, Query(max_length=60)] = "UTC"
) -> Preview:
    """What a cron expression means, in words, and its next five times."""
    return preview_cron(cron, time_zone)


@router.post("", status_code=201)
def make(request: Request, body: NewLine, person: Operator) -> ScheduleLine | ServerSchedule:
    """Makes a schedule, active from now on; without a configuration it is the pipeline's default one."""
    services = services_of(request)
    plain = LocalSchedule.model_validate(body.model_dump(exclude={"kept_by"}))
    new = checked(_written(plain, None))
    if server_schedules.keeper_of(new, body.kept_by) == "server":
        return server_schedules.create(services, person, new)
    return _line(services, schedule_actions.create(services, person, new))


@router.get("/servers")
def list_servers(request: Request) -> list[ServerLine]:
    """The remote targets and the schedules that their servers keep."""
    return services_of(request).servers.lines(_SECONDS)


@router.post("/servers/{target}/{schedule_id}/pause")
def pause_there(request: Request, target: Target, schedule_id: ServersId, person: Operator) -> ServerSchedule:
    """The server starts no more runs of it until it is resumed."""
    return server_schedules.act(services_of(request), person, target, schedule_id, "pause")


@router.post("/servers/{target}/{schedule_id}/resume")
def resume_there(
    request: Request, target: Target, schedule_id: ServersId, person: Operator
) -> ServerSchedule:
    """Lets the server start its runs again."""
    return server_schedules.act(services_of(request), person, target, schedule_id, "resume")


@router.delete("/servers/{target}/{schedule_id}", status_code=204)
def remove_there(request: Request, target: Target, schedule_id: ServersId, person: Operator) -> None:
    """Deletes it on the server; its runs stay."""
    server_schedules.act(services_of(request), person, target, schedule_id, "remove")


@router.get("/{schedule_id}")
def show(request: Request, schedule_id: ScheduleId) -> ScheduleLine:
    """One schedule."""
    services = services_of(request)
    return _line(services, schedule_actions.find(services, schedule_id))


@router.put("/{schedule_id}")
def change(request: Request, schedule_id: ScheduleId, body: LocalSchedule, person: Operator) -> ScheduleLine:
    """Replaces a schedule; its history stays. Values that were masked keep what is stored."""
    services = services_of(request)
    stored = schedule_actions.find(services, schedule_id)
    new = checked(_written(body, stored.schedule))
    return _line(services, schedule_actions.change(services, person, stored.id, new))


@router.post("/{schedule_id}/pause")
def pause(request: Request, schedule_id: ScheduleId, person: Operator) -> ScheduleLine:
    """Starts no more runs of it until it is resumed."""
    services = services_of(request)
    return _line(services, schedule_actions.pause(services, person, schedule_id))


@router.post("/{schedule_id}/resume")
def resume(request: Request, schedule_id: ScheduleId, person: Operator) -> ScheduleLine:
    """Lets it start runs again; times that passed meanwhile stay left out."""
    services = services_of(request)
    return _line(services, schedule_actions.resume(services, person, schedule_id))


@router.delete("/{schedule_id}", status_code=204)
def remove(request: Request, schedule_id: ScheduleId, person: Operator) -> None:
    """Deletes it with the history of its ticks; its runs stay."""
    schedule_actions.remove(services_of(request), person, schedule_id)


@router.get("/{schedule_id}/ticks")
def ticks(
    request: Request, schedule_id: ScheduleId, limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> list[TickLine]:
    """Its latest ticks, newest first."""
    services = services_of(request)
    found = services.schedules.ticks(schedule_actions.find(services, schedule_id).id, limit)
    return [TickLine(**{**asdict(tick), "note": services.mask.text(tick.note)}) for tick in found]


def _line(services: Services, stored: StoredSchedule) -> ScheduleLine:
    masked: dict[str, Any] = services.mask.tree(stored.schedule.config)
    return ScheduleLine(
        id=stored.id,
        state=stored.state,
        created=stored.created,
        next_due=stored.next_due,
        last_run=stored.last_run,
        schedule=stored.schedule.model_copy(update={"config": masked}),
        preview=preview(stored.schedule),
    )


def _written(body: LocalSchedule, stored: LocalSchedule | None) -> LocalSchedule:
    return body.model_copy(update={"config": unmasked(body.config, stored.config if stored else None)})
