"""Exported files that a person can play against: which there are, and which of them are champions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from components.board_games.game import GameSpec
from components.board_games.games import GAMES
from components.tflite_export.record import ExportRecord
from dashboard.run_index import NotFoundError
from dashboard.services.model_registry import registry
from noria.errors import DataError
from noria.files import read_json
from noria.home import Home
from orchestration.run_record import RunRecord

MODEL, PROMOTION = "model.tflite", "promotion.json"
TITLES = {"plane_strike": "Plane Strike", "tic_tac_toe": "Tic-tac-toe"}


@dataclass(frozen=True)
class PlayerFile:
    """One exported file.

    Attributes:
        run_id: The run that exported it.
        game: A name of components.board_games.games.GAMES.
        file: The file on this machine.
        sha256: Its digest, as the export recorded it.
        registered_model: Name in the registry; empty where it was not registered.
        version: Its version there.
        champion: Whether that version is the champion now.
    """

    run_id: str
    game: str
    started: str
    file: Path
    sha256: str
    bytes: int
    registered_model: str = ""
    version: str = ""
    champion: bool = False

    def told(self) -> dict[str, Any]:
        """The same for a page or as JSON, without the path."""
        return {**asdict(self), "file": f"/play/models/{self.run_id}/{self.game}.tflite"}


def player_files(runs: Iterable[RunRecord], champions: Mapping[str, str]) -> list[PlayerFile]:
    """Every file that plays a game: champions first, then in the order of the runs.

    Args:
        runs: The records to look through.
        champions: The champion's version by registered model.
    """
    found = [file for run in runs for file in _files_of(run, champions)]
    return sorted(found, key=lambda file: not file.champion)


def find_player(runs: Iterable[RunRecord], run_id: str, game: str) -> PlayerFile:
    """The file of one run.

    Raises:
        NotFoundError: There is no such run here, or it exported none for that game.
    """
    for run in runs:
        if run.id == run_id:
            for file in _files_of(run, {}):
                if file.game == game:
                    return file
    raise NotFoundError(
        f"there is no run {run_id!r} with an exported file that plays {game!r}",
        hint="choose one of those that the page Play lists",
    )


def champion_versions(home: Home) -> dict[str, str]:
    """The champion's version of every registered model; imports MLflow, so call it in a thread.

    Raises:
        RegistryError: The registry did not answer.
    """
    from components.model_promotion.registry import CHAMPION

    with registry(home) as client:
        return {
            model.name: str(model.aliases[CHAMPION])
            for model in client.search_registered_models()
            if CHAMPION in model.aliases
        }


def _files_of(run: RunRecord, champions: Mapping[str, str]) -> list[PlayerFile]:
    found = []
    for step in run.steps:
        for folder in map(Path, step.outputs.values()):
            file = folder / MODEL
            if step.state != "succeeded" or not file.is_file() or not (game := _game(folder)):
                continue
            name, version = _registered(run)
            found.append(
                PlayerFile(
                    run_id=run.id,
                    game=game,
                    started=run.started,
                    file=file,
                    sha256=ExportRecord.load(folder).sha256,
                    bytes=file.stat().st_size,
                    registered_model=name,
                    version=version,
                    champion=bool(version) and champions.get(name) == version,
                )
            )
    return found


def _game(folder: Path) -> str:
    """The game whose boards a file takes, or an empty string."""
    try:
        signature = ExportRecord.load(folder).signature
    except DataError:
        # Some other step's folder, or that of another version of Noria.
        return ""
    for name, make in GAMES.items():
        if {key: tensor.shape for key, tensor in signature.inputs.items()} == _board(make().spec) and {
            key: tensor.shape for key, tensor in signature.outputs.items()
        } == {"scores": (1, make().spec.actions)}:
            return name
    return ""


def _board(spec: GameSpec) -> dict[str, tuple[int, ...]]:
    return {"board": (1, spec.rows, spec.columns)}


def _registered(run: RunRecord) -> tuple[str, str]:
    """Registered model and version, where one promotion step tells them."""
    for step in run.steps:
        for folder in step.outputs.values():
            if (path := Path(folder) / PROMOTION).is_file():
                promotion = read_json(path)
                return str(promotion.get("registered_model", "")), str(promotion.get("version", ""))
    return "", ""
