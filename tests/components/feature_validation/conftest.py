"""Statistics, schema and anomalies as TFX's components leave them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format

Columns = Mapping[str, Any]
MakeInputs = Callable[..., dict[str, Path]]


@pytest.fixture
def make_inputs(tmp_path: Path) -> MakeInputs:
    """Makes the three input folders of feature_validation from columns of train and eval."""

    def make(train: Columns, held: Columns, name: str = "inputs") -> dict[str, Path]:
        folders = {key: tmp_path / name / key for key in ("statistics", "schema", "anomalies")}
        protos = {
            split: tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns))
            for split, columns in (("train", train), ("eval", held))
        }
        schema = tfdv.infer_schema(protos["train"], infer_feature_shape=False)
        folders["schema"].mkdir(parents=True)
        (folders["schema"] / "schema.pbtxt").write_text(text_format.MessageToString(schema))
        for split, proto in protos.items():
            for key, file, made in (
                ("statistics", "FeatureStats.pb", proto),
                ("anomalies", "SchemaDiff.pb", tfdv.validate_statistics(proto, schema)),
            ):
                place = folders[key] / f"Split-{split}"
                place.mkdir(parents=True)
                (place / file).write_bytes(made.SerializeToString())
        return folders

    return make
