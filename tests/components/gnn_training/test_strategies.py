"""Training on several devices: two logical CPUs, which have to be made before TensorFlow starts."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import tempfile
from pathlib import Path
from components.tfgnn import tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from components.gnn_training import train as training
from components.gnn_training.config import GnnTrainingConfig
from tests.components.gnn_training import conftest as small

training._strategy = lambda name: tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
graph = small.graph.__wrapped__()
fmt = small.fmt.__wrapped__(graph)
sources = small.sources.__wrapped__(graph, fmt)
config = GnnTrainingConfig(
    epochs=2, batch_size=32, model={"units": 16, "message_dim": 16, "word_dim": 8, "embed": ["author"]},
    strategy="mirrored", optimizer={"learning_rate": 0.01},
)
with tempfile.TemporaryDirectory() as folder:
    trained = training.train(sources["train"], sources["valid"], fmt, config, Path(folder))
print("valid accuracy", trained.valid_accuracy)
assert trained.valid_accuracy > 0.3
"""


@pytest.mark.slow
def test_mirrored_on_two_devices() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "valid accuracy" in done.stdout
