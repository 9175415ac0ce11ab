"""The work of agent_evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.agent_evaluation.config import AgentEvaluationConfig
from components.agent_evaluation.evaluate import Evaluation, Subject
from components.agent_evaluation.findings import Findings
from components.agent_evaluation.off_policy import Refused
from components.agent_evaluation.report import write_report
from components.agent_evaluation.track_sessions import track_sessions, write_sessions
from components.evaluation_record import ChampionResult, Metrics
from components.model_folder import ModelFolder
from components.playlist_simulation.session_features import Catalogue
from components.session_ingest.session_log import SessionLog
from components.step_executor import StepExecutor
from components.user_model_training.user_model_folder import UserModelsFacts, load_user_model


class Executor(StepExecutor[AgentEvaluationConfig]):
    """Lets agents, heuristics, the exported file and the champion play the same sessions; reports."""

    config_type = AgentEvaluationConfig

    def run(
        self, config: AgentEvaluationConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        folder = outputs["evaluation"]
        log = SessionLog.load(inputs["sessions"])
        evaluation = Evaluation(config, _subject(config, log, inputs))
        findings = evaluation.run(folder.parent)
        findings.record().save(folder)
        tracked = None
        if config.tracked_sessions:
            count = min(config.tracked_sessions, config.sessions)
            tracked = track_sessions(findings.rankings.values(), evaluation.episodes, count)
            tracking.artifact(write_sessions(tracked, folder))
        for path in write_report(folder, findings, log, tracked):
            tracking.artifact(path)
        _track(findings)


def _subject(config: AgentEvaluationConfig, log: SessionLog, inputs: Mapping[str, Path]) -> Subject:
    spec = Catalogue.of(log).spec(config.simulation.candidates)
    folder = inputs["user_models"]
    facts = UserModelsFacts.load(folder)
    # Loaded first: an unknown name is refused before anything else is read.
    chosen = load_user_model(folder, config.user_model or facts.chosen, spec)
    others = {name: load_user_model(folder, name, spec) for name in facts.models if name != chosen.name}
    return Subject(
        log=log,
        models={chosen.name: chosen, **others},
        chosen=chosen.name,
        agents=inputs["agents"],
        model=ModelFolder.load(inputs["model"]),
        exported=inputs["tflite"] / "model.tflite" if "tflite" in inputs else None,
    )


def _track(findings: Findings) -> None:
    values = _prefixed("test", findings.model_metrics())
    if isinstance(findings.champion, ChampionResult):
        values |= _prefixed("champion_test", findings.champion.metrics)
    for name, metrics in findings.baselines().items():
        values |= _prefixed(f"baseline_{name}", metrics)
    for arena, ranking in findings.rankings.items():
        for agent in ranking.agents():
            summary = ranking.agent_summary(agent)
            values[f"agent_{agent}_{arena}_return"] = summary.returns.value
            values[f"agent_{agent}_{arena}_gain"] = summary.gain.value
            values[f"agent_{agent}_{arena}_gain_low"] = summary.gain.low
    tracking.metrics({name: math.nan if value is None else value for name, value in values.items()})
    told = {f"best_heuristic_{arena}": ranking.reference for arena, ranking in findings.rankings.items()}
    if isinstance(findings.off_policy, Refused):
        told["off_policy_refused"] = findings.off_policy.reason
    tracking.params(told)


def _prefixed(prefix: str, metrics: Metrics) -> Metrics:
    return {f"{prefix}_{name}": value for name, value in metrics.items()}
