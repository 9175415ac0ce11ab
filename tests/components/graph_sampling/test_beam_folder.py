"""Where the step and Beam's workers meet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.graph_sampling.beam_folder import meeting_folder, open_graph, share_graph
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.spec import resolve, sampled_edges
from components.tfgnn import tf
from noria.errors import ConfigError
from tests.components.graph_sampling.graphs import random_graph

GRAPH = random_graph(1, papers=40, authors=6, cites=150, writes=40, groups=5)
SPEC = resolve(SamplingPlan(hops=[{"cites": 2, "rev_cites": 2}]), GRAPH)


# TensorFlow's file system in memory stands for an object store: addresses, no paths, no mapping.
@pytest.mark.parametrize("place", ["{folder}", "ram://bucket/place"])
def test_what_is_sampled_arrives_and_nothing_stays(place: str, tmp_path: Path) -> None:
    place = place.format(folder=tmp_path)
    with meeting_folder(place) as folder:
        assert folder.startswith(f"{place}/")
        arrived = open_graph(share_graph(GRAPH, SPEC, folder))
        assert {name: nodes.size for name, nodes in arrived.node_sets.items()} == {"paper": 40, "author": 6}
        assert list(arrived.edge_sets) == ["cites"]
        for name in ("cites", "rev_cites"):
            expected, got = sampled_edges(GRAPH, name).adjacency, sampled_edges(arrived, name).adjacency
            np.testing.assert_array_equal(got.indptr, expected.indptr)
            np.testing.assert_array_equal(got.indices, expected.indices)
    assert not tf.io.gfile.exists(folder)


def test_without_a_place_it_is_a_temporary_folder() -> None:
    with meeting_folder(None) as folder:
        assert Path(folder).is_dir()
    assert not Path(folder).exists()


@pytest.mark.parametrize(("place", "message"), [("s3://bucket", "no s3://"), ("/no/such/place", "no folder")])
def test_a_place_that_does_not_do(place: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"temp_location={place}.*{message}"), meeting_folder(place):
        pass
