"""What every page and every call of the API works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from dashboard.audit import AuditLog
from dashboard.masking import Mask
from dashboard.server_events import OpenStreams
from dashboard.settings import DashboardSettings
from noria.home import Home

if TYPE_CHECKING:
    from dashboard.run_index import RunIndex
    from dashboard.services.server_schedules import ServerSchedules
    from orchestration.scheduling.database import Database
    from orchestration.scheduling.run_queue import RunQueue
    from orchestration.scheduling.schedule_store import ScheduleStore
    from orchestration.scheduling.scheduler import Scheduler


@dataclass(frozen=True)
class Services:
    """One per process, at ``app.state.services``.

    Attributes:
        audit: Who did what; every change is written there.
        runs: The stored runs, kept in memory as far as they are over.
        mask: Hides secrets in texts and configurations before anybody sees them.
        servers: The schedules that the servers of remote targets keep.
        streams: The event streams that are open.
    """

    settings: DashboardSettings
    home: Home
    database: Database
    schedules: ScheduleStore
    queue: RunQueue
    scheduler: Scheduler
    audit: AuditLog
    runs: RunIndex
    mask: Mask
    servers: ServerSchedules
    streams: OpenStreams


def services_of(request: Request) -> Services:
    """The services of the application that a request came to."""
    services: Services = request.app.state.services
    return services
