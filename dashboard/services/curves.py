"""Learning curves as inline SVG: no script, no picture file, colours from the style sheet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup, escape

from noria.journal import read_journal

Points = list[tuple[int, float]]

_WIDTH, _HEIGHT = 420, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 10, 10, 26
# A line of more points than it has pixels says no more.
_MOST_POINTS = 400


def learning_curves(journal: Path) -> dict[str, Points]:
    """Every metric reported with an epoch, as ``step/name`` -> points in order of epochs.

    Of points told twice for one epoch (a step that was tried again) the later one counts.
    """
    found: dict[str, dict[int, float]] = {}
    for record in read_journal(journal):
        if record["kind"] == "metric" and record["epoch"] is not None:
            found.setdefault(f"{record.get('step', '')}/{record['name']}", {})[record["epoch"]] = record[
                "value"
            ]
    return {name: sorted(points.items()) for name, points in found.items()}


def line_chart(title: str, lines: Sequence[tuple[str, Points]]) -> Markup:
    """Draws lines over each other.

    Args:
        title: What is drawn; read out by screen readers.
        lines: (label, points) in a fixed order; line ``i`` has the class ``line-i``, so the same run
            has the same colour and dashes in every chart. Points that are not finite are left out.
    """
    drawn = [
        (number, label, _thinned([point for point in points if math.isfinite(point[1])]))
        for number, (label, points) in enumerate(lines)
    ]
    xs = [x for *_, points in drawn for x, _ in points]
    ys = [y for *_, points in drawn for _, y in points]
    if not xs:
        return Markup('<p class="quiet">no points yet</p>')
    x_range, y_range = _range(xs), _range(ys)
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>').format(
            _WIDTH, _HEIGHT, title, title
        )
    ]
    parts += [_grid_line(value, y_range) for value in _ticks(y_range)]
    parts += [
        Markup('<text class="axis" x="{:.1f}" y="{}" text-anchor="{}">{:g}</text>').format(
            _x(x, x_range), _HEIGHT - 8, anchor, x
        )
        for x, anchor in _ends(x_range)
    ]
    for number, label, points in drawn:
        places = " ".join(f"{_x(x, x_range):.1f},{_y(y, y_range):.1f}" for x, y in points)
        shape = Markup('<polyline class="line line-{}" points="{}"><title>{}</title></polyline>')
        if len(points) == 1:
            centre = places.split(",")
            shape = Markup('<circle class="dot line-{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>')
            parts.append(shape.format(number, *centre, label))
        elif points:
            parts.append(shape.format(number, places, label))
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def charts(curves: Mapping[str, Mapping[str, Points]]) -> dict[str, Markup]:
    """One chart per metric over all runs; ``curves`` is run -> metric -> points."""
    names = sorted({name for metrics in curves.values() for name in metrics})
    return {
        name: line_chart(name, [(run, metrics.get(name, [])) for run, metrics in curves.items()])
        for name in names
    }


def _thinned(points: Points) -> Points:
    if len(points) <= _MOST_POINTS:
        return points
    step = len(points) / (_MOST_POINTS - 1)
    return [points[int(i * step)] for i in range(_MOST_POINTS - 1)] + [points[-1]]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low == high:
        margin = abs(low) / 10 or 1.0
        return low - margin, high + margin
    return low, high


def _ticks(limits: tuple[float, float]) -> list[float]:
    """Round values within the limits, about four of them."""
    low, high = limits
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next((size * factor for factor in (1, 2, 5, 10) if size * factor >= rough), rough)
    if not step or not math.isfinite(step):
        return [low]
    first = math.ceil(low / step)
    return [i * step for i in range(first, first + 12) if i * step <= high * (1 + 1e-12) or i == first]


def _grid_line(value: float, limits: tuple[float, float]) -> Markup:
    y = f"{_y(value, limits):.1f}"
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="axis" x="{}" y="{}" dy="4" text-anchor="end">{}</text>'
    ).format(_LEFT, _WIDTH - _RIGHT, y, y, _LEFT - 6, y, escape(f"{value:.4g}"))


def _ends(limits: tuple[float, float]) -> list[tuple[float, str]]:
    return [(limits[0], "start"), (limits[1], "end")]


def _x(value: float, limits: tuple[float, float]) -> float:
    return _LEFT + (value - limits[0]) / (limits[1] - limits[0]) * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, limits: tuple[float, float]) -> float:
    return _HEIGHT - _BOTTOM - (value - limits[0]) / (limits[1] - limits[0]) * (_HEIGHT - _TOP - _BOTTOM)
