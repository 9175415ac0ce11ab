"""Compiles the configuration to Temporian graphs: one of features, one of the label and the periods.

Inputs of the graphs, all with the index columns as index: ``events`` (the value columns, float64),
``periods`` (moments at which a period ends, for every series) and ``ticks`` (moments at which features are
wanted). Windows are (tick - window, tick]: Temporian counts an event at the tick itself, and not one that is
a whole window old, so an event at exactly midnight belongs to the day before. Missing values (NaN) count for
nothing but moving_count.

Where window and lag are whole periods, events are first summed up per period, in one pass over them, and the
windows move over the periods' totals; that is exact, because so are the sums (``event_sets``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import temporian as tp

from components.temporal_features.config import TemporalFeaturesConfig
from components.temporal_features.feature_ops import (
    Calendar,
    Difference,
    Feature,
    Log,
    Moving,
    MovingCount,
    Ratio,
    Shift,
    SinceLast,
)
from components.temporal_features.graph_checks import horizons, refuse_leaks
from components.temporal_features.window_parts import Kind, combine, move, no_zero, part, positive
from noria.durations import DAY
from noria.errors import ConfigError

Node = Any
COUNT = "count"
_PHASE = "_phase"


@dataclass(frozen=True)
class Graph:
    """Input nodes and output nodes, each by name."""

    inputs: dict[str, Node]
    outputs: dict[str, Node]


def feature_graph(config: TemporalFeaturesConfig, index: Sequence[str]) -> Graph:
    """The graph of all features that models see: one output ``features``, sampled at the ticks.

    Raises:
        ConfigError: A feature looks into the future.
    """
    compiler = _Compiler(config, index)
    made: dict[str, Node] = {}
    for name in config.in_order():
        made[name] = compiler.feature(name, config.features[name], made)
    refuse_leaks(made)
    return Graph(compiler.inputs, {"features": tp.glue(*(made[name] for name in config.names()))})


def label_graph(config: TemporalFeaturesConfig, index: Sequence[str]) -> Graph:
    """The graph of what only training needs.

    Outputs: ``label`` at the ticks, over (tick, tick + horizon]; ``periods``, at the periods' ends: ``value``
    (total of the target) and ``count`` (number of events).
    """
    compiler = _Compiler(config, index)
    target, horizon = config.label.of, config.horizon
    ahead = {kind: compiler.source(target, kind, whole=True).leak(horizon) for kind in ("sum", "number")}
    label = ahead["sum"].moving_sum(horizon, sampling=compiler.ticks)
    if config.label.op == "mean":
        label = label / no_zero(ahead["number"].moving_sum(horizon, sampling=compiler.ticks))
    if horizons(label) != {horizon}:
        raise ConfigError(f"the label looks {horizons(label)} s ahead, not its horizon of {horizon} s")
    periods = tp.glue(
        compiler.source(target, "sum", whole=True).rename("value"),
        compiler.source(target, "count", whole=True).rename(COUNT),
    )
    return Graph(compiler.inputs, {"label": label.rename("label"), "periods": periods})


class _Compiler:
    def __init__(self, config: TemporalFeaturesConfig, index: Sequence[str]) -> None:
        self._config, self._index = config, list(index)
        keys = [(name, tp.str_) for name in index]
        # Wall-clock time is handed over as if it were UTC: calendar features then are the shop's.
        columns = [(name, tp.float64) for name in config.columns()]
        self.events = tp.input_node(columns, keys, is_unix_timestamp=True, name="events")
        self.periods = tp.input_node([], keys, is_unix_timestamp=True, name="periods")
        self.ticks = tp.input_node([], keys, is_unix_timestamp=True, name="ticks")
        self.inputs = {"events": self.events, "periods": self.periods, "ticks": self.ticks}
        # One column is enough where only times are looked at; Temporian on Beam wants it so.
        self._times = self.events[config.label.of]
        # What several features need is made once.
        self._made: dict[tuple[object, ...], Node] = {}

    def feature(self, name: str, feature: Feature, made: dict[str, Node]) -> Node:
        """One feature at the ticks, float64, named."""
        node = self._operation(feature, made)
        if feature.times != 1.0:
            node = node * feature.times
        if feature.relative_to:
            node = node / self._divisor(feature.relative_to, made)
        return node.rename(name)

    def _operation(self, feature: Feature, made: dict[str, Node]) -> Node:
        match feature:
            case Moving(of=of) if of in made:
                return self._over_feature(feature, made[of])
            case Moving(of=of):
                return self._over_events(feature, of)
            case MovingCount():
                return self._over_events(feature, "")
            case Shift(of=of):
                node = made[of] if of in made else self.events[of]
                shifted = node.lag(feature.by) if feature.op == "lag" else node.leak(feature.by)
                return shifted.resample(self.ticks)
            case Difference():
                return made[feature.of] - made[feature.minus]
            case Ratio():
                return made[feature.of] / self._divisor(feature.by, made)
            case Log():
                return (positive(made[feature.of]) + feature.offset).log()
            case SinceLast():
                # Not Temporian's since_last: it wants ticks for every series of the events.
                last = self._times.timestamps().resample(self.ticks)
                return (self.ticks.timestamps() - last) / float(DAY)
            case Calendar(part=part):
                return getattr(self.ticks, _CALENDAR[part])().cast(tp.float64)
        raise TypeError(f"no such operation: {feature!r}")

    def source(self, column: str, kind: Kind, whole: bool) -> Node:
        """What windows over a column move over: events, or one total per period where ``whole``."""
        make = self._period_totals if whole else self._per_event
        return self._once((column, kind, whole), lambda: make(column, kind))

    def _once(self, key: tuple[object, ...], make: Callable[[], Node]) -> Node:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _divisor(self, name: str, made: dict[str, Node]) -> Node:
        return self._once(("divisor", name), lambda: no_zero(made[name]))

    def _per_event(self, column: str, kind: Kind) -> Node:
        if kind == "count":
            return self._times.timestamps() * 0.0 + 1.0
        return part(self.events[column], kind)

    def _period_totals(self, column: str, kind: Kind) -> Node:
        period = self._config.period_seconds
        if kind == "count":
            return self._times.moving_count(period, sampling=self.periods).cast(tp.float64)
        values = self.source(column, kind, whole=False)
        return move(values, kind, period, self.periods)

    def _over_events(self, feature: Moving | MovingCount, column: str) -> Node:
        period = self._config.period_seconds
        whole = feature.window % period == 0 and (feature.lag or 0) % period == 0
        dropped: list[str] = []
        if feature.across is not None:
            dropped = [c for c in self._index if c not in feature.across]

        def make(kind: Kind) -> Node:
            source, sampling = self.source(column, kind, whole), self.ticks
            if dropped:
                series = tuple(dropped)
                each = source
                source = self._once(
                    (column, kind, whole, series), lambda: each.drop_index(dropped, keep=False)
                )
                sampling = self._once(
                    ("ticks", series),
                    lambda: self.ticks.drop_index(dropped, keep=False).unique_timestamps(),
                )
            if feature.lag:
                source = source.lag(feature.lag)
            moved = move(source, kind, feature.window, sampling)
            return moved.propagate(self.ticks).resample(self.ticks) if dropped else moved

        def window(kind: Kind) -> Node:
            key = ("window", column, kind, feature.window, feature.lag, tuple(dropped))
            return self._once(key, lambda: make(kind))

        return window("count") if isinstance(feature, MovingCount) else combine(feature.op, window)

    def _over_feature(self, feature: Moving, node: Node) -> Node:
        every, lag = feature.every or self._config.tick, feature.lag or 0

        def window(kind: Kind) -> Node:
            source, sampling = part(node, kind), self.ticks
            if every > self._config.tick:
                # Ticks a multiple of `every` apart share a phase; as an index, it keeps the others out.
                phase = (self.ticks.timestamps() % float(every)).cast(tp.int64).rename(_PHASE)
                source = tp.glue(source, phase).add_index(_PHASE)
                sampling = source
                if lag:
                    shifted = (self.ticks.timestamps() + float(lag)) % float(every)
                    moved_phase = shifted.cast(tp.int64).rename(_PHASE)
                    source = tp.glue(part(node, kind), moved_phase).add_index(_PHASE)
            if lag:
                source = source.lag(lag)
            moved = move(source, kind, feature.window, sampling)
            if every > self._config.tick:
                moved = moved.drop_index(_PHASE, keep=False).resample(self.ticks)
            return moved

        return combine(feature.op, window)


_CALENDAR = {
    "hour": "calendar_hour",
    "day_of_week": "calendar_day_of_week",
    "day_of_month": "calendar_day_of_month",
    "day_of_year": "calendar_day_of_year",
    "month": "calendar_month",
    "week": "calendar_iso_week",
}
