"""The work of policy_evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.board_games.games import make_game
from components.evaluation_record import ChampionResult, EvaluationRecord, Metrics
from components.model_folder import ModelFolder
from components.model_promotion.champion import champion_result
from components.policy_evaluation.config import PolicyEvaluationConfig
from components.policy_evaluation.measures import measure, measure_baselines, measure_details, rules_digest
from components.policy_evaluation.policy_model import SavedModelPolicy, TflitePlayer
from components.policy_evaluation.report import Findings, write_report
from components.step_executor import StepExecutor


class Executor(StepExecutor[PolicyEvaluationConfig]):
    """Lets the policy, its exported file, baselines and the champion play every game; reports."""

    config_type = PolicyEvaluationConfig

    def run(
        self, config: PolicyEvaluationConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        folder = outputs["evaluation"]
        spec = make_game(config.game).spec
        policy = SavedModelPolicy.load(ModelFolder.load(inputs["model"]), spec)
        exported: Metrics = {}
        if "tflite" in inputs:
            exported = measure(config.game, TflitePlayer(inputs["tflite"] / "model.tflite", spec))

        def measure_champion(model: ModelFolder) -> Metrics:
            return measure(config.game, SavedModelPolicy.load(model, spec))

        findings = Findings(
            policy=policy,
            metrics=measure(config.game, policy),
            exported=exported,
            baselines=measure_baselines(config.game),
            champion=champion_result(config.registered_model, folder.parent, measure_champion),
            details=measure_details(config.game, policy),
        )
        EvaluationRecord(
            metrics={**findings.metrics, **_prefixed("tflite", exported)},
            baselines=dict(findings.baselines),
            champion=findings.champion,
            data_digest=rules_digest(config.game),
            details=dict(findings.details),
        ).save(folder)
        for path in write_report(folder, config, findings):
            tracking.artifact(path)
        _track(findings)


def _track(findings: Findings) -> None:
    values = {**_prefixed("test", findings.metrics), **_prefixed("tflite", findings.exported)}
    if isinstance(findings.champion, ChampionResult):
        values |= _prefixed("champion_test", findings.champion.metrics)
    for name, metrics in findings.baselines.items():
        values |= _prefixed(f"baseline_{name}", metrics)
    tracking.metrics({name: math.nan if value is None else value for name, value in values.items()})


def _prefixed(prefix: str, metrics: Metrics) -> Metrics:
    return {f"{prefix}_{name}": value for name, value in metrics.items()}
