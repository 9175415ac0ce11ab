"""Registers a model version, decides its gates and moves the aliases."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlflow.tracking import MlflowClient

from components import mlflow_context
from components.device_check.record import DeviceRecord
from components.evaluation_record import EvaluationRecord, Metrics
from components.model_folder import ModelFolder
from components.model_promotion.config import Gate, ModelPromotionConfig
from components.model_promotion.contract_gate import contract_gate
from components.model_promotion.gates import Evidence, GateResult, check_gates
from components.model_promotion.package import package
from components.model_promotion.record import Promotion, gate_rows, reason
from components.model_promotion.registry import (
    CHALLENGER,
    CHAMPION,
    RegistryError,
    aliases,
    connect,
    ensure_registered_model,
    own_run,
    registry_errors,
)
from components.signature_contract import Contract, contract_of
from components.tflite_export.record import ExportRecord
from noria.digests import text_digest, tree_digest
from noria.errors import DataError, NoriaError
from noria.home import Home
from noria.locks import locked

# What every metric of device_check is called first.
DEVICE_METRICS = "device_"
CONTENT_TAG = "noria.content_digest"


@dataclass(frozen=True)
class Candidate:
    """A model with what is known about it.

    Attributes:
        model: The model.
        evaluation: What it, the baselines and the champion reached.
        tflite: The folder of its exported file.
        devices: What that file did on the target's devices; None where the target lists none.
    """

    model: ModelFolder
    evaluation: EvaluationRecord
    tflite: Path | None = None
    devices: DeviceRecord | None = None

    def export(self) -> ExportRecord | None:
        """The record of the exported file."""
        return ExportRecord.load(self.tflite) if self.tflite else None

    def contract(self) -> Contract:
        """What its callers will rely on."""
        return contract_of(self.model, self.export())

    def metrics(self) -> Metrics:
        """Flat metrics of the model, its file and the file on the devices.

        Raises:
            DataError: The devices were given another file.
        """
        export = self.export()
        if export and self.devices and export.sha256 != self.devices.sha256:
            raise DataError(
                f"the device report is about {self.devices.sha256[:16]}, the exported file is "
                f"{export.sha256[:16]} (SHA-256)",
                hint="run device_check on the file that is to be promoted",
            )
        return {
            **self.evaluation.metrics,
            **(export.metrics if export else {}),
            **(self.devices.metrics if self.devices else {}),
        }

    def not_run(self, gates: Sequence[Gate]) -> dict[str, str]:
        """The metrics that could not be measured, and why."""
        if self.devices:
            return self.devices.not_run
        wanted = [gate.metric for gate in gates if gate.metric.startswith(DEVICE_METRICS)]
        return dict.fromkeys(wanted, "no device was asked: neither target nor configuration lists any")


def promote(candidate: Candidate, config: ModelPromotionConfig) -> Promotion:
    """Registers the candidate as ``challenger`` and, when every gate holds, as ``champion``.

    Running it again on the same model in the same MLflow run reuses the version it registered.

    Between reading the champion and moving its alias, other promotions from the same home folder wait
    (a file lock). MLflow has no compare-and-set for aliases, so two machines that share a server can
    still promote in the same instant; the later one wins, and both gate tables are kept.

    Raises:
        RegistryError: MLflow did not answer; names the model's folder.
    """
    hint = (
        f"the model is on disk at {candidate.model.path}; when MLflow is back, `noria run --resume` goes on"
    )
    # Outside the lock: reading a FunctionType imports TensorFlow.
    contract = candidate.contract()
    with registry_errors(hint):
        client = connect()
        # The server first: a dead one is noticed before anything is packed.
        ensure_registered_model(client, config.registered_model)
        run = _pipeline_run(config.run_timeout, hint) or own_run(client, config.registered_model)
        content = _content(candidate)
        version = _register(client, candidate, content, config.registered_model, run)
        with locked(Home.find().root / "promotion.lock"):
            # Inside too: MLflow's database refuses two first settings of one alias at the same moment.
            client.set_registered_model_alias(config.registered_model, CHALLENGER, version)
            return _decide(client, candidate, contract, content, config, version)


def _pipeline_run(timeout: float, hint: str) -> str | None:
    try:
        return mlflow_context.run_id(timeout)
    except NoriaError as error:
        raise RegistryError(error.message, hint=hint) from error


def _content(candidate: Candidate) -> str:
    return text_digest(
        *(tree_digest(folder) for folder in (candidate.model.path, candidate.tflite) if folder)
    )


def _register(client: MlflowClient, candidate: Candidate, content: str, name: str, run: str) -> str:
    # One folder per content: a version that was registered before is never written over.
    artifact_path = f"registered-model-{content[:16]}"
    source = f"{client.get_run(run).info.artifact_uri}/{artifact_path}"
    for known in client.search_model_versions(f"name='{name}' and run_id='{run}'"):
        if known.source == source:
            return str(known.version)
    with tempfile.TemporaryDirectory() as folder:
        package(candidate.model, candidate.tflite, Path(folder) / "model")
        client.log_artifacts(run, str(Path(folder) / "model"), artifact_path)
    return str(client.create_model_version(name, source, run).version)


def _decide(
    client: MlflowClient,
    candidate: Candidate,
    contract: Contract,
    content: str,
    config: ModelPromotionConfig,
    version: str,
) -> Promotion:
    name = config.registered_model
    before = aliases(client, name).get(CHAMPION)
    if before == version:
        # A step that died after moving the alias is run again: decide as it did.
        before = client.get_model_version(name, version).tags.get("noria.replaces") or None
    same = bool(before) and client.get_model_version(name, before).tags.get(CONTENT_TAG) == content
    export = candidate.export()
    evidence = Evidence(
        candidate.evaluation, candidate.metrics(), before, same, candidate.not_run(config.gates)
    )
    may_change = config.contract_may_change
    results = [
        *check_gates(config.gates, evidence),
        contract_gate(client, name, before, contract, same=same, may_change=may_change),
    ]
    promoted = not any(result.refuses for result in results)
    tags = {
        "noria.gates": json.dumps([row.model_dump() for row in gate_rows(results)]),
        "noria.promoted": str(promoted).lower(),
        "noria.data_digest": candidate.evaluation.data_digest,
        "noria.run": os.environ.get("NORIA_RUN", ""),
        "noria.tflite_sha256": export.sha256 if export else "",
        "noria.replaces": before or "",
        CONTENT_TAG: content,
    }
    for key, value in tags.items():
        client.set_model_version_tag(name, version, key, value)
    if promoted:
        client.set_registered_model_alias(name, CHAMPION, version)
        if before:
            client.set_model_version_tag(name, before, "noria.replaced_by", version)
    return _promotion(config, version, results, promoted, before)


def _promotion(
    config: ModelPromotionConfig, version: str, results: list[GateResult], promoted: bool, before: str | None
) -> Promotion:
    return Promotion(
        registered_model=config.registered_model,
        version=version,
        aliases=(CHALLENGER, CHAMPION) if promoted else (CHALLENGER,),
        promoted=promoted,
        reason=reason(results, before),
        gates=gate_rows(results),
    )
