"""The toy step total, which writes a promotion record, too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components.step_executor import StepExecutor
from noria.files import write_json
from toy import work
from toy.config import StepConfig


class Executor(StepExecutor[StepConfig]):
    config_type = StepConfig

    def run(self, config: StepConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
        total = sum(work.read(inputs["squares"])) + sum(work.read(inputs["doubles"]))
        work.write(outputs["total"], [total], config)
        gate = {"name": "total", "limit": 10.0, "got": total, "passed": total >= 10}
        reason = "Promoted: every gate holds." if gate["passed"] else "Not promoted: total is too small."
        write_json(
            outputs["promotion"] / "promotion.json",
            {"registered_model": "toy", "gates": [gate], "promoted": gate["passed"], "reason": reason},
        )
