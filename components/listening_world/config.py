"""Configuration of the listening world: its size and how strong its effects are."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from noria.typed_config import TypedConfig


class EffectsConfig(TypedConfig):
    """The truth of the world, in units of the log odds of completing a track; docs/playlist.md explains it.

    Set before any agent was trained, so that planning ahead is worth something (see ``depth``) but no more.
    """

    intercept: float = Field(-0.3, description="Log odds of completing an average track.")
    taste: float = Field(2.2, description="Weight of the match (cosine) of taste in context and track.")
    appeal: float = Field(0.5, description="Weight of a track's appeal to everybody.")
    fatigue: float = Field(2.5, ge=0, description="What tracks like those just played lose.")
    fatigue_decay: float = Field(0.75, ge=0, lt=1, description="What is left of fatigue after a track.")
    novelty: float = Field(0.3, description="What a track gains that the user never heard before.")
    satisfaction: float = Field(0.8, ge=0, description="Weight of the satisfaction gathered in the session.")
    satisfaction_decay: float = Field(0.9, ge=0, lt=1, description="What is left of it after a track.")
    depth: float = Field(0.2, ge=0, description="Satisfaction per unit of depth of a completed track.")
    depth_of_appeal: float = Field(
        -0.4, gt=-1, lt=1, description="Correlation of depth and appeal: catchy tracks satisfy less."
    )
    leave: float = Field(-2.8, description="Log odds of leaving after a completed track.")
    leave_satisfaction: float = Field(0.7, ge=0, description="What a unit of satisfaction takes off them.")
    leave_skip: float = Field(0.8, ge=0, description="What a skip adds to them.")
    drift: float = Field(0.08, ge=0, description="Deviation of a taste's daily step, per dimension.")
    context: float = Field(0.28, ge=0, description="Deviation of a context's shift of taste, per dimension.")


class WorldConfig(TypedConfig):
    """A world with users, tracks and a log of sessions."""

    users: int = Field(800, ge=1, description="Users.")
    items: int = Field(1500, ge=2, description="Tracks.")
    sessions: int = Field(20000, ge=3, description="Sessions in the log.")
    days: int = Field(60, ge=1, description="Days that the log covers.")
    dimensions: int = Field(8, ge=2, description="Dimensions of taste.")
    genres: int = Field(12, ge=1, description="Clusters of tracks.")
    contexts: tuple[str, ...] = Field(
        ("morning", "work", "sport", "evening"), min_length=1, description="Situations of listening."
    )
    candidates: int = Field(20, ge=2, description="Tracks that the logging policy chooses from.")
    longest: int = Field(20, ge=1, description="No session has more tracks.")
    feature_noise: float = Field(
        0.15, ge=0, description="Deviation of the noise on what is observed of a track, per dimension."
    )
    exploration: float = Field(
        0.3, gt=0, le=1, description="Share of the logging policy's choices that are uniform at random."
    )
    seed: int = Field(0, ge=0, description="Seed of the world and of its log.")
    effects: EffectsConfig = Field(default_factory=EffectsConfig, description="How strong effects are.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.users <= self.sessions <= self.users * self.days:
            raise ValueError(
                f"sessions={self.sessions}: expected {self.users} to {self.users * self.days}, for every one "
                f"of {self.users} users has one to {self.days} sessions: one a day at most"
            )
        if self.items < self.candidates + self.longest:
            raise ValueError(
                f"items={self.items}: expected at least candidates + longest = "
                f"{self.candidates + self.longest}, for no track is played twice in a session"
            )
        return self
