"""Back-test windows: the last stretches of time, each forecast by a model that saw only what lay before.

A row is a forecast made at its tick for the horizon after it. A training row's label reaches ``horizon``
past its tick, so training ends ``gap`` >= horizon before the window's first tick: no label of training
overlaps the window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from noria.durations import Duration, duration_text
from noria.errors import ConfigError, DataError
from noria.typed_config import TypedConfig

Times = npt.NDArray[np.datetime64]


class BacktestConfig(TypedConfig):
    """How time is divided into training and test."""

    windows: int = Field(
        7, ge=1, description="Number of test windows, one after the other, the last at the end."
    )
    length: Duration = Field("28d", validate_default=True, description="Length of a test window.")
    gap: Duration | None = Field(
        None,
        description="Time between the last training tick and a window. Null: the horizon, the least allowed.",
    )
    every: Duration | None = Field(
        None,
        description="Time between two test ticks, counted back from the last one; e.g. the horizon, so that "
        "test labels do not overlap. Null: every tick.",
    )
    min_train_ticks: int = Field(
        8, ge=2, description="Ticks with a label that training needs before a window."
    )


@dataclass(frozen=True)
class Window:
    """Test ticks in [start, end), ``every`` seconds apart; training ticks up to ``train_end``."""

    number: int
    start: np.datetime64
    end: np.datetime64
    train_end: np.datetime64
    last_tick: np.datetime64
    every: int

    def train(self, timestamps: Times) -> npt.NDArray[np.bool_]:
        """Which rows train."""
        return timestamps <= self.train_end

    def test(self, timestamps: Times) -> npt.NDArray[np.bool_]:
        """Which rows are forecast."""
        apart = (self.last_tick - timestamps) % np.timedelta64(self.every, "s") == np.timedelta64(0)
        chosen: npt.NDArray[np.bool_] = (timestamps >= self.start) & (timestamps < self.end) & apart
        return chosen


def check_backtest(config: BacktestConfig, horizon: int, tick: int) -> int:
    """The gap in seconds.

    Raises:
        ConfigError: The gap is shorter than the horizon, a window than a tick, or `every` no multiple of it.
    """
    gap = horizon if config.gap is None else config.gap
    if gap < horizon:
        raise ConfigError(
            f"backtest.gap is {duration_text(gap)}, shorter than the horizon of {duration_text(horizon)}: "
            "training labels would overlap the test window",
            hint=f"leave backtest.gap out, or set it to {duration_text(horizon)} or more",
        )
    if config.length < tick:
        raise ConfigError(
            f"backtest.length is {duration_text(config.length)}, shorter than a tick of {duration_text(tick)}"
        )
    if config.every and config.every % tick:
        raise ConfigError(
            f"backtest.every is {duration_text(config.every)}, no multiple of a tick of {duration_text(tick)}"
        )
    return gap


def backtest_windows(timestamps: Times, config: BacktestConfig, horizon: int, tick: int) -> list[Window]:
    """The windows, earliest first; the last one ends with the last labelled tick.

    Args:
        timestamps: [rows] ticks of the rows that have a label, in any order.
        config: Number, length and gap of windows.
        horizon: Seconds that a label reaches ahead.
        tick: Seconds between ticks.

    Raises:
        ConfigError: See ``check_backtest``.
        DataError: There are too few ticks for so many windows.
    """
    gap = check_backtest(config, horizon, tick)
    ticks = np.unique(timestamps).astype("datetime64[us]")
    if not len(ticks):
        raise DataError("no row has a label: the data ends before the first horizon does")
    end = ticks[-1] + np.timedelta64(tick, "s")
    windows = []
    for number in range(config.windows):
        start = end - (config.windows - number) * np.timedelta64(config.length, "s")
        window = Window(
            number,
            start,
            start + np.timedelta64(config.length, "s"),
            train_end=start - np.timedelta64(gap, "s"),
            last_tick=ticks[-1],
            every=config.every or tick,
        )
        count = int(window.train(ticks).sum())
        if count < config.min_train_ticks:
            raise DataError(
                f"{config.windows} windows of {duration_text(config.length)} leave {count} tick(s) before "
                f"the first one to train on, expected at least {config.min_train_ticks}; the data has "
                f"{len(ticks)} labelled ticks",
                hint="fewer or shorter windows (backtest.windows, backtest.length), or more data",
            )
        windows.append(window)
    return windows
