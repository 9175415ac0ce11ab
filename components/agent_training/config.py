"""Configuration of agent_training."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from components.playlist_simulation.config import SimulationConfig
from noria.typed_config import TypedConfig


class _LearningConfig(TypedConfig):
    """What every kind of agent has."""

    name: str = Field("", pattern=r"^[a-z0-9_]*$", description="Name in tables; empty: its kind.")
    seeds: tuple[NonNegativeInt, ...] = Field(
        (0, 1, 2, 3, 4), min_length=1, description="One training per seed of weights, episodes and choices."
    )
    episodes: int = Field(256, ge=1, description="Episodes that are played at once.")
    discount: float = Field(0.98, ge=0, le=1, description="Weight of a reward per track that it lies ahead.")
    hidden: tuple[PositiveInt, ...] = Field((64, 64), min_length=1, description="Units per hidden layer.")
    learning_rate_end: float = Field(
        0.1, ge=0, le=1, description="The last round's learning rate as a share of the first's; linear."
    )
    evaluate_every: int = Field(40, ge=1, description="Rounds between two evaluations.")
    checkpoint_every: int = Field(200, ge=1, description="Rounds between two checkpoints.")


class QLearningConfig(_LearningConfig):
    """Q-learning: an action head that scores each candidate (ah_dqn), or a network over slots (dqn).

    A round plays ``steps`` tracks in every episode, then takes ``learner_steps`` gradient steps.
    """

    kind: Literal["ah_dqn", "dqn"] = Field("ah_dqn", description="The agent.")
    rounds: int = Field(1000, ge=1, description="Rounds of playing and learning.")
    steps: int = Field(2, ge=1, description="Tracks per episode and round.")
    learner_steps: int = Field(8, ge=1, description="Gradient steps per round; compiled as one.")
    batch: int = Field(256, ge=1, description="Transitions per gradient step.")
    learning_rate: float = Field(0.001, ge=0, description="Adam's learning rate at the start.")
    double_q: bool = Field(True, description="The online network chooses what the target network values.")
    n_step: int = Field(3, ge=1, description="Rewards that are summed before a value is taken.")
    replay: Literal["uniform", "prioritised"] = Field("prioritised", description="How transitions are drawn.")
    capacity: int = Field(50000, ge=1, description="Transitions that the replay holds.")
    warmup: int = Field(5000, ge=1, description="Transitions in the replay before the first gradient step.")
    priority_exponent: float = Field(0.6, ge=0, le=1, description="0 = uniform, 1 = proportional to errors.")
    importance_exponent: float = Field(
        0.4, ge=0, le=1, description="How far weights make up for priorities at the start; 1 at the end."
    )
    target_every: int = Field(
        1, ge=1, description="Gradient steps between two updates of the target network."
    )
    target_rate: float = Field(
        0.01, gt=0, le=1, description="Share of the online network that the target takes over; 1 = a copy."
    )
    huber: float = Field(1.0, gt=0, description="Errors beyond this count linearly.")
    epsilon: float = Field(1.0, ge=0, le=1, description="Share of random choices at the start.")
    epsilon_end: float = Field(0.05, ge=0, le=1, description="Share of random choices later.")
    epsilon_rounds: float = Field(
        0.3, gt=0, le=1, description="Share of the rounds in which random choices fall to epsilon_end."
    )

    @model_validator(mode="after")
    def _room(self) -> Self:
        if self.capacity < self.warmup + (self.n_step + 1) * self.episodes:
            raise ValueError(
                f"capacity {self.capacity} is less than warmup {self.warmup} and n_step + 1 = "
                f"{self.n_step + 1} steps of {self.episodes} episodes"
            )
        return self


class PolicyGradientConfig(_LearningConfig):
    """Proximal policy optimization (ppo), or phasic policy gradient (ppg).

    A round plays ``steps`` tracks in every episode, then makes ``passes`` over them.
    """

    kind: Literal["ppo", "ppg"] = Field("ppo", description="The agent.")
    rounds: int = Field(60, ge=1, description="Rounds of playing and learning.")
    steps: int = Field(20, ge=1, description="Tracks per episode and round.")
    passes: int = Field(3, ge=1, description="Passes over what a round played.")
    minibatch: int = Field(512, ge=1, description="Tracks per gradient step.")
    learning_rate: float = Field(0.002, ge=0, description="Adam's learning rate at the start.")
    trace: float = Field(0.9, ge=0, le=1, description="Lambda of generalised advantage estimation.")
    clip: float = Field(0.2, gt=0, lt=1, description="Limit on the ratio of new to old probability.")
    entropy_weight: float = Field(0.01, ge=0, description="Weight of the policy's entropy in the loss.")
    phase: int = Field(5, ge=1, description="ppg: rounds between two auxiliary phases.")
    auxiliary_passes: int = Field(2, ge=1, description="ppg: passes over a phase's tracks.")
    clone_weight: float = Field(1.0, ge=0, description="ppg: weight of the old policy's divergence.")
    evaluate_every: int = Field(4, ge=1, description="Rounds between two evaluations.")
    checkpoint_every: int = Field(10, ge=1, description="Rounds between two checkpoints.")

    @model_validator(mode="after")
    def _phases(self) -> Self:
        if self.kind == "ppg" and self.checkpoint_every % self.phase:
            raise ValueError(
                f"checkpoint_every {self.checkpoint_every} is no multiple of phase {self.phase}: what an "
                "auxiliary phase learns from is not kept in checkpoints"
            )
        return self


AgentConfig = Annotated[QLearningConfig | PolicyGradientConfig, Field(discriminator="kind")]


def agent_name(agent: QLearningConfig | PolicyGradientConfig) -> str:
    """Name in tables and folders."""
    return agent.name or agent.kind


def _default_agents() -> tuple[QLearningConfig | PolicyGradientConfig, ...]:
    return (
        QLearningConfig(kind="ah_dqn"),
        QLearningConfig(kind="dqn"),
        PolicyGradientConfig(kind="ppo"),
        PolicyGradientConfig(kind="ppg", rounds=50),
    )


class AgentTrainingConfig(TypedConfig):
    """Which agents are trained, in which simulator."""

    agents: tuple[AgentConfig, ...] = Field(
        default_factory=_default_agents, min_length=1, description="Agents and their hyper-parameters."
    )
    simulation: SimulationConfig = Field(
        default_factory=SimulationConfig, description="The simulator that they are trained in."
    )
    user_model: str = Field("", description="User model of the simulator; empty: the folder's chosen one.")
    evaluation_sessions: int = Field(
        512, ge=1, description="Validation sessions that decide which weights, seed and agent are best."
    )
    processes: PositiveInt | None = Field(
        None, description="Trainings at once, each in a process of its own; null: one per core."
    )
    examples: int = Field(500, ge=1, description="At most so many observations are kept beside a model.")

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [agent_name(agent) for agent in self.agents]
        if len(set(names)) != len(names):
            raise ValueError(f"agents need different names, got {', '.join(names)}; give each a name")
        if twice := [agent_name(a) for a in self.agents if len(set(a.seeds)) != len(a.seeds)]:
            raise ValueError(f"seeds of {', '.join(twice)} name one twice")
        return self
