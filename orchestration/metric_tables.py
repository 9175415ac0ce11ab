"""A run's metrics for a person: what belongs together as tables, and what to see first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Beginnings of names that are no model's; what was measured on training and validation data, too.
_NO_MODEL = ("baseline_", "champion_", "train_", "valid_", "validation_")
# Columns that a terminal has room for.
_WIDEST = 8
#: What is measured of each of several things: how their metrics begin, and how they may end.
_EACH_OF = {
    "format": ("tflite_format_", ("bytes", "agreement", "task_metric")),
    "device": ("device_", ("agreement", "max_difference", "instructions", "instructions_in_single")),
}


@dataclass(frozen=True)
class MetricTable:
    """The same measures of several things.

    Attributes:
        title: What is in the first column.
        rows: By thing, its numbers by measure; a measure may be missing.
        measures: The columns, in their order.
    """

    title: str
    rows: Mapping[str, Mapping[str, Any]]
    measures: Sequence[str]


def metric_tables(metrics: Mapping[str, Any]) -> tuple[list[MetricTable], dict[str, Any]]:
    """Models beside their baselines, formats, devices; and the metrics that are in no table."""
    rest = dict(metrics)
    return [*beside_baselines(rest), *_for_each(rest)], rest


def headline(metrics: Mapping[str, Any], count: int, wanted: Sequence[str] = ()) -> list[str]:
    """The names of the ``count`` metrics that say most about a run, for one line.

    Those that are ``wanted`` (``PipelineEntry.headline``) come first, then what was measured beside
    baselines, test metrics among them; baselines are left out.
    """
    if found := [name for name in wanted if name in metrics]:
        return found[:count]
    first = [f"{who}_{measure}" for who, measure in _measured(metrics)]
    others = sorted(name for name in metrics if name not in first and not name.startswith("baseline_"))
    return [*sorted(first, key=lambda name: not name.startswith("test_")), *others][:count]


def beside_baselines(metrics: dict[str, Any]) -> list[MetricTable]:
    """Takes out of ``metrics`` what models and baselines both have.

    A model's number is called ``<model>_<measure>`` (``test_<measure>`` where there is one model), a
    baseline's ``baseline_<who>_<measure>``, the champion's ``champion_test_<measure>``. Measures of other
    models than the first ones' are in a table of their own where one would be too wide.
    """
    own = _measured(metrics)
    measures = list(dict.fromkeys(measure for _, measure in own))
    models: dict[str, dict[str, Any]] = {}
    for who, measure in own:
        row = models.setdefault("model" if who == "test" else who.replace("_", " "), {})
        row[measure] = metrics.pop(f"{who}_{measure}")
    others: dict[str, dict[str, Any]] = {}
    # The longest first, because one measure's name may be the end of another's.
    for measure in sorted(measures, key=len, reverse=True):
        if (name := f"champion_test_{measure}") in metrics:
            others.setdefault("champion", {})[measure] = metrics.pop(name)
        for name in [n for n in metrics if n.startswith("baseline_") and n.endswith(f"_{measure}")]:
            who = name.removeprefix("baseline_").removesuffix(f"_{measure}").replace("_", " ")
            others.setdefault(f"baseline {who}", {})[measure] = metrics.pop(name)
    champion = {"champion": others.pop("champion")} if "champion" in others else {}
    rows = {**models, **champion, **others}
    tables = []
    for columns in _tables(models, measures):
        shown = {who: values for who, values in rows.items() if any(m in values for m in columns)}
        tables.append(MetricTable("on test data", shown, columns))
    return tables


def _for_each(metrics: dict[str, Any]) -> list[MetricTable]:
    """Takes out of ``metrics`` what was measured of every format and on every device."""
    tables = []
    for what, (prefix, endings) in _EACH_OF.items():
        rows: dict[str, dict[str, Any]] = {}
        for name in [name for name in metrics if name.startswith(prefix)]:
            rest = name.removeprefix(prefix)
            measure = next((ending for ending in endings if rest.endswith(f"_{ending}")), "")
            if measure:
                rows.setdefault(rest.removesuffix(f"_{measure}"), {})[measure] = metrics.pop(name)
        if rows:
            known = [ending for ending in endings if any(ending in row for row in rows.values())]
            tables.append(MetricTable(what, rows, known))
    return tables


def _tables(models: Mapping[str, Mapping[str, Any]], measures: list[str]) -> list[list[str]]:
    """Measures that share a table: all, or, if that is too wide, those that the same models have."""
    if not measures:
        return []
    if len(measures) <= _WIDEST:
        return [measures]
    groups: dict[tuple[str, ...], list[str]] = {}
    for measure in measures:
        having = tuple(who for who, values in models.items() if measure in values)
        groups.setdefault(having, []).append(measure)
    return [
        group[start : start + _WIDEST] for group in groups.values() for start in range(0, len(group), _WIDEST)
    ]


def _measured(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(model, measure) of every metric whose measure a baseline has, too."""
    names = [name for name in metrics if not name.startswith(_NO_MODEL)]
    known = {measure for name in names for measure in _endings(name)}
    # A baseline's name does not say where its measure begins: it is the longest that a model has.
    shared = {
        next((ending for ending in _endings(name) if ending in known), "")
        for name in metrics
        if name.startswith("baseline_")
    }
    found = []
    for name in names:
        measure = next((ending for ending in _endings(name) if ending in shared), "")
        if measure:
            found.append((name.removesuffix(f"_{measure}"), measure))
    return found


def _endings(name: str) -> list[str]:
    """What stands after each underscore, the longest first."""
    parts = name.split("_")
    return ["_".join(parts[i:]) for i in range(1, len(parts))]
