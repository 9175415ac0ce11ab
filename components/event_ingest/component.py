"""The spec of event_ingest: no input, one table of events."""

from __future__ import annotations

from components.artifacts import EventTable
from components.event_ingest.config import EventIngestConfig
from components.step_component import ExecutorPath, StepComponent, step_spec


class EventIngest(StepComponent):
    """Reads events from a source outside the pipeline; output ``events``."""

    SPEC_CLASS = step_spec("EventIngest", inputs={}, outputs={"events": EventTable})
    EXECUTOR_SPEC = ExecutorPath("components.event_ingest.executor.Executor")

    def __init__(self, config: EventIngestConfig) -> None:
        super().__init__(config, {})
