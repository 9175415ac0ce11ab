"""Data validation of a feature table: the steps that a pipeline puts between features and training.

1. feature_examples: the feature table as TFX's examples, splits train and eval
2. statistics_gen: TFX's StatisticsGen
3. schema_gen: TFX's SchemaGen over the split train, or ImportSchemaGen where a schema file is named
4. example_validator: TFX's ExampleValidator
5. feature_validation: anomalies, limits and drift; a breach fails or warns as configured
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from components.feature_examples.component import FeatureExamples
from components.feature_examples.config import FeatureExamplesConfig
from components.feature_validation.component import FeatureValidation
from components.feature_validation.config import FeatureValidationConfig
from components.tfx_validation import (
    ExampleValidator,
    ImportSchemaGen,
    SchemaGen,
    StatisticsGen,
    check_schema_file,
)
from noria.typed_config import TypedConfig


class FeatureChecksConfig(TypedConfig):
    """How features are validated."""

    examples: FeatureExamplesConfig = Field(
        default_factory=FeatureExamplesConfig, description="Which rows are compared with which."
    )
    schema_file: Path | None = Field(
        None, description="A schema (schema.pbtxt) that was written by hand; null: inferred from train."
    )
    validation: FeatureValidationConfig = Field(
        default_factory=FeatureValidationConfig, description="Limits, drift, and what a breach does."
    )


def check(config: FeatureChecksConfig) -> None:
    """Raises DataError when the schema file does not exist."""
    if config.schema_file is not None:
        check_schema_file(config.schema_file)


def feature_checks(config: FeatureChecksConfig, features: Any) -> dict[str, Any]:
    """The components by id, in order.

    Args:
        config: How features are validated.
        features: The channel of a FeatureTable. What must not run on features that were refused waits for
            ``feature_validation``: ``training.add_upstream_node(checks["feature_validation"])``.
    """
    examples = FeatureExamples(config.examples, features=features)
    statistics = StatisticsGen(examples=examples.outputs["examples"])
    # The split eval is what the schema is to be held against.
    schema = (
        SchemaGen(statistics=statistics.outputs["statistics"], exclude_splits=["eval"])
        if config.schema_file is None
        else ImportSchemaGen(schema_file=config.schema_file)
    )
    if config.schema_file is not None:
        # Nothing flows between them, but the first step of a run to end is taken to name its data.
        schema.add_upstream_node(statistics)
    anomalies = ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"])
    validation = FeatureValidation(
        config.validation,
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["schema"],
        anomalies=anomalies.outputs["anomalies"],
    )
    return {step.id: step for step in (examples, statistics, schema, anomalies, validation)}
