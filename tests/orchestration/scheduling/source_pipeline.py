"""A pipeline whose first step tells the content of its source, as the built-in ones do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field
from toy.config import NumbersConfig
from toy.pipeline import MakeNumbers

from noria.digests import tree_digest
from noria.errors import DataError
from noria.typed_config import TypedConfig
from pipelines.registry import PipelineEntry

PIPELINE = PipelineEntry("reads_source", "one step, for tests", "source_pipeline", "SourceConfig")


class NumbersOfSource(NumbersConfig):
    """The step's configuration with the digest."""

    source_digest: str = Field("", description="content of the source")


class SourceConfig(TypedConfig):
    """The whole pipeline."""

    file: Path = Field(description="what is read")


def create_pipeline(config: SourceConfig) -> list[Any]:
    """One step."""
    return [MakeNumbers(NumbersOfSource(source=config.file, source_digest=tree_digest(config.file)), {})]


def check(config: SourceConfig) -> None:
    """The file has to exist."""
    if not config.file.exists():
        raise DataError(f"file: there is no {config.file}")
