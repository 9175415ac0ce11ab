"""graph_sampling on a real Flink: its own local cluster, started by Beam's FlinkRunner.

Needs a JDK 17 and Maven, which fetches some 160 MB once. ``make test-flink`` does more.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.job_servers.build import job_server
from tests.job_servers.sampling_step import EVERYTHING, assert_same_subgraphs, sample, small_graph


# The workers' threads run into the end of the job server that they listened to.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.slow
def test_the_step_gives_the_same_on_flink(tmp_path: Path) -> None:
    graph = small_graph(tmp_path / "graph", seeds=50)
    arguments = [
        "--runner=FlinkRunner",
        "--flink_master=[local]",
        f"--flink_job_server_jar={job_server('flink')}",
        "--parallelism=1",
    ]
    flink = sample(tmp_path / "graph", EVERYTHING, tmp_path / "flink", arguments)
    memory = sample(tmp_path / "graph", EVERYTHING, tmp_path / "memory")
    assert assert_same_subgraphs(graph, memory, flink) == 50
