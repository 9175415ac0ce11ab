"""The spec of field_ingest: no input, one set of fields."""

from __future__ import annotations

from components.artifacts import FieldSet
from components.field_ingest.config import FieldIngestConfig
from components.step_component import ExecutorPath, StepComponent, step_spec


class FieldIngest(StepComponent):
    """Reads or generates fields and reads labelled images; output ``fields``."""

    SPEC_CLASS = step_spec("FieldIngest", inputs={}, outputs={"fields": FieldSet})
    EXECUTOR_SPEC = ExecutorPath("components.field_ingest.executor.Executor")

    def __init__(self, config: FieldIngestConfig) -> None:
        super().__init__(config, {})
