"""Schedules on Kubeflow Pipelines: its recurring runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from noria.errors import NoriaError
from orchestration.cron import Cron
from orchestration.kubeflow.connection import KubeflowServer
from orchestration.kubeflow.uploading import experiment_id, required, upload
from orchestration.schedules import NewSchedule, Schedule

if TYPE_CHECKING:
    from orchestration.kubeflow.pipeline_spec import CompiledPipeline

_PAGE = 100
_LARGEST_CONCURRENCY = 10
_STATES = {"ENABLED": "active", "DISABLED": "paused"}


class RecurringRuns:
    """A server's recurring runs; see ``orchestration.schedules.ScheduleServer``."""

    def __init__(self, server: KubeflowServer) -> None:
        self._server = server
        self._api = server.client.recurring_runs

    def cron_there(self, cron: Cron) -> Cron:
        """In the zone that the target says the server's scheduler was started with."""
        return cron.moved_to(self._server.target.time_zone)

    def add(self, new: NewSchedule, compiled: CompiledPipeline) -> Schedule:
        """Uploads the pipeline where it is new, and makes a recurring run of that version."""
        import kfp_server_api

        if new.max_concurrency > _LARGEST_CONCURRENCY:
            raise NoriaError(
                f"{new.max_concurrency} runs at the same time: Kubeflow takes 1 to {_LARGEST_CONCURRENCY}"
            )
        server = self._server
        cron = kfp_server_api.V2beta1CronSchedule(
            cron=self.cron_there(new.cron).text, start_time=new.start, end_time=new.end
        )
        body = kfp_server_api.V2beta1RecurringRun(
            display_name=new.name,
            description=f"noria schedule: {new.cron.text} in {new.cron.zone}",
            experiment_id=experiment_id(server, compiled.name),
            pipeline_version_reference=upload(server, compiled),
            runtime_config=kfp_server_api.V2beta1RuntimeConfig(
                pipeline_root=server.target.pipeline_root or None
            ),
            service_account=server.target.service_account or None,
            trigger=kfp_server_api.V2beta1Trigger(cron_schedule=cron),
            mode=kfp_server_api.RecurringRunMode.ENABLE,
            max_concurrency=str(new.max_concurrency),
            no_catchup=not new.catch_up,
        )
        made = server.ask(self._api.recurring_run_service_create_recurring_run, recurring_run=body)
        required(server, made, "recurring_run_id")
        return self._schedule(made)

    def all(self) -> list[Schedule]:
        """Every recurring run that the server lets us see."""
        found: list[Schedule] = []
        more: dict[str, Any] = {"namespace": self._server.namespace} if self._server.namespace else {}
        while True:
            answer = self._server.ask(
                self._api.recurring_run_service_list_recurring_runs,
                page_size=_PAGE,
                sort_by="created_at desc",
                **more,
            )
            found += [self._schedule(run) for run in answer.recurring_runs or []]
            if not answer.next_page_token:
                return found
            more["page_token"] = answer.next_page_token

    def pause(self, schedule_id: str) -> None:
        """Disables the recurring run."""
        self._server.ask(self._api.recurring_run_service_disable_recurring_run, schedule_id)

    def resume(self, schedule_id: str) -> None:
        """Enables the recurring run."""
        self._server.ask(self._api.recurring_run_service_enable_recurring_run, schedule_id)

    def remove(self, schedule_id: str) -> None:
        """Deletes the recurring run."""
        self._server.ask(self._api.recurring_run_service_delete_recurring_run, schedule_id)

    def _schedule(self, run: Any) -> Schedule:
        cron = run.trigger.cron_schedule if run.trigger else None
        return Schedule(
            id=run.recurring_run_id or "",
            name=run.display_name or "",
            state=_STATES.get(run.status or "", "unknown"),
            cron=(cron.cron or "") if cron else "",
            time_zone=self._server.target.time_zone,
            catch_up=not run.no_catchup,
            max_concurrency=int(run.max_concurrency or 1),
            start=_iso(cron.start_time if cron else None),
            end=_iso(cron.end_time if cron else None),
            created=_iso(run.created_at),
            url=self._server.page(f"recurringrun/details/{run.recurring_run_id}"),
        )


def _iso(time: datetime | None) -> str:
    return time.isoformat() if time is not None and time.year > 1970 else ""
