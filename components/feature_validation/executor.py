"""The work of feature_validation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components import tracking
from components.feature_validation.checks import (
    anomaly_checks,
    check_names,
    drift_checks,
    limit_checks,
    read_anomalies,
)
from components.feature_validation.config import FeatureValidationConfig
from components.feature_validation.drift import measure_drift
from components.feature_validation.report import validation_report
from components.feature_validation.statistics import SPLITS, read_statistics, summarise
from components.step_executor import StepExecutor
from components.validation_checks import Check, breached, conclude

_SCHEMA = "schema.pbtxt"


class Executor(StepExecutor[FeatureValidationConfig]):
    """Writes a ValidationReport folder."""

    config_type = FeatureValidationConfig

    def run(
        self, config: FeatureValidationConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        """Raises DataError with the list of breaches that the configuration does not merely warn of."""
        protos = {split: read_statistics(inputs["statistics"], split) for split in SPLITS}
        statistics = summarise(protos)
        check_names(config, statistics)
        schema = schema_pb2.Schema()
        text_format.Parse((inputs["schema"] / _SCHEMA).read_text(encoding="utf-8"), schema)
        anomalies = [a for split in SPLITS for a in read_anomalies(inputs["anomalies"], split)]
        drifts = measure_drift(protos["train"], protos["eval"], schema, config.drift)
        checks = [
            *anomaly_checks(anomalies),
            *limit_checks(statistics, config.limits),
            *drift_checks(drifts),
        ]
        conclude(
            "feature_validation",
            statistics,
            checks,
            validation_report(statistics, anomalies, drifts, checks),
            outputs["report"],
            fails=lambda check: (config.on_drift if _is_drift(check) else config.on_anomaly) == "fail",
            hint="mend the events or the features, change limits, drift or schema_file, or run with "
            "on_anomaly=warn, on_drift=warn where the change is meant",
            run_id=self._context.pipeline_run_id if self._context else None,
        )
        drifted = sum(map(_is_drift, breached(checks)))
        tracking.metrics({"anomalies": len(anomalies), "drifted_features": drifted})


def _is_drift(check: Check) -> bool:
    return check.name.startswith("drift.")
