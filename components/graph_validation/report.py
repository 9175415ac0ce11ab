"""Statistics and checks as one page."""

from __future__ import annotations

from collections.abc import Sequence

from components.graph_ingest.tables import SPLITS
from components.graph_validation.pictures import degree_picture, feature_picture, label_picture
from components.graph_validation.statistics import Statistics
from components.validation_checks import Check, add_checks
from noria.html_report import Page


def validation_report(statistics: Statistics, checks: Sequence[Check], compared: bool) -> str:
    """The page as HTML.

    Args:
        statistics: Of the graph.
        checks: All that were made; those that failed come first on the page.
        compared: Whether there was an earlier graph to compare with.
    """
    remark = (
        "Compared with the last graph from this source." if compared else "No earlier graph to compare with."
    )
    page = Page("Graph validation")
    add_checks(page, checks, remark)
    _add_graph(page, statistics)
    _add_task(page, statistics["task"])
    return page.render()


def _add_graph(page: Page, statistics: Statistics) -> None:
    page.section("Nodes").table(
        ["node set", "nodes", "isolated share"],
        ([name, nodes["size"], nodes["isolated_share"]] for name, nodes in statistics["node_sets"].items()),
    )
    features = [
        [
            f"{name}.{feature}",
            f"{v['dtype']} {v['shape']}",
            v["missing_share"],
            v["non_finite"],
            v["zero_share"],
        ]
        for name, nodes in statistics["node_sets"].items()
        for feature, v in nodes["features"].items()
    ]
    if features:
        page.table(["feature", "type", "missing share", "non-finite rows", "share of zero rows"], features)
    picture = feature_picture(statistics["node_sets"])
    if picture is not None:
        page.picture(picture, "Features: range, mean and standard deviation per column")
    page.section("Edges").table(
        ["edge set", "from", "to", "edges", "repeated share", "mean out", "max out", "mean in", "max in"],
        (
            [name, e["source"], e["target"], e["size"], e["duplicate_share"]]
            + [e[way][key] for way in ("out", "in") for key in ("mean", "max")]
            for name, e in statistics["edge_sets"].items()
        ),
    )
    if statistics["edge_sets"]:
        page.picture(
            degree_picture(statistics["edge_sets"]), "Degrees: nodes per power of two, nodes without left out"
        )


def _add_task(page: Page, task: Statistics) -> None:
    page.section("Labels").paragraph(f"{len(task['classes'])} classes of {task['node_set']}.")
    page.table(
        ["split", "nodes", "share with a sibling in training", "distance to training's class shares"],
        (
            [s, task["split_nodes"][s], task["sibling_leak_share"].get(s), task["label_distance"].get(s)]
            for s in SPLITS
        ),
    )
    page.picture(label_picture(task), "Share of every class in each split")
    page.table(
        ["class", *SPLITS],
        ([name, *(task["labels"][s][i] for s in SPLITS)] for i, name in enumerate(task["classes"])),
    )
