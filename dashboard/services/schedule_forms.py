"""Schedules as forms and as sentences: what a person types becomes a LocalSchedule, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from dashboard.services.cron_words import in_words
from dashboard.services.form_input import NO_FIELD, check_config, default_tree
from noria.durations import duration_text
from noria.errors import NoriaError
from orchestration.cron import parse_cron
from orchestration.scheduling.due_times import next_times
from orchestration.scheduling.schedule import CronTrigger, DataTrigger, LocalSchedule
from orchestration.targets import target_names
from pipelines.registry import all_pipelines, find_pipeline

SHOWN_TIMES = 5
_PLAIN = ("name", "pipeline", "target", "catch_up", "overlap")
_NUMBERS = ("catch_up_limit", "keep_runs")


class Preview(BaseModel):
    """When a schedule is due; ``times`` are ISO 8601 in UTC, empty for triggers other than time."""

    words: str
    times: list[str]


class FormError(NoriaError):
    """What does not fit, by field; ``NO_FIELD`` for the whole."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors.items()))
        self.errors = dict(errors)


def preview(schedule: LocalSchedule) -> Preview:
    """Says in words and times when a schedule is due."""
    trigger = schedule.trigger
    if isinstance(trigger, CronTrigger):
        return preview_cron(trigger.cron, trigger.time_zone)
    what = (
        "when the source's content has changed"
        if isinstance(trigger, DataTrigger)
        else "when the last validation breached a limit"
    )
    return Preview(words=f"{what} (looked at every {duration_text(trigger.every)})", times=[])


def preview_cron(cron: str, zone: str) -> Preview:
    """The same for an expression that is being typed; raises ConfigError where it is none."""
    words = in_words(parse_cron(cron, zone))
    times = next_times(CronTrigger(cron=cron, time_zone=zone), SHOWN_TIMES)
    return Preview(words=words, times=[time.astimezone(UTC).isoformat(timespec="seconds") for time in times])


def empty_form(pipeline: str = "") -> dict[str, str]:
    """The fields of a new schedule, beside its configuration."""
    return {
        "name": pipeline,
        "pipeline": pipeline,
        "target": "local",
        "kind": "cron",
        "cron": "0 30 3 * * *",
        "time_zone": "UTC",
        "every": "15m",
        "catch_up": "latest",
        "catch_up_limit": "20",
        "overlap": "skip",
        "keep_runs": "",
        "kept_by": "",
    }


def form_of(schedule: LocalSchedule) -> dict[str, str]:
    """The fields of a schedule that is to be edited."""
    form = empty_form()
    form |= {name: str(getattr(schedule, name)) for name in _PLAIN}
    form |= {name: "" if (v := getattr(schedule, name)) is None else str(v) for name in _NUMBERS}
    trigger = schedule.trigger
    form["kind"] = trigger.kind
    if isinstance(trigger, CronTrigger):
        form |= {"cron": trigger.cron, "time_zone": trigger.time_zone}
    else:
        form["every"] = duration_text(trigger.every)
    return form


def schedule_from_form(form: Mapping[str, str], config: Mapping[str, Any]) -> LocalSchedule:
    """Reads a form; ``config`` is the configuration, which is checked by itself.

    Raises:
        FormError: Every field that does not fit, as a person can mend it.
    """
    errors: dict[str, str] = {}
    tree: dict[str, Any] = {name: form.get(name, "").strip() for name in _PLAIN}
    for name in _NUMBERS:
        text = form.get(name, "").strip()
        if text and not (text.isascii() and text.isdecimal()):
            errors[name] = f"expected a whole number, got {text[:40]!r}"
        elif text:
            tree[name] = int(text[:9])
    kind = form.get("kind", "cron")
    fields = ("cron", "time_zone") if kind == "cron" else ("every",)
    tree["trigger"] = {"kind": kind} | {name: form.get(name, "").strip() for name in fields}
    try:
        schedule = LocalSchedule.model_validate({**tree, "config": dict(config)})
    except ValidationError as error:
        for item in error.errors():
            errors.setdefault(_field(item["loc"]), item["msg"].removeprefix("Value error, "))
        raise FormError(errors) from None
    if errors := errors | _unknown(schedule):
        raise FormError(errors)
    return schedule


def checked(schedule: LocalSchedule) -> LocalSchedule:
    """Completes the configuration, and sees that pipeline, target and configuration exist and fit.

    Raises:
        FormError: They do not.
    """
    if errors := _unknown(schedule):
        raise FormError(errors)
    loaded = find_pipeline(schedule.pipeline).load()
    found = check_config(loaded, schedule.config or default_tree(loaded))
    if found.config is None:
        told = (f"{field}: {text}" if field else text for field, text in found.errors.items())
        raise FormError({"config": "\n".join(told)})
    return schedule.model_copy(update={"config": found.config.model_dump(mode="json")})


def _unknown(schedule: LocalSchedule) -> dict[str, str]:
    # Names only: the path of a file on this machine is nothing that a browser gives.
    named = {"pipeline": sorted(all_pipelines()), "target": list(target_names())}
    return {
        field: f"there is none of that name; there are: {', '.join(known)}"
        for field, known in named.items()
        if getattr(schedule, field) not in known
    }


def due_in_words(due: str, clock: datetime | None = None) -> str:
    """How far away a time is, e.g. ``in 3 h 5 min``; empty for none."""
    if not due:
        return ""
    seconds = (datetime.fromisoformat(due) - (clock or datetime.now(UTC))).total_seconds()
    return "now" if seconds < 1 else f"in {_rough(int(seconds))}"


def _rough(seconds: int) -> str:
    """A length of time in one or two units, cut."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (left, "s")) if n]
    return " ".join(parts[:2])


def _field(loc: tuple[int | str, ...]) -> str:
    """The form's field for a place in the model: trigger.cron.cron is cron."""
    if loc and loc[0] == "trigger":
        last = str(loc[-1])
        return last if last in ("cron", "time_zone", "every") and len(loc) > 2 else "trigger"
    return str(loc[0]) if loc else NO_FIELD
