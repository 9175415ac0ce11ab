"""Configuration of temporal_features."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from components.temporal_features.feature_ops import Feature, Moving, MovingCount, Shift
from noria.durations import DAY, WEEK, Duration, duration_text
from noria.typed_config import TypedConfig

RESERVED = ("timestamp", "label", "value")


class LabelConfig(TypedConfig):
    """What is to be forecast."""

    op: Literal["sum", "mean"] = Field("sum", description="Sum or mean over (tick, tick + horizon].")
    of: str = Field(description="A value column of the events.")


class TemporalFeaturesConfig(TypedConfig):
    """Which features and label are computed, when, and how."""

    tick: Duration = Field(
        "1d",
        validate_default=True,
        description="Time between two rows of a series: ticks lie at its multiples from local midnight. It "
        "divides a day, or is whole days.",
    )
    start: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = Field(
        "monday", description="The weekday that ticks of whole weeks start at."
    )
    period: Duration | None = Field(
        None,
        description="Length of the periods whose totals baselines are made of; divides tick and horizon. "
        "Null: the tick, or a day where that is longer.",
    )
    horizon: Duration = Field(description="How far ahead the label reaches.")
    label: LabelConfig = Field(description="What is to be forecast.")
    scale: str = Field(description="The feature (> 0) that labels are divided by for training.")
    history: Duration = Field(description="Time from the first event to the first tick.")
    min_active: int = Field(
        2, ge=1, description="Periods with an event that a series needs; rarer ones are dropped and counted."
    )
    engine: Literal["memory", "beam"] = Field(
        "memory", description="memory: Temporian in the step. beam: Temporian on the target's Beam runner."
    )
    on_long_window: Literal["warn", "fail"] = Field(
        "fail", description="What to do where a feature's window is longer than the data."
    )
    binary_places: int = Field(
        20,
        ge=0,
        le=60,
        description="Event values are rounded to multiples of 2**-binary_places (20: about 1e-6). Sums are "
        "then exact, whatever was added and taken away before, in whatever order.",
    )
    features: dict[str, Feature] = Field(min_length=1, description="The features by name.")

    @property
    def period_seconds(self) -> int:
        """``period``, or what stands for it."""
        return self.period or min(self.tick, DAY)

    def names(self) -> list[str]:
        """Features that models see. Sorted: a mapping in a configuration has no order on Kubeflow."""
        return sorted(name for name, feature in self.features.items() if not feature.hidden)

    def columns(self) -> tuple[str, ...]:
        """Value columns of the events that label and features are made from, sorted."""
        used = {name for feature in self.features.values() for name in feature.sources_used().values()}
        return tuple(sorted((used - set(self.features)) | {self.label.of}))

    def reach(self, name: str) -> int:
        """Seconds that a feature looks back from its tick, through the features that it is made from."""
        feature = self.features[name]
        own = 0
        if isinstance(feature, Shift) and feature.op == "lag":
            own = feature.by
        elif isinstance(feature, Moving) and feature.of in self.features:
            # The oldest value taken lies a whole number of steps back, and less than the window.
            step = feature.every or self.tick
            own = (feature.window - 1) // step * step + (feature.lag or 0)
        elif isinstance(feature, Moving | MovingCount):
            own = feature.reach()
        sources = [self.reach(used) for used in feature.sources_used().values() if used in self.features]
        beside = [self.reach(used) for used in feature.features_used().values()]
        return max([own + max(sources, default=0), *beside])

    def in_order(self) -> list[str]:
        """Every feature after those that it is made from, else by name."""
        done: list[str] = []
        for name in sorted(self.features):
            _visit(self.features, name, (), done)
        return done

    @field_validator("features")
    @classmethod
    def _check_names(cls, features: dict[str, Feature]) -> dict[str, Feature]:
        for name, feature in features.items():
            if name in RESERVED or name.startswith("_") or not name.isidentifier():
                raise ValueError(
                    f"{name!r} cannot be a feature's name: letters, digits and _ only, no _ in front, and "
                    f"none of {', '.join(RESERVED)}"
                )
            for field, used in feature.features_used().items():
                if used not in features:
                    raise ValueError(f"{name}.{field} is {used!r}, which is no feature")
        for name in features:
            _visit(features, name, (), [])
        return features

    @model_validator(mode="after")
    def _check_times(self) -> TemporalFeaturesConfig:
        if DAY % self.tick and self.tick % DAY:
            raise ValueError(
                f"tick is {duration_text(self.tick)}: it has to divide a day or to be whole days"
            )
        period = duration_text(self.period_seconds)
        for name, length in (("tick", self.tick), ("horizon", self.horizon)):
            if length % self.period_seconds:
                raise ValueError(f"{name} is {duration_text(length)}, no multiple of the period of {period}")
        if self.scale not in self.features:
            raise ValueError(f"scale is {self.scale!r}, which is no feature")
        if not self.names():
            raise ValueError("every feature is hidden: models would see none")
        for name, feature in self.features.items():
            lengths = {"by": feature.by} if isinstance(feature, Shift) else {}
            if isinstance(feature, Moving) and feature.of in self.features:
                lengths = {"every": feature.every or self.tick, "lag": feature.lag or self.tick}
                if feature.across is not None:
                    raise ValueError(f"{name}.across works over event columns, and {feature.of} is a feature")
            elif isinstance(feature, Moving) and feature.every:
                raise ValueError(f"{name}.every works over features, and {feature.of} is none")
            for field, length in lengths.items():
                if length % self.tick and getattr(feature, "of", None) in self.features:
                    raise ValueError(
                        f"{name}.{field} is {duration_text(length)}, but features have values only at ticks: "
                        f"give a multiple of {duration_text(self.tick)}"
                    )
        return self

    @property
    def origin(self) -> int:
        """Seconds from 1970-01-01 (a Thursday) to a moment that ticks lie whole multiples from."""
        if self.tick % WEEK:
            return 0
        days = ("thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday")
        return days.index(self.start) * DAY


def _visit(features: dict[str, Feature], name: str, way: tuple[str, ...], done: list[str]) -> None:
    if name in done:
        return
    if name in way:
        raise ValueError(f"{name} is made from itself: {' -> '.join([*way[way.index(name) :], name])}")
    feature = features[name]
    for used in (*feature.features_used().values(), *feature.sources_used().values()):
        if used in features:
            _visit(features, used, (*way, name), done)
    done.append(name)
