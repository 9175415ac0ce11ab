"""TFX's own data validation (StatisticsGen, SchemaGen, ImportSchemaGen, ExampleValidator) as light specs.

The executors are TFX's, untouched. Its component classes are not used, because their modules import
TensorFlow Data Validation, and with it TensorFlow and Beam, wherever a pipeline is merely defined.

Parameters, inputs and outputs are named as in ``tfx/types/standard_component_specs.py`` of TFX 1.21, where
the executors read them. One parameter is ours: ``releases``, so that a cache misses when TFX or TensorFlow
Data Validation is another one; the executors do not look at it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

from components.step_component import ExecutorPath
from noria.digests import file_digest
from noria.elsewhere import is_elsewhere
from noria.errors import DataError
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.dsl.components.base.base_component import BaseComponent
    from tfx.types import standard_artifacts
    from tfx.types.channel import BaseChannel, OutputChannel
    from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

_RELEASES = ("tfx", "tensorflow-data-validation", "tfx-bsl", "tensorflow")


class _StockComponent(BaseComponent):
    """A component whose executor is TFX's."""

    SPEC_CLASS: ClassVar[Any]
    EXECUTOR_SPEC: ClassVar[Any]

    def __init__(
        self, name: str, inputs: Mapping[str, BaseChannel], parameters: Mapping[str, str | int]
    ) -> None:
        outputs = {
            key: OutputChannel(parameter.type, self, key)
            for key, parameter in self.SPEC_CLASS.OUTPUTS.items()
        }
        super().__init__(spec=self.SPEC_CLASS(**inputs, **parameters, **outputs, releases=_releases()))
        self.with_id(name)


def _spec(
    name: str, inputs: Mapping[str, type], outputs: Mapping[str, type], parameters: Mapping[str, type]
) -> type[ComponentSpec]:
    return type(
        f"{name}Spec",
        (ComponentSpec,),
        {
            "PARAMETERS": {
                key: ExecutionParameter(type=kind) for key, kind in {**parameters, "releases": str}.items()
            },
            "INPUTS": {key: ChannelParameter(type=kind) for key, kind in inputs.items()},
            "OUTPUTS": {key: ChannelParameter(type=kind) for key, kind in outputs.items()},
        },
    )


class StatisticsGen(_StockComponent):
    """Statistics of every split of ``examples`` on Beam; output ``statistics``."""

    SPEC_CLASS = _spec(
        "StatisticsGen",
        inputs={"examples": standard_artifacts.Examples},
        outputs={"statistics": standard_artifacts.ExampleStatistics},
        parameters={"exclude_splits": str},
    )
    EXECUTOR_SPEC = ExecutorPath("tfx.components.statistics_gen.executor.Executor")

    def __init__(self, *, examples: BaseChannel) -> None:
        super().__init__("statistics_gen", {"examples": examples}, {"exclude_splits": _names(())})


class SchemaGen(_StockComponent):
    """A schema inferred from statistics; output ``schema``."""

    SPEC_CLASS = _spec(
        "SchemaGen",
        inputs={"statistics": standard_artifacts.ExampleStatistics},
        outputs={"schema": standard_artifacts.Schema},
        parameters={"infer_feature_shape": int, "exclude_splits": str},
    )
    EXECUTOR_SPEC = ExecutorPath("tfx.components.schema_gen.executor.Executor")

    def __init__(self, *, statistics: BaseChannel, exclude_splits: Sequence[str] = ()) -> None:
        # A feature with a value in every row of train may still lack one later: no fixed shape.
        super().__init__(
            "schema_gen",
            {"statistics": statistics},
            {"infer_feature_shape": 0, "exclude_splits": _names(exclude_splits)},
        )


class ImportSchemaGen(_StockComponent):
    """A schema that was written or corrected by hand; output ``schema``.

    Raises:
        DataError: There is no such file. (Not asked where it lies on a volume that only the steps see.)
    """

    SPEC_CLASS = _spec(
        "ImportSchemaGen",
        inputs={},
        outputs={"schema": standard_artifacts.Schema},
        parameters={"schema_file": str, "schema_digest": str},
    )
    EXECUTOR_SPEC = ExecutorPath("tfx.components.schema_gen.import_schema_gen.executor.Executor")

    def __init__(self, *, schema_file: Path) -> None:
        digest = ""
        if not is_elsewhere(schema_file):
            check_schema_file(schema_file)
            digest = file_digest(schema_file)
        # TFX's cache knows the file by its name only; the digest is for ours.
        parameters = {"schema_file": str(schema_file), "schema_digest": digest}
        super().__init__("schema_gen", {}, parameters)


class ExampleValidator(_StockComponent):
    """What of ``statistics`` breaks ``schema``; output ``anomalies``."""

    SPEC_CLASS = _spec(
        "ExampleValidator",
        inputs={
            "statistics": standard_artifacts.ExampleStatistics,
            "schema": standard_artifacts.Schema,
        },
        outputs={"anomalies": standard_artifacts.ExampleAnomalies},
        parameters={"exclude_splits": str},
    )
    EXECUTOR_SPEC = ExecutorPath("tfx.components.example_validator.executor.Executor")

    def __init__(self, *, statistics: BaseChannel, schema: BaseChannel) -> None:
        inputs = {"statistics": statistics, "schema": schema}
        super().__init__("example_validator", inputs, {"exclude_splits": _names(())})


def check_schema_file(path: Path) -> None:
    """Raises DataError when there is no such schema file (or it lies where only the steps can see it)."""
    if not is_elsewhere(path) and not path.is_file():
        raise DataError(
            f"schema_file: there is no file {path}",
            hint="leave it out to infer a schema; a run's schema_gen step leaves one to start from "
            "(schema.pbtxt)",
        )


def _names(splits: Sequence[str]) -> str:
    return json.dumps(list(splits))


@cache
def _releases() -> str:
    return " ".join(f"{name}=={version(name)}" for name in _RELEASES)
