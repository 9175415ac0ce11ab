"""The one place that imports TensorFlow and TF-GNN together.

TF-GNN 1.0.3 is written for Keras 2. TensorFlow takes its Keras from an environment variable that is read
at its first import, so whoever needs TF-GNN imports it from here.
"""

from __future__ import annotations

import os
import sys

if "tensorflow" in sys.modules and os.environ.get("TF_USE_LEGACY_KERAS") != "1":
    raise ImportError(
        "components.tfgnn was imported after TensorFlow had chosen Keras 3; import it before tensorflow"
    )
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf
import tensorflow_gnn as tfgnn
from tensorflow_gnn import runner
from tensorflow_gnn.models import (
    contrastive_losses,
    gat_v2,
    gcn,
    graph_sage,
    hgt,
    mt_albis,
    multi_head_attention,
    vanilla_mpnn,
)

__all__ = [
    "contrastive_losses",
    "gat_v2",
    "gcn",
    "graph_sage",
    "hgt",
    "mt_albis",
    "multi_head_attention",
    "runner",
    "tf",
    "tfgnn",
    "vanilla_mpnn",
]
