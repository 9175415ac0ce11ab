"""The artifact FieldSet: large fields, each a memory-mappable file, and optionally small labelled images.

Folder::

    fields.json         what the folder holds (FieldSetFacts)
    fields/<name>.npy   float32 [H, W] or [D, H, W], finite, C order
    images.npy          float32 [n, H, W] in 0..1     } only where
    labels.npy          int64 [n], position in classes } images were
    split.npy           uint8 [n], position in SPLITS  } configured
    report.html
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from pydantic import Field

from noria.errors import DataError
from noria.files import read_json, replacing, write_json
from noria.typed_config import TypedConfig, parse_config

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


class FieldFacts(TypedConfig):
    """What is known of one field."""

    name: str = Field(description="Names the field and its file.")
    shape: tuple[int, ...] = Field(description="[H, W] or [D, H, W].")
    origin: str = Field(description="Where it came from: file and array, or how it was generated.")
    minimum: float = Field(description="Smallest value.")
    maximum: float = Field(description="Largest value.")
    mean: float = Field(description="Mean, summed in float64.")
    deviation: float = Field(description="Standard deviation, summed in float64.")


class ImagesFacts(TypedConfig):
    """What is known of the labelled images."""

    shape: tuple[int, int] = Field(description="[H, W] of each.")
    origin: str = Field(description="Where they came from.")
    classes: tuple[str, ...] = Field(description="Names of the labels, by number.")
    counts: dict[Split, int] = Field(description="Images per split.")


class FieldSetFacts(TypedConfig):
    """Content of ``fields.json``."""

    fields: tuple[FieldFacts, ...] = Field(description="Every field, in the order of the configuration.")
    images: ImagesFacts | None = Field(None, description="The labelled images; none: there are none.")
    source_digest: str = Field("", description="Content digest of the sources.")


@dataclass(frozen=True)
class FieldSet:
    """A FieldSet folder, read lazily: fields are mapped, not loaded.

    Attributes:
        folder: Where it lies.
        facts: What it holds.
    """

    folder: Path
    facts: FieldSetFacts

    @classmethod
    def load(cls, folder: Path) -> FieldSet:
        """Reads ``fields.json``; raises DataError where there is none."""
        path = folder / "fields.json"
        if not path.is_file():
            raise DataError(f"{folder} holds no fields.json", hint="give the output folder of field_ingest")
        return cls(folder, parse_config(FieldSetFacts, read_json(path), origin=str(path)))

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names, in the order of the configuration."""
        return tuple(field.name for field in self.facts.fields)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the labels by number; empty where there are no images."""
        return self.facts.images.classes if self.facts.images else ()

    def shape(self, name: str) -> tuple[int, ...]:
        """[H, W] or [D, H, W] of a field; raises DataError where there is none of that name."""
        return self._facts_of(name).shape

    def field(self, name: str) -> np.memmap[Any, np.dtype[np.float32]]:
        """A field, mapped read-only: float32 [H, W] or [D, H, W].

        Raises:
            DataError: There is none of that name, or its file is damaged.
        """
        facts = self._facts_of(name)
        path = field_path(self.folder, name)
        try:
            mapped: np.memmap[Any, Any] = np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{path} is damaged: {error}", hint="run field_ingest again") from error
        if mapped.shape != facts.shape or mapped.dtype != np.float32:
            raise DataError(
                f"{path} holds {mapped.dtype} {list(mapped.shape)}, fields.json says float32 "
                f"{list(facts.shape)}",
                hint="run field_ingest again",
            )
        return mapped

    def images(self, split: Split) -> tuple[Floats, Ints]:
        """The labelled images of a split.

        Returns:
            Images float32 [n, H, W] in 0..1, and their labels int64 [n].

        Raises:
            DataError: The set holds no labelled images.
        """
        if self.facts.images is None:
            raise DataError(
                f"{self.folder} holds no labelled images", hint="field_ingest: images.kind other than none"
            )
        rows = np.flatnonzero(np.load(self.folder / "split.npy") == SPLITS.index(split))
        images = np.load(self.folder / "images.npy", mmap_mode="r")
        return np.array(images[rows]), np.load(self.folder / "labels.npy")[rows]

    def _facts_of(self, name: str) -> FieldFacts:
        for field in self.facts.fields:
            if field.name == name:
                return field
        raise DataError(f"{self.folder} holds no field {name!r}; it has: {', '.join(self.names) or 'none'}")


def field_path(folder: Path, name: str) -> Path:
    """The file of a field in a FieldSet folder."""
    return folder / "fields" / f"{name}.npy"


def save_images(folder: Path, images: Floats, labels: Ints, split: npt.NDArray[np.uint8]) -> None:
    """Writes the images of a FieldSet: arrays as the folder's files hold them."""
    for name, values in (("images", images), ("labels", labels), ("split", split)):
        with replacing(folder / f"{name}.npy") as temporary, temporary.open("wb") as file:
            np.save(file, values)


def save_facts(folder: Path, facts: FieldSetFacts) -> None:
    """Writes ``fields.json``, which is last: it marks the set as whole."""
    write_json(folder / "fields.json", facts.model_dump(mode="json"))
