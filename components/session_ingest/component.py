"""The spec of session_ingest: no input, one session log."""

from __future__ import annotations

from components.artifacts import SessionLog
from components.session_ingest.config import SessionIngestConfig
from components.step_component import ExecutorPath, StepComponent, step_spec


class SessionIngest(StepComponent):
    """Reads listening sessions from a source outside the pipeline, or makes them up; output ``sessions``."""

    SPEC_CLASS = step_spec("SessionIngest", inputs={}, outputs={"sessions": SessionLog})
    EXECUTOR_SPEC = ExecutorPath("components.session_ingest.executor.Executor")

    def __init__(self, config: SessionIngestConfig) -> None:
        super().__init__(config, {})
