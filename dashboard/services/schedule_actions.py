"""What people do with schedules, by page or API: each deed is written to the audit log."""

from __future__ import annotations

from dashboard.context import Services
from dashboard.run_index import NotFoundError
from dashboard.services.run_actions import refuse_secrets
from noria.errors import NoriaError
from orchestration.scheduling.schedule import LocalSchedule
from orchestration.scheduling.schedule_store import StoredSchedule


def find(services: Services, schedule_id: str) -> StoredSchedule:
    """Looks a schedule up by its id or name; raises NotFoundError."""
    try:
        return services.schedules.find(schedule_id)
    except NoriaError as error:
        raise NotFoundError(error.message[:300], hint=error.hint) from error


def create(services: Services, person: str, schedule: LocalSchedule) -> StoredSchedule:
    """Keeps a new schedule, which was checked before; raises NoriaError where its name is taken."""
    refuse_secrets(services, schedule.config)
    made = services.schedules.add(schedule)
    _audit(services, person, "create schedule", made)
    return made


def change(services: Services, person: str, schedule_id: str, schedule: LocalSchedule) -> StoredSchedule:
    """Replaces a schedule by one that was checked before.

    Raises:
        NotFoundError: There is no such schedule.
        NoriaError: Another one has the name.
    """
    refuse_secrets(services, schedule.config)
    made = services.schedules.update(find(services, schedule_id).id, schedule)
    _audit(services, person, "change schedule", made)
    return made


def pause(services: Services, person: str, schedule_id: str) -> StoredSchedule:
    """Starts no more runs of it; raises NotFoundError."""
    made = services.schedules.pause(find(services, schedule_id).id)
    _audit(services, person, "pause schedule", made)
    return made


def resume(services: Services, person: str, schedule_id: str) -> StoredSchedule:
    """Lets it start runs again; raises NotFoundError."""
    made = services.schedules.resume(find(services, schedule_id).id)
    _audit(services, person, "resume schedule", made)
    return made


def remove(services: Services, person: str, schedule_id: str) -> None:
    """Deletes it with its history; raises NotFoundError."""
    stored = find(services, schedule_id)
    services.schedules.remove(stored.id)
    _audit(services, person, "remove schedule", stored)


def _audit(services: Services, person: str, what: str, stored: StoredSchedule) -> None:
    details = services.mask.tree(stored.schedule.model_dump(mode="json"))
    services.audit.write(person, what, stored.schedule.name, {"id": stored.id, **details})
