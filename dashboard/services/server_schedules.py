"""Schedules that the servers of remote targets keep: asked in the background, made, changed, audited."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any, Literal

from pydantic import BaseModel, Field

from dashboard.context import Services
from dashboard.masking import Mask
from dashboard.run_index import NotFoundError
from dashboard.services.run_actions import refuse_secrets
from dashboard.services.schedule_forms import FormError
from noria.errors import ConfigError, NoriaError
from noria.typed_config import parse_config
from orchestration.cron import parse_cron
from orchestration.run_server import RemoteTarget, UnavailableError
from orchestration.schedules import NewSchedule, Schedule, add_schedule, next_time, open_schedules
from orchestration.scheduling.schedule import CronTrigger, LocalSchedule
from orchestration.targets import LocalTarget, load_target, target_names
from pipelines.registry import find_pipeline

Keeper = Literal["here", "server"]
# Seconds: how long an answer is as good as a new one, and how long a server is waited for in the background.
_FRESH, _LONGEST = 10.0, 10.0
_STATES = {"pause": "paused", "resume": "active", "remove": "removed"}
_HERE_ONLY = ("overlap", "keep_runs", "catch_up_limit")
# What compiles a pipeline keeps some of its state per process.
_compiling = threading.Lock()


class ServerSchedule(BaseModel):
    """A schedule as a target's server has it."""

    kept_by: Literal["server"] = "server"
    target: str
    id: str
    name: str
    state: str = Field(description="active, paused, over or removed.")
    cron: str = Field(description="Six fields, second first; empty for one of another kind.")
    time_zone: str
    next_due: str = Field(description="ISO 8601 in UTC; empty where there is none or it is not known.")
    url: str = Field(description="The server's page of it.")


class ServerLine(BaseModel):
    """A remote target and what its server keeps."""

    target: str
    kind: str
    state: Literal["answers", "asking", "silent", "refused"] = Field(
        description="asking: ask again soon; silent: the server does not answer."
    )
    error: str = ""
    schedules: list[ServerSchedule] = []


@dataclass(eq=False)
class _Question:
    begun: float = field(default_factory=time.monotonic)
    over: threading.Event = field(default_factory=threading.Event)


