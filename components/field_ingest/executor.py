"""Reads or generates fields, reads labelled images, and writes them as a FieldSet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.field_ingest.config import FieldIngestConfig
from components.field_ingest.ingest import ingest
from components.field_ingest.report import ingest_report
from components.step_executor import StepExecutor
from noria.files import write_text


class Executor(StepExecutor[FieldIngestConfig]):
    """Writes a FieldSet folder with ``report.html``."""

    config_type = FieldIngestConfig

    def run(
        self,
        config: FieldIngestConfig,
        inputs: Mapping[str, Path],  # noqa: ARG002 - ingest is the pipeline's first step
        outputs: Mapping[str, Path],
    ) -> None:
        """Ingests, draws the report, and reports how much came."""
        folder = outputs["fields"]
        fields = ingest(config, folder)
        report = folder / "report.html"
        write_text(report, ingest_report(fields))
        tracking.artifact(report)
        facts = fields.facts
        tracking.params(
            {
                "fields": ", ".join(fields.names),
                "images": facts.images.origin if facts.images else "none",
                "source_digest": facts.source_digest,
            }
        )
        values = [int(fields.field(name).size) for name in fields.names]
        images = facts.images
        tracking.metrics(
            {
                "fields": len(values),
                "field_values": sum(values),
                "largest_field_values": max(values, default=0),
                **({f"{split}_images": count for split, count in images.counts.items()} if images else {}),
            }
        )
