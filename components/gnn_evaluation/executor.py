"""The work of gnn_evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from components import tracking
from components.classification.scores import classify
from components.evaluation_record import ChampionResult, EvaluationRecord
from components.gnn_evaluation.attribution import accuracy_without, integrated_gradients
from components.gnn_evaluation.baselines import evaluate_baselines
from components.gnn_evaluation.champion import score_champion
from components.gnn_evaluation.config import GnnEvaluationConfig
from components.gnn_evaluation.report import Findings, write_report
from components.gnn_evaluation.scoring import NetworkScorer
from components.graph_ingest.tables import Graph
from components.model_folder import ModelFolder
from components.step_executor import StepExecutor


class Executor(StepExecutor[GnnEvaluationConfig]):
    """Scores the test split, fits baselines, scores the champion, attributes predictions, reports."""

    config_type = GnnEvaluationConfig

    def run(
        self, config: GnnEvaluationConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        graph = Graph.load(inputs["graph"])
        folder = outputs["evaluation"]
        scorer = NetworkScorer(ModelFolder.load(inputs["model"]), graph)
        nodes = graph.task.nodes("test")
        labels = graph.task.labels[nodes]
        predictions = scorer.logits(nodes, unit="test nodes scored").argmax(axis=1)
        result = classify(labels, predictions, graph.task.classes, graph.task.group[nodes], config.seed)
        metrics = {
            "test_accuracy": result.accuracy,
            "test_accuracy_low": result.interval[0],
            "test_accuracy_high": result.interval[1],
            "test_macro_f1": result.macro_f1,
        }
        baselines = evaluate_baselines(graph, config.seed) if config.baselines else {}
        champion = score_champion(config.registered_model, graph, folder.parent)
        chosen = np.random.default_rng(config.seed).permutation(len(nodes))
        explained = chosen[: config.attribution_nodes]
        occluded = chosen[: config.occlusion_nodes]
        findings = Findings(
            classes=graph.task.classes,
            labels=labels,
            predictions=predictions,
            result=result,
            baselines=baselines,
            champion=champion,
            attribution=integrated_gradients(
                scorer, nodes[explained], predictions[explained], config.attribution_steps
            )
            if len(explained)
            else None,
            occlusion=accuracy_without(scorer, nodes[occluded], labels[occluded]) if len(occluded) else {},
        )
        EvaluationRecord(
            metrics=metrics,
            baselines=baselines,
            champion=champion,
            data_digest=graph.source_digest,
            details=findings.details(),
        ).save(folder)
        for path in write_report(folder, findings):
            tracking.artifact(path)
        tracking.metrics({**metrics, "test_nodes": len(nodes)})
        for name, scores in baselines.items():
            tracking.metric(f"baseline_{name}_accuracy", scores["test_accuracy"])
            tracking.metric(f"baseline_{name}_macro_f1", scores["test_macro_f1"])
        if isinstance(champion, ChampionResult):
            tracking.metric("champion_test_accuracy", champion.metrics["test_accuracy"] or math.nan)
