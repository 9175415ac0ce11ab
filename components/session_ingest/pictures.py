"""Pictures of a session log. Each is a PNG as bytes."""

from __future__ import annotations

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from components.pictures import png
from components.session_ingest.session_log import SPLITS, SessionLog

_COLOURS = ("#3b6fb6", "#e08e2b", "#4f8f4f")
_DAY = 86400.0


def sessions_per_day(log: SessionLog) -> bytes:
    """Sessions of every day, coloured by split."""
    day = (log.session_start // _DAY).astype(np.int64)
    days = np.arange(day.min(), day.max() + 1)
    figure = Figure(figsize=(9, 2.8), layout="constrained")
    axes = figure.subplots()
    below = np.zeros(len(days), np.int64)
    for position, (split, colour) in enumerate(zip(SPLITS, _COLOURS, strict=True)):
        count = np.bincount(day[log.session_split == position] - days[0], minlength=len(days))
        axes.bar(days.astype("datetime64[D]"), count, 1.0, below, color=colour, label=split)
        below += count
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_ylabel("sessions")
    axes.legend(ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return png(figure)


def lengths_and_responses(log: SessionLog) -> bytes:
    """How many sessions have how many tracks, and the mean response by position with its 95 % interval."""
    lengths = log.length
    position = np.arange(len(log.item)) - np.repeat(log.first[:-1], lengths)
    count = np.bincount(position)
    mean = np.bincount(position, weights=log.response) / count
    square = np.bincount(position, weights=log.response.astype(np.float64) ** 2) / count
    error = 1.96 * np.sqrt(np.maximum(square - mean**2, 0.0) / count)
    figure = Figure(figsize=(9, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.bar(np.arange(1, lengths.max() + 1), np.bincount(lengths)[1:], color=_COLOURS[0])
    left.set(xlabel="tracks", ylabel="sessions")
    at = np.arange(1, len(mean) + 1)
    right.fill_between(at, mean - error, mean + error, color=_COLOURS[0], alpha=0.25, linewidth=0)
    right.plot(at, mean, color=_COLOURS[0])
    right.set(xlabel="position in the session", ylabel="mean response", ylim=(0.0, 1.0))
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
    return png(figure)
