"""``export.json``: what is known about an exported file, and about the formats beside it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from components.model_card import Signature
from components.tflite_export.formats import Format
from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config


class FormatRow(TypedConfig):
    """What came of one format on test examples; null where there is no usable file, or no labels."""

    format: Format = Field(description="Precision of weights and arithmetic.")
    why_not: str = Field(default="", description="Why there is no usable file; empty where there is one.")
    chosen: bool = Field(default=False, description="Is it model.tflite?")
    bytes: int | None = Field(default=None, description="Size of the file.")
    latency_ms: float | None = Field(
        default=None, description="Median of single runs on one thread of the machine that exported."
    )
    agreement: float | None = Field(
        default=None,
        description="Share of samples that agree with the SavedModel; half precision not forced.",
    )
    max_difference: float | None = Field(
        default=None, description="Largest difference of the primary output from the SavedModel's."
    )
    task_metric: float | None = Field(default=None, description="Accuracy or mean absolute error on labels.")
    half_agreement: float | None = Field(default=None, description="Agreement with FP16 arithmetic forced.")
    half_max_difference: float | None = Field(
        default=None, description="Largest difference with FP16 arithmetic forced."
    )
    half_task_metric: float | None = Field(
        default=None, description="Accuracy or mean absolute error with FP16 arithmetic forced."
    )
    half_why_not: str = Field(default="", description="Why it was not run with FP16 arithmetic forced.")
    loss: float | None = Field(
        default=None,
        description="Accuracy lost, growth of the error, or without labels the share that disagrees, on the "
        "samples that `judged_on` tells; of fp16 the worse of FP32 and forced FP16 arithmetic.",
    )
    float_operators: tuple[str, ...] = Field(
        default=(),
        description="Of int8: operators in FP32: those without an 8-bit kernel, and those 8 bits would ruin.",
    )
    not_eligible: str = Field(
        default="", description="Why the rule `smallest` may not take it; empty where it may."
    )


class ExportRecord(TypedConfig):
    """An exported file beside the model that it came from."""

    model: str = Field(description="Name of the model.")
    format: Format = Field(description="Precision of weights and arithmetic.")
    sha256: str = Field(description="Digest of model.tflite.")
    metrics: dict[str, float] = Field(
        description="Flat numbers: tflite_bytes, tflite_latency_ms, tflite_agreement, ..., and of every "
        "format tflite_format_NAME_bytes, _agreement and, with labels, _task_metric."
    )
    examples: int = Field(description="Test samples that were compared.")
    differences: dict[str, float] = Field(description="Largest difference per output in FP32 execution.")
    fp16_exact: bool | None = Field(
        description="Were all float outputs of the forced-FP16 run half-precision numbers? None: not run."
    )
    signature: Signature = Field(description="Inputs and outputs by name; the file permutes their order.")
    formats: tuple[FormatRow, ...] = Field(
        default=(), description="Every format that was asked for; empty in records of earlier versions."
    )
    chosen_because: str = Field(default="", description="By which rule the format was chosen.")
    task_metric_name: str = Field(default="", description="accuracy, mean absolute error; empty: no labels.")
    judged_on: str = Field(
        default="",
        description="Which samples every row's loss is of: of the validation split where a format was chosen "
        "by it and there are such samples, else test examples; empty in records of earlier versions, whose "
        "losses are of test examples.",
    )
    judged_by: str = Field(
        default="", description="What the loss is of: accuracy, mean absolute error; empty: of agreement."
    )

    @classmethod
    def load(cls, folder: Path) -> ExportRecord:
        """Reads ``export.json`` of a TfliteModel folder; raises DataError where there is none."""
        path = folder / "export.json"
        if not path.is_file():
            raise DataError(f"{folder} holds no export.json", hint="give the output folder of tflite_export")
        return parse_config(cls, read_json(path), origin=str(path))

    def save(self, folder: Path) -> None:
        """Writes ``export.json``."""
        write_json(folder / "export.json", self.model_dump(mode="json"))
