"""The work of feature_examples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.feature_examples.config import FeatureExamplesConfig
from components.feature_examples.example_files import write_examples
from components.feature_examples.splits import SPLITS, split_rows
from components.step_executor import StepExecutor
from components.temporal_features.feature_table import LABEL, FeatureTable


class Executor(StepExecutor[FeatureExamplesConfig]):
    """Writes ``Split-train/*.gz`` and ``Split-eval/*.gz`` into ``examples``."""

    config_type = FeatureExamplesConfig
    # By these TFX's own components find the splits and their files.
    properties = {"examples": {"split_names": json.dumps(SPLITS), "span": 0, "version": 0}}

    def run(
        self, config: FeatureExamplesConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        features = FeatureTable.load(inputs["features"])
        facts, table = features.facts, features.read()
        splits = split_rows(table, facts, config)
        names = [*facts.index, *facts.features, LABEL]
        for split in SPLITS:
            rows = table.filter(splits.masks[split]).select(names)
            write_examples(outputs["examples"] / f"Split-{split}", rows, config.rows_per_file)
            tracking.metric(f"{split}_examples", rows.num_rows)
        tracking.metrics({"unlabelled_rows": splits.unlabelled, "gap_rows": splits.gap})
