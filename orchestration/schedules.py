"""Schedules on a server: the seam between ``noria schedule`` and the servers that keep them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from noria.errors import NoriaError
from noria.typed_config import TypedConfig
from orchestration.cron import Cron, parse_cron
from orchestration.run_server import RemoteTarget
from orchestration.targets import KubeflowTarget, target_name

if TYPE_CHECKING:
    # Compiling needs TFX; asking about schedules does not.
    from orchestration.kubeflow.pipeline_spec import CompiledPipeline
    from pipelines.registry import LoadedPipeline


@dataclass(frozen=True)
class NewSchedule:
    """A schedule to be made.

    Attributes:
        name: Unique among the server's.
        cron: When; the server may keep it in another zone.
        start: No run before; None: at once.
        end: No run after; None: for ever.
        catch_up: Whether times missed while paused are made up for, one run each.
        max_concurrency: How many of its runs may go on at the same time.
    """

    name: str
    cron: Cron
    start: datetime | None = None
    end: datetime | None = None
    catch_up: bool = False
    max_concurrency: int = 1


@dataclass(frozen=True)
class Schedule:
    """A schedule as the server has it.

    Attributes:
        state: active, paused, or over.
        cron: As the server has it; empty for one of another kind.
        time_zone: In which the server reads it.
        start: ISO 8601; so are ``end`` and ``created``; empty where there is none.
        url: A page for people.
    """

    id: str
    name: str
    state: str
    cron: str
    time_zone: str
    catch_up: bool
    max_concurrency: int
    start: str
    end: str
    created: str
    url: str


class ScheduleServer(Protocol):
    """Schedules on one server. Every method raises NoriaError where it cannot be asked or refuses."""

    def cron_there(self, cron: Cron) -> Cron:
        """The expression as this server can keep it; raises ConfigError where it cannot."""

    def add(self, new: NewSchedule, compiled: CompiledPipeline) -> Schedule:
        """Makes a schedule that starts a pipeline with the configuration it was compiled with."""

    def all(self) -> list[Schedule]:
        """Every schedule, newest first."""

    def pause(self, schedule_id: str) -> None:
        """Starts no more runs until it is resumed."""

    def resume(self, schedule_id: str) -> None:
        """Starts runs again."""

    def remove(self, schedule_id: str) -> None:
        """Deletes the schedule; runs that it started stay."""


def open_schedules(target: RemoteTarget, quick: bool = False) -> ScheduleServer:
    """Connects to the server of a target.

    Args:
        target: Where it is.
        quick: Give up within about three seconds.

    Raises:
        NoriaError: It cannot be reached, is something else, or does not let us in.
    """
    if isinstance(target, KubeflowTarget):
        from orchestration.kubeflow.connection import PATIENT, QUICK, KubeflowServer
        from orchestration.kubeflow.recurring_runs import RecurringRuns

        return RecurringRuns(KubeflowServer(target, QUICK if quick else PATIENT))
    from orchestration.vertex.vertex_schedules import VertexSchedules

    return VertexSchedules(target, quick)


def add_schedule(
    place: RemoteTarget, target: str, pipeline: LoadedPipeline, config: TypedConfig, new: NewSchedule
) -> tuple[Schedule, Cron]:
    """Compiles a pipeline and makes a schedule for it on the server of a target.

    Args:
        place: The target.
        target: Its name, or the path of its file.
        pipeline: What the schedule starts.
        config: With which configuration.
        new: When, and under which name.

    Returns:
        The schedule, and its expression as the server keeps it.

    Raises:
        NoriaError: The name is taken, or the server cannot keep such a schedule or be asked.
    """
    from orchestration.kubeflow.pipeline_spec import compile_pipeline

    server = open_schedules(place)
    there = server.cron_there(new.cron)
    if any(known.name == new.name for known in server.all()):
        raise NoriaError(
            f"target {target} has a schedule {new.name!r} already",
            hint=f"give this one another name, or: noria schedule remove {new.name} --target {target}",
        )
    return server.add(new, compile_pipeline(pipeline, config, place, target_name(target))), there


def next_time(schedule: Schedule) -> datetime | None:
    """When a schedule starts its next run; None while it starts none.

    Raises:
        ConfigError: Its expression is somebody else's, in a notation of the server's own.
    """
    if schedule.state != "active" or not schedule.cron:
        return None
    cron, now = parse_cron(schedule.cron, schedule.time_zone), datetime.now(UTC)
    begin = max(now, _aware(schedule.start)) if schedule.start else now
    found = next(iter(cron.next_times(1, begin)), None)
    return None if found and schedule.end and found > _aware(schedule.end) else found


def _aware(time: str) -> datetime:
    found = datetime.fromisoformat(time)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def find_schedule(schedules: Sequence[Schedule], name: str) -> Schedule:
    """Looks up a schedule by its name, or by the beginning of its id.

    Raises:
        NoriaError: None, or more than one, is called so; the message lists the candidates.
    """
    found = [s for s in schedules if s.name == name] or [
        s for s in schedules if name and s.id.startswith(name)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        listed = "\n".join(f"  {schedule.id}  {schedule.name}" for schedule in found)
        raise NoriaError(f"{name!r} are {len(found)} schedules:\n{listed}", hint="give the id")
    known = ", ".join(schedule.name for schedule in schedules) or "none at all"
    raise NoriaError(f"there is no schedule {name!r}; there are: {known}")
