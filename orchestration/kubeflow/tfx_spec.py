"""TFX's own compiler for Kubeflow, started without the frameworks behind TFX.

What it makes is a sound PipelineSpec in most of its parts; ``pipeline_spec`` mends the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from noria.errors import NoriaError
from noria.light_tfx import without_frameworks

COMMAND = ("python", "-m", "orchestration.kubeflow.entrypoint")


def tfx_pipeline_spec(name: str, components: Sequence[Any], image: str) -> Any:
    """Compiles components with TFX's builder.

    Returns:
        A ``PipelineSpec`` proto: tasks and components named by the steps' ids, one container executor each.

    Raises:
        NoriaError: TFX cannot express the pipeline for Kubeflow.
    """
    # The protos only; kfp is heavy where its client is.
    import kfp.pipeline_spec.pipeline_spec_pb2  # noqa: F401

    with without_frameworks():
        from tfx.orchestration.kubeflow.v2 import pipeline_builder, step_builder
        from tfx.orchestration.pipeline import Pipeline

        # TFX asks whether a node is one of these; without the frameworks their names hold no classes.
        for stock in ("FileBasedExampleGen", "InfraValidator"):
            if not isinstance(getattr(step_builder.components, stock, None), type):
                setattr(step_builder.components, stock, type(stock, (), {}))

    # TFX logs what it does, at the level of a warning, too.
    logging.getLogger("absl").setLevel(logging.ERROR)
    pipeline = Pipeline(
        pipeline_name=name,
        # The server's own root takes its place.
        pipeline_root="",
        components=list(components),
        enable_cache=True,
    )
    try:
        return pipeline_builder.PipelineBuilder(
            tfx_pipeline=pipeline,
            default_image=image,
            default_commands=list(COMMAND),
            use_pipeline_spec_2_1=True,
        ).build()
    except (ValueError, TypeError, NotImplementedError) as error:
        raise NoriaError(f"pipeline {name} cannot be expressed for Kubeflow: {error}") from error
