"""Moving windows at every event, per series: with Temporian, pandas and Polars.

Windows are (t - window, t]. Temporian and Polars give events of one moment the same number; pandas counts
only those that come before in the table, so results are compared at the last event of each moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

# Statistic and days; the names are those of pandas and of Polars.
WINDOWS = [
    *(("sum", days) for days in (7, 14, 28, 56)),
    ("count", 7),
    ("mean", 28),
    ("min", 28),
    ("max", 28),
    ("std", 28),
]
NAMES = [f"{statistic}_{days}d" for statistic, days in WINDOWS]


def with_noria(events: pa.Table, index: list[str]) -> dict[str, Any]:
    """Temporian, fed through Noria's grouping of events; an event set per feature."""
    import temporian as tp

    from components.temporal_features.event_sets import events_set, group_events

    node = tp.input_node(
        [("sales_value", tp.float64)], [(name, tp.str_) for name in index], is_unix_timestamp=True
    )
    # Temporian's own deviation is missing where rounding takes the variance below 0: Noria makes its own.
    mean = node.simple_moving_average(tp.duration.days(28))
    variance = (node * node).simple_moving_average(tp.duration.days(28)) - mean * mean
    outputs = {
        **{f"sum_{days}d": node.moving_sum(tp.duration.days(days)) for days in (7, 14, 28, 56)},
        "count_7d": node.moving_count(tp.duration.days(7)),
        "mean_28d": mean,
        "min_28d": node.moving_min(tp.duration.days(28)),
        "max_28d": node.moving_max(tp.duration.days(28)),
        "std_28d": (variance * (variance > 0.0).cast(tp.float64)) ** 0.5,
    }
    grouped = group_events(events, index, ["sales_value"], 20)
    results: dict[str, Any] = tp.run(outputs, {node: events_set(grouped, node.schema)}, check_execution=False)
    return results


def in_order(result: Any) -> npt.NDArray[np.float64]:
    """Values of an event set, sorted by (series, time)."""
    return np.concatenate([result.data[key].features[0] for key in sorted(result.data)])


def with_pandas(events: pd.DataFrame, index: list[str]) -> dict[str, Any]:
    """``groupby().rolling()``; columns sorted by (series, time)."""
    groups = events.set_index("timestamp").groupby(index, observed=True)["sales_value"]
    options: dict[str, dict[str, Any]] = {"std": {"ddof": 0}}
    return {
        name: getattr(groups.rolling(f"{days}D"), statistic)(**options.get(statistic, {}))
        for name, (statistic, days) in zip(NAMES, WINDOWS, strict=True)
    }


def with_polars(events: pl.DataFrame, index: list[str]) -> pl.DataFrame:
    """``rolling_*_by(...).over(...)``; rows as in ``events``."""
    import polars as pl

    value = pl.col("sales_value")

    def window(statistic: str, days: int) -> pl.Expr:
        if statistic == "count":
            return pl.col("one").rolling_sum_by("timestamp", f"{days}d")
        options: dict[str, Any] = {"ddof": 0} if statistic == "std" else {}
        rolling: pl.Expr = getattr(value, f"rolling_{statistic}_by")("timestamp", f"{days}d", **options)
        return rolling

    return (
        events.lazy()
        .with_columns(pl.lit(1.0).alias("one"))
        .select(
            *(
                window(statistic, days).over(index).alias(name)
                for name, (statistic, days) in zip(NAMES, WINDOWS, strict=True)
            ),
        )
        .collect()
    )
