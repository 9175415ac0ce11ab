"""The evaluation as pictures and one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.classification.pictures import confusion_picture, per_class_picture
from components.classification.scores import Classification, IntArray
from components.evaluation_record import ChampionResult, ChampionUnreachable
from components.gnn_evaluation.attribution import Attribution
from components.gnn_evaluation.attribution_pictures import edge_set_bars, feature_bars, occlusion_bars
from noria.files import write_bytes, write_text
from noria.html_report import Page


@dataclass(frozen=True)
class Findings:
    """Everything that was measured on the test split.

    Attributes:
        classes: Class names.
        labels: [test nodes].
        predictions: [test nodes].
        result: Scores of the network.
        baselines: Baseline to its scores.
        champion: See score_champion.
        attribution: None where it was switched off.
        occlusion: Edge set to accuracy without it, "" to accuracy with all; empty where switched off.
    """

    classes: tuple[str, ...]
    labels: IntArray
    predictions: IntArray
    result: Classification
    baselines: Mapping[str, Mapping[str, float]]
    champion: ChampionResult | ChampionUnreachable | None
    attribution: Attribution | None
    occlusion: Mapping[str, float]

    def details(self) -> dict[str, Any]:
        """What ``evaluation.json`` holds beside metrics, baselines and champion."""
        found: dict[str, Any] = {
            "per_class": [vars(row) for row in self.result.per_class],
            "occlusion": dict(self.occlusion),
        }
        if self.attribution:
            found["attribution"] = {
                "features": [
                    {"node_set": n, "feature": f, "where": where, "value": value}
                    for (n, f, where), value in self.attribution.features.items()
                ],
                "edge_sets": dict(self.attribution.edge_sets),
                "explained": self.attribution.explained,
                "completeness_error": self.attribution.completeness_error,
                "nodes": self.attribution.nodes,
            }
        return found


def write_report(folder: Path, findings: Findings) -> list[Path]:
    """Writes ``report.html`` and its pictures into ``folder``; returns their paths."""
    pictures = {
        "confusion_matrix.png": confusion_picture(findings.labels, findings.predictions, findings.classes),
        "per_class.png": per_class_picture(findings.result),
    }
    if findings.attribution:
        pictures["attribution_features.png"] = feature_bars(findings.attribution)
        pictures["attribution_edge_sets.png"] = edge_set_bars(findings.attribution)
    if findings.occlusion:
        pictures["occlusion.png"] = occlusion_bars(findings.occlusion)
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    page = Page("Evaluation on the test split")
    _scores(page, findings)
    page.section("Confusion matrix").picture(pictures["confusion_matrix.png"], "confusion matrix")
    page.section("Per class").picture(pictures["per_class.png"], "F1 per class")
    page.table(
        ["class", "precision", "recall", "F1", "test nodes"],
        [(r.name, r.precision, r.recall, r.f1, r.support) for r in findings.result.per_class],
    )
    _attribution(page, findings, pictures)
    write_text(folder / "report.html", page.render())
    return [folder / name for name in ("report.html", *pictures)]


def _scores(page: Page, findings: Findings) -> None:
    low, high = findings.result.interval
    page.section("Scores").paragraph(
        f"{len(findings.labels)} test nodes. Accuracy {findings.result.accuracy:.4f} "
        f"(95 % interval {low:.4f} to {high:.4f}, bootstrap over groups of nodes that share a source)."
    )
    rows: list[tuple[str, float | None, float | None]] = [
        ("this model", findings.result.accuracy, findings.result.macro_f1)
    ]
    rows += [
        (f"baseline: {name.replace('_', ' ')}", scores["test_accuracy"], scores["test_macro_f1"])
        for name, scores in findings.baselines.items()
    ]
    champion = findings.champion
    if isinstance(champion, ChampionResult):
        scores = champion.metrics
        rows.append(
            (f"champion (version {champion.version})", scores["test_accuracy"], scores["test_macro_f1"])
        )
    page.table(["", "accuracy", "macro F1"], rows)
    if isinstance(champion, ChampionUnreachable):
        page.paragraph(f"The champion was not scored: {champion.unreachable}")


def _attribution(page: Page, findings: Findings, pictures: Mapping[str, bytes]) -> None:
    if found := findings.attribution:
        page.section("What predictions rest on: integrated gradients").paragraph(
            f"Mean over {found.nodes} test nodes. On average {found.explained:.3f} of the predicted class's "
            "probability lies between a node of average features and the real one; attributions add up to it "
            f"within {found.completeness_error:.3f} per prediction."
        )
        page.picture(pictures["attribution_features.png"], "attribution per feature")
        page.table(
            ["node set", "feature", "where", "mean attribution"],
            [
                (node_set, feature, where, value)
                for (node_set, feature, where), value in sorted(
                    found.features.items(), key=lambda item: -abs(item[1])
                )
            ],
        )
        page.paragraph("By the edge set over which the seed node is left:")
        page.picture(pictures["attribution_edge_sets.png"], "attribution per edge set")
    if findings.occlusion:
        page.section("What predictions rest on: edge sets taken away").picture(
            pictures["occlusion.png"], "accuracy lost without each edge set"
        )
