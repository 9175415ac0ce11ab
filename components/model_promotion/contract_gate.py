"""The gate ``contract``: a new champion takes and answers what the old one does, unless it may differ."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.tracking import MlflowClient

from components.model_card import CARD, read_card
from components.model_folder import FUNCTION_TYPE, ModelFolder
from components.model_promotion.gates import GateResult
from components.model_promotion.package import TFLITE, TRAINED_MODEL
from components.model_promotion.registry import CHAMPION, aliases, connect, registry_errors
from components.signature_contract import Contract, contract_of, differences
from components.tflite_export.record import ExportRecord
from noria.errors import DataError, NoriaError

GATE, EXPORT = "contract", "export.json"


@dataclass(frozen=True)
class ContractChange:
    """A model beside the champion.

    Attributes:
        version: The champion's.
        lines: What differs, field by field; empty where nothing does.
        remark: How well they could be compared; empty where completely.
    """

    version: str
    lines: list[str]
    remark: str

    def note(self) -> str:
        """For the gate table."""
        if self.lines:
            told = f"differs from champion version {self.version}: {'; '.join(self.lines)}"
        else:
            told = f"champion version {self.version}"
        return f"{told} ({self.remark})" if self.remark else told


def contract_gate(
    client: MlflowClient, name: str, champion: str | None, contract: Contract, *, same: bool, may_change: bool
) -> GateResult:
    """Compares a candidate with the champion of now.

    Args:
        client: Of the registry.
        name: The registered model.
        champion: The champion's version; None: there is none.
        contract: The candidate's.
        same: The champion is this very model.
        may_change: ``ModelPromotionConfig.contract_may_change``.

    Raises:
        MlflowException: The registry did not answer.
    """
    if champion is None:
        return _result(True, "no champion yet")
    if same:
        return _result(True, f"champion version {champion} is this very model")
    try:
        change = compare(client, name, champion, contract)
    except NoriaError as error:
        # Broken files of the champion, not an unreachable registry: there is nothing to wait for.
        note = f"not run: {error.message}"
        return GateResult(GATE, None, None, False, note, not_run=True, allowed=may_change)
    if change.lines and may_change:
        return _result(True, f"{change.note()}, which contract_may_change allows")
    if change.lines:
        return _result(False, f"{change.note()}; contract_may_change=true lets it")
    return _result(True, change.note())


def compare(client: MlflowClient, name: str, version: str, contract: Contract) -> ContractChange:
    """Compares a contract with that of a registered version, of which only the small files are fetched.

    Raises:
        DataError: model_promotion did not register that version, or its files cannot be read.
        MlflowException: The registry did not answer.
    """
    with tempfile.TemporaryDirectory() as scratch:
        champion = _fetch(client, name, version, Path(scratch))
    without = [
        who
        for who, known in (
            (f"version {version}", champion.parameters),
            ("the new model", contract.parameters),
        )
        if known is None
    ]
    remark = f"{' and '.join(without)} without {FUNCTION_TYPE}: compared by the card" if without else ""
    return ContractChange(version, differences(champion, contract), remark)


def check_against_champion(name: str, model: Path, tflite: Path | None, setting: str) -> None:
    """Refuses a model that breaks the contract of the champion; there may be none.

    Args:
        name: The registered model.
        model: A TrainedModel folder.
        tflite: The folder of its exported file.
        setting: What lets the contract change, for the hint.

    Raises:
        DataError: The model differs; the message says where.
        RegistryError: The registry did not answer.
    """
    contract = contract_of(ModelFolder.load(model), ExportRecord.load(tflite) if tflite else None)
    with registry_errors(f"start the MLflow server, or set {setting}=true to score without asking it"):
        client = connect()
        version = aliases(client, name).get(CHAMPION)
        if version is None:
            return
        change = compare(client, name, version, contract)
    if change.lines:
        raise DataError(
            f"the model breaks the contract of the champion {name}, {change.note()}",
            hint=f"score with the champion (no --run), or run the pipeline with --set {setting}=true",
        )


def _fetch(client: MlflowClient, name: str, version: str, scratch: Path) -> Contract:
    source = client.get_model_version_download_uri(name, version)
    model = _download(source, TRAINED_MODEL, (CARD, FUNCTION_TYPE), scratch)
    if not (model / CARD).is_file():
        raise DataError(
            f"version {version} of {name} holds no {TRAINED_MODEL}/{CARD}",
            hint="the alias champion points at a version that something else registered; move it",
        )
    tflite = _download(source, TFLITE, (EXPORT,), scratch)
    export = ExportRecord.load(tflite) if (tflite / EXPORT).is_file() else None
    return contract_of(ModelFolder(model, read_card(model)), export)


def _download(source: str, folder: str, names: tuple[str, ...], scratch: Path) -> Path:
    """Fetches those of the files that are there; returns where they are."""
    target = scratch / Path(folder).name
    target.mkdir()
    listed = mlflow.artifacts.list_artifacts(artifact_uri=f"{source}/{folder}") or []
    for name in {Path(file.path).name for file in listed} & set(names):
        mlflow.artifacts.download_artifacts(f"{source}/{folder}/{name}", dst_path=str(target))
    return target


def _result(passed: bool, note: str) -> GateResult:
    return GateResult(GATE, None, None, passed, note)
