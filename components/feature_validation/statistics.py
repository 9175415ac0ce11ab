"""What StatisticsGen measured, as plain numbers that fit into one JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tensorflow_metadata.proto.v0 import statistics_pb2

from noria.errors import DataError

Statistics = dict[str, Any]

SPLITS = ("train", "eval")
_FILE = "FeatureStats.pb"
_TOP = 5


def read_statistics(folder: Path, split: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """One split of an ``ExampleStatistics`` folder; raises DataError where StatisticsGen left none."""
    path = folder / f"Split-{split}" / _FILE
    if not path.is_file():
        raise DataError(
            f"{folder} has no statistics of the split {split} ({path.relative_to(folder)})",
            hint="give the output of StatisticsGen over examples with the splits train and eval",
        )
    return statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())


def summarise(protos: dict[str, statistics_pb2.DatasetFeatureStatisticsList]) -> Statistics:
    """The numbers that limits are set on and the report shows.

    Args:
        protos: Statistics by split.

    Returns:
        By split: ``examples`` (their number) and ``features``. By feature, in the order of names: ``count``
        and ``missing`` (examples with and without a value), ``missing_share``; of numbers besides ``mean``,
        ``std``, ``min``, ``median``, ``max``, ``zeros`` and ``histogram`` ([low, high, count] of each bin);
        of texts ``unique`` and ``top`` ([value, count] of the most frequent). A feature that one split lacks
        stands there with a count of 0.
    """
    found = {split: _split(proto) for split, proto in protos.items()}
    names = sorted({name for statistics in found.values() for name in statistics["features"]})
    for statistics in found.values():
        examples = statistics["examples"]
        nothing = {"count": 0, "missing": examples, "missing_share": 1.0 if examples else 0.0}
        statistics["features"] = {name: statistics["features"].get(name, nothing) for name in names}
    return found


def _split(proto: statistics_pb2.DatasetFeatureStatisticsList) -> Statistics:
    (data,) = proto.datasets
    return {
        "examples": int(data.num_examples),
        "features": {_name(feature): _feature(feature, data.num_examples) for feature in data.features},
    }


def _name(feature: statistics_pb2.FeatureNameStatistics) -> str:
    return feature.name or ".".join(feature.path.step)


def _feature(feature: statistics_pb2.FeatureNameStatistics, examples: int) -> Statistics:
    kind = feature.WhichOneof("stats")
    if kind is None:
        return {"count": 0, "missing": int(examples), "missing_share": 1.0 if examples else 0.0}
    measured = getattr(feature, kind)
    count = int(measured.common_stats.num_non_missing)
    result: Statistics = {
        "count": count,
        "missing": int(examples) - count,
        "missing_share": 1 - count / examples if examples else 0.0,
    }
    if kind == "num_stats" and count:
        result |= {
            "mean": measured.mean,
            "std": measured.std_dev,
            "min": measured.min,
            "median": measured.median,
            "max": measured.max,
            "zeros": int(measured.num_zeros),
            "histogram": _histogram(measured),
        }
    elif kind == "string_stats":
        top = [[value.value, int(value.frequency)] for value in measured.top_values[:_TOP]]
        result |= {"unique": int(measured.unique), "top": top}
    return result


def _histogram(measured: statistics_pb2.NumericStatistics) -> list[list[float]]:
    for histogram in measured.histograms:
        if histogram.type == statistics_pb2.Histogram.STANDARD:
            return [[b.low_value, b.high_value, b.sample_count] for b in histogram.buckets]
    return []
