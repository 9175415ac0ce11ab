"""What field_ingest reads: fields from files, fields to generate, labelled images."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from noria.typed_config import FILLED_IN, TypedConfig

# A field's name becomes a file's name.
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=100)]
Channel = Annotated[int, Field(ge=0)]


class FieldSourceConfig(TypedConfig):
    """One field that is read from a file."""

    name: FieldName = Field(description="Names the field: letters, digits, - and _.")
    path: str = Field(
        min_length=1,
        description="A .npy, .npz, .png, .jpg or .tif file, or a .zarr folder; from the working "
        "folder, the repository's root, or in `package`.",
    )
    package: str = Field("", description="Installed Python package that the path lies in; empty: none.")
    key: str = Field(
        "",
        description="Which array of a .npz or .zarr group, or which series (from 0) of a .tif; may be "
        "left out where there is only one.",
    )
    channels: Literal["auto", "none", "luminance"] | Channel = Field(
        "auto",
        description="What the last axis is. none: an axis of the field; luminance: colours (gray or RGB, "
        "perhaps with alpha, which is laid on white), made gray with Rec. 709's weights; a number: take that "
        "channel; auto: luminance where the file says that it holds colours, else none.",
    )
    crop: tuple[tuple[int, int], ...] = Field(
        (),
        description="Start and stop (exclusive) of the part to keep, one pair per axis of the field; "
        "empty: all of it.",
    )
    scale: Literal["dtype", "none"] = Field(
        "dtype",
        description="dtype: whole numbers are divided by the largest one of their type, so that they end at "
        "1; none: they are kept. Fractions are kept always.",
    )

    @model_validator(mode="after")
    def _crops_something(self) -> Self:
        for start, stop in self.crop:
            if not 0 <= start < stop:
                raise ValueError(f"crop has [{start}, {stop}]: expected 0 <= start < stop")
        return self


class GenerateConfig(TypedConfig):
    """One field that is generated: Gaussian, with a power spectrum that falls by a power of the frequency."""

    name: FieldName = Field(description="Names the field: letters, digits, - and _.")
    shape: tuple[Annotated[int, Field(ge=2)], ...] = Field(
        min_length=2, max_length=3, description="[H, W] or [D, H, W]."
    )
    seed: int = Field(0, ge=0, description="Seed; it and the shape settle every value.")
    spectrum: float = Field(
        2.0,
        ge=0,
        le=6,
        description="Power falls with frequency to minus this; 0: white noise; photographs: 2.",
    )


class ImagesConfig(TypedConfig):
    """Small labelled images, all of one size."""

    kind: Literal["slice", "debian", "npz", "none"] = Field(
        "slice",
        description="slice: the shipped part of Fashion-MNIST (data/fashion-mnist); debian: the whole, from "
        "Debian's package dataset-fashion-mnist; npz: your own; none.",
    )
    path: str = Field(
        "",
        description="npz: file with images [n, H, W] and labels [n], perhaps test_images and test_labels, "
        "and classes; debian: folder of the package's files, empty: where the package puts them, else it is "
        "fetched with apt-get download (no root needed).",
    )
    validation: float = Field(
        0.15, gt=0, lt=1, description="Share of every class's training images for validation."
    )
    test: float = Field(
        0.15, gt=0, lt=1, description="Share of every class for test, where the source has no test images."
    )
    seed: int = Field(0, ge=0, description="Seed of the split.")

    @model_validator(mode="after")
    def _names_its_file(self) -> Self:
        if self.kind == "npz" and not self.path:
            raise ValueError("kind=npz needs a path")
        if self.kind in ("slice", "none") and self.path:
            raise ValueError(f"kind={self.kind} reads no path; for images of your own: kind=npz")
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation + test = {self.validation + self.test:g}: nothing is left to train on"
            )
        return self


def _shipped(name: str, file: str) -> FieldSourceConfig:
    return FieldSourceConfig(name=name, path=f"data/{file}", package="skimage")


# Of the images in scikit-image's wheel, those that its documentation of each says are CC0.
CC0_IMAGES: tuple[FieldSourceConfig, ...] = (
    _shipped("camera", "camera.png"),
    _shipped("brick", "brick.png"),
    _shipped("grass", "grass.png"),
    _shipped("gravel", "gravel.png"),
    _shipped("cell", "cell.png"),
    _shipped("microaneurysms", "microaneurysms.png"),
    _shipped("horse", "horse.png"),
    _shipped("chelsea", "chelsea.png"),
    _shipped("coffee", "coffee.png"),
    _shipped("retina", "retina.jpg"),
)


class FieldIngestConfig(TypedConfig):
    """Configuration of field_ingest."""

    fields: tuple[FieldSourceConfig, ...] = Field(
        CC0_IMAGES, description="Fields to read. Default: the CC0 images that scikit-image carries."
    )
    generate: tuple[GenerateConfig, ...] = Field((), description="Fields to generate, for benchmarks.")
    images: ImagesConfig = Field(default_factory=ImagesConfig, description="Labelled images.")
    chunk_mb: int = Field(
        16,
        ge=1,
        description="MiB of a field read at once; working on them takes several times as much. "
        "Fields from files do not depend on it, generated ones no more than by rounding.",
    )
    source_digest: str = Field(
        "",
        description="Content digest of the sources, filled in when the pipeline is defined: the cache's key.",
        json_schema_extra=FILLED_IN,
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        # Case does not tell files apart everywhere.
        names = [name.lower() for name in self.names]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two fields are named {twice[0]!r}")
        if not names and self.images.kind == "none":
            raise ValueError("neither fields nor images: nothing is left to read")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all fields, those from files first."""
        return (*(field.name for field in self.fields), *(field.name for field in self.generate))
