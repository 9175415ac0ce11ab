"""Sorting more rows than fit into memory: sorted runs on disk, then merged one range of time after the other.

(Knuth, The Art of Computer Programming 3, 5.4; the ranges are cut at sampled quantiles, as in sample sort.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# Every run is sampled about this many times per range, so that ranges come out nearly even.
_SAMPLES_PER_RANGE = 4


class ExternalSort:
    """Sorts tables of one schema by all of ``columns``, the first of which is a time without nulls.

    Rows that are equal in all columns are alike, so the order of the input does not matter. Memory is bounded
    by the largest table that is added and the largest number of rows of one time.
    """

    def __init__(self, folder: Path, columns: Sequence[str]) -> None:
        self._folder = folder
        self._columns = list(columns)
        self._runs: list[Path] = []
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        """Sorts a table and puts it onto disk."""
        path = self._folder / f"{len(self._runs)}.arrow"
        batch = _sorted(table, self._columns).combine_chunks()
        # One batch, so that the time is one array that a binary search can work on.
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_table(batch, max_chunksize=max(len(batch), 1))
        self._runs.append(path)
        self.rows += len(batch)

    def merged(self, rows: int) -> Iterator[pa.Table]:
        """All rows in order, in tables of about ``rows`` rows; rows of one time stay together."""
        runs = [pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in self._runs]
        times = [run[self._columns[0]].chunk(0).cast(pa.int64()).to_numpy() for run in runs if len(run)]
        runs = [run for run in runs if len(run)]
        cuts = _cuts(times, rows)
        bounds = [np.concatenate([[0], np.searchsorted(t, cuts), [len(t)]]) for t in times]
        for i in range(len(cuts) + 1):
            pieces = [run.slice(b[i], b[i + 1] - b[i]) for run, b in zip(runs, bounds, strict=True)]
            pieces = [piece for piece in pieces if len(piece)]
            if pieces:
                yield pieces[0] if len(pieces) == 1 else _sorted(pa.concat_tables(pieces), self._columns)


def _cuts(times: Sequence[npt.NDArray[np.int64]], rows: int) -> npt.NDArray[np.int64]:
    """Times at which ranges of about ``rows`` rows begin."""
    if not times:
        return np.zeros(0, np.int64)
    step = max(1, rows // (_SAMPLES_PER_RANGE * len(times)))
    samples = np.sort(np.concatenate([t[::step] for t in times]))
    per_range = max(1, rows // step)
    cuts: npt.NDArray[np.int64] = np.unique(samples[per_range::per_range])
    return cuts


def _sorted(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in columns])
    return table.take(order)
