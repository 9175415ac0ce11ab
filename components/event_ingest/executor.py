"""Reads events and writes them in order of time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.event_ingest.config import EventIngestConfig
from components.event_ingest.daily_counts import count_events
from components.event_ingest.event_table import EventTable
from components.event_ingest.ingest import ingest
from components.event_ingest.report import ingest_report
from components.step_executor import StepExecutor
from noria.files import write_text


class Executor(StepExecutor[EventIngestConfig]):
    """Writes an EventTable folder with ``report.html``."""

    config_type = EventIngestConfig

    def run(
        self,
        config: EventIngestConfig,
        inputs: Mapping[str, Path],  # noqa: ARG002 - ingest is the pipeline's first step
        outputs: Mapping[str, Path],
    ) -> None:
        """Ingests, draws the report, and reports how many rows came and went."""
        folder = outputs["events"]
        facts = ingest(config, folder)
        report = folder / "report.html"
        write_text(report, ingest_report(facts, count_events(EventTable.load(folder))))
        tracking.artifact(report)
        tracking.params(
            {
                "source_path": config.source.path,
                "source_digest": facts.source_digest,
                "time_zone": facts.time_zone,
                "first_event": facts.first,
                "last_event": facts.last,
            }
        )
        tracking.metrics(
            {
                "rows_read": facts.rows_read,
                "events": facts.rows,
                "series": facts.series,
                "rows_dropped": sum(facts.dropped.values()),
                **{f"dropped_{name}": count for name, count in facts.dropped.items()},
                **{f"warned_{name}": count for name, count in facts.warnings.items()},
            }
        )
