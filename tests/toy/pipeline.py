"""The toy pipeline.

1. numbers: makes or reads numbers
2. square, double: work on them, side by side
3. total: adds both up, and writes a gate
"""

from __future__ import annotations

from typing import Any

from components.artifacts import PromotionRecord
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.errors import DataError
from noria.light_tfx import without_frameworks
from pipelines.registry import PipelineEntry
from toy.config import ToyConfig

with without_frameworks():
    from tfx.types.artifact import Artifact

PIPELINE = PipelineEntry("toy", "tiny steps for tests", "toy.pipeline", "ToyConfig")


class Numbers(Artifact):
    """``numbers.json``."""

    TYPE_NAME = "toy.Numbers"


class MakeNumbers(StepComponent):
    SPEC_CLASS = step_spec("MakeNumbers", inputs={}, outputs={"numbers": Numbers})
    EXECUTOR_SPEC = ExecutorPath("toy.numbers.executor.Executor")


class Square(StepComponent):
    SPEC_CLASS = step_spec("Square", inputs={"numbers": Numbers}, outputs={"squares": Numbers})
    EXECUTOR_SPEC = ExecutorPath("toy.square.executor.Executor")


class Double(StepComponent):
    SPEC_CLASS = step_spec("Double", inputs={"numbers": Numbers}, outputs={"doubles": Numbers})
    EXECUTOR_SPEC = ExecutorPath("toy.double.executor.Executor")


class Total(StepComponent):
    SPEC_CLASS = step_spec(
        "Total",
        inputs={"squares": Numbers, "doubles": Numbers},
        outputs={"total": Numbers, "promotion": PromotionRecord},
    )
    EXECUTOR_SPEC = ExecutorPath("toy.total.executor.Executor")


def create_pipeline(config: ToyConfig) -> list[Any]:
    """The components, wired."""
    numbers = MakeNumbers(config.numbers, {})
    square = Square(config.square, {"numbers": numbers.outputs["numbers"]})
    double = Double(config.double, {"numbers": numbers.outputs["numbers"]})
    total = Total(config.total, {"squares": square.outputs["squares"], "doubles": double.outputs["doubles"]})
    return [numbers, square, double, total]


def check(config: ToyConfig) -> None:
    """The source has to exist."""
    if config.numbers.source and not config.numbers.source.exists():
        raise DataError(f"numbers.source: there is no file {config.numbers.source}")
