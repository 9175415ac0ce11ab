"""A pipeline of TFX's own data validation over made-up features.

1. make_features
2. pipelines.feature_checks
"""

from __future__ import annotations

from typing import Any

from components.artifacts import FeatureTable
from components.step_component import ExecutorPath, StepComponent, step_spec
from pipelines import feature_checks
from pipelines.registry import PipelineEntry
from toy.features_config import FeaturesConfig

PIPELINE = PipelineEntry("features", "TFX's data validation, for tests", "toy.features", "FeaturesConfig")


class MakeFeatures(StepComponent):
    SPEC_CLASS = step_spec("MakeFeatures", inputs={}, outputs={"features": FeatureTable})
    EXECUTOR_SPEC = ExecutorPath("toy.make_features.executor.Executor")


def create_pipeline(config: FeaturesConfig) -> list[Any]:
    """The components, wired."""
    made = MakeFeatures(config.features, {})
    steps = feature_checks.feature_checks(config.checks, made.outputs["features"])
    return [made, *steps.values()]


def check(config: FeaturesConfig) -> None:
    """The schema file has to exist."""
    feature_checks.check(config.checks)
