"""The work of spectral_training."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.field_ingest.field_set import FieldSet
from components.spectral_features.spectral_features import SpectralFeatures
from components.spectral_training.config import SpectralTrainingConfig
from components.spectral_training.images import labelled_features, labelled_images, largest_difference
from components.spectral_training.report import write_report
from components.spectral_training.save_model import ImageClassifier, PixelTransform, save_classifier
from components.spectral_training.spectral_transform import SpectralTransform
from components.spectral_training.train import Labelled, Trained, train
from components.step_executor import StepExecutor


class Executor(StepExecutor[SpectralTrainingConfig]):
    """Trains on the stored features and on the pixels; both models take images."""

    config_type = SpectralTrainingConfig

    def run(
        self, config: SpectralTrainingConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        """Checks the features, trains, saves and reports both classifiers."""
        started = time.process_time()
        fields, features = FieldSet.load(inputs["fields"]), SpectralFeatures.load(inputs["features"])
        facts = features.image_facts
        images, stored = labelled_images(fields, facts.shape), labelled_features(features)
        transform = SpectralTransform(facts.definition, facts.shape)
        difference = largest_difference(transform, images, stored)
        pixels = {
            split: Labelled(rows.inputs.reshape(len(rows.labels), -1), rows.labels)
            for split, rows in images.items()
        }
        classes = fields.classes
        for output, name, rows, first, told in (
            ("model", "spectral_classifier", stored, transform, f"{transform.features} spectral features"),
            ("raw_model", "pixel_classifier", pixels, PixelTransform(facts.shape), "the pixels as they are"),
        ):
            trained = train(rows["train"], rows["valid"], len(classes), config, shared=output == "raw_model")
            details = {
                "parameters": trained.model.count_params(),
                "width": trained.width,
                "dropout": trained.dropout,
                "epochs": trained.best_epoch + 1,
                "valid_accuracy": trained.best["valid_accuracy"],
                "settings": config.model_dump(mode="json"),
                "source_digest": fields.facts.source_digest,
            }
            if output == "model":
                details["features"] = facts.definition.model_dump(mode="json")
            save_classifier(
                outputs[output],
                name,
                ImageClassifier(first, trained.model),
                images["test"],
                images["valid"].inputs,
                classes,
                config.examples,
                details,
                images["valid"].labels,
            )
            for path in write_report(outputs[output], name, trained, told, config.model_dump()):
                tracking.artifact(path)
            _track(trained, "" if output == "model" else "raw_")
        tracking.metrics(
            {"features_max_difference": difference, "cpu_seconds": time.process_time() - started}
        )
        tracking.params({"train_images": len(pixels["train"].labels), "seed": config.seed})


def _track(trained: Trained, prefix: str) -> None:
    for number, epoch in enumerate(trained.history, start=1):
        tracking.metrics({f"{prefix}{name}": value for name, value in epoch.items()}, epoch=number)
    tracking.metrics(
        {
            f"{prefix}kept_valid_accuracy": trained.best["valid_accuracy"],
            f"{prefix}parameters": trained.model.count_params(),
        }
    )
    tracking.params({f"{prefix}width": trained.width, f"{prefix}dropout": trained.dropout})
