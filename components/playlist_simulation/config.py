"""Configuration of the playlist environment."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from noria.errors import ConfigError
from noria.typed_config import TypedConfig


class TerminationConfig(TypedConfig):
    """When a session ends: at the first of these that comes true."""

    skips_in_a_row: int | None = Field(
        6, ge=1, description="After so many skips one after the other. Null: never for that reason."
    )
    tracks: int | None = Field(
        None, ge=1, description="After so many tracks. Null: as many as the longest session of the log."
    )
    user_leaves: bool = Field(True, description="When the user leaves.")


class SimulationConfig(TypedConfig):
    """What sessions are played in the environment."""

    candidates: int = Field(20, ge=1, description="Tracks on offer at each step.")
    pool: int = Field(
        60,
        ge=1,
        description="Tracks drawn for each session; what is on offer at its steps is drawn from them.",
    )
    offers: Literal["catalogue", "logged"] = Field(
        "catalogue",
        description="Where tracks on offer come from: drawn from the whole catalogue, or those that the log "
        "says were on offer.",
    )
    slate: int = Field(1, ge=1, description="Tracks that are chosen before the user hears the first of them.")
    termination: TerminationConfig = Field(
        default_factory=TerminationConfig, description="When a session ends."
    )

    @model_validator(mode="after")
    def _enough_tracks(self) -> Self:
        if self.offers == "catalogue" and self.pool < self.candidates:
            raise ValueError(
                f"pool {self.pool} holds fewer tracks than a step offers: candidates is {self.candidates}"
            )
        tracks = self.termination.tracks
        if tracks is not None and tracks % self.slate:
            raise ValueError(f"termination.tracks {tracks} is no multiple of slate {self.slate}")
        return self

    def tracks(self, longest: int) -> int:
        """Tracks after which a session is over at the latest; a whole number of slates.

        Args:
            longest: Tracks of the longest session of the log: nothing was learned about what comes later.

        Raises:
            ConfigError: termination.tracks is more than ``longest``, or ``longest`` holds no whole slate.
        """
        asked = self.termination.tracks
        if asked is not None and asked > longest:
            raise ConfigError(
                f"termination.tracks is {asked}, and no session of the log has more than {longest} tracks",
                hint=f"give at most {longest}, or null",
            )
        tracks = longest // self.slate * self.slate if asked is None else asked
        if not tracks:
            raise ConfigError(f"slate is {self.slate}, and no session has more than {longest} tracks")
        return tracks
