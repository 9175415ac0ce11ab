"""Which pipelines there are, without importing any of them.

A pipeline is a module with

* a configuration: a ``TypedConfig`` subclass,
* ``create_pipeline(config)``: returns the list of TFX components, each named by its ``id``; name,
  root folder and metadata store belong to the target that runs it,
* optionally ``check(config)``: raises NoriaError for what can be known before the first step starts
  (a source that does not exist, steps that do not fit each other),
* optionally ``score(config, request)``: applies a trained model to new data, for ``noria score``.

A pipeline of one's own is added with the environment variable ``NORIA_PIPELINES``: a comma-separated list
of ``module:NAME``, each naming a ``PipelineEntry`` (or a list of them) in an importable module.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noria.errors import NoriaError
from noria.typed_config import TypedConfig

PIPELINES_VARIABLE = "NORIA_PIPELINES"
_CONFIGS = Path(__file__).parent.parent / "configs"


@dataclass(frozen=True)
class PipelineEntry:
    """One line of the registry.

    Attributes:
        name: What ``noria run`` calls it.
        summary: One line for ``noria pipelines``.
        module: The module to import when it is needed.
        config: The name of the configuration class in that module.
        default_config: The YAML file used without ``--config``; None: the model's defaults.
        headline: Metrics that say most about a run, the first ones first; those that a run has are shown.
    """

    name: str
    summary: str
    module: str
    config: str
    default_config: Path | None = None
    headline: tuple[str, ...] = ()

    def load(self) -> LoadedPipeline:
        """Imports the pipeline's module."""
        module = importlib.import_module(self.module)
        return LoadedPipeline(
            entry=self,
            config_type=getattr(module, self.config),
            create=module.create_pipeline,
            check=getattr(module, "check", _nothing_to_check),
            score=getattr(module, "score", None),
        )


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline whose module is imported."""

    entry: PipelineEntry
    config_type: type[TypedConfig]
    create: Callable[[Any], list[Any]]
    check: Callable[[Any], None]
    score: Callable[[Any, ScoreRequest], ScoreResult] | None


@dataclass(frozen=True)
class ScoreRequest:
    """What ``noria score`` asks of a pipeline.

    Attributes:
        events: The file of new data.
        output: The Parquet file to write.
        artifacts: Folder of every output of a run, by name; None: take the registry's champion.
        model: Which of the pipeline's models; empty: the pipeline chooses.
        latest: Only the newest moment.
        scratch: An empty folder for what is downloaded.
    """

    events: Path
    output: Path
    artifacts: Mapping[str, Path] | None
    model: str
    latest: bool
    scratch: Path


@dataclass(frozen=True)
class ScoreResult:
    """What was written, as lines for people and as values for ``--json``."""

    lines: tuple[str, ...]
    values: dict[str, Any]


_BUILT_IN = (
    PipelineEntry(
        name="graph",
        summary="a heterogeneous graph in, a checked and registered on-device node classifier out",
        module="pipelines.graph",
        config="GraphConfig",
        default_config=_CONFIGS / "graph.yaml",
        headline=("test_accuracy", "test_macro_f1", "tflite_agreement"),
    ),
    PipelineEntry(
        name="temporal",
        summary="single events in, a checked and registered forecast per series out",
        module="pipelines.temporal",
        config="TemporalConfig",
        default_config=_CONFIGS / "temporal.yaml",
        headline=("forest_wape", "network_wape", "forest_wape_improvement"),
    ),
    PipelineEntry(
        name="board_game",
        summary="a game's rules in, a checked and registered on-device player of it out",
        module="pipelines.board_game",
        config="BoardGameConfig",
        default_config=_CONFIGS / "board_game.yaml",
        headline=("tflite_expected_strikes", "tflite_losses", "tflite_score"),
    ),
    PipelineEntry(
        name="playlist",
        summary="listening sessions in, a checked and registered agent that fills playlists out",
        module="pipelines.playlist",
        config="PlaylistConfig",
        default_config=_CONFIGS / "playlist.yaml",
        headline=("test_world_return", "test_world_gain", "test_simulated_return", "test_simulated_gain"),
    ),
    PipelineEntry(
        name="spectral",
        summary="fields and images in, spectra on a device mesh, a checked and registered classifier out",
        module="pipelines.spectral",
        config="SpectralConfig",
        default_config=_CONFIGS / "spectral.yaml",
        headline=("test_accuracy", "circular_accuracy", "fft_max_relative_error", "memory_per_device_ratio"),
    ),
)


def built_in_pipelines() -> dict[str, PipelineEntry]:
    """Noria's own pipelines by name; imports nothing."""
    return {entry.name: entry for entry in _BUILT_IN}


def all_pipelines() -> dict[str, PipelineEntry]:
    """Every pipeline by name: the built-in ones, then those of ``NORIA_PIPELINES``."""
    entries = list(_BUILT_IN)
    for name in filter(None, os.environ.get(PIPELINES_VARIABLE, "").split(",")):
        entries += _user_entries(name.strip())
    return {entry.name: entry for entry in entries}


def find_pipeline(name: str) -> PipelineEntry:
    """Looks a pipeline up; raises NoriaError listing those there are."""
    known = all_pipelines()
    if name not in known:
        raise NoriaError(f"there is no pipeline {name!r}", hint=f"there are: {', '.join(sorted(known))}")
    return known[name]


def _user_entries(reference: str) -> list[PipelineEntry]:
    module_name, _, attribute = reference.partition(":")
    hint = f"{PIPELINES_VARIABLE} is a comma-separated list of module:NAME, NAME being a PipelineEntry"
    try:
        found = getattr(importlib.import_module(module_name), attribute or "PIPELINES")
    except (ImportError, AttributeError) as error:
        raise NoriaError(f"{PIPELINES_VARIABLE}: cannot read {reference!r}: {error}", hint=hint) from error
    entries = [found] if isinstance(found, PipelineEntry) else list(found)
    if not all(isinstance(entry, PipelineEntry) for entry in entries):
        raise NoriaError(f"{PIPELINES_VARIABLE}: {reference} holds something else", hint=hint)
    return entries


def _nothing_to_check(config: TypedConfig) -> None:
    del config
