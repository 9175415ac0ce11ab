"""Tests of components/event_ingest/config.py."""

from __future__ import annotations

from typing import Any

import pytest

from components.event_ingest.config import EventIngestConfig
from noria.errors import ConfigError
from noria.typed_config import parse_config

_LEAST = {"source": {"path": "a.csv"}, "values": ["sales"]}


def _parse(**settings: Any) -> EventIngestConfig:
    return parse_config(EventIngestConfig, {**_LEAST, **settings}, "test")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"values": []}, "both empty"),
        ({"index": ["sales"]}, "name 'sales' twice"),
        ({"index": ["timestamp"]}, "'timestamp' twice"),
        ({"derived": {"sales": ["a"]}}, "name 'sales' twice"),
        ({"derived": {"revenue": []}}, "at least one column"),
        ({"index": ["__offset"]}, "two underscores"),
        ({"timestamp": {"time_zone": "Europe/Londn"}}, "'Europe/Londn' is no time zone"),
        ({"timestamp": {"source_zone": "../etc"}}, "is no time zone"),
        ({"timestamp": {"format": "european"}}, "expected iso, epoch, epoch_ms or a strptime format"),
        ({"timestamp": {"format": "%H:%M:%S.%f"}}, "%f is not read"),
        ({"timestamp": {"format": "%z %H"}}, "%z only at the end"),
        ({"problems": {"missing_timestamp": "keep"}}, "missing_timestamp"),
        ({"problems": {"negativ_value": "keep"}}, "did you mean negative_value"),
        ({"joins": [{"path": "b.csv", "left_on": "x", "columns": []}]}, "columns"),
    ],
)
def test_what_does_not_fit_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _parse(**settings)


def test_value_and_numeric_columns() -> None:
    config = _parse(derived={"revenue": ["Quantity", "UnitPrice"], "double": ["sales", "two"]})
    assert config.value_columns == ("sales", "double", "revenue")
    assert config.numeric_columns == ("sales", "two", "Quantity", "UnitPrice")


def test_another_path_leaves_all_but_the_source_alone() -> None:
    config = _parse(
        source={"path": "data/a.parquet", "package": "some_package", "encoding": "latin-1"},
        joins=[{"path": "b.csv", "left_on": "x", "columns": ["y"]}],
        source_digest="of the old source",
    )
    other = config.with_path("/new/events.csv")
    assert other.source.path == "/new/events.csv"
    assert other.source.package == ""
    assert other.source.encoding == "latin-1"
    assert other.source_digest == ""
    assert other.joins == config.joins
