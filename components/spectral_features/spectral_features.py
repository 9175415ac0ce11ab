"""The artifact SpectralFeatures: features of labelled images, spectra and denoised versions of fields.

Folder::

    spectra.json          what the folder holds (SpectralFacts); written last
    features.npy          float32 [n, F], finite                      } only where the
    labels.npy            int64 [n], position in classes              } FieldSet holds
    split.npy             uint8 [n], position in field_set.SPLITS     } labelled images
    noisy/<name>.npy      float32, the field with noise (only where noise was added)
    denoised/<name>.npy   float32, shape of the field
    spectra/<name>.npz    radial spectra (power_spectrum.py): edges [B + 1] in cycles per sample, modes [B];
                          energy [B] of the field (``clean``), with noise (``noisy``), denoised
                          (``denoised``), without the mean: float64
    spectra.png, report.html

Rows of features.npy, labels.npy and split.npy are in the order of the FieldSet's images.npy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from components.field_ingest.field_set import SPLITS, Floats, Ints, Split
from components.spectral_features.config import DenoiseConfig, ImageFeatures
from noria.errors import DataError
from noria.files import read_json, replacing, write_json
from noria.typed_config import TypedConfig, parse_config


class SpectrumFacts(TypedConfig):
    """What is known of one field."""

    name: str = Field(description="Name of the field.")
    shape: tuple[int, ...] = Field(description="[H, W] or [D, H, W].")
    bands: tuple[float, ...] = Field(description="Share of the field's energy in each band, mean left out.")
    noise: float = Field(description="Standard deviation of the noise that was added.")
    noise_estimate: float = Field(description="Standard deviation of the noise as estimated.")
    rmse_noisy: float | None = Field(description="Root mean square of noisy - field; none: no noise added.")
    rmse_denoised: float | None = Field(description="Root mean square of denoised - field; likewise.")
    fft_relative_error: float = Field(
        description="Largest error of the transform against NumPy in float64, relative to the largest "
        "magnitude."
    )
    fft_checked: Literal["whole", "rows"] = Field(description="Which part of the transform was checked.")
    memory_ratio: float = Field(
        description="Bytes of field and spectrum on the fullest device, relative to those of the whole."
    )
    registration_error: float | None = Field(
        description="Largest error of a known shift, in samples, found by phase correlation with noise; "
        "none: the field is constant."
    )


class ImageFeaturesFacts(TypedConfig):
    """What is known of the labelled images' features."""

    definition: ImageFeatures = Field(description="What the features are.")
    shape: tuple[int, int] = Field(description="[H, W] of each image.")
    names: tuple[str, ...] = Field(description="Name of each feature.")
    classes: tuple[str, ...] = Field(description="Names of the labels, by number.")
    counts: dict[Split, int] = Field(description="Images per split.")


class SpectralFacts(TypedConfig):
    """Content of ``spectra.json``."""

    fields: tuple[SpectrumFacts, ...] = Field(description="Every field of the FieldSet, in its order.")
    images: ImageFeaturesFacts | None = Field(None, description="Features of images; none: no images.")
    denoise: DenoiseConfig = Field(description="How the fields were denoised.")
    band_edges: tuple[float, ...] = Field(description="Edges of the bands, in cycles per sample.")
    mesh: tuple[int, ...] = Field(description="Sizes of the mesh's dimensions.")


@dataclass(frozen=True)
class SpectralFeatures:
    """A SpectralFeatures folder, read lazily.

    Attributes:
        folder: Where it lies.
        facts: What it holds.
    """

    folder: Path
    facts: SpectralFacts

    @classmethod
    def load(cls, folder: Path) -> SpectralFeatures:
        """Reads ``spectra.json``; raises DataError where there is none."""
        path = folder / "spectra.json"
        if not path.is_file():
            raise DataError(
                f"{folder} holds no spectra.json", hint="give the output folder of spectral_features"
            )
        return cls(folder, parse_config(SpectralFacts, read_json(path), origin=str(path)))

    @property
    def image_facts(self) -> ImageFeaturesFacts:
        """Facts of the images' features; raises DataError where there are none."""
        if self.facts.images is None:
            raise DataError(
                f"{self.folder} holds no features of images",
                hint="field_ingest: images.kind other than none",
            )
        return self.facts.images

    def features(self, split: Split) -> tuple[Floats, Ints]:
        """Features float32 [n, F] and labels int64 [n] of a split; raises DataError where there are none."""
        facts = self.image_facts
        features, labels = load_array(self.folder / "features.npy"), load_array(self.folder / "labels.npy")
        rows = np.flatnonzero(load_array(self.folder / "split.npy") == SPLITS.index(split))
        if features.shape != (len(labels), len(facts.names)) or len(rows) != facts.counts.get(split, 0):
            raise DataError(
                f"{self.folder}: features {list(features.shape)}, {len(labels)} labels, {len(rows)} images "
                f"in {split}; spectra.json says {len(facts.names)} features, {facts.counts.get(split, 0)} "
                f"images in {split}",
                hint="run spectral_features again",
            )
        return np.array(features[rows]), np.array(labels[rows])

    def denoised(self, name: str) -> npt.NDArray[np.float32]:
        """A denoised field, mapped read-only."""
        return load_array(self.folder / "denoised" / f"{name}.npy")

    def noisy(self, name: str) -> npt.NDArray[np.float32]:
        """A field with added noise, mapped read-only; raises DataError where none was added."""
        return load_array(self.folder / "noisy" / f"{name}.npy")


def save_features(folder: Path, features: Floats, labels: Ints, split: npt.NDArray[np.uint8]) -> None:
    """Writes the images' features, labels and split: arrays as the folder's files hold them."""
    for name, values in (("features", features), ("labels", labels), ("split", split)):
        with replacing(folder / f"{name}.npy") as temporary, temporary.open("wb") as file:
            np.save(file, values)


def save_facts(folder: Path, facts: SpectralFacts) -> None:
    """Writes ``spectra.json``, which is last: it marks the folder as whole."""
    write_json(folder / "spectra.json", facts.model_dump(mode="json"))


def load_array(path: Path) -> npt.NDArray[Any]:
    """A .npy file of a pipeline's artifact, mapped read-only; raises DataError where it is damaged."""
    try:
        values: npt.NDArray[Any] = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path} is missing or damaged: {error}", hint="run spectral_features again"
        ) from error
    return values
