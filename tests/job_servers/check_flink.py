"""``make test-flink``: minutes on Flink, beside what ``test_flink.py`` does in every run of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.job_servers.build import job_server
from tests.job_servers.flink_cluster import flink_cluster
from tests.job_servers.sampling_step import (
    EVERYTHING,
    assert_same_as_far_as_not_drawn,
    assert_same_subgraphs,
    sample,
    small_graph,
    small_plan,
)

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def test_every_subgraph_on_a_local_cluster(tmp_path: Path) -> None:
    graph = small_graph(tmp_path / "graph")
    arguments = ["--runner=FlinkRunner", "--flink_master=[local]", "--parallelism=1"]
    arguments += [f"--flink_job_server_jar={job_server('flink')}"]
    flink = sample(tmp_path / "graph", EVERYTHING, tmp_path / "flink", arguments)
    memory = sample(tmp_path / "graph", EVERYTHING, tmp_path / "memory")
    assert assert_same_subgraphs(graph, memory, flink) == sum(graph.task.split >= 0)


def test_a_session_cluster_with_a_worker_pool(tmp_path: Path) -> None:
    graph = small_graph(tmp_path / "graph", seeds=100)
    (tmp_path / "cluster").mkdir()
    with flink_cluster(tmp_path / "cluster") as arguments:
        everything = sample(tmp_path / "graph", EVERYTHING, tmp_path / "everything", arguments)
        drawn = sample(tmp_path / "graph", small_plan(), tmp_path / "drawn", arguments)
    memory = sample(tmp_path / "graph", EVERYTHING, tmp_path / "memory")
    assert assert_same_subgraphs(graph, memory, everything) == 100
    memory = sample(tmp_path / "graph", small_plan(), tmp_path / "drawn in memory")
    assert assert_same_as_far_as_not_drawn(graph, memory, drawn) == 100
