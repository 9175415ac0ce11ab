"""Whether the configured tables are there, and what their content is."""

from __future__ import annotations

from components.event_ingest.source_digest import any_elsewhere, digest_of
from components.session_ingest.config import SessionIngestConfig


def source_digest(config: SessionIngestConfig) -> str:
    """Content digest of sessions and tracks; neither names nor times count.

    Returns:
        The digest; empty where the world makes the log, which its configuration tells all about, and where a
        table lies on a volume that only the steps see.

    Raises:
        DataError: A file or package is not there, or is no table.
    """
    return digest_of(config.sources) if config.sources else ""


def check_source(config: SessionIngestConfig) -> None:
    """Looks at the files' headers: raises DataError or ConfigError when a file or a column is not there."""
    if config.sources and not any_elsewhere(config.sources):
        # Reads headers with Arrow, which defining a pipeline should not have to load.
        from components.session_ingest.columns import item_columns, track_columns

        track_columns(config)
        item_columns(config)


def with_source_digest(config: SessionIngestConfig) -> SessionIngestConfig:
    """The configuration with ``source_digest`` filled in, as a pipeline's definition needs it."""
    return config.model_copy(update={"source_digest": source_digest(config)})
