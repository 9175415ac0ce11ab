"""Tests of components/feature_validation/drift.py."""

from __future__ import annotations

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.feature_validation.config import FeatureDrift
from components.feature_validation.drift import with_limits

SCHEMA = """
feature { name: "price" type: FLOAT }
feature { name: "own" type: FLOAT drift_comparator { jensen_shannon_divergence { threshold: 0.7 } } }
feature { name: "shop" type: BYTES }
"""


def limits(config: FeatureDrift) -> dict[str, tuple[str, float]]:
    schema = text_format.Parse(SCHEMA, schema_pb2.Schema())
    found = {}
    for feature in with_limits(schema, config).feature:
        for field, comparator in feature.drift_comparator.ListFields():
            found[feature.name] = (field.name, comparator.threshold)
    assert schema == text_format.Parse(SCHEMA, schema_pb2.Schema())
    return found


def test_numbers_and_texts_have_their_measures_and_the_schema_its_own() -> None:
    assert limits(FeatureDrift(max_jensen_shannon=0.25, max_l_infinity=0.125)) == {
        "price": ("jensen_shannon_divergence", 0.25),
        "own": ("jensen_shannon_divergence", 0.7),
        "shop": ("infinity_norm", 0.125),
    }


def test_the_configuration_for_one_feature_stands_before_the_schema() -> None:
    config = FeatureDrift(max_jensen_shannon=0.25, max_l_infinity=None, limit_of={"own": 0.5})
    assert limits(config) == {
        "price": ("jensen_shannon_divergence", 0.25),
        "own": ("jensen_shannon_divergence", 0.5),
    }


def test_ignored_features_have_no_limit() -> None:
    assert limits(FeatureDrift(ignore=("price", "own", "shop"))) == {}
