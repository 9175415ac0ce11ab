"""Whether the configured files are there, and what their content is."""

from __future__ import annotations

from pathlib import Path

from components.field_ingest.config import FieldIngestConfig, ImagesConfig
from components.field_ingest.sources import field_file, images_file, shipped_images
from components.source_files import content_digest
from noria.digests import text_digest
from noria.elsewhere import is_elsewhere


def source_digest(config: FieldIngestConfig) -> str:
    """Content digest of fields and images; neither names nor times count.

    Returns:
        The digest; empty where one of them lies on a volume that only the steps see.

    Raises:
        DataError: A file or package is not there, or is no array.
    """
    if _any_elsewhere(config):
        return ""
    fields = [content_digest(field_file(source)) for source in config.fields]
    return text_digest(*fields, _images_digest(config.images))


def check_source(config: FieldIngestConfig) -> None:
    """Looks at the files' headers: raises DataError when a file is not there or cannot be a field."""
    if not _any_elsewhere(config):
        # Opens arrays with NumPy and others, which defining a pipeline should not have to load.
        from components.field_ingest.convert import check_field

        for source in config.fields:
            check_field(source, field_file(source))
        _images_path(config.images)


def with_source_digest(config: FieldIngestConfig) -> FieldIngestConfig:
    """The configuration with ``source_digest`` filled in, as a pipeline's definition needs it."""
    return config.model_copy(update={"source_digest": source_digest(config)})


def _any_elsewhere(config: FieldIngestConfig) -> bool:
    # Every source is asked, for what was asked is remembered.
    paths = [field.path for field in config.fields if not field.package]
    paths += [config.images.path] if config.images.path else []
    elsewhere = [is_elsewhere(path) for path in paths]
    return any(elsewhere)


def _images_path(images: ImagesConfig) -> Path | None:
    if images.kind == "slice":
        return shipped_images()
    return images_file(images.path) if images.path else None


def _images_digest(images: ImagesConfig) -> str:
    path = _images_path(images)
    # What the package holds is checked when it is fetched: its name says all. It may be there by then.
    return content_digest(path) if path else images.kind
