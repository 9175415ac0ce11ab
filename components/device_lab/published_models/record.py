"""``benchmark.json``: what the published models did, format by format and device by device."""

from __future__ import annotations

from pydantic import Field

from noria.typed_config import TypedConfig


class RunRow(TypedConfig):
    """One format of one model on one device; numbers are null where it was not run or could not be had."""

    format: str = Field(description="One of the formats.")
    device: str = Field(description="Name of the device.")
    ran: bool = Field(description="Whether it was run there.")
    why_not: str = Field(default="", description="Why it was not.")
    processor: str = Field(default="", description="What ran it.")
    finite: bool | None = Field(default=None, description="Whether every answer is a finite number.")
    agreement: float | None = Field(
        default=None, description="Share of pictures whose answer agrees with single precision's."
    )
    max_difference: float | None = Field(
        default=None,
        description="Largest difference of the primary output from single precision on this machine.",
    )
    relative_difference: float | None = Field(
        default=None, description="The same by the largest absolute value of that output."
    )
    difference_from_single: float | None = Field(
        default=None,
        description="Largest difference of the primary output from the same file in single precision on this "
        "machine: what half precision changed, or how far the fallback is from it.",
    )
    half_precision: bool | None = Field(
        default=None,
        description="Whether it was computed in half precision: more half- than single-precision arithmetic "
        "instructions; where nothing is counted, answers that differ and are all half-precision numbers.",
    )
    half_exact: bool | None = Field(default=None, description="Is every answer a half-precision number?")
    instructions: int | None = Field(default=None, description="Instructions of one inference.")
    half_instructions: int | None = Field(default=None, description="Vector half-precision arithmetic.")
    single_instructions: int | None = Field(default=None, description="Vector single-precision arithmetic.")
    integer_instructions: int | None = Field(default=None, description="Vector integer multiply-accumulate.")
    memory_bytes: int | None = Field(default=None, description="Memory that the file took while it ran.")


class FormatRow(TypedConfig):
    """One format of a model."""

    format: str = Field(description="One of the formats.")
    bytes: int | None = Field(default=None, description="Size of the file; null: not possible.")
    why_not: str = Field(default="", description="Why the format is not possible.")


class ModelRow(TypedConfig):
    """One model of the post."""

    name: str = Field(description="What --models calls it.")
    title: str = Field(description="The post's name and task of it.")
    had: bool = Field(description="Whether it could be had.")
    source: str = Field(default="", description="Where it comes from.")
    why_not: str = Field(default="", description="Why it could not be had, and what was tried.")
    note: str = Field(default="", description="What a reader has to know about it.")
    agrees_when: str = Field(default="", description="When two answers agree.")
    formats: tuple[FormatRow, ...] = Field(default=(), description="Every format.")
    runs: tuple[RunRow, ...] = Field(default=(), description="Every format on every device.")

    def run(self, format: str, device: str) -> RunRow | None:
        """The run of a format on a device, where there was one that ran."""
        found = (row for row in self.runs if (row.format, row.device) == (format, device) and row.ran)
        return next(found, None)

    def bytes_of(self, format: str) -> int | None:
        """Size of a format's file."""
        return next((row.bytes for row in self.formats if row.format == format), None)


class BenchmarkRecord(TypedConfig):
    """All of it."""

    post: str = Field(description="Address of the post.")
    claim: str = Field(description="What it claims.")
    samples: int = Field(description="Pictures that every file was given.")
    devices: tuple[str, ...] = Field(description="The devices, in order.")
    models: tuple[ModelRow, ...] = Field(description="The models, in the post's order.")
