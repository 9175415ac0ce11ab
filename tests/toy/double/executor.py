"""The toy step double."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components.step_executor import StepExecutor
from toy import work
from toy.config import StepConfig


class Executor(StepExecutor[StepConfig]):
    config_type = StepConfig

    def run(self, config: StepConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
        work.write(outputs["doubles"], [number * 2 for number in work.read(inputs["numbers"])], config)
