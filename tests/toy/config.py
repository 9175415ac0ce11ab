"""Configuration of the toy pipeline: what each step does, and how it misbehaves."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from noria.typed_config import TypedConfig


class Trouble(TypedConfig):
    """How a step misbehaves."""

    sleep: float = Field(0.0, description="seconds to work")
    until: Path | None = Field(None, description="a file to wait for")
    fail: Literal["", "data", "crash", "kill", "exit", "half"] = Field("", description="how to fail")
    unless: Path | None = Field(None, description="a file whose presence keeps the step from failing")
    children: int = Field(0, description="processes to start that sleep for minutes")
    stubborn: bool = Field(False, description="ignore SIGTERM")


class StepConfig(TypedConfig):
    """One toy step."""

    factor: float = Field(1.0, description="scales the result")
    epochs: int = Field(0, description="how many epochs to report")
    trouble: Trouble = Field(Trouble(), description="how to misbehave")


class NumbersConfig(StepConfig):
    """The first step."""

    count: int = Field(5, ge=1, description="how many numbers")
    source: Path | None = Field(None, description="a file with numbers to read instead")


class ToyConfig(TypedConfig):
    """The whole pipeline."""

    numbers: NumbersConfig = Field(NumbersConfig(), description="the first step")
    square: StepConfig = Field(StepConfig(), description="squares them")
    double: StepConfig = Field(StepConfig(), description="doubles them")
    total: StepConfig = Field(StepConfig(), description="adds everything up")
