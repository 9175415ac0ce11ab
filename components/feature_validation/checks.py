"""Anomalies, limits and drift as checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tensorflow_metadata.proto.v0 import anomalies_pb2

from components.feature_validation.config import FeatureLimits, FeatureValidationConfig
from components.feature_validation.drift import Drift
from components.feature_validation.statistics import SPLITS, Statistics
from components.validation_checks import Check, at_least, at_most
from noria.errors import ConfigError, DataError

_FILE = "SchemaDiff.pb"


class Anomaly(NamedTuple):
    """What of a split breaks the schema, in TensorFlow Data Validation's words."""

    split: str
    feature: str
    problem: str
    description: str


def read_anomalies(folder: Path, split: str) -> list[Anomaly]:
    """One split of an ``ExampleAnomalies`` folder; raises DataError where ExampleValidator left none."""
    path = folder / f"Split-{split}" / _FILE
    if not path.is_file():
        raise DataError(
            f"{folder} has no anomalies file of the split {split} ({path.relative_to(folder)})",
            hint="give the output of ExampleValidator over statistics with the splits train and eval",
        )
    proto = anomalies_pb2.Anomalies.FromString(path.read_bytes())
    whole = [("(the split)", proto.dataset_anomaly_info)] if proto.HasField("dataset_anomaly_info") else []
    if proto.data_missing:
        whole.append(("(the split)", anomalies_pb2.AnomalyInfo(short_description="no data")))
    return [
        Anomaly(split, name, reason.short_description, reason.description)
        for name, info in [*whole, *sorted(proto.anomaly_info.items())]
        # What has several reasons calls itself "Multiple errors"; one alone may stand in no list.
        for reason in (info.reason or [info])
    ]


def check_names(config: FeatureValidationConfig, statistics: Statistics) -> None:
    """Raises ConfigError when the configuration names a feature that there is not."""
    known = statistics[SPLITS[0]]["features"].keys()
    for field, names in (
        ("limits.max_missing_share_of", config.limits.max_missing_share_of),
        ("limits.ranges", config.limits.ranges),
        ("drift.limit_of", config.drift.limit_of),
        ("drift.ignore", config.drift.ignore),
    ):
        if unknown := [name for name in names if name not in known]:
            raise ConfigError(
                f"feature_validation: {field} names {', '.join(unknown)}, which is no feature",
                hint=f"there are: {', '.join(known)}",
            )


def anomaly_checks(anomalies: Sequence[Anomaly]) -> list[Check]:
    """One breached check per anomaly, and one kept one per split without any."""
    clean = [
        at_most("anomalies", split, 0, 0) for split in SPLITS if split not in {a.split for a in anomalies}
    ]
    return [
        Check("anomaly", f"{a.split}.{a.feature}", 0, 1, False, f"{a.problem}. {a.description}".strip())
        for a in anomalies
    ] + clean


def limit_checks(statistics: Statistics, limits: FeatureLimits) -> list[Check]:
    """One check per limit, split and feature that it applies to."""
    return list(_limit_checks(statistics, limits))


def _limit_checks(statistics: Statistics, limits: FeatureLimits) -> Iterator[Check]:
    for split, measured in statistics.items():
        yield at_least("min_examples", split, limits.min_examples, measured["examples"])
        for name, values in measured["features"].items():
            where = f"{split}.{name}"
            share = limits.max_missing_share_of.get(name, limits.max_missing_share)
            yield at_most("max_missing_share", where, share, values["missing_share"])
            bounds = limits.ranges.get(name)
            if bounds is None or "min" not in values:
                continue
            if bounds.min is not None:
                yield at_least("ranges.min", where, bounds.min, values["min"])
            if bounds.max is not None:
                yield at_most("ranges.max", where, bounds.max, values["max"])


def drift_checks(drifts: Sequence[Drift]) -> list[Check]:
    """One check per measurement."""
    return [at_most(f"drift.max_{d.measure}", d.feature, d.limit, d.value) for d in drifts]
