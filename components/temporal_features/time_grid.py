"""Where ticks and periods lie: moments in whole seconds of wall-clock time, as float64 for Temporian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.temporal_features.config import TemporalFeaturesConfig
from noria.durations import duration_text
from noria.errors import ConfigError, DataError

Seconds = npt.NDArray[np.float64]
_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class TimeGrid:
    """The moments at which anything is computed, from the first event's period to the last's.

    Attributes:
        start: Seconds at which the first event's period starts.
        period_ends: float64 [p] seconds at which periods end.
        ticks: float64 [t] seconds of the ticks, earliest first, all after ``start``. The last is the first
            one at or after the last event: its features hold all events.
        first_row: The first tick that is wanted as a row, ``history`` after ``start``.
    """

    start: int
    period_ends: Seconds
    ticks: Seconds
    first_row: float

    @classmethod
    def over(cls, first: int, last: int, config: TemporalFeaturesConfig) -> TimeGrid:
        """The grid for events from ``first`` to ``last`` (microseconds since 1970)."""
        period, tick, origin = config.period_seconds, config.tick, config.origin
        start = _ceil(first, period, origin) - period
        end = _ceil(last, tick, origin)
        ticks = np.arange(_ceil(start * _MICROSECONDS + 1, tick, origin), end + 1, tick, dtype=np.float64)
        period_ends = np.arange(start + period, end + 1, period, dtype=np.float64)
        return cls(start, period_ends, ticks, start + config.history)

    @property
    def span(self) -> int:
        """Seconds from the start of the first period to the end of the last."""
        return int(self.period_ends[-1]) - self.start

    def require_rows(self, config: TemporalFeaturesConfig) -> None:
        """Raises DataError where no tick has its history, or none has a whole horizon after it."""
        rows = self.ticks[self.ticks >= self.first_row]
        have = f"the events span {duration_text(self.span)}"
        if not len(rows):
            raise DataError(
                f"no tick is left: {have}, and history is {duration_text(config.history)}",
                hint="a shorter features.history, or more data",
            )
        if rows[0] + config.horizon > self.period_ends[-1]:
            raise DataError(
                f"no row has a label: {have}, history is {duration_text(config.history)} and the horizon of "
                f"{duration_text(config.horizon)} goes past the end of the data",
                hint="a shorter history or horizon, or more data",
            )

    def long_windows(self, config: TemporalFeaturesConfig) -> dict[str, str]:
        """Features whose windows reach back further than the data does, with how far.

        Raises:
            ConfigError: There are some, and the configuration says ``on_long_window: fail``.
        """
        found = {name: config.reach(name) for name in config.in_order() if config.reach(name) > self.span}
        told = {name: duration_text(reach) for name, reach in found.items()}
        if told and config.on_long_window == "fail":
            raise ConfigError(
                f"features look back further than the data's {duration_text(self.span)}: "
                + ", ".join(f"{name} ({reach})" for name, reach in told.items()),
                hint="shorter windows, more data, or on_long_window: warn",
            )
        return told


def _ceil(microseconds: int, step: int, origin: int) -> int:
    """The first moment origin + n step (seconds) at or after a moment."""
    unit = step * _MICROSECONDS
    return origin + step * -((origin * _MICROSECONDS - microseconds) // unit)
