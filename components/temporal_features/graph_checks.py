"""What is checked of a graph before anything is computed: columns that exist, and no look into the future."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import temporian as tp

from components.temporal_features.config import TemporalFeaturesConfig
from noria.errors import ConfigError

Node = Any


def check_columns(config: TemporalFeaturesConfig, index: Sequence[str], values: Sequence[str]) -> None:
    """Raises ConfigError that names the feature where a configuration does not fit the events' columns."""
    if clash := sorted(set(config.features) & {*index, *values}):
        raise ConfigError(
            f"features are called like columns of the events: {', '.join(clash)}",
            hint="give these features other names",
        )
    fields = {"label.of": [config.label.of]}
    for name, feature in config.features.items():
        for field, source in feature.sources_used().items():
            if source not in config.features:
                fields[f"features.{name}.{field}"] = [source]
    for field, (source,) in fields.items():
        if source not in values:
            raise ConfigError(
                f"{field} is {source!r}, but the events' value columns are {', '.join(values) or 'none'}"
                + ("" if field == "label.of" else f", and the features {', '.join(sorted(config.features))}")
            )
    for name, feature in config.features.items():
        unknown = [c for c in (getattr(feature, "across", None) or []) if c not in index]
        if unknown:
            raise ConfigError(
                f"features.{name}.across names {', '.join(unknown)}, but the events' index columns are "
                f"{', '.join(index) or 'none'}"
            )


def refuse_leaks(features: dict[str, Node]) -> None:
    """Raises ConfigError that names every feature which looks into the future."""
    leaking = [name for name, node in features.items() if tp.has_leak(node)]
    if leaking:
        raise ConfigError(
            f"features that look into the future: {', '.join(leaking)}",
            hint="a feature may use what happened up to its tick only: take `lead` out, or make it a `lag`",
        )


def horizons(node: Node) -> set[float]:
    """How far ahead the leaks that a node is made from look, in seconds."""
    found: set[float] = set()
    waiting, seen = [node], set()
    while waiting:
        creator = waiting.pop().creator
        if creator is None or id(creator) in seen:
            continue
        seen.add(id(creator))
        if creator.operator_key() == "LEAK":
            found.add(creator.duration)
        waiting += creator.inputs.values()
    return found
