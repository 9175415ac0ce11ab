"""Where the configured files lie."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from components.field_ingest.config import FieldSourceConfig
from components.source_files import REPOSITORY, candidates
from noria.errors import DataError

SHIPPED_IMAGES = REPOSITORY / "data" / "fashion-mnist" / "fashion-mnist-slice.npz"
FORMATS = (".npy", ".npz", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".zarr")


def field_file(source: FieldSourceConfig) -> Path:
    """The file, or Zarr folder, of a field.

    Raises:
        DataError: It is not there, its package is not installed, or its ending is none of ``FORMATS``.
    """
    if not source.path.rstrip("/").lower().endswith(FORMATS):
        raise DataError(
            f"field {source.name}: {source.path} is no array that can be read: expected {', '.join(FORMATS)}"
        )
    places: tuple[Path, ...] = candidates(source.path)
    if source.package:
        places = (_package_folder(source) / source.path,)
    return _first_there(places, f"field {source.name}: path={source.path}")


def images_file(path: str) -> Path:
    """A file or folder of labelled images; raises DataError where it is not there."""
    return _first_there(candidates(path), f"images.path={path}")


def shipped_images() -> Path:
    """The shipped slice; raises DataError where the repository's data is not beside the code."""
    if not SHIPPED_IMAGES.is_file():
        raise DataError(
            f"images.kind=slice: no such file ({SHIPPED_IMAGES})",
            hint="run from a checkout of the repository, or set images.kind to debian, npz or none",
        )
    return SHIPPED_IMAGES


def _first_there(places: tuple[Path, ...], what: str) -> Path:
    for place in places:
        if place.exists():
            return place
    raise DataError(f"{what}: no such file ({places[0]})")


def _package_folder(source: FieldSourceConfig) -> Path:
    spec = importlib.util.find_spec(source.package) if source.package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            f"field {source.name}: package={source.package}: no such Python package is installed",
            hint="name a package that is installed, or leave package empty and give a path",
        )
    return Path(next(iter(spec.submodule_search_locations)))
