"""How far the split eval is from train, measured by TensorFlow Data Validation.

https://www.tensorflow.org/tfx/data_validation/get_started#drift_detection: numbers by the Jensen-Shannon
divergence of their histograms (base 2, so from 0 to 1), texts by the L-infinity distance of the shares of
their values.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from components.feature_validation.config import FeatureDrift

_MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: "jensen_shannon",
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: "l_infinity",
}


class Drift(NamedTuple):
    """One feature's distance between the splits."""

    feature: str
    measure: str
    value: float
    limit: float


def measure_drift(
    train: statistics_pb2.DatasetFeatureStatisticsList,
    held: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    config: FeatureDrift,
) -> list[Drift]:
    """Compares every feature that both splits have and that the configuration does not leave out.

    Args:
        train: Statistics of the split train.
        held: Statistics of the split eval.
        schema: A feature's own ``drift_comparator`` stands before the configuration's general limits.
        config: Limits; ``limit_of`` stands before everything.

    Returns:
        One measurement per feature, in the schema's order.
    """
    compared = with_limits(schema, config)
    anomalies = tfdv.validate_statistics(held, compared, previous_statistics=train)
    return [
        Drift(".".join(info.path.step), _MEASURES[measured.type], measured.value, measured.threshold)
        for info in anomalies.drift_skew_info
        for measured in info.drift_measurements
        if measured.type in _MEASURES
    ]


def with_limits(schema: schema_pb2.Schema, config: FeatureDrift) -> schema_pb2.Schema:
    """A copy of the schema whose features have the limits that drift is to be measured against."""
    compared = schema_pb2.Schema()
    compared.CopyFrom(schema)
    for feature in compared.feature:
        if feature.name in config.ignore:
            feature.ClearField("drift_comparator")
            continue
        own = config.limit_of.get(feature.name)
        if own is None and feature.HasField("drift_comparator"):
            continue
        text = feature.type == schema_pb2.BYTES
        limit = own if own is not None else (config.max_l_infinity if text else config.max_jensen_shannon)
        feature.ClearField("drift_comparator")
        if limit is None:
            continue
        comparator = feature.drift_comparator
        (comparator.infinity_norm if text else comparator.jensen_shannon_divergence).threshold = limit
    return compared
