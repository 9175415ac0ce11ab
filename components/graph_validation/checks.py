"""Statistics against limits, and against the statistics of the last graph that passed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from components.graph_ingest.tables import SPLITS
from components.graph_validation.config import DriftLimits, GraphLimits
from components.graph_validation.statistics import Statistics, total_variation
from components.validation_checks import Check, at_least, at_most


def check_limits(statistics: Statistics, limits: GraphLimits) -> list[Check]:
    """One check per limit and thing that it applies to."""
    return [
        *_node_checks(statistics, limits),
        *_edge_checks(statistics, limits),
        *_task_checks(statistics, limits),
    ]


def check_drift(now: Statistics, then: Statistics, limits: DriftLimits) -> list[Check]:
    """Compares what both graphs have: node sets, edge sets, classes, float features of one shape."""
    return [check for check in _drift_checks(now, then, limits) if check is not None]


def _node_checks(statistics: Statistics, limits: GraphLimits) -> Iterator[Check]:
    for name, nodes in statistics["node_sets"].items():
        yield at_least("min_nodes", name, limits.min_nodes, nodes["size"])
        yield at_most("max_isolated_share", name, limits.max_isolated_share, nodes["isolated_share"])
        for feature, values in nodes["features"].items():
            where = f"{name}.{feature}"
            yield at_most("max_missing_share", where, limits.max_missing_share, values["missing_share"])
            # Not configurable: a model that reads one NaN answers NaN for ever after.
            yield at_most("non_finite", where, 0, values["non_finite"])


def _edge_checks(statistics: Statistics, limits: GraphLimits) -> Iterator[Check]:
    for name, edges in statistics["edge_sets"].items():
        yield at_least("min_edges", name, limits.min_edges, edges["size"])
        yield at_most(
            "max_duplicate_edge_share", name, limits.max_duplicate_edge_share, edges["duplicate_share"]
        )


def _task_checks(statistics: Statistics, limits: GraphLimits) -> Iterator[Check]:
    task = statistics["task"]
    for split in SPLITS:
        yield at_least("min_split_nodes", split, limits.min_split_nodes, task["split_nodes"][split])
    counts = task["labels"]["train"]
    rarest = int(np.argmin(counts))
    yield at_least("min_train_per_class", task["classes"][rarest], limits.min_train_per_class, counts[rarest])
    for split in SPLITS[1:]:
        leak, distance = task["sibling_leak_share"][split], task["label_distance"][split]
        yield at_most("max_sibling_leak_share", split, limits.max_sibling_leak_share, leak)
        yield at_most("max_label_distance", split, limits.max_label_distance, distance)


def _drift_checks(now: Statistics, then: Statistics, limits: DriftLimits) -> Iterator[Check | None]:
    for kind, name, limit in (
        ("node_sets", "drift.max_node_change", limits.max_node_change),
        ("edge_sets", "drift.max_edge_change", limits.max_edge_change),
    ):
        for key in sorted(now[kind].keys() & then[kind].keys()):
            sizes = now[kind][key]["size"], then[kind][key]["size"]
            yield _drift(name, key, limit, abs(sizes[0] - sizes[1]) / max(sizes[1], 1))
    counts = [_class_counts(statistics["task"]) for statistics in (now, then)]
    names = sorted(counts[0].keys() | counts[1].keys())
    distance = total_variation(*([each.get(name, 0) for name in names] for each in counts))
    yield _drift("drift.max_label_distance", now["task"]["node_set"], limits.max_label_distance, distance)
    for key in sorted(now["node_sets"].keys() & then["node_sets"].keys()):
        features = now["node_sets"][key]["features"], then["node_sets"][key]["features"]
        for feature in sorted(features[0].keys() & features[1].keys()):
            shift = _shift(features[0][feature], features[1][feature])
            if shift is not None:
                yield _drift("drift.max_feature_shift", f"{key}.{feature}", limits.max_feature_shift, shift)


def _drift(name: str, where: str, limit: float | None, got: float) -> Check | None:
    return None if limit is None else at_most(name, where, limit, got)


def _class_counts(task: Statistics) -> dict[str, int]:
    totals = np.sum([task["labels"][split] for split in SPLITS], axis=0)
    return dict(zip(task["classes"], totals.tolist(), strict=True))


def _shift(now: Statistics, then: Statistics) -> float | None:
    """The largest change of a column's mean in standard deviations; None where the two cannot be compared."""
    if "mean" not in now or "mean" not in then or now["shape"] != then["shape"]:
        return None
    change = np.abs(np.subtract(now["mean"], then["mean"]))
    spread = np.asarray(then["std"])
    # A column that was constant has no spread of its own to measure by.
    return float(np.max(change / np.where(spread > 0, spread, 1)))
