"""``export.json``: what is known about an exported file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from components.model_folder import Signature
from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config


class ExportRecord(TypedConfig):
    """An exported file beside the model that it came from."""

    model: str = Field(description="Name of the model.")
    format: Literal["fp16", "fp32"] = Field(description="Precision of weights and accumulation.")
    sha256: str = Field(description="Digest of model.tflite.")
    metrics: dict[str, float] = Field(
        description="Flat numbers: tflite_bytes, tflite_latency_ms, tflite_agreement, ..."
    )
    examples: int = Field(description="Samples that were compared.")
    differences: dict[str, float] = Field(description="Largest difference per output in FP32 execution.")
    fp16_exact: bool | None = Field(
        description="Were all float outputs of the forced-FP16 run half-precision numbers? None: not run."
    )
    signature: Signature = Field(description="Inputs and outputs by name; the file permutes their order.")

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
