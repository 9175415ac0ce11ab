"""What a schedule of this machine is: when, what, where, and what becomes of ticks that come too late."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, field_validator

from noria.durations import DAY, Duration
from noria.errors import ConfigError
from noria.typed_config import TypedConfig
from orchestration.cron import parse_cron


class CronTrigger(TypedConfig):
    """At times."""

    kind: Literal["cron"] = Field("cron", description="Tells triggers apart.")
    cron: str = Field(description="Five or six fields; six begin with the second.")
    time_zone: str = Field("UTC", description="Zone of the times, e.g. Europe/Berlin.")


class DataTrigger(TypedConfig):
    """When the content of the pipeline's source has changed since the schedule's last run."""

    kind: Literal["data"] = Field("data", description="Tells triggers apart.")
    every: Duration = Field(900, le=366 * DAY, description="How often to look.")


class DriftTrigger(TypedConfig):
    """When the last validation of the pipeline's runs breached a limit."""

    kind: Literal["drift"] = Field("drift", description="Tells triggers apart.")
    every: Duration = Field(900, le=366 * DAY, description="How often to look.")


Trigger = Annotated[CronTrigger | DataTrigger | DriftTrigger, Field(discriminator="kind")]


class LocalSchedule(TypedConfig):
    """A schedule as it is written down."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,79}$", description="Unique among schedules.")
    pipeline: str = Field(description="A name that 'noria pipelines' lists.")
    config: dict[str, Any] = Field(default={}, description="The run's complete configuration.")
    target: str = Field("local", description="A target of configs/targets.")
    trigger: Trigger = Field(description="When it runs.")
    catch_up: Literal["latest", "all", "none"] = Field(
        "latest", description="What becomes of times that passed while nobody looked."
    )
    catch_up_limit: int = Field(20, ge=1, description="catch_up all: so many at most, the latest ones.")
    overlap: Literal["skip", "queue", "cancel"] = Field(
        "skip",
        description="What becomes of a tick while the schedule's last run goes on: left out, after "
        "it, or in its place.",
    )
    keep_runs: PositiveInt | None = Field(
        None, description="Older finished runs of it are removed; null: none."
    )

    @field_validator("trigger")
    @classmethod
    def _is_a_time(cls, trigger: Trigger) -> Trigger:
        if isinstance(trigger, CronTrigger):
            try:
                parse_cron(trigger.cron, trigger.time_zone)
            except ConfigError as error:
                # Told beside the field, as pydantic's own errors are.
                raise ValueError(str(error)) from None
        return trigger
