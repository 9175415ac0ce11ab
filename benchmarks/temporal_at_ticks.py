"""The features of configs/temporal.yaml as a user of pandas and one of Polars would write them.

Both sum up days first: what a good user does, who knows that ticks are days. The result of either is one row
per department and tick with the columns of the configuration, sorted by (department, timestamp).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

HISTORY = 56


def with_pandas(events: pd.DataFrame) -> pd.DataFrame:
    """Wide frames, a column per department: everything moves over rows at once."""
    import pandas as pd

    # The tick that ends the day; an event at exactly midnight belongs to the day before.
    tick = events["timestamp"].dt.ceil("D")
    groups = events.groupby([tick, "department"], observed=True)
    found = groups.agg(value=("sales_value", "sum"), lines=("sales_value", "size"))
    ticks = pd.date_range(tick.iloc[0], tick.iloc[-1], name="timestamp")
    days = found["value"].unstack().reindex(ticks).fillna(0.0)
    lines = found["lines"].unstack().reindex(ticks).fillna(0.0)

    def total(frame: Any, window: int, lag: int = 0) -> Any:
        return frame.rolling(window, min_periods=1).sum().shift(lag, fill_value=0.0)

    level, week, lines_28d = total(days, 28) / 4, total(days, 7), total(lines, 28) / 4
    everything = days.sum(axis=1)
    all_level = total(everything, 28) / 4
    weeks = np.stack([week.shift(7 * k).to_numpy() for k in range(8)])
    features: dict[str, Any] = {
        "level": level,
        "log_level": np.log(1 + level.clip(lower=0)),
        "week": week / level,
        "fortnight": total(days, 14) / 2 / level,
        "eight_weeks": total(days, 56) / 8 / level,
        **{f"week_{k}": total(days, 7, 7 * k) / level for k in range(1, 7)},
        "week_count": total(lines, 7) / lines_28d,
        "log_price": np.log(1 + (level / lines_28d).clip(lower=0)),
        "month_ago": total(days, 7, 23) / level,
    }
    for name, statistic in (("weekly_std", np.std), ("weekly_max", np.max), ("weekly_min", np.min)):
        features[name] = pd.DataFrame(statistic(weeks, axis=0), ticks, days.columns) / level
    columns = {name: frame.iloc[HISTORY - 1 :].to_numpy().T.ravel() for name, frame in features.items()}
    rows = ticks[HISTORY - 1 :]
    for name, series in (
        ("all_week", total(everything, 7) / all_level),
        ("all_month_ago", total(everything, 7, 23) / all_level),
    ):
        columns[name] = np.tile(series.iloc[HISTORY - 1 :].to_numpy(), days.shape[1])
    columns["day_of_week"] = np.tile(rows.dayofweek, days.shape[1])
    columns["day_of_month"] = np.tile(rows.day, days.shape[1])
    keys = {
        "department": np.repeat(days.columns.astype(str), len(rows)),
        "timestamp": np.tile(rows.to_numpy(), days.shape[1]),
    }
    return pd.DataFrame({**keys, **columns})


def with_polars(events: pl.DataFrame) -> pl.DataFrame:
    """One lazy query over a dense table of department and day."""
    import polars as pl

    value, lines = pl.col("value"), pl.col("lines")
    tick = (pl.col("timestamp") - pl.duration(microseconds=1)).dt.truncate("1d") + pl.duration(days=1)
    found = (
        events.lazy()
        .group_by("department", tick)
        .agg(
            pl.col("sales_value").sum().alias("value"),
            pl.len().cast(pl.Float64).alias("lines"),
        )
        .collect()
        .lazy()
    )
    ticks = found.select(
        pl.datetime_range(pl.col("timestamp").min(), pl.col("timestamp").max(), "1d").alias("timestamp")
    )
    grid = (
        found.select(pl.col("department").unique())
        .join(ticks, how="cross")
        .join(found, on=["department", "timestamp"], how="left")
        .sort(pl.col("department").cast(pl.String), "timestamp")
        .with_columns(value.fill_null(0.0), lines.fill_null(0.0))
    )

    def total(column: pl.Expr, window: int, lag: int = 0) -> pl.Expr:
        return column.rolling_sum(window, min_samples=1).shift(lag, fill_value=0.0)

    everything = (
        grid.group_by("timestamp")
        .agg(value.sum())
        .sort("timestamp")
        .select(
            "timestamp",
            (total(value, 7) / (total(value, 28) / 4)).alias("all_week"),
            (total(value, 7, 23) / (total(value, 28) / 4)).alias("all_month_ago"),
        )
    )
    level, week = pl.col("level"), pl.col("total")
    features = grid.with_columns(
        (total(value, 28) / 4).over("department").alias("level"),
        (total(lines, 28) / 4).over("department").alias("lines_28d"),
        total(value, 7).over("department").alias("total"),
        (pl.col("timestamp").dt.epoch("d") % 7).alias("phase"),
    ).with_columns(
        (1 + level.clip(0)).log().alias("log_level"),
        (week / level).alias("week"),
        (total(value, 14).over("department") / 2 / level).alias("fortnight"),
        (total(value, 56).over("department") / 8 / level).alias("eight_weeks"),
        *((total(value, 7, 7 * k).over("department") / level).alias(f"week_{k}") for k in range(1, 7)),
        (total(lines, 7).over("department") / pl.col("lines_28d")).alias("week_count"),
        (1 + (level / pl.col("lines_28d")).clip(0)).log().alias("log_price"),
        (total(value, 7, 23).over("department") / level).alias("month_ago"),
        (week.rolling_std(8, min_samples=1, ddof=0).over("department", "phase") / level).alias("weekly_std"),
        (week.rolling_max(8, min_samples=1).over("department", "phase") / level).alias("weekly_max"),
        (week.rolling_min(8, min_samples=1).over("department", "phase") / level).alias("weekly_min"),
        (pl.col("timestamp").dt.weekday() - 1).alias("day_of_week"),
        pl.col("timestamp").dt.day().alias("day_of_month"),
    )
    first = pl.col("timestamp").min() + pl.duration(days=HISTORY - 1)
    return (
        features.filter(pl.col("timestamp") >= first)
        .join(everything, on="timestamp", how="left", maintain_order="left")
        .collect()
    )
