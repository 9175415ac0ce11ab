"""``make test-spark``: graph_sampling on a real Spark, its own local master, through Beam's job server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.job_servers.build import job_server
from tests.job_servers.sampling_step import (
    EVERYTHING,
    assert_same_as_far_as_not_drawn,
    assert_same_subgraphs,
    sample,
    small_graph,
    small_plan,
)

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def test_the_step_gives_the_same_on_spark(tmp_path: Path) -> None:
    graph = small_graph(tmp_path / "graph", seeds=100)
    arguments = ["--runner=SparkRunner", "--spark_master_url=local[2]"]
    arguments += [f"--spark_job_server_jar={job_server('spark')}"]
    everything = sample(tmp_path / "graph", EVERYTHING, tmp_path / "everything", arguments)
    drawn = sample(tmp_path / "graph", small_plan(), tmp_path / "drawn", arguments)
    memory = sample(tmp_path / "graph", EVERYTHING, tmp_path / "memory")
    assert assert_same_subgraphs(graph, memory, everything) == 100
    memory = sample(tmp_path / "graph", small_plan(), tmp_path / "drawn in memory")
    assert assert_same_as_far_as_not_drawn(graph, memory, drawn) == 100
