"""Tests of components/graph_ingest/sources/schema_tables.py, node_table.py and task_columns.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from components.graph_ingest.config import GraphIngestConfig
from components.graph_ingest.source_graph import SourceGraph
from components.graph_ingest.sources.schema_tables import schema_graph
from noria.errors import DataError, NoriaError
from noria.typed_config import parse_config

Replace = Callable[[Path, str, str], None]


def _read(folder: Path, **settings: Any) -> SourceGraph:
    tree: dict[str, Any] = {"source": {"kind": "tables"}, "task": {"node_set": "paper", "label": "topic"}}
    for group, fields in settings.items():
        tree[group] = {**tree.get(group, {}), **fields}
    return schema_graph(folder, parse_config(GraphIngestConfig, tree, "test"))


def test_reads_features_by_the_schema(tables_folder: Path) -> None:
    graph = _read(tables_folder, text={"paper": {"title": {"method": "hashing", "dimension": 8, "words": 3}}})
    features = graph.node_sets["paper"].features
    types = {name: (values.dtype.name, values.shape) for name, values in features.items()}
    assert types == {
        "title": ("float32", (10, 8)),
        "title_words": ("int32", (10, 3)),
        "year": ("float32", (10,)),
        "kind": ("int32", (10,)),
        "vector": ("float32", (10, 3)),
    }
    np.testing.assert_array_equal(features["vector"][4], np.array([4, 0.5, -1], np.float32))
    assert graph.vocabularies["paper"]["kind"] == 4
    assert graph.node_sets["author"].features == {}
    ids = graph.node_sets["author"].ids
    assert ids is not None
    assert ids.to_pylist() == ["1", "2"]


def test_reads_edges_by_id_and_the_split_column(tables_folder: Path) -> None:
    graph = _read(tables_folder)
    assert graph.edge_sets["cites"].out.row(0).tolist() == [1, 2]
    assert graph.edge_sets["written_by"].into.row(1).tolist() == [0]
    assert graph.labels.to_pylist() == list("ababababab")
    assert graph.split is not None
    assert graph.split.tolist() == [0, 0, 1, 2, 0, 0, 1, 2, -1, 0]
    assert graph.group.tolist() == list(range(10))


def test_the_label_is_never_a_feature(tables_folder: Path) -> None:
    # The schema of the fixture lists `topic` among the features, as one exported from elsewhere may.
    assert "topic" not in _read(tables_folder).node_sets["paper"].features
    features = _read(tables_folder, task={"label": "kind"}).node_sets["paper"].features
    assert "kind" not in features
    assert "topic" in features


def test_groups_come_from_a_column(tables_folder: Path) -> None:
    assert _read(tables_folder, task={"group": "series"}).group.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_nodes_without_a_group_stand_alone(tables_folder: Path, replace_text: Replace) -> None:
    replace_text(tables_folder / "papers.csv", ",s0\n", ",\n")
    group = _read(tables_folder, task={"group": "series"}).group
    assert len(set(group.tolist())) == 6


def test_parquet_gives_the_same_graph(tables_folder: Path, replace_text: Replace) -> None:
    from_csv = _read(tables_folder)
    table = pyarrow.csv.read_csv(tables_folder / "papers.csv")
    vectors = pa.array([[float(n) for n in cell.split()] for cell in table["vector"].to_pylist()])
    table = table.set_column(table.column_names.index("vector"), "vector", vectors)
    for i, part in enumerate((table.slice(0, 4), table.slice(4))):
        pq.write_table(part, tables_folder / f"papers-{i}.parquet")
    replace_text(tables_folder / "schema.pbtxt", "papers.csv", "papers-*.parquet")
    from_parquet = _read(tables_folder)
    for name, values in from_csv.node_sets["paper"].features.items():
        np.testing.assert_array_equal(values, from_parquet.node_sets["paper"].features[name])
    assert from_csv.labels.to_pylist() == from_parquet.labels.to_pylist()


def test_a_vector_in_numbered_columns(tables_folder: Path) -> None:
    header, *rows = [line.split(",") for line in (tables_folder / "papers.csv").read_text().splitlines()]
    at = header.index("vector")
    header[at] = "vector_0,vector_1,vector_2"
    for row in rows:
        row[at] = row[at].replace(" ", ",")
    (tables_folder / "papers.csv").write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
    vector = _read(tables_folder).node_sets["paper"].features["vector"]
    np.testing.assert_array_equal(vector[9], np.array([9, 0.5, -1], np.float32))


def test_a_feature_may_name_its_column(tables_folder: Path, replace_text: Replace) -> None:
    replace_text(tables_folder / "schema.pbtxt", '"year" value {', '"age" value { source: "year"')
    assert _read(tables_folder).node_sets["paper"].features["age"][1] == 2001


def test_missing_numbers_are_zero_where_asked_for(tables_folder: Path, replace_text: Replace) -> None:
    replace_text(tables_folder / "papers.csv", ",2003,", ",,")
    graph = _read(tables_folder, source={"missing": "zero"})
    assert graph.node_sets["paper"].features["year"][3] == 0
    assert graph.notes["missing"] == {"paper": {"year": 1}}


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "cites.csv",
            "p3,p0",
            "p3,p77",
            r"cites\.csv: column 'target', node set 'paper': 1 edges .* exist: p77",
        ),
        ("papers.csv", "p3,", "p4,", r"papers\.csv: 1 ids are there more than once: p4"),
        (
            "papers.csv",
            ",2003,",
            ",NaN,",
            r"papers\.csv: feature 'year': 1 node has a value missing or NaN: p3",
        ),
        ("papers.csv", ",2003,", ",inf,", r"papers\.csv: feature 'year': 1 node has an infinite value: p3"),
        ("papers.csv", ",2003,", ",soon,", r"papers\.csv: column 'year': 1 cells are no numbers: soon"),
        ("papers.csv", "3 0.5 -1", "3 0.5", r"papers\.csv: feature 'vector': expected 3 .*: p3 has 2"),
        ("papers.csv", "valid", "validation", "2 values of the split column are none of train, valid, test"),
        ("papers.csv", ",year,", ",yaer,", r"papers\.csv has no column 'year'; did you mean yaer\?"),
        ("cites.csv", "source", "from", r"cites\.csv has no column 'source'"),
        ("schema.pbtxt", "papers.csv", "pages.csv", r"node set 'paper': .*pages\.csv does not exist"),
        ("schema.pbtxt", 'filename: "cites.csv"', "", r"edge set 'cites' names no file"),
        (
            "schema.pbtxt",
            'target: "author"',
            'target: "autor"',
            r"has no node set 'autor'; did you mean author\?",
        ),
        ("schema.pbtxt", "DT_FLOAT", "DT_FLAOT", r"schema\.pbtxt is no TF-GNN GraphSchema: .*DT_FLAOT"),
        (
            "schema.pbtxt",
            "dtype: DT_STRING",
            "dtype: DT_STRING shape { dim { size: 2 } }",
            "only single texts",
        ),
        ("schema.pbtxt", "size: 3", "size: -1", "only fixed-length vectors are read"),
        ("schema.pbtxt", "DT_INT64", "DT_COMPLEX64", "expected one of DT_STRING"),
    ],
)
def test_bad_graphs_are_refused_by_name(
    tables_folder: Path, replace_text: Replace, file: str, old: str, new: str, message: str
) -> None:
    replace_text(tables_folder / file, old, new)
    with pytest.raises(DataError, match=message):
        _read(tables_folder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"task": {"label": "topics"}}, r"papers\.csv has no column 'topics'; did you mean topic\?"),
        ({"task": {"group": "serie"}}, r"no column 'serie'; did you mean series\?"),
        ({"split": {"column": "part"}}, r"papers\.csv has no column 'part'"),
        ({"task": {"node_set": "papers"}}, r"task\.node_set: .* no node set 'papers'; did you mean paper\?"),
        ({"text": {"paper": {"year": {}}}}, r"text\.paper\.year: the schema's text features there are"),
        ({"task": {"label": "year"}}, None),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    tables_folder: Path, settings: dict[str, Any], message: str | None
) -> None:
    if message is None:
        # Whole numbers are labels as well as text is.
        assert _read(tables_folder, **settings).labels[0].as_py() == 2000
        return
    with pytest.raises(NoriaError, match=message):
        _read(tables_folder, **settings)


def test_fractions_are_no_labels(tables_folder: Path, replace_text: Replace) -> None:
    replace_text(tables_folder / "papers.csv", ",2003,", ",2003.5,")
    with pytest.raises(DataError, match=r"column 'year': labels must be text or whole numbers"):
        _read(tables_folder, task={"label": "year"})


def test_files_of_one_node_set_must_agree(tables_folder: Path, replace_text: Replace) -> None:
    text = (tables_folder / "papers.csv").read_text()
    (tables_folder / "papers-1.csv").write_text(text)
    row = {
        "id": "q",
        "title": "",
        "year": 1.0,
        "kind": 1,
        "vector": [1, 2, 3],
        "topic": [1],
        "split": "train",
    }
    pq.write_table(pa.Table.from_pylist([row]), tables_folder / "papers-2.parquet")
    replace_text(tables_folder / "schema.pbtxt", "papers.csv", "papers-*")
    with pytest.raises(DataError, match=r"papers-1\.csv and 1 more: their columns are of different types"):
        _read(tables_folder)
