"""Text to numbers: words hashed into a fixed number of buckets, then TF-IDF and SVD, or signed hashing."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_ingest.config import TextFeature
from components.graph_ingest.csr import IntArray

# Word ids lie in [1, BUCKETS); 0 pads.
BUCKETS = 2**15

_WORD = re.compile(r"[^\W_][\w+#]+")


@dataclass(frozen=True)
class WordLists:
    """The word ids of every text.

    Attributes:
        offsets: int64 [texts + 1]; text ``i`` owns ``ids[offsets[i]:offsets[i + 1]]``.
        ids: int32 [words], each in [1, BUCKETS), in the text's order, none twice within a text.
    """

    offsets: IntArray
    ids: IntArray

    def __len__(self) -> int:
        return len(self.offsets) - 1


def word_ids(text: str) -> list[int]:
    """Bucket numbers of a text's distinct words of two characters or more, in order.

    The bucket is CRC-32 of the lower-cased word, which is the same on every machine and in every process.
    """
    words = _WORD.findall(text.lower())
    return list(dict.fromkeys(1 + zlib.crc32(word.encode()) % (BUCKETS - 1) for word in words))


def hash_texts(texts: Iterable[str | None]) -> WordLists:
    """Hashes the words of every text; None counts as an empty text."""
    lists = [word_ids(text) if text else [] for text in texts]
    offsets = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(ids) for ids in lists], out=offsets[1:])
    return WordLists(offsets, np.array([i for ids in lists for i in ids], np.int32))


def padded_ids(words: WordLists, width: int) -> npt.NDArray[np.int32]:
    """int32 [texts, width]: the first ``width`` word ids of every text, 0 where a text is shorter."""
    lengths = np.diff(words.offsets)
    position = np.arange(len(words.ids)) - np.repeat(words.offsets[:-1], lengths)
    row = np.repeat(np.arange(len(words)), lengths)
    kept = position < width
    padded = np.zeros((len(words), width), np.int32)
    padded[row[kept], position[kept]] = words.ids[kept]
    return padded


def text_vectors(words: WordLists, settings: TextFeature) -> npt.NDArray[np.float32]:
    """float32 [texts, settings.dimension], scaled to a standard deviation of 1 over the whole table.

    ``tfidf_svd`` (latent semantic analysis) is fitted on the texts of all nodes, those of the validation
    and test splits included, but never sees a label: transductive, as node classification on one graph is.
    Where the texts span fewer dimensions than asked for, the last columns are 0.
    """
    vectors = (
        _latent(words, settings.dimension) if settings.method == "tfidf_svd" else _signed(words, settings)
    )
    deviation = float(vectors.std())
    return (vectors / deviation if deviation > 0 else vectors).astype(np.float32)


def _counts(words: WordLists) -> Any:
    """Sparse [texts, words in use]: unused buckets would cost the SVD time and change nothing."""
    from scipy.sparse import csr_matrix

    used, columns = np.unique(words.ids, return_inverse=True)
    ones = np.ones(len(words.ids), np.float32)
    return csr_matrix((ones, columns, words.offsets), shape=(len(words), len(used)))


def _latent(words: WordLists, dimension: int) -> npt.NDArray[np.float32]:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer
    from threadpoolctl import threadpool_limits

    vectors = np.zeros((len(words), dimension), np.float32)
    counts = _counts(words)
    rank = min(dimension, *counts.shape)
    if rank:
        weighted = TfidfTransformer().fit_transform(counts)
        # One thread: the same numbers whatever the machine's cores, and faster, for the matrices are narrow.
        # The SVD also divides by the texts' variance, 0 where all texts are equal; we do not use that.
        with threadpool_limits(1), np.errstate(divide="ignore", invalid="ignore"):
            vectors[:, :rank] = TruncatedSVD(rank, random_state=0).fit_transform(weighted)
    return vectors


def _signed(words: WordLists, settings: TextFeature) -> npt.NDArray[np.float32]:
    from sklearn.preprocessing import normalize

    draws = np.random.default_rng(0)
    column = draws.integers(settings.dimension, size=BUCKETS)
    sign = draws.choice(np.array([-1, 1], np.float32), size=BUCKETS)
    vectors = np.zeros((len(words), settings.dimension), np.float32)
    row = np.repeat(np.arange(len(words)), np.diff(words.offsets))
    np.add.at(vectors, (row, column[words.ids]), sign[words.ids])
    return np.asarray(normalize(vectors), np.float32)