class ServerSchedules:
    """What the servers said lately; nobody who looks waits for a dead one."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, ServerLine]] = {}
        self._asked: dict[str, _Question] = {}

    def lines(self, wait: float) -> list[ServerLine]:
        """Every remote target, by name; servers not asked lately get ``wait`` seconds in all to answer."""
        until = time.monotonic() + wait
        places = _remote_targets()
        for question in [self._ask(name, place) for name, place in places.items()]:
            if question is not None:
                question.over.wait(max(0.0, until - time.monotonic()))
        return [self._line(name, place) for name, place in places.items()]

    def forget(self, target: str) -> None:
        """Something was changed there: what was said before does not hold any more."""
        with self._lock:
            self._known.pop(target, None)
            self._asked.pop(target, None)

    def _ask(self, name: str, place: RemoteTarget | NoriaError) -> _Question | None:
        with self._lock:
            known = self._known.get(name)
            if known is not None and time.monotonic() - known[0] < _FRESH:
                return None
            if name in self._asked:
                return self._asked[name]
            question = self._asked[name] = _Question()
        threading.Thread(target=self._answer, args=(name, place, question), daemon=True).start()
        return question

    def _answer(self, name: str, place: RemoteTarget | NoriaError, question: _Question) -> None:
        line = ServerLine(target=name, kind=_kind(place), state="answers")
        try:
            if isinstance(place, NoriaError):
                raise place
            found = open_schedules(place, quick=True).all()
            line.schedules = [_as_line(name, schedule) for schedule in found]
        except UnavailableError as error:
            line.state, line.error = "silent", self._mask.text(str(error))
        except Exception as error:
            # Shown where the schedules would be: nobody waits for this thread.
            line.state, line.error = "refused", self._mask.text(str(error) or type(error).__name__)
        with self._lock:
            if self._asked.get(name) is question:
                del self._asked[name]
                self._known[name] = (time.monotonic(), line)
        question.over.set()

    def _line(self, name: str, place: RemoteTarget | NoriaError) -> ServerLine:
        with self._lock:
            known, question = self._known.get(name), self._asked.get(name)
        line = ServerLine(target=name, kind=_kind(place), state="asking")
        if question is not None and time.monotonic() - question.begun > _LONGEST:
            line.state, line.error = "silent", f"no answer within {_LONGEST:.0f} s"
            return line
        return known[1] if known is not None else line


def keeper_of(schedule: LocalSchedule, wanted: str | None) -> Keeper:
    """Who keeps a new schedule, which was checked before; without a wish the server does where it can.

    Raises:
        FormError: It cannot be kept as is wished.
    """
    remote = not isinstance(load_target(schedule.target), LocalTarget)
    timed = isinstance(schedule.trigger, CronTrigger)
    if wanted not in (None, "here", "server"):
        raise FormError({"kept_by": f"expected here or server, got {wanted[:40]!r}"})
    if wanted == "server" and not remote:
        raise FormError({"kept_by": f"target {schedule.target} has no server that keeps schedules"})
    if wanted == "server" and not timed:
        raise FormError({"kept_by": "a server starts runs at times only: choose cron, or keep it here"})
    if wanted == "here" or not (remote and timed):
        return "here"
    fields = LocalSchedule.model_fields
    wrong = [name for name in _HERE_ONLY if getattr(schedule, name) != fields[name].default]
    if schedule.catch_up == "none":
        wrong.append("catch_up")
    if wrong:
        raise FormError(
            dict.fromkeys(wrong, "this is for schedules that this dashboard keeps (kept by: here)")
        )
    return "server"


def create(services: Services, person: str, schedule: LocalSchedule) -> ServerSchedule:
    """Makes a schedule, which was checked before, on the server of its target.

    Raises:
        NoriaError: The name is taken there, or the server cannot be asked or keep it.
    """
    refuse_secrets(services, schedule.config)
    trigger, place = schedule.trigger, _remote_target(schedule.target)
    assert isinstance(trigger, CronTrigger)
    loaded = find_pipeline(schedule.pipeline).load()
    config = parse_config(loaded.config_type, schedule.config, "the schedule's configuration")
    # Kubeflow's servers start the latest missed run in any case; "all" asks for every one.
    new = NewSchedule(
        schedule.name, parse_cron(trigger.cron, trigger.time_zone), catch_up=schedule.catch_up == "all"
    )
    try:
        with _compiling:
            made, _ = add_schedule(place, schedule.target, loaded, config, new)
    finally:
        services.servers.forget(schedule.target)
    details: dict[str, Any] = services.mask.tree(schedule.model_dump(mode="json"))
    services.audit.write(person, "create schedule on server", made.name, {"id": made.id, **details})
    return _as_line(schedule.target, made)


def act(services: Services, person: str, target: str, schedule_id: str, deed: str) -> ServerSchedule:
    """Pauses, resumes or removes a schedule on the server of a target.

    Raises:
        NotFoundError: There is no such target, or no such schedule on it.
        NoriaError: There is no such deed, or the server cannot be asked or refuses.
    """
    if deed not in _STATES:
        raise NoriaError(f"a schedule can be paused, resumed and removed, got {deed[:40]!r}")
    server = open_schedules(_remote_target(target))
    # Looked up among the server's own: what a person sends becomes no part of an address.
    found = next((known for known in server.all() if known.id == schedule_id), None)
    if found is None:
        raise NotFoundError(f"target {target} has no schedule {schedule_id[:80]!r}")
    try:
        getattr(server, deed)(found.id)
    finally:
        services.servers.forget(target)
    services.audit.write(person, f"{deed} schedule on server", found.name, {"id": found.id, "target": target})
    return _as_line(target, replace(found, state=_STATES[deed]))


def _as_line(target: str, schedule: Schedule) -> ServerSchedule:
    try:
        due = next_time(schedule)
    except ConfigError:
        due = None
    return ServerSchedule(
        target=target,
        id=schedule.id,
        name=schedule.name,
        state=schedule.state,
        cron=schedule.cron,
        time_zone=schedule.time_zone,
        next_due=due.astimezone(UTC).isoformat(timespec="seconds") if due else "",
        url=schedule.url,
    )


def _remote_targets() -> dict[str, RemoteTarget | NoriaError]:
    """The targets that have a server, by name; an error where a file does not say which."""
    found: dict[str, RemoteTarget | NoriaError] = {}
    for name in target_names():
        try:
            place = load_target(name)
        except NoriaError as error:
            found[name] = error
            continue
        if not isinstance(place, LocalTarget):
            found[name] = place
    return found


def _remote_target(name: str) -> RemoteTarget:
    place = load_target(name) if name in target_names() else None
    if place is None or isinstance(place, LocalTarget):
        raise NotFoundError(
            f"there is no remote target {name[:80]!r}", hint="/api/schedules/servers lists them"
        )
    return place


def _kind(place: RemoteTarget | NoriaError) -> str:
    return "unknown" if isinstance(place, NoriaError) else place.kind
