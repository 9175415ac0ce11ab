"""The work of model_promotion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.device_check.record import DeviceRecord
from components.evaluation_record import EvaluationRecord
from components.model_folder import ModelFolder
from components.model_promotion.config import ModelPromotionConfig
from components.model_promotion.promote import Candidate, promote
from components.model_promotion.report import write_report
from components.step_executor import StepExecutor


class Executor(StepExecutor[ModelPromotionConfig]):
    """Registers ``model`` and promotes it when ``evaluation``, ``tflite`` and ``devices`` pass the gates."""

    config_type = ModelPromotionConfig

    def run(
        self, config: ModelPromotionConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        folder = outputs["promotion"]
        candidate = Candidate(
            ModelFolder.load(inputs["model"]),
            EvaluationRecord.load(inputs["evaluation"]),
            inputs.get("tflite"),
            DeviceRecord.load(inputs["devices"]) if "devices" in inputs else None,
        )
        promotion = promote(candidate, config)
        promotion.save(folder)
        write_report(promotion, folder / "report.html")
        # Named, because a pipeline may promote more than one model.
        tracking.metric(f"promoted_{promotion.registered_model}", float(promotion.promoted))
        tracking.params({"registered_model": promotion.registered_model, "version": promotion.version})
        tracking.artifact(folder / "promotion.json")
        tracking.artifact(folder / "report.html")
