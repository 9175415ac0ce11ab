"""The contract between temporal_features and what reads features: the layout of a ``FeatureTable`` folder.

Layout::

    features.parquet  one row per series and tick, sorted by (timestamp, index columns): the index columns
                      (string), ``timestamp`` (timestamp[us], wall clock), every feature (float32,
                      NaN = none), ``label`` (float64, sum or mean over the horizon after the tick; NaN
                      where the horizon goes past the data)
    periods.parquet   what baselines are made of: the index columns, ``timestamp`` (start of a period),
                      ``value`` (float64, the target's total in the period; 0 where nothing happened), dense
                      from the first to the last whole period, sorted by (index columns, timestamp)
    graph/            the compiled feature graph, which scoring applies to new events
    features.json     FeatureFacts
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from noria.durations import Duration
from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config

LABEL = "label"
FEATURES, PERIODS, GRAPH, FACTS = "features.parquet", "periods.parquet", "graph", "features.json"


class FeatureFacts(TypedConfig):
    """``features.json``: what the columns are."""

    index: tuple[str, ...] = Field(description="Columns that tell series apart.")
    features: tuple[str, ...] = Field(description="Feature columns in the order that models take them.")
    scale: str = Field(description="The feature (> 0 in every row) that labels are divided by for training.")
    target: str = Field(description="The value column that is forecast.")
    horizon: Duration = Field(description="How far ahead the label reaches.")
    tick: Duration = Field(description="Time between two rows of a series.")
    period: Duration = Field(description="Length of a period in periods.parquet.")
    time_zone: str = Field(description="The zone whose wall-clock time timestamps are.")
    series: int = Field(description="Number of series.")
    data_digest: str = Field(default="", description="Content digest of features.parquet.")


@dataclass(frozen=True)
class FeatureTable:
    """A ``FeatureTable`` folder that was opened."""

    path: Path
    facts: FeatureFacts

    @classmethod
    def load(cls, path: Path) -> FeatureTable:
        """Reads the facts; raises DataError where the folder is none of temporal_features'."""
        if not (path / FACTS).is_file() or not (path / FEATURES).is_file():
            raise DataError(
                f"{path} holds no {FEATURES} with {FACTS}", hint="give temporal_features' output folder"
            )
        return cls(path, parse_config(FeatureFacts, read_json(path / FACTS), origin=str(path / FACTS)))

    def read(self) -> pa.Table:
        """Every row, those without a label included."""
        return pq.read_table(self.path / FEATURES)

    def periods(self) -> pa.Table:
        """The target's total per series and period."""
        return pq.read_table(self.path / PERIODS)

    @property
    def graph(self) -> Path:
        """Folder of the compiled feature graph."""
        return self.path / GRAPH

    def matrix(self, table: pa.Table) -> npt.NDArray[np.float32]:
        """float32 [rows, features] of some rows, in the order of ``facts.features``."""
        columns: list[npt.NDArray[Any]] = [table[name].to_numpy() for name in self.facts.features]
        stacked: npt.NDArray[np.float32] = np.stack(columns, axis=1).astype(np.float32)
        return stacked


def save_facts(path: Path, facts: FeatureFacts) -> None:
    """Writes ``features.json``."""
    write_json(path / FACTS, facts.model_dump(mode="json"))
