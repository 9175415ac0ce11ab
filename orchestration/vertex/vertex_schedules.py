"""Schedules on Vertex AI: its pipeline job schedules.

Written against google-cloud-aiplatform's own types and never run against Google Cloud by us.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from noria.errors import ConfigError, NoriaError
from orchestration.cron import Cron
from orchestration.schedules import NewSchedule, Schedule
from orchestration.targets import VertexTarget
from orchestration.vertex.vertex_client import PATIENT, QUICK, parent, pipeline_job, service
from orchestration.vertex.vertex_errors import explained

if TYPE_CHECKING:
    from orchestration.kubeflow.pipeline_spec import CompiledPipeline

_STATES = {"ACTIVE": "active", "PAUSED": "paused", "COMPLETED": "over"}


class VertexSchedules:
    """Schedules of one project and region; see ``orchestration.schedules.ScheduleServer``."""

    def __init__(self, target: VertexTarget, quick: bool = False) -> None:
        self._target = target
        self._seconds = QUICK if quick else PATIENT
        with explained(target):
            self._client = service(target, "ScheduleServiceClient")

    def cron_there(self, cron: Cron) -> Cron:
        """As it is: Vertex AI knows zones; but no seconds."""
        if cron.fields[0] != "0":
            raise ConfigError(f"cron {cron.text!r}: Vertex AI starts runs at second 0, not {cron.fields[0]}")
        return cron

    def add(self, new: NewSchedule, compiled: CompiledPipeline) -> Schedule:
        """Makes a schedule that submits the pipeline as it is now."""
        if new.catch_up:
            raise NoriaError("Vertex AI makes up for missed times only when it is told so on resuming")
        target = self._target
        cron = self.cron_there(new.cron)
        with explained(target):
            job = pipeline_job(target, compiled, compiled.name, {"noria-schedule": new.name})
            made = job.create_schedule(
                display_name=new.name,
                cron=f"CRON_TZ={cron.zone} {' '.join(cron.fields[1:])}",
                start_time=_rfc3339(new.start),
                end_time=_rfc3339(new.end),
                max_concurrent_run_count=new.max_concurrency,
                service_account=target.service_account or None,
                network=target.network or None,
                create_request_timeout=self._seconds,
            )
            return self._schedule(self._client.get_schedule(name=made.resource_name, timeout=self._seconds))

    def all(self) -> list[Schedule]:
        """Every schedule of pipelines, newest first."""
        request = {"parent": parent(self._target), "order_by": "create_time desc"}
        with explained(self._target):
            return [
                self._schedule(found) for found in self._client.list_schedules(request, timeout=self._seconds)
            ]

    def pause(self, schedule_id: str) -> None:
        """Pauses the schedule."""
        with explained(self._target):
            self._client.pause_schedule(name=self._name(schedule_id), timeout=self._seconds)

    def resume(self, schedule_id: str) -> None:
        """Resumes the schedule; missed times are not made up for."""
        with explained(self._target):
            request = {"name": self._name(schedule_id), "catch_up": False}
            self._client.resume_schedule(request, timeout=self._seconds)

    def remove(self, schedule_id: str) -> None:
        """Deletes the schedule and waits until it is gone."""
        with explained(self._target):
            self._client.delete_schedule(name=self._name(schedule_id), timeout=self._seconds).result(
                self._seconds
            )

    def _name(self, schedule_id: str) -> str:
        return f"{parent(self._target)}/schedules/{schedule_id}"

    def _schedule(self, found: Any) -> Schedule:
        zone, _, fields = found.cron.rpartition("TZ=")[2].partition(" ")
        if "TZ=" not in found.cron:
            zone, fields = "UTC", found.cron
        schedule_id = found.name.rpartition("/")[2]
        target = self._target
        return Schedule(
            id=schedule_id,
            name=found.display_name,
            state=_STATES.get(found.state.name, "unknown"),
            cron=f"0 {fields}",
            time_zone=zone,
            catch_up=found.catch_up,
            max_concurrency=found.max_concurrent_run_count,
            start=_iso(found.start_time),
            end=_iso(found.end_time),
            created=_iso(found.create_time),
            url=f"https://console.cloud.google.com/vertex-ai/locations/{target.location}/schedules/{schedule_id}"
            f"?project={target.project}",
        )


def _rfc3339(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def _iso(time: datetime | None) -> str:
    return time.isoformat() if time is not None and time.timestamp() > 0 else ""
