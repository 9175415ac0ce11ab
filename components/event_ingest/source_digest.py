"""Which files events are read from, whether they are there, and what their content is."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

from components.event_ingest.config import EventIngestConfig, SourceConfig
from components.source_files import candidates, content_digest, is_pattern
from noria.digests import text_digest
from noria.elsewhere import is_elsewhere
from noria.errors import ConfigError, DataError

ENDINGS = (".csv", ".csv.gz", ".parquet")


def source_files(source: SourceConfig) -> list[Path]:
    """The files of a source, sorted by name.

    Raises:
        ConfigError: No path is set.
        DataError: There is no such file or package, or it is neither CSV nor Parquet.
    """
    if not source.path:
        raise ConfigError("source.path is empty; it names the file, folder or pattern to read")
    if source.package:
        return _below(source, (_package_folder(source.package) / source.path,))
    return _below(source, candidates(source.path))


def source_digest(config: EventIngestConfig) -> str:
    """Content digest of the events and of every joined table; neither names nor times count.

    Returns:
        The digest; empty where one of them lies on a volume that only the steps see.

    Raises:
        ConfigError, DataError: As ``source_files``.
    """
    return digest_of(_sources(config))


def digest_of(sources: Sequence[SourceConfig]) -> str:
    """As ``source_digest``, of any tables."""
    if any_elsewhere(sources):
        return ""
    digests = (sorted(content_digest(file) for file in source_files(source)) for source in sources)
    return text_digest(*(text_digest(*files) for files in digests))


def any_elsewhere(sources: Sequence[SourceConfig]) -> bool:
    """Whether one of the tables lies on a volume that only the steps see."""
    # Every source is asked, for what was asked is remembered.
    elsewhere = [not source.package and is_elsewhere(source.path) for source in sources]
    return any(elsewhere)


def check_source(config: EventIngestConfig) -> None:
    """Looks at the files' headers: raises DataError or ConfigError when a file or a column is not there."""
    if not any_elsewhere(_sources(config)):
        # Reads headers with Arrow, which defining a pipeline should not have to load.
        from components.event_ingest.columns import resolve_columns

        resolve_columns(config)


def with_source_digest(config: EventIngestConfig) -> EventIngestConfig:
    """The configuration with ``source_digest`` filled in, as a pipeline's definition needs it."""
    return config.model_copy(update={"source_digest": source_digest(config)})


def _sources(config: EventIngestConfig) -> list[SourceConfig]:
    return [config.source, *config.joins]


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            f"source.package={package}: no such Python package is installed",
            hint=f"pip install {package}, or `make demo-temporal` for what the shipped configuration reads",
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _below(source: SourceConfig, places: tuple[Path, ...]) -> list[Path]:
    for place in places:
        files = sorted(_files_at(place))
        if files:
            return files
        if place.is_dir():
            raise DataError(f"{place} holds no file that ends in {', '.join(ENDINGS)}")
    raise DataError(f"source.path={source.path}: no such file, folder or pattern ({places[0]})")


def _files_at(place: Path) -> Iterator[Path]:
    if place.is_file():
        if not place.name.endswith(ENDINGS):
            raise DataError(
                f"{place} is no table that can be read: expected {', '.join(ENDINGS)}",
                hint="save a spreadsheet as CSV",
            )
        yield place
    elif place.is_dir():
        yield from (file for file in place.iterdir() if _is_table(file))
    elif is_pattern(str(place)):
        below = Path(place.anchor)
        yield from (file for file in below.glob(str(place.relative_to(below))) if _is_table(file))


def _is_table(file: Path) -> bool:
    return file.is_file() and file.name.endswith(ENDINGS) and not file.name.startswith((".", "_"))
