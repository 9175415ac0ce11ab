"""Reads sessions, or makes them up, and writes them in order of time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.session_ingest.config import SessionIngestConfig
from components.session_ingest.ingest import ingest
from components.session_ingest.report import ingest_report
from components.step_executor import StepExecutor
from noria.files import write_text


class Executor(StepExecutor[SessionIngestConfig]):
    """Writes a SessionLog folder with ``report.html``."""

    config_type = SessionIngestConfig

    def run(
        self,
        config: SessionIngestConfig,
        inputs: Mapping[str, Path],  # noqa: ARG002 - ingest is the pipeline's first step
        outputs: Mapping[str, Path],
    ) -> None:
        """Ingests, draws the report, and reports how many sessions came and which rows had a problem."""
        folder = outputs["sessions"]
        log = ingest(config)
        log.save(folder)
        report = folder / "report.html"
        write_text(report, ingest_report(log, config.problems))
        tracking.artifact(report)
        facts = log.facts
        tracking.params(
            {
                "source_path": config.source.path or "the listening world",
                "source_digest": facts.source_digest,
                "propensities": facts.propensities,
                "candidates": facts.candidates,
            }
        )
        tracking.metrics(
            {
                **facts.counts,
                "mean_response": float(log.response.mean()),
                "mean_tracks": float(log.length.mean()),
                **{f"problem_{name}": count for name, count in facts.problems.items()},
            }
        )
