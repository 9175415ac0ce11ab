"""``evaluation.json``: the contract between every evaluation step and model_promotion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field

from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config

# Flat names such as test_accuracy; NaN and null mean that a number could not be had.
Metrics = dict[str, float | None]


class ChampionResult(TypedConfig):
    """The champion of the registry, evaluated on the same data."""

    model_config = ConfigDict(allow_inf_nan=True)

    version: str = Field(description="Version of the registered model.")
    metrics: Metrics = Field(description="Its metrics, by the same names.")


class ChampionUnreachable(TypedConfig):
    """The registry did not answer, or its champion could not be run."""

    unreachable: str = Field(description="Why.")


class EvaluationRecord(TypedConfig):
    """A model's metrics on the test split beside the baselines' and the champion's."""

    model_config = ConfigDict(allow_inf_nan=True)

    metrics: Metrics = Field(description="The model's metrics by flat name.")
    baselines: dict[str, Metrics] = Field(default={}, description="Metrics per baseline, by the same names.")
    champion: ChampionResult | ChampionUnreachable | None = Field(
        default=None, description="None: the registry has no champion."
    )
    data_digest: str = Field(default="", description="Content digest of the data that was evaluated on.")
    details: dict[str, Any] = Field(default={}, description="Anything else, e.g. per-class tables.")

    @classmethod
    def load(cls, folder: Path) -> EvaluationRecord:
        """Reads ``evaluation.json`` of a ModelEvaluation folder; raises DataError where there is none."""
        path = folder / "evaluation.json"
        if not path.is_file():
            raise DataError(
                f"{folder} holds no evaluation.json", hint="give an evaluation step's output folder"
            )
        return parse_config(cls, read_json(path), origin=str(path))

    def save(self, folder: Path) -> None:
        """Writes ``evaluation.json``."""
        write_json(folder / "evaluation.json", self.model_dump(mode="json"))
