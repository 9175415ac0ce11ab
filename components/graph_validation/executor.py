"""Measures, checks, reports; keeps the statistics of what passed for the next comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.graph_ingest.tables import Graph
from components.graph_validation.checks import check_drift, check_limits
from components.graph_validation.config import GraphValidationConfig
from components.graph_validation.report import validation_report
from components.graph_validation.statistics import Statistics, graph_statistics
from components.step_executor import StepExecutor
from components.validation_checks import breached, conclude
from noria.digests import text_digest
from noria.files import read_json, write_json
from noria.home import Home


class Executor(StepExecutor[GraphValidationConfig]):
    """Writes a ValidationReport folder.

    The graph is compared with the last one of the same pipeline and source that passed. Those statistics
    lie in the home folder and are no input: a validation that is taken from the cache validated this very
    graph, so there is no change to see.
    """

    config_type = GraphValidationConfig

    def run(
        self, config: GraphValidationConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        """Raises DataError with the list of breaches, unless the configuration asks only for a warning."""
        statistics = graph_statistics(Graph.load(inputs["graph"]))
        checks = check_limits(statistics, config.limits)
        baseline = self._baseline(statistics)
        if baseline.is_file():
            checks += check_drift(statistics, read_json(baseline), config.drift)
        changed = any(check.name.startswith("drift.") for check in breached(checks))
        accept = ", or run once with on_breach=warn where the change is meant" if changed else ""
        conclude(
            "graph_validation",
            statistics,
            checks,
            validation_report(statistics, checks, compared=baseline.is_file()),
            outputs["report"],
            fails=lambda _: config.on_breach == "fail",
            hint=f"mend the source or change the limits{accept}",
            run_id=self._context.pipeline_run_id if self._context else None,
        )
        write_json(baseline, statistics)
        _track(statistics)

    def _baseline(self, statistics: Statistics) -> Path:
        info = self._context.pipeline_info if self._context else None
        source = text_digest(repr(sorted(statistics["source"].items())))[:12]
        name = f"{info.id if info else 'by-hand'}-{source}.json"
        return Home.find().root / "baselines" / "graph_validation" / name


def _track(statistics: Statistics) -> None:
    task = statistics["task"]
    tracking.metrics(
        {
            "graph_nodes": sum(nodes["size"] for nodes in statistics["node_sets"].values()),
            "graph_edges": sum(edges["size"] for edges in statistics["edge_sets"].values()),
            "isolated_share": statistics["node_sets"][task["node_set"]]["isolated_share"],
            "sibling_leak_share": max(task["sibling_leak_share"].values()),
        }
    )
