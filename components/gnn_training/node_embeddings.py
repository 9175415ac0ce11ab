"""The embedding of every labelled node, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components import tracking
from components.graph_sampling.argument_names import batch_arguments
from components.graph_sampling.features import FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.subgraph_source import SubgraphSource
from noria.files import replacing

_BATCH = 512


def write_embeddings(
    path: Path,
    run_batch: Any,
    fmt: GraphTensorFormat,
    sources: Mapping[str, SubgraphSource],
) -> int:
    """Writes ``node`` (int64), ``id`` (the source's name, where it has one), ``split``, ``embedding``.

    Args:
        path: The Parquet file.
        run_batch: The ``batch`` signature.
        fmt: The network's input format.
        sources: Samples by split.

    Returns:
        The number of rows.
    """
    join = FeatureJoin(fmt.graph, fmt.spec.node_sets, known_labels=fmt.known_labels)
    ids = fmt.graph.node_sets[fmt.spec.seed_node_set].ids
    total = sum(len(source.seeds) for source in sources.values())
    done = 0
    with replacing(path) as temporary:
        writer: pq.ParquetWriter | None = None
        for split, source in sources.items():
            for start in range(0, len(source.seeds), _BATCH):
                positions = np.arange(start, min(start + _BATCH, len(source.seeds)), dtype=np.int64)
                batch = source.batch(positions, 0)
                vectors = run_batch(**batch_arguments(fmt.pieces(batch, join)))["embedding"].numpy()
                nodes = batch.seeds.astype(np.int64)
                columns: dict[str, Any] = {
                    "node": nodes,
                    "split": pa.array([split] * len(nodes)).dictionary_encode(),
                    "embedding": pa.FixedSizeListArray.from_arrays(vectors.ravel(), vectors.shape[1]),
                }
                if ids is not None:
                    columns["id"] = ids.take(pa.array(nodes))
                table = pa.table(columns)
                writer = writer or pq.ParquetWriter(temporary, table.schema)
                writer.write_table(table)
                done += len(nodes)
                tracking.progress(done, total, "embeddings")
        if writer is not None:
            writer.close()
    return done
