"""Tests of components/feature_examples/executor.py and example_files.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from components.feature_examples.example_files import write_examples
from components.feature_examples.executor import Executor
from components.temporal_features.feature_table import FEATURES, FeatureFacts, save_facts
from noria.errors import DataError
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.artifact_utils import decode_split_names
    from tfx.types.standard_artifacts import Examples

ROOT = Path(__file__).parents[3]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """60 daily ticks of two shops; ``x`` is missing on every third day."""
    folder = tmp_path / "table"
    folder.mkdir()
    day = np.repeat(np.arange(60), 2)
    x = day.astype(np.float32)
    x[day % 3 == 0] = np.nan
    pq.write_table(
        pa.table(
            {
                "shop": ["Süd", "Nord"] * 60,
                "timestamp": np.datetime64("2024-01-01", "us") + day * np.timedelta64(1, "D"),
                "x": x,
                "label": np.where(day >= 53, np.nan, 2.0 * day),
            }
        ),
        folder / FEATURES,
    )
    facts = FeatureFacts(
        index=("shop",),
        features=("x",),
        scale="x",
        target="sales",
        horizon="7d",
        tick="1d",
        period="1d",
        time_zone="UTC",
        series=2,
    )
    save_facts(folder, facts)
    return folder


def examples_of(folder: Path) -> list[dict[str, list[Any]]]:
    """Every example of a folder as lists of values by feature."""
    files = sorted(str(path) for path in folder.iterdir())
    found = []
    for record in tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator():
        features = tf.train.Example.FromString(record).features.feature
        found.append(
            {k: list(getattr(v, v.WhichOneof("kind") or "float_list").value) for k, v in features.items()}
        )
    return found


def test_both_splits_and_the_properties_that_tfx_reads(table: Path, tmp_path: Path) -> None:
    output = Examples()
    output.uri = str(tmp_path / "examples")
    features = Examples()
    features.uri = str(table)
    config = '{"eval_length": "14d"}'
    Executor().Do({"features": [features]}, {"examples": [output]}, {"config": config})
    assert decode_split_names(output.split_names) == ["train", "eval"]
    assert len(output.get_string_custom_property("content_digest")) == 64
    held = examples_of(tmp_path / "examples" / "Split-eval")
    assert len(held) == 28
    assert held[0] == {"shop": ["Süd".encode()], "x": [], "label": [78.0]}
    assert held[2] == {"shop": ["Süd".encode()], "x": [40.0], "label": [80.0]}
    train = examples_of(tmp_path / "examples" / "Split-train")
    assert max(example["label"][0] for example in train) == 2 * 32


def test_many_files(tmp_path: Path) -> None:
    rows = pa.table({"x": np.arange(10, dtype=np.float32)})
    write_examples(tmp_path / "s", rows, rows_per_file=4)
    assert len(list((tmp_path / "s").iterdir())) == 3
    assert [e["x"] for e in examples_of(tmp_path / "s")] == [[float(i)] for i in range(10)]


def test_missing_text(tmp_path: Path) -> None:
    write_examples(tmp_path / "s", pa.table({"shop": pa.array(["a", None, "b"])}), 10)
    assert [e["shop"] for e in examples_of(tmp_path / "s")] == [[b"a"], [], [b"b"]]


def test_infinite_values_are_refused(tmp_path: Path) -> None:
    rows = pa.table({"ok": [1.0, np.nan], "ratio": [np.inf, 1.0]})
    with pytest.raises(DataError, match=r"ratio holds 1 infinite value"):
        write_examples(tmp_path / "s", rows, 10)


@pytest.mark.slow
def test_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """What comes after is cached by content; the encoder's own order differs from process to process."""
    program = (
        "import sys; from pathlib import Path; import numpy as np, pyarrow as pa;"
        "from components.feature_examples.example_files import write_examples;"
        "from noria.digests import tree_digest;"
        "write_examples(Path(sys.argv[1]), pa.table({f'x{i}': np.arange(9.) for i in range(20)}), 99);"
        "print(tree_digest(Path(sys.argv[1])))"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / str(number))],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ).stdout
        for number in range(2)
    }
    assert len(digests) == 1
