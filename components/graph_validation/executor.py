"""Measures, checks, reports; keeps the statistics of what passed for the next comparison."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from components import tracking
from components.graph_ingest.tables import Graph
from components.graph_validation.checks import Check, check_drift, check_limits
from components.graph_validation.config import GraphValidationConfig
from components.graph_validation.report import validation_report
from components.graph_validation.statistics import Statistics, graph_statistics
from components.step_executor import StepExecutor
from noria.digests import text_digest
from noria.errors import DataError
from noria.files import read_json, write_json, write_text
from noria.home import Home

_log = logging.getLogger(__name__)


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
        page = validation_report(statistics, checks, compared=baseline.is_file())
        breaches = [check for check in checks if not check.passed]
        if breaches and config.on_breach == "fail":
            # The output folder of a failed step is removed.
            kept = self._report_folder() / "graph_validation.html"
            write_text(kept, page)
            raise _breach(breaches, len(checks), kept)
        for check in breaches:
            _log.warning("breached: %s", check)
        folder = outputs["report"]
        write_json(folder / "statistics.json", statistics)
        write_json(folder / "checks.json", [check.as_json() for check in checks])
        write_text(folder / "report.html", page)
        write_json(baseline, statistics)
        _track(statistics, breaches, folder)

    def _baseline(self, statistics: Statistics) -> Path:
        info = self._context.pipeline_info if self._context else None
        source = text_digest(repr(sorted(statistics["source"].items())))[:12]
        name = f"{info.id if info else 'by-hand'}-{source}.json"
        return Home.find().root / "baselines" / "graph_validation" / name

    def _report_folder(self) -> Path:
        run = self._context.pipeline_run_id if self._context else None
        home = Home.find()
        return home.runs / run / "reports" if run and (home.runs / run).is_dir() else home.root / "reports"


def _breach(breaches: Sequence[Check], checks: int, report: Path) -> DataError:
    lines = "".join(f"\n  {check}" for check in breaches)
    changed = any(check.name.startswith("drift.") for check in breaches)
    accept = ", or run once with on_breach=warn where the change is meant" if changed else ""
    return DataError(
        f"graph_validation: {len(breaches)} of {checks} checks breached:{lines}",
        hint=f"mend the source or change the limits{accept}; report: {report}",
    )


def _track(statistics: Statistics, breaches: Sequence[Check], folder: Path) -> None:
    task = statistics["task"]
    tracking.metrics(
        {
            "graph_nodes": sum(nodes["size"] for nodes in statistics["node_sets"].values()),
            "graph_edges": sum(edges["size"] for edges in statistics["edge_sets"].values()),
            "isolated_share": statistics["node_sets"][task["node_set"]]["isolated_share"],
            "sibling_leak_share": max(task["sibling_leak_share"].values()),
            "breached_checks": len(breaches),
        }
    )
    tracking.artifact(folder / "report.html")
