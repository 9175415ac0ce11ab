"""The table of tracks: names and features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.event_ingest.chunks import read_chunks
from components.event_ingest.numbers import read_numbers, read_text
from components.event_ingest.problem_log import ProblemLog
from components.session_ingest.columns import item_columns
from components.session_ingest.config import SessionIngestConfig
from noria.errors import DataError


@dataclass(frozen=True)
class Items:
    """N tracks, by name.

    Attributes:
        ids: str [N], ascending.
        features: float64 [N, D], as in the source; what was missing is the mean of the others.
        names: D names of features.
    """

    ids: npt.NDArray[np.str_]
    features: npt.NDArray[np.float64]
    names: tuple[str, ...]

    def rows(self, names: pa.Array) -> npt.NDArray[np.int64]:
        """int64: the row of each track's name (an array of text); -1 where it is null or unknown."""
        encoded = names.dictionary_encode()
        known = text_array(encoded.dictionary)
        place = np.minimum(np.searchsorted(self.ids, known), len(self.ids) - 1)
        # One more entry, for null.
        row = np.append(np.where(self.ids[place] == known, place, -1), -1)
        found: npt.NDArray[np.int64] = row[encoded.indices.fill_null(len(known)).to_numpy()]
        return found


def text_array(names: pa.Array) -> npt.NDArray[np.str_]:
    """NumPy's strings, ordered as NumPy orders them."""
    texts: npt.NDArray[np.str_] = names.to_numpy(zero_copy_only=False).astype(str)
    return texts


def read_items(config: SessionIngestConfig, log: ProblemLog) -> Items:
    """Reads the tracks.

    Raises:
        DataError: A file is damaged, a track has no name, or no track is left.
    """
    columns, names = item_columns(config)
    ids: list[pa.Array] = []
    features: list[npt.NDArray[np.float64]] = []
    for chunk in read_chunks(columns, config.chunk_rows):
        alive = np.ones(len(chunk.table), bool)
        text, unnamed = read_text(chunk.column(config.items.item))
        if unnamed.any():
            row = int(unnamed.argmax())
            raise DataError(f"{chunk.place(row)}: {config.items.item} is empty: every track needs a name")
        read = [read_numbers(chunk.column(name)) for name in names]
        values = np.stack([r.values.fill_null(float("nan")).to_numpy() for r in read], axis=1)
        wrong = np.isnan(values)

        def describe(row: int, chunk=chunk, wrong=wrong) -> str:  # type: ignore[no-untyped-def]
            name = names[int(wrong[row].argmax())]
            return f"{chunk.place(row)}: {name} {chunk.table[name][row].as_py()!r}"

        log.examine("missing_feature", wrong.any(axis=1), alive, describe)
        ids.append(text.filter(pa.array(alive)))
        features.append(values[alive])
    if not sum(map(len, ids)):
        raise DataError(f"items.path={config.items.path}: no track is left")
    every = text_array(pa.concat_arrays(ids))
    matrix = np.concatenate(features)
    unique, first = np.unique(every, return_index=True)
    again = np.ones(len(every), bool)
    again[first] = False
    log.examine(
        "duplicate_item", again, np.ones(len(every), bool), lambda row: f"{config.items.item} {every[row]!r}"
    )
    matrix = matrix[first]
    missing = np.isnan(matrix)
    count = np.maximum((~missing).sum(axis=0), 1)
    mean = np.where(missing, 0.0, matrix).sum(axis=0) / count
    return Items(unique, np.where(missing, mean, matrix), names)
