"""What was read and what became of it, as one page."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from components.session_ingest.config import SessionProblemsConfig
from components.session_ingest.pictures import lengths_and_responses, sessions_per_day
from components.session_ingest.session_log import SPLITS, SessionLog
from noria.html_report import Page


def ingest_report(log: SessionLog, problems: SessionProblemsConfig) -> str:
    """The page as HTML.

    Args:
        log: At least one session.
        problems: What became of rows with a problem.
    """
    facts = log.facts
    counts = facts.counts
    first, last = (datetime.fromtimestamp(at, UTC) for at in log.session_start[[0, -1]])
    page = Page("Listening sessions").paragraph(
        f"{counts['sessions']:,} sessions of {counts['users']:,} users with {counts['tracks']:,} tracks, "
        f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}; {counts['items']:,} different tracks are known."
    )
    if facts.world is not None:
        page.paragraph("The sessions are made up: they come from the listening world, whose truth is known.")
    page.section("Splits, by time").table(
        ["split", "sessions", "tracks", "mean response", "completed"],
        [_split_row(log, split) for split in SPLITS],
        f"A response of at least {facts.completed_at:g} counts as completed.",
    )
    page.picture(sessions_per_day(log), "Sessions per day")
    page.picture(lengths_and_responses(log), "Tracks per session; mean response by position")
    page.section("Contexts").table(
        ["context", "sessions", "share", "tracks per session", "mean response"], _context_rows(log)
    )
    page.section("How tracks were chosen").table(
        ["known", ""],
        [
            ["propensities, for off-policy estimates", facts.propensities],
            ["candidates that could have been played", facts.candidates],
        ],
    )
    page.section("Rows with a problem")
    if not facts.problems:
        return page.paragraph("None.").render()
    reactions = problems.model_dump()
    page.table(
        ["problem", "rows", "what became of them", "the first few"],
        [
            [name, count, reactions[name], "; ".join(facts.examples.get(name, []))]
            for name, count in facts.problems.items()
        ],
    )
    return page.render()


def _split_row(log: SessionLog, split: str) -> list[object]:
    inside = np.repeat(log.session_split == SPLITS.index(split), log.length)
    response = log.response[inside]
    completed = response >= log.facts.completed_at
    sessions = log.facts.counts[f"{split}_sessions"]
    return [split, sessions, len(response), float(response.mean()), float(completed.mean())]


def _context_rows(log: SessionLog) -> list[list[object]]:
    names = log.facts.contexts
    sessions = np.bincount(log.session_context, minlength=len(names))
    context = np.repeat(log.session_context, log.length)
    tracks = np.bincount(context, minlength=len(names))
    response = np.bincount(context, weights=log.response, minlength=len(names))
    return [
        [
            name,
            int(sessions[i]),
            float(sessions[i] / sessions.sum()),
            float(tracks[i] / sessions[i]) if sessions[i] else None,
            float(response[i] / tracks[i]) if tracks[i] else None,
        ]
        for i, name in enumerate(names)
    ]
