"""Tests of components/graph_ingest/id_lookup.py."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.graph_ingest.id_lookup import IdLookup
from noria.errors import DataError


def _column(values: list[object], kind: pa.DataType | None = None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, kind)])


@given(st.lists(st.text(min_size=1), unique=True, min_size=1), st.randoms(use_true_random=False))
def test_finds_the_row_of_every_id(ids: list[str], random: object) -> None:
    wanted = list(ids)
    random.shuffle(wanted)  # type: ignore[attr-defined]
    numbers = IdLookup(_column(ids), "nodes.csv").numbers(_column(wanted), "edges.csv")
    assert [ids[number] for number in numbers] == wanted


def test_numbers_and_text_are_the_same_id() -> None:
    lookup = IdLookup(_column([7, 8], pa.int64()), "nodes.parquet")
    assert lookup.numbers(_column(["8", "7"]), "edges.csv").tolist() == [1, 0]
    categories = pa.chunked_array([pa.array(["8"]).dictionary_encode()])
    assert lookup.numbers(categories, "edges.parquet").tolist() == [1]


def test_an_id_that_is_there_twice_is_told_with_its_count() -> None:
    with pytest.raises(DataError, match=r"nodes\.csv: 2 ids are there more than once: a, c"):
        IdLookup(_column(["a", "a", "b", "c", "c", "c"]), "nodes.csv")


def test_a_row_without_id_is_told_by_its_number() -> None:
    with pytest.raises(DataError, match=r"nodes\.csv: 1 rows have no id: rows 2"):
        IdLookup(_column(["a", None]), "nodes.csv")


def test_an_edge_to_no_node_is_told_with_count_and_first_few() -> None:
    lookup = IdLookup(_column(["a"]), "nodes.csv")
    with pytest.raises(
        DataError, match=r"edges\.csv: 7 edges lead to a node .*: z1, z2, z3, z4, z5, \.\.\. \(6"
    ):
        lookup.numbers(_column(["a", "z1", "z2", "z3", "z4", "z5", "z6", "z1"]), "edges.csv")
