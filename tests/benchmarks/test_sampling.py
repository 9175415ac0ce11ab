"""The sampling benchmark compares like with like, and says so."""

from __future__ import annotations

from argparse import Namespace

import numpy as np
import pytest

from benchmarks import sampling, synthetic_graph
from components.graph_sampling.config import SamplingPlan


@pytest.mark.slow
def test_both_sides_draw_subgraphs_of_one_size(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A tenth of everything: as many edges a node, in a graph that is quickly built.
    nodes = {name: size // 10 for name, size in synthetic_graph.NODES.items()}
    edges = {name: (s, t, count // 10) for name, (s, t, count) in synthetic_graph.EDGES.items()}
    monkeypatch.setattr(synthetic_graph, "NODES", nodes)
    monkeypatch.setattr(synthetic_graph, "EDGES", edges)
    plan = SamplingPlan(hops=[{"cites": 4}, {"written_by": 2}])
    monkeypatch.setattr(synthetic_graph, "PLAN", plan)
    setting = sampling.synthetic(Namespace(batch_size=16, batches=2))
    assert setting.seeds == 32
    result = sampling.compare(setting, 1)
    noria, *others = result["samplers"].values()
    for part in ("nodes", "edges"):
        np.testing.assert_allclose([other[part] for other in others], noria[part], rtol=0.05)
    assert result["ratio"]["min"] <= result["ratio"]["median"] <= result["ratio"]["max"]
    sampling.show(result)
    assert "seeds/s" in capsys.readouterr().out
