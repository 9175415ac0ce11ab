"""Batch scoring: new events in, a forecast per series and tick out.

The feature graph is the one that was saved when the model was trained, so the same events give the same
features and the same forecasts as in training.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.event_ingest.config import EventIngestConfig
from components.event_ingest.event_table import TIMESTAMP, EventFacts, EventTable
from components.event_ingest.ingest import ingest
from components.forecast_training.forecast_model import ForecastModel
from components.forecast_training.forecasts import quantile_column
from components.model_folder import ModelFolder
from components.temporal_features.feature_graph import FeatureGraph
from components.temporal_features.feature_table import GRAPH
from noria.errors import DataError
from noria.files import replacing


@dataclass(frozen=True)
class Scored:
    """What was written.

    Attributes:
        events: What became of the events' rows.
        rows: Forecasts written.
        series: Series among them.
        first: The earliest tick, ISO 8601, wall clock of the events' zone; ``last``: the latest.
        without_scale: Ticks left out because the series had no sales to scale a forecast by.
    """

    events: EventFacts
    rows: int
    series: int
    first: str
    last: str
    without_scale: int


def score(config: EventIngestConfig, model: Path, output: Path, latest: bool = False) -> Scored:
    """Forecasts every tick that the events allow.

    Args:
        config: How the events are read; its source is the file of new events. They have to reach back as
            far as the longest window and lag of the feature graph.
        model: A TrainedModel folder of forecast_training.
        output: Parquet file to write: the index columns, ``timestamp`` (the tick), ``forecast`` (for the
            horizon after it, in the unit of the target) and a column per quantile.
        latest: Only the last tick.

    Raises:
        DataError: The events cannot be read, are too short, or the folder holds no forecaster.
    """
    folder = ModelFolder.load(model)
    forecaster = ForecastModel.load(model)
    with tempfile.TemporaryDirectory() as scratch:
        # What was too rare to train on may still be asked for.
        facts = ingest(config.model_copy(update={"min_events": 1}), Path(scratch))
        table = FeatureGraph.load(forecaster.feature_graph / GRAPH).compute(
            EventTable.load(Path(scratch)).read()
        )
    index: list[str] = list(folder.card.facts["index"])
    scale_name: str = folder.card.facts["scale"]
    if latest and len(table):
        # Before rows are left out: a series that went quiet has no forecast now, not an old one.
        table = table.filter(pc.equal(table[TIMESTAMP], pc.max(table[TIMESTAMP])))
    usable = pc.and_(pc.is_finite(table[scale_name]), pc.greater(table[scale_name], 0))
    without_scale = len(table) - int(pc.sum(usable).as_py() or 0)
    table = table.filter(usable)
    if not len(table):
        raise DataError(
            f"the {facts.rows} events from {facts.first} to {facts.last} allow no forecast",
            hint="give events that reach back as far as the feature graph's windows (features.history)",
        )
    matrix = np.stack([table[name].to_numpy() for name in folder.card.facts["features"]], axis=1)
    prediction = forecaster.predict(matrix.astype(np.float32))
    scale = table[scale_name].to_numpy().astype(np.float64)
    columns: dict[str, Any] = {name: table[name] for name in (*index, TIMESTAMP)}
    columns["forecast"] = scale * prediction.forecast_relative
    for position, level in enumerate(folder.card.facts["quantiles"]):
        columns[quantile_column(level)] = scale * prediction.quantiles_relative[:, position]
    result = pa.table(columns).sort_by([(name, "ascending") for name in (TIMESTAMP, *index)])
    with replacing(output) as temporary:
        pq.write_table(result, temporary)
    ticks = pc.min_max(result[TIMESTAMP]).as_py()
    return Scored(
        events=facts,
        rows=len(result),
        series=len(result.group_by(index).aggregate([])) if index else 1,
        first=ticks["min"].isoformat(),
        last=ticks["max"].isoformat(),
        without_scale=without_scale,
    )
