"""The Beam engine: Temporian on any Beam runner.

Workers read the events' row groups, group them by series, and compute; only results at ticks and periods
come back, as lines in a folder that workers and step both see: ``--temp_location``, or a temporary folder
where the workers run on this machine.
"""

from __future__ import annotations

import base64
import json
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import temporian.beam as tpb
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import GoogleCloudOptions
from temporian.beam.io import np_array_coder  # noqa: F401 - registers how arrays travel

from components.beam_runner import runner_options
from components.event_ingest.event_table import TIMESTAMP
from components.temporal_features import beam_operators  # noqa: F401 - registers operators
from components.temporal_features.compile_graph import Graph
from components.temporal_features.event_sets import Key, Seconds, SeriesData, check_numpy, group_events
from components.temporal_features.feature_graph import GraphFacts
from components.temporal_features.time_grid import TimeGrid
from noria.errors import DataError, NoriaError

# Beam's "DirectRunner" would try another one first.
_LOCAL = "--runner=BundleBasedDirectRunner"


class BeamEngine:
    """Runs graphs on events in a Parquet file, without reading them here.

    Args:
        events: ``events.parquet`` of an EventTable.
        facts: What the graphs were compiled from.
        beam_pipeline_args: Options of the runner; empty: this process.
    """

    def __init__(self, events: Path, facts: GraphFacts, beam_pipeline_args: Sequence[str]) -> None:
        check_numpy()
        self._events, self._facts = events, facts
        # Temporian's transforms state types that Beam does not find again in its own.
        self._options = runner_options([*(beam_pipeline_args or [_LOCAL]), "--no_pipeline_type_check"])

    def first_and_last(self) -> tuple[int, int]:
        """Microseconds of the first and of the last event; raises DataError where there are none."""
        times = pc.min_max(pq.read_table(self._events, columns=[TIMESTAMP])[TIMESTAMP])
        if not times["min"].is_valid:
            raise DataError(
                "there are no events", hint="look at event_ingest's report: were all rows dropped?"
            )
        return times["min"].value, times["max"].value

    def run(self, graph: Graph, grid: TimeGrid, series: Sequence[Key] | None = None) -> dict[str, SeriesData]:
        """Every output of a graph, for some series (None: all).

        Raises:
            NoriaError: The runner failed, or lost results.
        """
        with _meeting_folder(self._options.view_as(GoogleCloudOptions).temp_location) as folder:
            path = str(self._events.absolute())
            if folder.shared:
                path = _copy(path, f"{folder.path}/events.parquet")
            try:
                with beam.Pipeline(options=self._options) as root:
                    self._build(root, graph, grid, series, path, folder.path)
            except NoriaError:
                raise
            except Exception as error:
                raise NoriaError(
                    f"computing features on Beam failed: {type(error).__name__}: {error}",
                    hint="the step's log has the runner's own messages; engine: memory needs no runner",
                ) from error
            return _read_results(folder.path, graph)

    def _build(
        self,
        root: beam.Pipeline,
        graph: Graph,
        grid: TimeGrid,
        series: Sequence[Key] | None,
        path: str,
        folder: str,
    ) -> None:
        groups = pq.ParquetFile(self._events).num_row_groups
        events = (
            root
            | "RowGroups" >> beam.Create(range(groups))
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.FlatMap(_read_group, path, self._facts)
            | "BySeries" >> beam.GroupByKey()
            | "InOrder" >> beam.Map(_merge)
        )
        schema = graph.inputs["events"].schema
        columns = [self._facts.values.index(name) for name in schema.feature_names()]
        inputs = {
            graph.inputs["events"]: tuple(events | f"Column{n}" >> beam.Map(_column, n) for n in columns),
            graph.inputs["periods"]: (events | "Periods" >> beam.Map(_moments, grid.period_ends),),
        }
        wanted = events
        if series is not None:
            wanted = events | "Kept" >> beam.Filter(_is_kept, frozenset(series))
        inputs[graph.inputs["ticks"]] = (wanted | "Ticks" >> beam.Map(_moments, grid.ticks),)
        results = tpb.run_multi_io(inputs=inputs, outputs=list(graph.outputs.values()))
        lines = [
            pipe | f"Result/{name}/{position}" >> beam.Map(_line, name, position)
            for name, node in graph.outputs.items()
            for position, pipe in enumerate(results[node])
        ]
        _ = lines | beam.Flatten() | "Write" >> beam.io.WriteToText(f"{folder}/results", ".jsonl")


