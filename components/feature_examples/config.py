"""Which rows of a feature table become training and which become evaluation examples."""

from __future__ import annotations

from pydantic import Field

from noria.durations import Duration
from noria.typed_config import TypedConfig


class FeatureExamplesConfig(TypedConfig):
    """Configuration of feature_examples.

    The split serves data validation only; models are trained and tested on back-test windows.
    """

    eval_length: Duration = Field(
        "28d",
        validate_default=True,
        description="Length of the split eval, counted back from the last labelled tick. Training ends one "
        "horizon before it.",
    )
    rows_per_file: int = Field(200_000, ge=1, description="Examples of one TFRecord file.")
