"""Lists of candidates, one per track, as a padded matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from components.event_ingest.numbers import Mask, blank_to_null, mask, read_text
from components.session_ingest.read_items import Items

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Candidates:
    """Candidates of n tracks.

    Attributes:
        lengths: int64 [n].
        items: int64 [sum of lengths] rows of tracks, one list after the other; no track twice in one.
        missing: bool [n]: no list, or an empty one.
        unknown: bool [n]: a candidate is no known track; it is left out.
    """

    lengths: Ints
    items: Ints
    missing: Mask
    unknown: Mask

    def contain(self, items: Ints) -> Mask:
        """Whether ``items`` [n] are among the candidates of their rows."""
        row = np.repeat(np.arange(len(items)), self.lengths)
        found = np.zeros(len(items), bool)
        found[row[self.items == items[row]]] = True
        return found

    def with_items(self, items: Ints, rows: Mask) -> Candidates:
        """``items`` [n] added to the lists of ``rows`` (bool [n]), at the end."""
        lengths = self.lengths + rows
        ends = np.cumsum(self.lengths)[rows]
        return Candidates(lengths, np.insert(self.items, ends, items[rows]), self.missing, self.unknown)


def read_candidates(column: pa.Array, items: Items) -> Candidates:
    """Reads lists of names, or text with blanks between names."""
    if pa.types.is_string(column.type):
        column = pc.utf8_split_whitespace(blank_to_null(column))
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    # Not .values, which would hold what lies under nulls as well.
    names, _ = read_text(pc.list_flatten(column))
    rows = items.rows(names)
    owner = np.repeat(np.arange(len(column)), lengths)
    known = rows >= 0
    unknown = np.zeros(len(column), bool)
    unknown[owner[~known]] = True
    # The first of equal candidates stays, in the order of the source.
    _, first = np.unique(owner[known] * len(items.ids) + rows[known], return_index=True)
    kept = np.flatnonzero(known)[np.sort(first)]
    return Candidates(
        np.bincount(owner[kept], minlength=len(column)),
        rows[kept],
        mask(column.is_null()) | (lengths == 0),
        unknown,
    )


def as_matrix(lists: pa.Array) -> Ints:
    """int64 [n, longest list] of an array of lists; -1 = padding."""
    lengths = pc.list_value_length(lists).to_numpy().astype(np.int64)
    matrix = np.full((len(lists), int(lengths.max(initial=1))), -1, np.int64)
    matrix[np.arange(matrix.shape[1]) < lengths[:, None]] = pc.list_flatten(lists).to_numpy()
    return matrix
