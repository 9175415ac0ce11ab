"""The champion of a registered model, fetched so that it can be evaluated beside a new one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mlflow

from components.evaluation_record import ChampionResult, ChampionUnreachable, Metrics
from components.model_folder import ModelFolder
from components.model_promotion.package import TRAINED_MODEL
from components.model_promotion.registry import CHAMPION, aliases, connect, registry_errors
from noria.errors import DataError, NoriaError


@dataclass(frozen=True)
class Champion:
    """A version of a registered model; ``model`` is its TrainedModel folder on this machine."""

    version: str
    model: ModelFolder


def find_champion(name: str, destination: Path) -> Champion | None:
    """Downloads the champion.

    Args:
        name: The registered model.
        destination: An existing folder to download into.

    Returns:
        None when there is no such registered model or it has no champion.

    Raises:
        RegistryError: The registry or its artifact store did not answer.
        DataError: The version was not registered by model_promotion.
    """
    with registry_errors("start the MLflow server, or unset MLFLOW_TRACKING_URI, then `noria run --resume`"):
        client = connect()
        version = aliases(client, name).get(CHAMPION)
        if version is None:
            return None
        source = client.get_model_version_download_uri(name, version)
        local = Path(mlflow.artifacts.download_artifacts(source, dst_path=str(destination)))
    folder = local / TRAINED_MODEL
    if not folder.is_dir():
        raise DataError(
            f"version {version} of {name} holds no {TRAINED_MODEL}",
            hint="the alias champion points at a version that something else registered; move it",
        )
    return Champion(version, ModelFolder.load(folder))


def champion_result(
    registered_model: str, scratch: Path, measure: Callable[[ModelFolder], Metrics]
) -> ChampionResult | ChampionUnreachable | None:
    """Fetches the champion, measures it and removes the download.

    Args:
        registered_model: Name in the registry; empty = there is none to compare with.
        scratch: An existing folder to download into.
        measure: Applies the champion to the data at hand. It raises NoriaError where that cannot be done.

    Returns:
        None without a champion; ChampionUnreachable where the registry does not answer or ``measure``
        raised NoriaError.
    """
    if not registered_model:
        return None
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        try:
            champion = find_champion(registered_model, Path(folder))
            if champion is None:
                return None
            return ChampionResult(version=champion.version, metrics=measure(champion.model))
        except NoriaError as error:
            return ChampionUnreachable(unreachable=error.message)
