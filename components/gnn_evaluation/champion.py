"""The registered champion, scored on the same test nodes."""

from __future__ import annotations

from pathlib import Path

from components.classification.scores import accuracy, macro_f1
from components.evaluation_record import ChampionResult, ChampionUnreachable, Metrics
from components.gnn_evaluation.scoring import NetworkScorer
from components.graph_ingest.tables import Graph
from components.model_folder import ModelFolder
from components.model_promotion.champion import champion_result


def score_champion(
    registered_model: str, graph: Graph, scratch: Path
) -> ChampionResult | ChampionUnreachable | None:
    """Scores the champion of a registered model on the graph's test split.

    Args:
        registered_model: Name in the registry; empty = there is none to compare with.
        graph: The graph; its test nodes may have been training nodes of a champion that was trained on
            another split, which would flatter the champion, never the new model.
        scratch: Folder to download into.

    Returns:
        None without a champion; ChampionUnreachable where the registry does not answer or the champion
        cannot be applied to this graph.
    """

    def measure(model: ModelFolder) -> Metrics:
        nodes = graph.task.nodes("test")
        labels = graph.task.labels[nodes]
        logits = NetworkScorer(model, graph).logits(nodes, unit="test nodes scored by the champion")
        predictions = logits.argmax(axis=1)
        return {
            "test_accuracy": accuracy(labels, predictions),
            "test_macro_f1": macro_f1(labels, predictions),
        }

    return champion_result(registered_model, scratch, measure)
