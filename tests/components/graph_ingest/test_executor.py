"""Tests of components/graph_ingest/executor.py, read_graph.py and build_snapshot.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.graph_ingest.build_snapshot import main
from components.graph_ingest.config import GraphIngestConfig
from components.graph_ingest.executor import Executor
from components.graph_ingest.source_digest import with_source_digest
from components.graph_ingest.tables import SPLITS, Graph
from components.tracking import RECORDS, recording
from noria.typed_config import load_config, parse_config
from pipelines.graph import GraphConfig

ROOT = Path(__file__).parents[3]
SLICE = ROOT / "tests" / "data" / "debian-slice"


def _run(config: GraphIngestConfig, folder: Path) -> Graph:
    folder.mkdir()
    with recording({"graph": folder}):
        Executor().run(with_source_digest(config), {}, {"graph": folder})
    return Graph.load(folder)


def _slice(**settings: Any) -> GraphIngestConfig:
    tree = {"source": {"path": str(SLICE)}, "task": {"min_class_count": 50}, **settings}
    return parse_config(GraphIngestConfig, tree, "test")


def test_slice_of_the_real_graph(tmp_path: Path) -> None:
    graph = _run(_slice(), tmp_path / "graph")
    task = graph.task
    counts = np.bincount(task.labels[task.labels >= 0])
    assert counts.min() >= 50
    assert len(counts) == len(task.classes)
    groups = {split: set(task.group[task.nodes(split)].tolist()) for split in SPLITS}
    assert not groups["train"] & groups["test"]
    assert not groups["train"] & groups["valid"]
    assert graph.source_digest
    assert (tmp_path / "graph" / "schema.pbtxt").is_file()
    records = [json.loads(line) for line in (tmp_path / "graph" / RECORDS).read_text().splitlines()]
    assert records[0]["values"]["nodes_package"] == str(graph.node_sets["package"].size)


def test_the_same_configuration_gives_the_same_files(tmp_path: Path) -> None:
    config = _slice(text={"package": {"text": {"dimension": 16}}})
    for name in ("first", "second"):
        _run(config, tmp_path / name)
    files = sorted(p.relative_to(tmp_path / "first") for p in (tmp_path / "first").rglob("*") if p.is_file())
    assert len(files) > 20
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes(), file


def test_example_of_an_own_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    config = load_config(GraphConfig, ROOT / "examples" / "own_graph" / "graph.yaml").ingest()
    graph = _run(config, tmp_path / "graph")
    assert sorted(graph.node_sets) == ["book", "reader"]
    assert graph.task.classes == ("astronomy", "cooking", "gardening")
    assert all(len(graph.task.nodes(split)) for split in SPLITS)


@pytest.mark.parametrize("kind", ["arxiv", "mag"])
def test_ogb_folders(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(f"{kind}_folder")
    config = parse_config(GraphIngestConfig, {"source": {"kind": "ogb", "path": str(folder)}}, "test")
    assert len(_run(config, tmp_path / "graph").task.classes) == 2


def test_an_index_and_the_snapshot_made_of_it_give_the_same_graph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = tmp_path / "Packages"
    stanzas = [
        f"Package: p{i}\nSource: s{i // 2}\nMaintainer: m{i % 3}\nSection: {'libs' if i % 4 else 'net'}\n"
        f"Depends: p{(i * 7) % 60}\nDescription: word{i % 5} and more\nTag: t::{i % 2}\n"
        for i in range(60)
    ]
    index.write_text("\n".join(stanzas))
    assert main([str(tmp_path / "snapshot"), "--index", str(index)]) == 0
    assert "packages" in capsys.readouterr().out
    graphs = []
    for kind, path in (("debian", index), ("snapshot", tmp_path / "snapshot")):
        tree = {"source": {"kind": kind, "path": str(path)}, "task": {"min_class_count": 2}}
        graphs.append(_run(parse_config(GraphIngestConfig, tree, "test"), tmp_path / f"graph-{kind}"))
    first, second = graphs
    assert first.notes["index"] == second.notes["index"]
    for name, values in first.node_sets["package"].features.items():
        np.testing.assert_array_equal(values, second.node_sets["package"].features[name])
    for name, edges in first.edge_sets.items():
        np.testing.assert_array_equal(edges.out.indices, second.edge_sets[name].out.indices)
    np.testing.assert_array_equal(first.task.split, second.task.split)


def test_build_snapshot_without_an_index_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "out"), "--index", str(tmp_path / "none")]) == 1
    assert "apt-get update" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
