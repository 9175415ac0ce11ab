"""The report of a feature table, and the picture in it."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from components.temporal_features.build_table import BuiltTable
from components.temporal_features.config import TemporalFeaturesConfig
from components.temporal_features.feature_table import LABEL
from noria.durations import duration_text
from noria.html_report import Page

# Okabe and Ito's colours, which the colour-blind can tell apart.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
_SHOWN = 3

_MEANING = {
    "events": "events",
    "series": "series",
    "series_too_rare": "series dropped: events in too few periods",
    "series_kept": "series kept",
    "ticks": "ticks per series",
    "rows_computed": "rows computed",
    "rows_without_scale": "rows dropped: scale not above 0",
    "rows": "rows written",
    "rows_without_label": "of these without a label: the horizon goes past the data",
}


def missing_shares(table: pa.Table, names: list[str]) -> dict[str, float]:
    """Share of rows in which each feature is missing."""
    return {name: float(np.isnan(table[name].to_numpy()).mean()) for name in names}


def feature_report(built: BuiltTable, config: TemporalFeaturesConfig, index: tuple[str, ...]) -> str:
    """Counts, warnings, every feature's range and missing share, and one series drawn."""
    page = Page("Temporal features")
    page.paragraph(
        f"A row is a series at a tick, every {duration_text(config.tick)}; its label is the "
        f"{config.label.op} of {config.label.of} over the {duration_text(config.horizon)} after it."
    )
    page.table(["what", "number"], [(_MEANING[name], number) for name, number in built.counts.items()])
    if built.warnings:
        page.section("Warnings")
        for warning in built.warnings:
            page.paragraph(warning)
    page.section("Features")
    missing = missing_shares(built.features, config.names())
    rows = []
    for name in config.names():
        column = built.features[name].to_numpy()
        known = column[~np.isnan(column)]
        low, middle, high = np.quantile(known, [0, 0.5, 1]) if len(known) else (None, None, None)
        rows.append((name, config.features[name].op, missing[name], low, middle, high))
    page.table(["feature", "operation", "missing", "lowest", "median", "highest"], rows)
    name, series = _largest_series(built.features, index)
    page.section("One series")
    page.picture(series_picture(series, config, name), f"{name}: the series with the largest total of labels")
    return page.render()


def series_picture(series: pa.Table, config: TemporalFeaturesConfig, name: str) -> bytes:
    """PNG: above the label and the scale of one series, below a few features."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    times = series["timestamp"].to_numpy()
    ahead = f"label: {config.label.op} of the next {duration_text(config.horizon)}"
    above.plot(times, series[LABEL].to_numpy(), color=_COLOURS[0], label=ahead)
    above.plot(times, series[config.scale].to_numpy(), color=_COLOURS[1], label=f"scale: {config.scale}")
    above.set_title(name)
    shown = [n for n in config.names() if n != config.scale and config.features[n].op != "calendar"]
    relative = [n for n in shown if config.features[n].relative_to] or shown
    for feature, colour in zip(relative[:_SHOWN], _COLOURS, strict=False):
        below.plot(times, series[feature].to_numpy(), color=colour, label=feature)
    for axes in (above, below):
        if axes.lines:
            axes.legend(fontsize=8)
        axes.grid(alpha=0.3)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90, metadata={"Software": None})
    return buffer.getvalue()


def _largest_series(table: pa.Table, index: tuple[str, ...]) -> tuple[str, pa.Table]:
    if not index:
        return "all events", table
    known = table.filter(pc.invert(pc.is_nan(table[LABEL])))
    totals = known.group_by(list(index)).aggregate([(LABEL, "sum")])
    order = [(f"{LABEL}_sum", "descending"), *((name, "ascending") for name in index)]
    best = totals.sort_by(order).slice(0, 1).to_pylist()[0]
    mask = pa.array(np.ones(table.num_rows, bool))
    for name in index:
        mask = pc.and_(mask, pc.equal(table[name], best[name]))
    return ", ".join(best[name] for name in index), table.filter(mask)
