"""Does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components.step_executor import StepExecutor
from noria.typed_config import TypedConfig


class NoopConfig(TypedConfig):
    """Nothing to configure."""


class Executor(StepExecutor[NoopConfig]):
    """Leaves its output empty."""

    config_type = NoopConfig

    def run(self, config: NoopConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
        """Returns at once."""
