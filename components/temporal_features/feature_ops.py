"""What a feature can be: one typed model per operation, told apart by ``op``.

``of`` names a value column of the events or another feature. Where both an event column and a feature could
be meant, the names have to differ. A feature is a number per series and tick; see ``compile_graph`` for what
every operation computes exactly.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from noria.durations import Duration
from noria.typed_config import TypedConfig


class Operation(TypedConfig):
    """What all operations have in common."""

    hidden: bool = Field(False, description="A helper for other features that models do not see.")
    times: float = Field(1.0, description="A constant that the result is multiplied by.")
    relative_to: str | None = Field(
        None, description="A feature that the result is divided by; missing where that feature is 0."
    )

    def features_used(self) -> dict[str, str]:
        """Names that have to be features, by the field that holds them."""
        return {"relative_to": self.relative_to} if self.relative_to else {}

    def sources_used(self) -> dict[str, str]:
        """Names that may be event columns or features, by the field that holds them."""
        return {}


class _Windowed(Operation):
    window: Duration = Field(
        description="Length of the window, which ends at the tick: (tick - window, tick]."
    )
    lag: Duration | None = Field(None, description="How much earlier than the tick the window ends.")
    across: list[str] | None = Field(
        None,
        description="Index columns to keep: events of all series that agree in them count. []: all events. "
        "Only over event columns.",
    )

    def reach(self) -> int:
        """How many seconds before the tick the window starts."""
        return self.window + (self.lag or 0)


class Moving(_Windowed):
    """Sum, mean, minimum, maximum or standard deviation (of the population) of a window."""

    op: Literal["moving_sum", "moving_mean", "moving_min", "moving_max", "moving_std"]
    of: str = Field(description="An event column, or a feature, whose values at ticks are taken.")
    every: Duration | None = Field(
        None,
        description="Over a feature: takes its values at tick, tick - every, tick - 2 every, ... only.",
    )

    def sources_used(self) -> dict[str, str]:
        return {"of": self.of}


class MovingCount(_Windowed):
    """Number of events in a window."""

    op: Literal["moving_count"]


class Shift(Operation):
    """The value a while before (lag) or after (lead) the tick: the last one at or before that moment.

    ``lead`` looks into the future: the leak guard refuses it, and whatever is made from it.
    """

    op: Literal["lag", "lead"]
    of: str = Field(description="An event column or a feature.")
    by: Duration = Field(description="How far.")

    def sources_used(self) -> dict[str, str]:
        return {"of": self.of}


class Difference(Operation):
    """One feature minus another."""

    op: Literal["difference"]
    of: str = Field(description="A feature.")
    minus: str = Field(description="A feature.")

    def features_used(self) -> dict[str, str]:
        return {**super().features_used(), "of": self.of, "minus": self.minus}


class Ratio(Operation):
    """One feature divided by another; missing where that is 0."""

    op: Literal["ratio"]
    of: str = Field(description="A feature.")
    by: str = Field(description="A feature.")

    def features_used(self) -> dict[str, str]:
        return {**super().features_used(), "of": self.of, "by": self.by}


class Log(Operation):
    """Natural logarithm of ``offset + max(x, 0)``."""

    op: Literal["log"]
    of: str = Field(description="A feature.")
    offset: float = Field(1.0, gt=0, description="What is added, so that 0 has a logarithm.")

    def features_used(self) -> dict[str, str]:
        return {**super().features_used(), "of": self.of}


class SinceLast(Operation):
    """Days since the series' last event at or before the tick; missing before the first."""

    op: Literal["since_last"]


class Calendar(Operation):
    """A part of the tick's date: of the day that starts where the tick is at midnight.

    hour 0-23, day_of_week 0-6 from Monday, day_of_month 1-31, day_of_year 1-366, month 1-12, week 1-53 (ISO).
    """

    op: Literal["calendar"]
    part: Literal["hour", "day_of_week", "day_of_month", "day_of_year", "month", "week"] = Field(
        description="Which part."
    )


Feature = Annotated[
    Moving | MovingCount | Shift | Difference | Ratio | Log | SinceLast | Calendar,
    Field(discriminator="op"),
]
