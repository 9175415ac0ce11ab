"""Node numbers by the names that the source uses."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.graph_ingest.csr import IntArray
from noria.errors import DataError, first_few


class IdLookup:
    """Turns ids into row numbers. Ids are compared as text, so 7 in one file and "7" in another are equal.

    Attributes:
        ids: large_string [nodes].
    """

    def __init__(self, ids: pa.ChunkedArray, origin: str) -> None:
        """Takes the ids of all nodes, in their order.

        Raises:
            DataError: An id is empty or there twice.
        """
        self.ids = _as_text(ids, origin)
        if self.ids.null_count:
            rows = np.flatnonzero(self.ids.is_null())
            raise DataError(f"{origin}: {len(rows)} rows have no id: rows {first_few(rows + 1)}")
        counts = pc.value_counts(self.ids)
        twice = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        if len(twice):
            raise DataError(f"{origin}: {len(twice)} ids are there more than once: {first_few(twice)}")

    def numbers(self, wanted: pa.ChunkedArray, origin: str) -> IntArray:
        """int32 [wanted]: the row of every wanted id.

        Raises:
            DataError: There is no node of that id; the message starts with ``origin``.
        """
        text = _as_text(wanted, origin)
        found = pc.index_in(text, value_set=self.ids)
        if found.null_count:
            unknown = text.filter(found.is_null())
            raise DataError(
                f"{origin}: {len(unknown)} edges lead to a node that does not exist: "
                f"{first_few(pc.unique(unknown))}"
            )
        return found.to_numpy().astype(np.int32)  # type: ignore[no-any-return]


def _as_text(ids: pa.ChunkedArray, origin: str) -> pa.Array:
    if pa.types.is_dictionary(ids.type):
        ids = ids.cast(ids.type.value_type)
    try:
        return ids.cast(pa.large_string()).combine_chunks()
    except pa.ArrowException as error:
        raise DataError(f"{origin}: ids must be text or numbers, got {ids.type}: {error}") from error
