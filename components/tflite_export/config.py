"""Configuration of tflite_export."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from components.tflite_export.formats import FORMATS, Format
from noria.typed_config import TypedConfig


class TfliteExportConfig(TypedConfig):
    """In which formats a model is exported, which file is kept, and how far it may differ from the model."""

    formats: tuple[Format, ...] = Field(
        default=FORMATS,
        min_length=1,
        description="Formats that are converted and compared. fp32: plain; fp16_weights: weights in half "
        "precision; fp16: accumulation too; int8_dynamic: 8-bit weights; int8: activations too, "
        "quantized by samples of the validation split.",
    )
    choose: Literal["smallest", "fp32", "fp16_weights", "fp16", "int8_dynamic", "int8"] = Field(
        default="fp16",
        description="Which becomes model.tflite: one of the formats, or the smallest within max_loss.",
    )
    max_loss: float = Field(
        default=0.01,
        ge=0,
        description="choose=smallest: the largest loss on samples of the validation split. Of accuracy (a "
        "share); for regression the growth of the mean absolute error (a share of the model's); without "
        "labels the share that disagrees.",
    )
    max_examples: int = Field(
        default=500, ge=1, description="Test samples on which files and SavedModel are compared."
    )
    max_calibration: int = Field(
        default=200, ge=1, description="Samples of the validation split that int8 is quantized by."
    )
    check_fp16: bool = Field(
        default=True, description="Run float files with FP16 arithmetic forced too; needs a CPU with F16C."
    )
    regression_tolerance: float = Field(
        default=0.01,
        gt=0,
        description="A regression sample agrees when it differs by at most this share of the outputs' scale.",
    )
    broken_above: float = Field(
        default=0.1,
        gt=0,
        description="A float file whose outputs differ by more than this share of their scale lost weights.",
    )
    latency_runs: int = Field(default=50, ge=1, description="Single runs of which the median time is told.")

    @model_validator(mode="after")
    def _chosen_is_converted(self) -> Self:
        if len(set(self.formats)) != len(self.formats):
            raise ValueError(f"formats names one twice: {', '.join(self.formats)}")
        if self.choose != "smallest" and self.choose not in self.formats:
            raise ValueError(f"choose is {self.choose}, none of the formats {', '.join(self.formats)}")
        return self
