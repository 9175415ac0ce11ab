"""Training with TF-GNN's Runner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.gnn_training.config import GnnTrainingConfig
from components.gnn_training.epoch_callbacks import KeepBest, Report, WarmUpCosine
from components.gnn_training.fixed_padding import FixedPadding
from components.gnn_training.graph_dataset import GraphDataset
from components.gnn_training.network import Network
from components.graph_sampling.features import LABEL, FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.subgraph_source import SubgraphSource
from components.tfgnn import contrastive_losses, runner, tf, tfgnn
from noria.errors import NoriaError

CLASSIFICATION = "classification"
INFOMAX = "infomax"


@dataclass(frozen=True)
class Trained:
    """The trained network and what came of training.

    Attributes:
        network: The base network's layers.
        model: What the Runner trained: GraphTensor to logits (or a dict of them, by task).
        best_epoch: The epoch, from 0, whose weights these are.
        valid_accuracy: Validation accuracy of that epoch.
        history: Metrics of every epoch.
    """

    network: Network
    model: Any
    best_epoch: int
    valid_accuracy: float
    history: list[dict[str, float]]


def train(
    train_source: SubgraphSource,
    valid_source: SubgraphSource,
    fmt: GraphTensorFormat,
    config: GnnTrainingConfig,
    work_folder: Path,
) -> Trained:
    """Trains and returns the weights of the epoch with the best validation accuracy.

    Args:
        train_source: Training samples.
        valid_source: Validation samples: for early stopping, nothing else.
        fmt: How batches become GraphTensors.
        config: Everything that can be chosen.
        work_folder: The Runner's scratch folder.

    Raises:
        NoriaError: The loss did not stay finite.
    """
    tf.keras.utils.set_random_seed(config.seed)
    # The Runner lets its parallel maps return batches in any order; this forbids it (and costs nothing here).
    tf.config.experimental.enable_op_determinism()
    join = FeatureJoin(fmt.graph, fmt.spec.node_sets, known_labels=fmt.known_labels)
    steps = math.ceil(len(train_source.seeds) / config.batch_size)
    keep_best = KeepBest(config.patience)
    report = Report(config.epochs, steps)
    strategy = _strategy(config.strategy)
    network = _Later(fmt, config)
    schedule = WarmUpCosine(config.optimizer.learning_rate, steps * config.epochs, config.optimizer.warmup)
    result = runner.run(
        train_ds_provider=GraphDataset(train_source, fmt, join, config.batch_size, shuffle_seed=config.seed),
        valid_ds_provider=GraphDataset(valid_source, fmt, join, config.batch_size),
        model_fn=network.model,
        optimizer_fn=lambda: tf.keras.optimizers.Adam(schedule),
        trainer=runner.KerasTrainer(
            strategy,
            model_dir=str(work_folder),
            callbacks=[keep_best, report],
            verbose=0,
            # Weights are kept in memory by KeepBest; a killed step starts over.
            summarize_every_n_steps="never",
            checkpoint_every_n_steps="never",
            backup_and_restore=False,
            restore_best_weights=False,
            **_step_counts(strategy, steps, len(valid_source.seeds), config.batch_size),
        ),
        gtspec=fmt.graph_tensor_spec(),
        global_batch_size=config.batch_size,
        epochs=config.epochs,
        model_exporters=[],
        **_tasks(fmt, config),
        **_padding(config, train_source, valid_source),
    )
    if keep_best.best_epoch < 0:
        raise NoriaError(
            "training diverged: the loss was not a finite number in the first epoch",
            hint="lower training.optimizer.learning_rate, or look for extreme feature values in the report "
            "of graph_validation",
        )
    return Trained(network.built, result.trained_model, keep_best.best_epoch, keep_best.best, report.history)


class _Later:
    """Makes the network when the Runner asks for the model: inside the strategy's scope."""

    def __init__(self, fmt: GraphTensorFormat, config: GnnTrainingConfig) -> None:
        self._fmt = fmt
        self._config = config
        self.built: Network

    def model(self, spec: tfgnn.GraphTensorSpec) -> tf.keras.Model:
        self.built = Network(self._fmt, self._config.model)
        return self.built.model(spec)


def _tasks(fmt: GraphTensorFormat, config: GnnTrainingConfig) -> dict[str, Any]:
    classification = runner.NodeMulticlassClassification(
        key="seed",
        num_classes=len(fmt.graph.task.classes),
        label_feature_name=LABEL,
        # The readout is ours and right by construction; its check would not convert to TFLite.
        validate=False,
    )
    if not config.infomax.weight:
        return {"task": classification}
    infomax = contrastive_losses.DeepGraphInfomaxTask(fmt.spec.seed_node_set, seed=config.seed)
    weight = config.infomax.weight
    return {
        "task": {CLASSIFICATION: classification, INFOMAX: infomax},
        "loss_weights": {
            CLASSIFICATION: 1.0,
            INFOMAX: weight,
        },
    }


def _padding(
    config: GnnTrainingConfig, train_source: SubgraphSource, valid_source: SubgraphSource
) -> dict[str, Any]:
    if config.padding == "none":
        return {}
    return {"train_padding": FixedPadding(train_source), "valid_padding": FixedPadding(valid_source)}


def _step_counts(
    strategy: tf.distribute.Strategy, steps: int, valid_seeds: int, batch_size: int
) -> dict[str, int]:
    # Keras cannot tell where a dataset ends that is spread over replicas.
    if strategy.num_replicas_in_sync == 1:
        return {}
    return {"steps_per_epoch": steps, "validation_steps": math.ceil(valid_seeds / batch_size)}


def _strategy(name: str) -> tf.distribute.Strategy:
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "multi_worker_mirrored":
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.get_strategy()
