"""The whole of session_ingest: from a source, or the built-in world, to a SessionLog.

1. Tracks are read: names and features.
2. Rows are read in chunks, typed and checked.
3. Rows become sessions in order of time; they are checked, and split by time.

Unlike events, sessions are held in memory: training replays all of them at once.
"""

from __future__ import annotations

from components.event_ingest.problem_log import ProblemLog
from components.listening_world.generate import generate_log
from components.session_ingest.assemble import assemble
from components.session_ingest.config import SessionIngestConfig
from components.session_ingest.read_items import read_items
from components.session_ingest.read_tracks import read_tracks
from components.session_ingest.session_log import SPLITS, SessionLog
from components.session_ingest.settle import settle_sessions
from components.session_ingest.source_digest import source_digest
from noria.errors import DataError


def ingest(config: SessionIngestConfig) -> SessionLog:
    """Reads the configured sessions; neither the chunks' size nor the order of sessions changes the result.

    Raises:
        DataError: The source is not there or damaged, rows have a problem that is configured to fail, or too
            few sessions are left for three splits.
        ConfigError: The configuration does not fit the source.
    """
    read = _read(config) if config.sources else _made_up(config)
    for split in SPLITS:
        if not len(read.sessions(split)):
            raise DataError(
                f"{len(read.session_user)} sessions leave none for the {split} split",
                hint="give more sessions, or a larger share: validation, test",
            )
    return read


def _made_up(config: SessionIngestConfig) -> SessionLog:
    return generate_log(config.world, config.validation, config.test, config.completed_at)


def _read(config: SessionIngestConfig) -> SessionLog:
    log = ProblemLog(config.problems, "sessions")
    items = read_items(config, log)
    tracks = read_tracks(config, items, log)
    # Rows that would fail are told before what is wrong with sessions because of them.
    log.refuse()
    sessions, contexts = settle_sessions(tracks, items, config, log)
    log.refuse()
    counted = {**log.dropped, **log.warnings}
    return assemble(
        sessions,
        {
            "features": items.names,
            "contexts": contexts,
            "longest": config.longest,
            "completed_at": config.completed_at,
            "problems": counted,
            "examples": {name: log.examples(name) for name in counted},
            # Where the source could not be seen when the pipeline was defined, it can be here.
            "source_digest": config.source_digest or source_digest(config),
        },
        config.validation,
        config.test,
    )
