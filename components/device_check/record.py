"""``devices.json``: what an exported file did on each device."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config


class DeviceResult(TypedConfig):
    """One device; numbers are null where it was not run, or where they mean nothing there."""

    device: str = Field(description="Name of the device.")
    title: str = Field(description="The device in words.")
    ran: bool = Field(description="Whether the file was run there.")
    why_not: str = Field(default="", description="Why it was not.")
    processor: str = Field(default="", description="What ran it.")
    half_precision: bool | None = Field(
        default=None, description="Whether the file was computed in half precision there."
    )
    half_precision_expected: bool | None = Field(
        default=None, description="Whether processor and file together should have done so."
    )
    half_exact: bool | None = Field(
        default=None, description="Is every float output a number that half precision has exactly?"
    )
    agreement: float | None = Field(
        default=None,
        description="Share of samples that agree with the model; 0 where the device could be had and the "
        "file failed there.",
    )
    max_difference: float | None = Field(
        default=None, description="Largest difference of the primary output from the model's."
    )
    difference_from_single: float | None = Field(
        default=None,
        description="Largest difference from the same file in single precision on this machine: what half "
        "precision changed, or how far the fallback is from it.",
    )
    task_metric: float | None = Field(
        default=None, description="Accuracy, or mean absolute error, on the samples' labels."
    )
    instructions: int | None = Field(default=None, description="Instructions of one inference.")
    half_instructions: int | None = Field(
        default=None, description="Vector half-precision arithmetic instructions of one inference."
    )
    single_instructions: int | None = Field(
        default=None, description="Vector single-precision arithmetic instructions of one inference."
    )
    integer_instructions: int | None = Field(
        default=None, description="Vector integer multiply-accumulate instructions of one inference."
    )
    instructions_in_single: int | None = Field(
        default=None,
        description="Instructions of one inference of the same file on the same device without its mark for "
        "half precision; null where it was not computed in half precision.",
    )
    memory_bytes: int | None = Field(default=None, description="Memory that the file took while it ran.")
    findings: tuple[str, ...] = Field(
        default=(), description="What is not as processor and file together promise."
    )


class DeviceRecord(TypedConfig):
    """Every device, and the numbers that gates look at."""

    model: str = Field(description="Name of the model.")
    format: str = Field(description="Format of the file.")
    file_bytes: int = Field(description="Size of the file.")
    sha256: str = Field(description="Digest of the file.")
    samples: int = Field(description="Test samples that every device was given.")
    devices: tuple[DeviceResult, ...] = Field(description="One per device, in the configuration's order.")
    metrics: dict[str, float] = Field(
        description="device_agreement (the least of all devices), device_max_difference (the largest), "
        "device_half_precision (share of the devices that computed in the precision that processor and file "
        "imply), device_fallback_difference (largest relative difference from single precision where half "
        "precision was not to be used); and device_<name>_<metric> per device. A device on which the file "
        "failed leaves out the differences: a gate on a metric that is not there does not hold."
    )
    not_run: dict[str, str] = Field(
        default_factory=dict,
        description="Metrics that could not be measured on every device, and why; ``metrics`` may hold what "
        "the other devices gave.",
    )

    @classmethod
    def load(cls, folder: Path) -> DeviceRecord:
        """Reads ``devices.json`` of a DeviceReport folder; raises DataError where there is none."""
        path = folder / "devices.json"
        if not path.is_file():
            raise DataError(f"{folder} holds no devices.json", hint="give the output folder of device_check")
        return parse_config(cls, read_json(path), origin=str(path))

    def save(self, folder: Path) -> None:
        """Writes ``devices.json``."""
        write_json(folder / "devices.json", self.model_dump(mode="json"))
