"""Tests of components/graph_ingest/text_features.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.graph_ingest.config import TextFeature
from components.graph_ingest.text_features import BUCKETS, hash_texts, padded_ids, text_vectors, word_ids

_TEXTS = ["a fast compiler for numbers", "slow compiler", "pictures of cats", "cats and numbers", "", None]


@given(st.text(max_size=200))
def test_ids_are_in_range_distinct_and_blind_to_case(text: str) -> None:
    ids = word_ids(text)
    assert all(1 <= i < BUCKETS for i in ids)
    assert len(ids) == len(set(ids))
    assert word_ids(text.lower()) == ids


def test_hash_is_stable_across_processes_and_releases() -> None:
    # CRC-32 of "compiler" is 0xaa62bd49 by any implementation; a stored snapshot relies on it.
    assert word_ids("Compiler") == [1 + 0xAA62BD49 % (BUCKETS - 1)]


@given(st.lists(st.text(alphabet="abc xyz", max_size=40), max_size=20), st.integers(1, 6))
def test_padded_ids_are_the_first_words(texts: list[str], width: int) -> None:
    padded = padded_ids(hash_texts(texts), width)
    assert padded.shape == (len(texts), width)
    for row, text in zip(padded, texts, strict=True):
        ids = word_ids(text)[:width]
        assert row.tolist() == ids + [0] * (width - len(ids))


@pytest.mark.parametrize("method", ["tfidf_svd", "hashing"])
def test_vectors_of_like_texts_are_alike(method: str) -> None:
    words = hash_texts(_TEXTS)
    vectors = text_vectors(words, TextFeature(method=method, dimension=64))
    assert vectors.shape == (len(_TEXTS), 64)
    assert vectors.dtype == np.float32
    norms = np.linalg.norm(vectors[:4], axis=1)
    likeness = vectors[:4] @ vectors[:4].T / np.outer(norms, norms)
    assert likeness[0, 1] > likeness[1, 2]
    assert likeness[2, 3] > likeness[1, 2]
    np.testing.assert_array_equal(vectors[4:], 0)
    np.testing.assert_array_equal(vectors, text_vectors(words, TextFeature(method=method, dimension=64)))


def test_fewer_texts_than_dimensions_leave_columns_empty() -> None:
    vectors = text_vectors(hash_texts(["one text", "two words"]), TextFeature(dimension=8))
    assert vectors.shape == (2, 8)
    np.testing.assert_array_equal(vectors[:, 2:], 0)


def test_no_text_at_all_gives_zeros() -> None:
    np.testing.assert_array_equal(
        text_vectors(hash_texts([None, ""]), TextFeature(dimension=4)), np.zeros((2, 4))
    )
