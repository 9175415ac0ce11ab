"""The spectral pipeline: fields and images in, their spectra and a checked, registered classifier out.

1. field_ingest: images, 2D and 3D fields from files, as arrays that can be memory-mapped
2. spectral_features: Fourier transforms on a device mesh: spectra, denoising, registration, image features
3. spectral_training: a classifier of spectral features, and the same one of raw pixels
4. tflite_export: on-device file with the transform inside, compared with the model on real test images
5. device_check: the file on every device of the target
6. spectral_evaluation: test images as they are and shifted; denoising beside other methods
7. model_promotion: MLflow registry; champion only when every gate holds
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from components.device_check.config import DeviceCheckConfig
from components.field_ingest.component import FieldIngest
from components.field_ingest.config import FieldIngestConfig
from components.field_ingest.source_digest import check_source, with_source_digest
from components.mesh_fft.mesh_config import MeshConfig
from components.model_promotion.component import ModelPromotion
from components.model_promotion.config import ModelPromotionConfig
from components.spectral_evaluation.component import SpectralEvaluation
from components.spectral_evaluation.config import SpectralEvaluationConfig
from components.spectral_features.component import SpectralFeatures
from components.spectral_features.config import SpectralFeaturesConfig
from components.spectral_training.component import SpectralTraining
from components.spectral_training.config import SpectralTrainingConfig
from components.tflite_export.config import TfliteExportConfig
from noria.errors import ConfigError
from pipelines.on_device import on_device
from pipelines.shared_settings import SharedSettings


class SpectralConfig(SharedSettings):
    """Which fields and images, and what is computed of their spectra."""

    shared: ClassVar = {
        "mesh": ("features.mesh", "evaluation.mesh"),
        "promotion.registered_model": ("evaluation.registered_model",),
    }

    fields: FieldIngestConfig = Field(
        default_factory=FieldIngestConfig, description="Where fields and labelled images come from."
    )
    mesh: MeshConfig = Field(
        default_factory=MeshConfig, description="Devices of the transforms; features and evaluation get it."
    )
    features: SpectralFeaturesConfig = Field(
        default_factory=SpectralFeaturesConfig, description="What is computed on the mesh."
    )
    training: SpectralTrainingConfig = Field(
        default_factory=SpectralTrainingConfig, description="The classifier."
    )
    export: TfliteExportConfig = Field(default_factory=TfliteExportConfig, description="The on-device file.")
    devices: DeviceCheckConfig = Field(
        default_factory=DeviceCheckConfig, description="What the exported file has to run on."
    )
    evaluation: SpectralEvaluationConfig = Field(
        default_factory=SpectralEvaluationConfig, description="Shifts, noise levels, baselines."
    )
    promotion: ModelPromotionConfig = Field(description="The registered model and its gates.")


def check(config: SpectralConfig) -> None:
    """Looks for what can be known before the first step starts.

    Raises:
        NoriaError: A source is not there, or there are no images to train a classifier on.
    """
    check_source(config.fields)
    config.check_shared()
    if config.fields.images.kind == "none":
        raise ConfigError(
            "fields.images.kind is none, but the pipeline trains a classifier of images",
            hint="leave it out for the shipped images, or name your own with kind: npz",
        )


def create_pipeline(config: SpectralConfig) -> list[Any]:
    """The components of one set of fields and images, in order."""
    ingest = FieldIngest(with_source_digest(config.fields))
    fields = ingest.outputs["fields"]
    spectra = SpectralFeatures(config.features, fields=fields)
    features = spectra.outputs["features"]
    training = SpectralTraining(config.training, fields=fields, features=features)
    model = training.outputs["model"]
    exported = on_device(model, config.export, config.devices)
    evaluation = SpectralEvaluation(
        config.evaluation,
        fields=fields,
        features=features,
        model=model,
        raw_model=training.outputs["raw_model"],
    )
    promotion = ModelPromotion(
        config.promotion,
        model=model,
        evaluation=evaluation.outputs["evaluation"],
        tflite=exported.tflite,
        devices=exported.devices,
    )
    steps = {
        "field_ingest": ingest,
        "spectral_features": spectra,
        "spectral_training": training,
        **exported.steps,
        "spectral_evaluation": evaluation,
        "model_promotion": promotion,
    }
    return [step.with_id(name) for name, step in steps.items()]
