"""The toy step numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from components.step_executor import StepExecutor
from toy import work
from toy.config import NumbersConfig


class Executor(StepExecutor[NumbersConfig]):
    config_type = NumbersConfig

    def run(self, config: NumbersConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
        del inputs
        numbers = json.loads(config.source.read_text()) if config.source else list(range(config.count))
        print("Beam's options:", *self.beam_pipeline_args)
        work.write(outputs["numbers"], numbers, config)
