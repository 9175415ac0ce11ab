"""Plans that do not fit their graph are told."""

from __future__ import annotations

import pytest

from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.spec import resolve
from noria.errors import ConfigError
from tests.components.graph_sampling.graphs import random_graph

GRAPH = random_graph(0, papers=5, authors=2, cites=5, writes=3, groups=2)


def test_sets_in_order_of_first_reach() -> None:
    spec = resolve(SamplingPlan(hops=[{"rev_writes": 1, "cites": 2}, {"writes": 1}]), GRAPH)
    assert spec.node_sets == ("paper", "author")
    assert list(spec.edge_sets) == ["rev_writes", "cites", "writes"]
    assert (spec.edge_sets["rev_writes"].source, spec.edge_sets["rev_writes"].target) == ("paper", "author")
    assert spec.hops == 2


@pytest.mark.parametrize(
    ("hops", "message"),
    [
        ([{"cite": 1}], "unknown edge set cite; did you mean cites"),
        ([{"rev_cite": 1}], "did you mean rev_cites"),
        ([{"writes": 1}], "hop 1: writes starts at author nodes"),
        ([{"rev_writes": 1}, {"cites": 1}], "hop 2: cites starts at paper nodes"),
    ],
)
def test_mistakes_are_named(hops: list[dict[str, int]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve(SamplingPlan(hops=hops), GRAPH)


def test_no_hops_is_the_seed_alone() -> None:
    spec = resolve(SamplingPlan(hops=[]), GRAPH)
    assert (spec.node_sets, spec.hops, dict(spec.edge_sets)) == (("paper",), 0, {})
