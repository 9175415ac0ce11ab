"""Settings of the whole test process."""

import os

# One process takes one Keras for good, and TF-GNN needs Keras 2. Tests of Keras 3 start their own process.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "Agg")
