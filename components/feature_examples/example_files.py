"""Columns as ``tf.train.Example`` records in gzip TFRecord files, which TFX's own components read.

Numbers become ``float_list``, text becomes ``bytes_list``; NaN and null become a feature without a value,
which is how TensorFlow Data Validation counts what is missing.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from noria.errors import DataError

_BATCH = 8192


def write_examples(folder: Path, rows: pa.Table, rows_per_file: int) -> None:
    """Writes ``data_tfrecord-00000-of-0000N.gz``.

    Args:
        folder: Is made.
        rows: Columns of float or string.
        rows_per_file: Rows of one file.

    Raises:
        DataError: A value is infinite.
    """
    folder.mkdir(parents=True)
    files = max(1, math.ceil(rows.num_rows / rows_per_file))
    encoder = RecordBatchToExamplesEncoder()
    for number in range(files):
        path = folder / f"data_tfrecord-{number:05d}-of-{files:05d}.gz"
        part = rows.slice(number * rows_per_file, rows_per_file)
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for batch in part.combine_chunks().to_batches(max_chunksize=_BATCH):
                for record in encoder.encode(example_batch(batch)):
                    # In every process the encoder has features in another order, and so would the digest.
                    example = tf.train.Example.FromString(record)
                    writer.write(example.SerializeToString(deterministic=True))


def example_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Columns of lists with one value or none, as tfx_bsl encodes them.

    Args:
        batch: Columns of float or string.

    Returns:
        The same columns as large_list<float> or large_list<large_binary>; null where there is no value.
    """
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_floating(column.type):
            values = column.to_numpy(zero_copy_only=False).astype(np.float32)
            if np.isinf(values).any():
                raise DataError(
                    f"feature_examples: {name} holds {int(np.isinf(values).sum())} infinite value(s) (of "
                    f"{len(values)} looked at), expected numbers, or NaN where there is none",
                    hint="a division by zero in the feature's definition?",
                )
            present = ~np.isnan(values)
            flat: pa.Array = pa.array(values[present])
        else:
            present = column.is_valid().to_numpy(zero_copy_only=False)
            flat = pc.cast(column.drop_null(), pa.large_binary())
        offsets = np.concatenate([[0], np.cumsum(present)])
        columns.append(pa.LargeListArray.from_arrays(pa.array(offsets), flat, mask=pa.array(~present)))
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)
