"""A FieldSet with small labelled images and the SpectralFeatures that belong to it, without a mesh."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from components.field_ingest import field_set
from components.field_ingest.field_set import FieldFacts, FieldSetFacts, ImagesFacts, field_path
from components.spectral_features import spectral_features
from components.spectral_features.config import DenoiseConfig, ImageFeatures
from components.spectral_features.image_features import feature_names, reference_features
from components.spectral_features.spectral_features import ImageFeaturesFacts, SpectralFacts

HEIGHT, WIDTH = 14, 15
CLASSES = ("coarse", "fine", "diagonal")
COUNTS = {"train": 240, "valid": 60, "test": 90}
DEFINITION = ImageFeatures(radial_bins=4, sectors=4, low_modes=2)


def textures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of three kinds of stripes, each anywhere, and their kinds: float32 [n, H, W], int64 [n]."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = np.array([[0, 2], [0, 6], [3, 3]])[labels]
    phase = random.random((count, 1, 1)) * 2 * np.pi
    angle = 2 * np.pi * (waves[:, :1, None] * y / HEIGHT + waves[:, 1:, None] * x / WIDTH) + phase
    images = 0.5 + 0.2 * np.cos(angle) + random.normal(0, 0.15, angle.shape)
    return np.clip(images, 0, 1).astype(np.float32), labels.astype(np.int64)


def write_fields(folder: Path, fields: dict[str, np.ndarray] | None = None, seed: int = 0) -> Path:
    """A FieldSet folder with textures as images and ``fields`` as fields."""
    images, labels = textures(sum(COUNTS.values()), seed)
    split = np.repeat(np.arange(3, dtype=np.uint8), list(COUNTS.values()))
    folder.mkdir(parents=True)
    field_set.save_images(folder, images, labels, split)
    facts = []
    for name, values in (fields or {}).items():
        field_path(folder, name).parent.mkdir(exist_ok=True)
        np.save(field_path(folder, name), values.astype(np.float32))
        numbers = {
            "minimum": float(values.min()),
            "maximum": float(values.max()),
            "mean": float(values.mean()),
            "deviation": float(values.std()),
        }
        facts.append(FieldFacts(name=name, shape=values.shape, origin="test", **numbers))
    images_facts = ImagesFacts(shape=(HEIGHT, WIDTH), origin="test", classes=CLASSES, counts=COUNTS)
    field_set.save_facts(folder, FieldSetFacts(fields=tuple(facts), images=images_facts, source_digest="abc"))
    return folder


def write_features(folder: Path, fields: Path) -> Path:
    """The SpectralFeatures folder of a FieldSet folder's images."""
    folder.mkdir(parents=True)
    images, labels, split = (np.load(fields / f"{name}.npy") for name in ("images", "labels", "split"))
    spectral_features.save_features(folder, reference_features(DEFINITION, images), labels, split)
    images_facts = ImageFeaturesFacts(
        definition=DEFINITION,
        shape=(HEIGHT, WIDTH),
        names=feature_names(DEFINITION, (HEIGHT, WIDTH)),
        classes=CLASSES,
        counts=COUNTS,
    )
    facts = SpectralFacts(
        fields=(), images=images_facts, denoise=DenoiseConfig(), band_edges=(0.0, 1.0), mesh=(1,)
    )
    spectral_features.save_facts(folder, facts)
    return folder
