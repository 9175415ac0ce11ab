"""What session_ingest reads, how sessions are split, and what becomes of rows with a problem."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from components.event_ingest.config import DropOr, Reaction, SourceConfig, TimestampConfig
from components.listening_world.config import WorldConfig
from noria.typed_config import FILLED_IN, TypedConfig


class ColumnsConfig(TypedConfig):
    """Which column holds what; one row per track that was played."""

    session: str = Field("session", description="Names the session.")
    user: str = Field("user", description="Names who listened.")
    item: str = Field("item", description="Names the track.")
    position: str = Field("position", description="A number that orders the tracks of a session.")
    response: str = Field("response", description="How the track was answered, e.g. the share listened to.")
    propensity: str = Field(
        "", description="The probability with which the track was chosen; empty: the log does not say."
    )
    context: str = Field("", description="The situation of listening; empty: all sessions have the same.")
    candidates: str = Field(
        "",
        description="The tracks it was chosen from: a list, or text with blanks between names; a track named "
        "twice counts once. Empty: the log does not say.",
    )

    @model_validator(mode="after")
    def _names_columns_once(self) -> Self:
        names = [name for name in self.model_dump().values() if name]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"column {twice[0]!r} is named twice")
        required = ("session", "user", "item", "position", "response")
        empty = [field for field in required if not getattr(self, field)]
        if empty:
            raise ValueError(f"{empty[0]} names no column")
        return self


class ItemsConfig(SourceConfig):
    """A table of tracks with what is observed of them, one row each."""

    item: str = Field("item", description="The column that names the track.")
    features: tuple[str, ...] = Field(
        (), description="Numeric columns; they are standardised. Empty: every numeric column."
    )


class SessionProblemsConfig(TypedConfig):
    """What becomes of rows with a problem: fail the step, drop them, or keep them. All are counted.

    Where a track is dropped, the others of its session move up.
    """

    missing_feature: Reaction = Field(
        "fail",
        description="A track's feature is no finite number. drop: the track is then unknown; keep: it is the "
        "mean over tracks.",
    )
    duplicate_item: DropOr = Field(
        "fail", description="Two rows of the table of tracks name the same. drop: the first one stays."
    )
    missing_timestamp: DropOr = Field("fail", description="No timestamp.")
    unparsable_timestamp: DropOr = Field("fail", description="A timestamp that does not fit its format.")
    nonexistent_time: Reaction = Field("keep", description="A time that source_zone's clocks skipped.")
    ambiguous_time: Reaction = Field("keep", description="A time that source_zone's clocks showed twice.")
    missing_value: DropOr = Field("fail", description="No session, user, item, position or response.")
    unparsable_value: DropOr = Field("fail", description="A position or response that is no finite number.")
    missing_context: Reaction = Field("keep", description="No context. keep: the context is (missing).")
    response_out_of_range: Reaction = Field(
        "fail", description="A response outside response_range. keep: taken for the nearest end of the range."
    )
    unknown_item: DropOr = Field("fail", description="A track that is not in the table of tracks.")
    missing_propensity: Reaction = Field(
        "fail",
        description="Some rows have no propensity. keep: the log counts as one without propensities.",
    )
    propensity_out_of_range: Reaction = Field(
        "fail",
        description="A propensity that is no number above 0 and at most 1. keep: the log counts as one "
        "without propensities.",
    )
    missing_candidates: Reaction = Field(
        "fail",
        description="Some rows have no candidates. keep: the log counts as one without candidates.",
    )
    unknown_candidate: Reaction = Field(
        "fail",
        description="A candidate that is not in the table of tracks. keep: the row stays, without it.",
    )
    not_in_candidates: Reaction = Field(
        "fail", description="A track that is not among its candidates. keep: it is added to them."
    )
    duplicate_position: DropOr = Field(
        "fail", description="Two tracks at one position of a session. drop: the first in the source stays."
    )
    mixed_session: DropOr = Field(
        "fail", description="A track whose user or context is not that of its session's first track."
    )
    long_session: DropOr = Field(
        "drop", description="A track beyond the first `longest` of its session. drop: the session is cut."
    )
    single_track_session: Reaction = Field(
        "keep", description="A session of one track: it has an end, but shows no sequence."
    )


class SessionIngestConfig(TypedConfig):
    """Configuration of session_ingest."""

    source: SourceConfig = Field(
        default_factory=SourceConfig,
        description="The sessions. Without a path, those of the built-in world are taken.",
    )
    items: ItemsConfig = Field(default_factory=ItemsConfig, description="The tracks of the sessions.")
    columns: ColumnsConfig = Field(default_factory=ColumnsConfig, description="Which column holds what.")
    timestamp: TimestampConfig = Field(
        default_factory=TimestampConfig,
        description="When a track was played; a session starts with its first. Days are those of time_zone.",
    )
    contexts: tuple[str, ...] = Field(
        (), description="The contexts, in this order before any others. Empty: sorted by name."
    )
    response_range: tuple[float, float] = Field(
        (0.0, 1.0), description="The lowest and the highest response; rescaled to 0 and 1."
    )
    completed_at: float = Field(
        0.5, gt=0, le=1, description="A rescaled response of at least this counts as a completed track."
    )
    longest: int = Field(20, ge=1, description="Tracks of the longest session; the world has its own.")
    validation: float = Field(0.15, gt=0, lt=1, description="Share of the sessions in the validation split.")
    test: float = Field(0.15, gt=0, lt=1, description="Share of the sessions, the latest, in the test split.")
    problems: SessionProblemsConfig = Field(
        default_factory=SessionProblemsConfig, description="What becomes of rows with a problem."
    )
    chunk_rows: int = Field(250_000, ge=1, description="Rows read at once; changes no result.")
    world: WorldConfig = Field(
        default_factory=WorldConfig, description="The world that makes the log where there is no source.path."
    )
    source_digest: str = Field(
        "",
        description="Content digest of the source, filled in when the pipeline is defined: the cache's key.",
        json_schema_extra=FILLED_IN,
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        low, high = self.response_range
        if low >= high:
            raise ValueError(f"response_range={[low, high]}: expected the lower end first")
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation + test = {self.validation + self.test:g}: nothing is left to train on"
            )
        if self.source.path and not self.items.path:
            raise ValueError("source.path is set, items.path is not: sessions need their table of tracks")
        if len(set(self.contexts)) < len(self.contexts):
            raise ValueError("contexts names one twice")
        return self

    @property
    def sources(self) -> tuple[SourceConfig, ...]:
        """The tables that are read; none where the world makes the log."""
        return (self.source, self.items) if self.source.path else ()
