"""Small tables of events, a configuration of every operation, and what it should give, the slow way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from components.temporal_features.config import TemporalFeaturesConfig
from noria.typed_config import parse_config

DAY = 86_400_000_000
FIRST = int(np.datetime64("2024-02-26T00:00:00", "us").astype(np.int64))  # a Monday

Event = tuple[int, str, str, float]

EVERY_OPERATION: dict[str, Any] = {
    "level": {"op": "moving_sum", "of": "amount", "window": "4d", "times": 0.25},
    "log_level": {"op": "log", "of": "level", "offset": 0.5},
    "sum_2d": {"op": "moving_sum", "of": "amount", "window": "2d"},
    "sum_odd": {"op": "moving_sum", "of": "amount", "window": "31h"},
    "sum_lag": {"op": "moving_sum", "of": "amount", "window": "2d", "lag": "3d"},
    "sum_odd_lag": {"op": "moving_sum", "of": "amount", "window": "2d", "lag": "5h"},
    "relative": {"op": "moving_sum", "of": "amount", "window": "1d", "relative_to": "level"},
    "mean": {"op": "moving_mean", "of": "amount", "window": "3d"},
    "lowest": {"op": "moving_min", "of": "amount", "window": "3d"},
    "highest": {"op": "moving_max", "of": "amount", "window": "3d"},
    "deviation": {"op": "moving_std", "of": "amount", "window": "3d"},
    "count": {"op": "moving_count", "window": "3d"},
    "count_odd": {"op": "moving_count", "window": "7h", "lag": "2h"},
    "all": {"op": "moving_sum", "of": "amount", "window": "2d", "across": []},
    "shop_max": {"op": "moving_max", "of": "amount", "window": "2d", "lag": "1d", "across": ["shop"]},
    "count_all": {"op": "moving_count", "window": "3h", "across": []},
    "last": {"op": "lag", "of": "amount", "by": "1d"},
    "sum_before": {"op": "lag", "of": "sum_2d", "by": "2d"},
    "change": {"op": "difference", "of": "sum_2d", "minus": "sum_before"},
    "ratio": {"op": "ratio", "of": "sum_2d", "by": "count"},
    "since": {"op": "since_last"},
    "mean_of_sums": {"op": "moving_mean", "of": "sum_2d", "window": "4d", "every": "2d"},
    "highest_of_sums": {"op": "moving_max", "of": "sum_2d", "window": "4d", "every": "2d", "lag": "1d"},
    "deviation_of_sums": {"op": "moving_std", "of": "sum_2d", "window": "3d"},
    "hour": {"op": "calendar", "part": "hour"},
    "weekday": {"op": "calendar", "part": "day_of_week"},
    "day": {"op": "calendar", "part": "day_of_month", "times": 2.0},
    "day_of_year": {"op": "calendar", "part": "day_of_year"},
    "month": {"op": "calendar", "part": "month"},
    "week": {"op": "calendar", "part": "week"},
}
BASE: dict[str, Any] = {
    "tick": "1d",
    "horizon": "2d",
    "label": {"op": "sum", "of": "amount"},
    "scale": "level",
    "history": "1d",
    "min_active": 1,
    "on_long_window": "warn",
}


def config(features: dict[str, Any] = EVERY_OPERATION, **changes: Any) -> TemporalFeaturesConfig:
    """The configuration of these tests."""
    tree = {**BASE, "features": features, **changes}
    return parse_config(TemporalFeaturesConfig, tree, origin="test")


def table(events: Sequence[Event]) -> pa.Table:
    """Events as event_ingest writes them."""
    ordered = sorted(events, key=lambda event: event[0])
    times, shops, goods, amounts = zip(*ordered, strict=True)
    return pa.table(
        {
            "timestamp": pa.array(times, pa.int64()).cast(pa.timestamp("us")),
            "shop": pa.array(shops, pa.string()),
            "good": pa.array(goods, pa.string()),
            "amount": pa.array(amounts, pa.float64()),
        }
    )


@st.composite
def event_lists(draw: st.DrawFn, days: int = 9) -> list[Event]:
    """Up to 40 events of up to four series, some at exactly midnight, some without an amount."""
    moment = st.one_of(
        st.integers(0, days).map(lambda day: day * DAY), st.integers(0, days * DAY), st.just(days * DAY)
    )
    amount = st.one_of(st.integers(-400, 4000).map(lambda cents: cents / 4), st.just(math.nan))
    event = st.tuples(moment, st.sampled_from(["east", "west"]), st.sampled_from(["tea", "ink"]), amount)
    drawn = draw(st.lists(event, min_size=1, max_size=40))
    # The first and the last day always have an event, so that the grid is known.
    ends = [(1, "east", "tea", 1.0), (days * DAY, "east", "tea", 2.0)]
    return [(FIRST + time, *rest) for time, *rest in [*drawn, *ends]]


class Oracle:
    """Every operation for one series and tick, straight from its definition."""

    def __init__(self, events: Sequence[Event], config: TemporalFeaturesConfig) -> None:
        self.events, self.config = sorted(events, key=lambda event: event[0]), config
        self.start = -(-min(e[0] for e in events) // DAY) * DAY - DAY

    def value(self, name: str, shop: str, good: str, tick: int) -> float:
        feature = self.config.features[name]
        result = getattr(self, "_" + feature.op)(feature, shop, good, tick) * feature.times
        if feature.relative_to:
            return _divide(result, self.value(feature.relative_to, shop, good, tick))
        return result

    def label(self, shop: str, good: str, tick: int) -> float:
        end = tick + self.config.horizon * 1_000_000
        if end > -(-max(e[0] for e in self.events) // DAY) * DAY:
            return math.nan
        inside = [e[3] for e in self.events if tick < e[0] <= end and e[1:3] == (shop, good)]
        known = [v for v in inside if not math.isnan(v)]
        return sum(known) if self.config.label.op == "sum" else (np.mean(known) if known else math.nan)

    def _window(self, feature: Any, shop: str, good: str, tick: int) -> list[float]:
        end = tick - (feature.lag or 0) * 1_000_000
        start = end - feature.window * 1_000_000
        if getattr(feature, "of", "") in self.config.features:
            step = (feature.every or self.config.tick) * 1_000_000
            times = [t for t in range(end, start, -step) if t > self.start]
            values = [self.value(feature.of, shop, good, t) for t in times]
            return [v for v in values if not math.isnan(v)]
        keep = feature.across if feature.across is not None else ["shop", "good"]
        inside = [
            e
            for e in self.events
            if start < e[0] <= end
            and (e[1] == shop or "shop" not in keep)
            and (e[2] == good or "good" not in keep)
        ]
        if feature.op == "moving_count":
            return [1.0] * len(inside)
        return [e[3] for e in inside if not math.isnan(e[3])]

    def _moving_sum(self, *args: Any) -> float:
        return float(sum(self._window(*args)))

    _moving_count = _moving_sum

    def _moving_mean(self, *args: Any) -> float:
        return float(np.mean(self._window(*args) or [math.nan]))

    def _moving_min(self, *args: Any) -> float:
        return min(self._window(*args), default=math.nan)

    def _moving_max(self, *args: Any) -> float:
        return max(self._window(*args), default=math.nan)

    def _moving_std(self, *args: Any) -> float:
        return float(np.std(self._window(*args) or [math.nan]))

    def _lag(self, feature: Any, shop: str, good: str, tick: int) -> float:
        before = tick - feature.by * 1_000_000
        if feature.of in self.config.features:
            return self.value(feature.of, shop, good, before) if before > self.start else math.nan
        known = [e[3] for e in self.events if e[0] <= before and e[1:3] == (shop, good)]
        return known[-1] if known else math.nan

    def _difference(self, feature: Any, *at: Any) -> float:
        return self.value(feature.of, *at) - self.value(feature.minus, *at)

    def _ratio(self, feature: Any, *at: Any) -> float:
        return _divide(self.value(feature.of, *at), self.value(feature.by, *at))

    def _log(self, feature: Any, *at: Any) -> float:
        value = self.value(feature.of, *at)
        return math.nan if math.isnan(value) else math.log(feature.offset + max(value, 0.0))

    def _since_last(self, _: Any, shop: str, good: str, tick: int) -> float:
        known = [e[0] for e in self.events if e[0] <= tick and e[1:3] == (shop, good)]
        return (tick - known[-1]) / DAY if known else math.nan

    def _calendar(self, feature: Any, *at: Any) -> float:
        time = np.datetime64(at[-1], "us").astype("datetime64[us]").item()
        parts = {
            "hour": time.hour,
            "day_of_week": time.weekday(),
            "day_of_month": time.day,
            "day_of_year": time.timetuple().tm_yday,
            "month": time.month,
            "week": time.isocalendar().week,
        }
        return float(parts[feature.part])


def _divide(numerator: float, denominator: float) -> float:
    return math.nan if denominator == 0 or math.isnan(denominator) else numerator / denominator
