"""The work of user_model_training."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from components import tracking
from components.playlist_simulation.observation import ObservationSpec
from components.playlist_simulation.session_features import Catalogue
from components.session_ingest.session_log import SessionLog
from components.step_executor import StepExecutor
from components.user_model_training.baselines import fit_baselines
from components.user_model_training.config import UserModelTrainingConfig
from components.user_model_training.evaluate import (
    Evaluation,
    completion_metrics,
    evaluate,
    leaving_metrics,
)
from components.user_model_training.metrics import Calibration
from components.user_model_training.replay import Replay
from components.user_model_training.report import write_report
from components.user_model_training.train import TrainedModel, train
from components.user_model_training.user_model_folder import (
    CalibrationFacts,
    UserModelFacts,
    UserModelsFacts,
    save_user_model,
)


class Executor(StepExecutor[UserModelTrainingConfig]):
    """Trains every kind, measures all on the test split, chooses by the validation split."""

    config_type = UserModelTrainingConfig

    def run(
        self, config: UserModelTrainingConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        started, folder = time.process_time(), outputs["user_models"]
        log = SessionLog.load(inputs["sessions"])
        rows, validation, test = (Replay.of(log, split) for split in ("train", "validation", "test"))
        spec = Catalogue.of(log).spec(1)
        models: dict[str, TrainedModel] = {
            kind: train(kind, rows, validation, config) for kind in config.models
        }
        evaluations: dict[str, Evaluation] = {}
        facts: dict[str, UserModelFacts] = {}
        for kind, model in models.items():
            network = model.learner.network
            save_user_model(folder, kind, network, network.functions())
            evaluations[kind] = _evaluate(model, test, spec, log, config)
            held = _evaluate(model, validation, spec, log, config)
            facts[kind] = _facts(model, held, evaluations[kind])
        record = UserModelsFacts(
            chosen=config.chosen or min(models.values(), key=lambda model: model.valid_loss).kind,
            state=spec.state,
            candidate=spec.candidate,
            longest=log.facts.longest,
            models=facts,
            baselines=_baselines(log, rows, test, config),
        )
        record.save(folder)
        for file in write_report(folder, record, models, evaluations, config.model_dump()):
            tracking.artifact(file)
        _report(record, len(test), time.process_time() - started)
        tracking.params({"chosen_user_model": record.chosen, "seed": config.seed})


def _evaluate(
    model: TrainedModel,
    rows: Replay,
    spec: ObservationSpec,
    log: SessionLog,
    config: UserModelTrainingConfig,
) -> Evaluation:
    completed, left = model.learner.predict(rows)
    return evaluate(rows, completed, left, spec, log.facts.completed_at, config)


def _baselines(
    log: SessionLog, rows: Replay, test: Replay, config: UserModelTrainingConfig
) -> dict[str, dict[str, float]]:
    scores = {
        name: completion_metrics(test, predict(test), log.facts.completed_at, config)
        for name, predict in fit_baselines(log, rows, config.neighbours).items()
    }
    # The one baseline of leaving: the training split's rate.
    rate = float(rows.left[rows.watched].mean()) if rows.watched.any() else 0.0
    scores["constant"] |= leaving_metrics(test, np.full(len(test), rate, np.float32), config.bins)
    return scores


def _facts(model: TrainedModel, validation: Evaluation, test: Evaluation) -> UserModelFacts:
    network = model.learner.network
    return UserModelFacts(
        memory=network.memory,
        parameters=sum(int(np.prod(variable.shape)) for variable in network.trainable_variables),
        epoch=model.best + 1,
        validation={**validation.metrics, "loss": model.valid_loss},
        test=test.metrics,
        completion=_calibration(test.completion),
        leaving=_calibration(test.leaving),
    )


def _calibration(groups: Calibration) -> CalibrationFacts:
    return CalibrationFacts(
        predicted=groups.predicted.tolist(), actual=groups.actual.tolist(), tracks=groups.rows.tolist()
    )


def _report(record: UserModelsFacts, tracks: int, seconds: float) -> None:
    """Reports test metrics as ``<model>_<measure>`` and ``baseline_<who>_<measure>``."""
    for name, model in record.models.items():
        tracking.metrics({f"{name}_{measure}": value for measure, value in model.test.items()})
    for name, scores in record.baselines.items():
        tracking.metrics({f"baseline_{name}_{measure}": value for measure, value in scores.items()})
    tracking.metrics({"tracks_of_test": tracks, "cpu_seconds": seconds})