def _read_group(number: int, path: str, facts: GraphFacts) -> Iterator[tuple[Key, Any]]:
    columns = [TIMESTAMP, *facts.index, *facts.values]
    with FileSystems.open(path) as file:
        table = pq.ParquetFile(file).read_row_group(number, columns=columns)
    if not table.num_rows:
        return
    grouped = group_events(table, facts.index, facts.values, facts.config.binary_places)
    for which, key in enumerate(grouped.keys):
        rows = grouped.rows_of(which)
        yield key, (number, grouped.seconds[rows], [grouped.columns[name][rows] for name in facts.values])


def _merge(item: tuple[Key, Iterable[Any]]) -> tuple[Key, Any]:
    key, pieces = item
    # In the file's order, so that of two events at one moment the same is last as in memory.
    ordered = sorted(pieces, key=lambda piece: piece[0])
    seconds = np.concatenate([piece[1] for piece in ordered])
    columns = [np.concatenate(column) for column in zip(*(piece[2] for piece in ordered), strict=True)]
    order = np.argsort(seconds, kind="stable")
    return key, (seconds[order], [column[order] for column in columns])


def _column(item: tuple[Key, Any], number: int) -> tuple[Key, Any]:
    key, (seconds, columns) = item
    return key, (seconds, columns[number])


def _moments(item: tuple[Key, Any], seconds: Seconds) -> tuple[Key, Any]:
    return item[0], (seconds, None)


def _is_kept(item: tuple[Key, Any], series: frozenset[Key]) -> bool:
    return item[0] in series


def _line(item: tuple[Key, Any], name: str, position: int) -> str:
    key, (seconds, values) = item
    packed = [
        base64.b64encode(np.asarray(array, np.float64).tobytes()).decode() for array in (seconds, values)
    ]
    return json.dumps([name, position, [part.decode() for part in key], *packed])


def _read_results(folder: str, graph: Graph) -> dict[str, SeriesData]:
    sizes = {name: len(node.schema.feature_names()) for name, node in graph.outputs.items()}
    found: dict[str, dict[Key, dict[int, tuple[Any, Any]]]] = {name: {} for name in sizes}
    for match in FileSystems.match([f"{folder}/results*.jsonl"])[0].metadata_list:
        with FileSystems.open(match.path) as file:
            for line in file.read().splitlines():
                name, position, key, *packed = json.loads(line)
                seconds, values = (np.frombuffer(base64.b64decode(text), np.float64) for text in packed)
                found[name].setdefault(tuple(part.encode() for part in key), {})[position] = (seconds, values)
    results: dict[str, SeriesData] = {}
    for name, data in found.items():
        broken = [key for key, features in data.items() if len(features) != sizes[name]]
        if broken or not data:
            raise NoriaError(
                f"Beam lost results of {name!r}: {len(broken)} of {len(data)} series are not whole"
            )
        results[name] = {
            key: (features[0][0], [features[n][1] for n in range(sizes[name])])
            for key, features in data.items()
        }
    return results


class _Folder:
    def __init__(self, path: str, shared: bool) -> None:
        self.path, self.shared = path, shared


@contextmanager
def _meeting_folder(temp_location: str | None) -> Iterator[_Folder]:
    if not temp_location:
        with tempfile.TemporaryDirectory(prefix="beam-features-") as local:
            yield _Folder(local, shared=False)
        return
    path = FileSystems.join(temp_location, f"beam-features-{uuid.uuid4().hex}")
    FileSystems.mkdirs(path)
    try:
        yield _Folder(path, shared=True)
    finally:
        FileSystems.delete([path])


def _copy(source: str, target: str) -> str:
    with Path(source).open("rb") as file, FileSystems.create(target) as there:
        while piece := file.read(1 << 24):
            there.write(piece)
    return target
