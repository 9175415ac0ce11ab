"""Configuration of tflite_export."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from noria.typed_config import TypedConfig


class TfliteExportConfig(TypedConfig):
    """How a model is exported and how far the file may differ from it."""

    format: Literal["fp16", "fp32"] = Field(
        default="fp16", description="fp16: weights and accumulation in half precision; fp32: plain."
    )
    max_examples: int = Field(
        default=500, ge=1, description="Test samples on which file and SavedModel are compared."
    )
    check_fp16: bool = Field(
        default=True, description="Run the file with FP16 arithmetic forced too; needs a CPU with F16C."
    )
    regression_tolerance: float = Field(
        default=0.01,
        gt=0,
        description="A regression sample agrees when it differs by at most this share of the outputs' scale.",
    )
    broken_above: float = Field(
        default=0.1,
        gt=0,
        description="A file whose FP32 outputs differ by more than this share of their scale lost weights.",
    )
    latency_runs: int = Field(default=50, ge=1, description="Single runs of which the median time is told.")
