"""What the source's content was, so that a changed source misses the cache and a touched one does not."""

from __future__ import annotations

from pathlib import Path

from components.graph_ingest.config import GraphIngestConfig
from components.graph_ingest.source_path import source_folder
from components.source_files import content_digest
from noria.digests import text_digest
from noria.elsewhere import is_elsewhere


def source_digest(config: GraphIngestConfig) -> str:
    """Content digest of the files that the source is read from; names and contents count, times do not.

    Returns:
        The digest; empty where the source lies on a volume that only the steps see.

    Raises:
        DataError: The source does not exist.
    """
    if is_elsewhere(config.source.path):
        return ""
    return text_digest(*(content_digest(path) for path in _source_paths(config)))


def check_source(config: GraphIngestConfig) -> None:
    """Raises DataError or ConfigError when the source is not there; reads none of it."""
    if not is_elsewhere(config.source.path):
        _source_paths(config)


def with_source_digest(config: GraphIngestConfig) -> GraphIngestConfig:
    """The configuration with ``source_digest`` filled in, as a pipeline's definition needs it."""
    return config.model_copy(update={"source_digest": source_digest(config)})


def _source_paths(config: GraphIngestConfig) -> list[Path]:
    if config.source.kind == "debian":
        from components.graph_ingest.sources.apt import find_indexes

        source = config.source
        return find_indexes(source.path, source.release, source.archive_areas)
    return [source_folder(config.source)]
