"""The layout of an Agents artifact.

Layout::

    agents.json        AgentsFacts: every agent and seed
    <agent>/<seed>/    a TrainedModel
    report.html        learning curves
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field

from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config

_FILE = "agents.json"


class AgentEntry(TypedConfig):
    """One agent with one seed."""

    agent: str = Field(description="Name of the agent.")
    kind: str = Field(description="Its kind: ah_dqn, dqn, ppo or ppg.")
    seed: int = Field(description="Seed of its training.")
    folder: str = Field(description="TrainedModel folder, relative to the artifact.")
    simulated_return: float = Field(
        description="Mean return in the simulator, on the validation sessions that chose its weights."
    )
    updates: int = Field(description="Gradient steps behind its weights.")
    cpu_seconds: float = Field(
        description="CPU time of its training; of its last attempt, where interrupted."
    )
    curve: list[dict[str, float]] = Field(
        description="Per evaluation: round, steps, updates, return, losses."
    )


class AgentsFacts(TypedConfig):
    """``agents.json``."""

    agents: tuple[AgentEntry, ...] = Field(min_length=1, description="Every agent and seed.")
    user_model: str = Field(description="User model of the simulator they were trained in.")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads them; raises DataError where the folder holds none."""
        path = folder / _FILE
        if not path.is_file():
            raise DataError(f"{folder} holds no {_FILE}", hint="give the output folder of agent_training")
        return parse_config(cls, read_json(path), origin=str(path))

    def save(self, folder: Path) -> None:
        """Writes ``agents.json``."""
        write_json(folder / _FILE, self.model_dump(mode="json"))

    def returns(self) -> dict[str, list[float]]:
        """Simulated returns of each agent's seeds."""
        found: dict[str, list[float]] = {}
        for entry in self.agents:
            found.setdefault(entry.agent, []).append(entry.simulated_return)
        return found

    def best(self) -> AgentEntry:
        """The best seed of the agent whose seeds are best on average."""
        means = {agent: sum(values) / len(values) for agent, values in self.returns().items()}
        winner = max(means, key=lambda agent: means[agent])
        return max((e for e in self.agents if e.agent == winner), key=lambda e: e.simulated_return)
