"""Google's clients for one target, and a pipeline as a job of Vertex AI."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noria.errors import ConfigError
from orchestration.targets import VertexTarget

if TYPE_CHECKING:
    from orchestration.kubeflow.pipeline_spec import CompiledPipeline

PATIENT, QUICK = 30.0, 3.0


def service(target: VertexTarget, kind: str) -> Any:
    """A client: ``PipelineServiceClient`` or ``ScheduleServiceClient``."""
    from google.cloud import aiplatform_v1

    options = {"api_endpoint": f"{target.location}-aiplatform.googleapis.com"}
    return getattr(aiplatform_v1, kind)(client_options=options)


def parent(target: VertexTarget) -> str:
    """Where jobs and schedules of the target are kept."""
    return f"projects/{target.project}/locations/{target.location}"


def pipeline_job(target: VertexTarget, compiled: CompiledPipeline, name: str, labels: dict[str, str]) -> Any:
    """An ``aiplatform.PipelineJob``, not submitted yet.

    Args:
        target: Where it is to run.
        compiled: The pipeline with its configuration.
        name: The job's id: lower-case letters, digits, dashes.
        labels: Brought into the form that Google Cloud takes.

    Raises:
        ConfigError: The target has no pipeline_root, which Vertex AI needs.
    """
    from google.cloud import aiplatform

    if not target.pipeline_root.startswith("gs://"):
        raise ConfigError(
            f"pipeline_root {target.pipeline_root!r}: Vertex AI keeps artifacts in gs://BUCKET/FOLDER",
            hint="name one in the target",
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{compiled.name}.yaml"
        file.write_text(compiled.text, encoding="utf-8")
        return aiplatform.PipelineJob(
            display_name=name,
            job_id=name,
            template_path=str(file),
            pipeline_root=target.pipeline_root,
            enable_caching=target.caching,
            labels={key: _label(value) for key, value in labels.items()},
            project=target.project,
            location=target.location,
        )


def _label(value: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "-", value.lower())[:63]
