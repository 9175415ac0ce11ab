"""Everything that agent_evaluation found out, and what of it goes into evaluation.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from components.agent_evaluation.arena import ArenaName, Ranking, Standing, Summary
from components.agent_evaluation.exported import ExportedPlay
from components.agent_evaluation.off_policy import Estimates, OffPolicy, Refused
from components.agent_evaluation.rank_correlation import RankCorrelation, rank_correlation
from components.evaluation_record import ChampionResult, ChampionUnreachable, EvaluationRecord, Metrics

MODEL: Literal["model"] = "model"


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        agent: The model's agent, by the name that agent_training gave it.
        rankings: What everybody reached, per environment; the true world, where there is one, comes first.
        off_policy: Estimates from the log.
        correlation: Of returns in the simulator and in the true world; None without a true world.
        oracle: Mean return of each weight that the oracle tried.
        exported: The exported file's play; None without a file.
        champion: The registered champion in the same sessions.
        data_digest: Digest of the sessions that were played.
    """

    agent: str
    rankings: Mapping[ArenaName, Ranking]
    off_policy: OffPolicy | Refused
    correlation: RankCorrelation | None
    oracle: Mapping[float, float]
    exported: ExportedPlay | None
    champion: ChampionResult | ChampionUnreachable | None
    data_digest: str

    @property
    def main(self) -> Ranking:
        """In the true world where there is one, else in the simulator."""
        return next(iter(self.rankings.values()))

    def baselines(self) -> dict[str, Metrics]:
        """Metrics of heuristics, and of policies that know the truth (in the true world only)."""
        names = dict.fromkeys(
            name
            for ranking in self.rankings.values()
            for name in (*ranking.of("heuristic"), *ranking.of("truth"))
        )
        return {name: self.metrics_of(name) for name in names}

    def metrics_of(self, name: str) -> Metrics:
        """A policy's metrics by flat name; those that it does not have are left out."""
        standings = {
            arena: ranking.standings[name]
            for arena, ranking in self.rankings.items()
            if name in ranking.standings
        }
        return policy_metrics(self.rankings, standings, estimates_of(self.off_policy, name))

    def model_metrics(self) -> Metrics:
        """The model's own, and what can be said of its agent, of the simulator and of the exported file."""
        metrics = self.metrics_of(MODEL)
        if self.agent in self.main.agents():
            gain = self.main.agent_summary(self.agent).gain
            metrics |= {"agents_gain": gain.value, "agents_gain_low": gain.low}
        if self.correlation:
            metrics["rank_correlation"] = self.correlation.spearman.value
            metrics["rank_correlation_low"] = self.correlation.spearman.low
            metrics["kendall_correlation"] = self.correlation.kendall.value
        if self.exported:
            metrics["tflite_return"] = self.exported.returns
            metrics["tflite_equal_choices"] = self.exported.equal_choices
        return metrics

    def record(self) -> EvaluationRecord:
        """``evaluation.json``."""
        return EvaluationRecord(
            metrics=self.model_metrics(),
            baselines=self.baselines(),
            champion=self.champion,
            data_digest=self.data_digest,
            details=self._details(),
        )

    def _details(self) -> dict[str, Any]:
        return {
            "agent": self.agent,
            "environments": {arena: _environment(ranking) for arena, ranking in self.rankings.items()},
            "rank_correlation": asdict(self.correlation) if self.correlation else None,
            "oracle_weights": {str(weight): value for weight, value in self.oracle.items()},
            "exported": asdict(self.exported) if self.exported else None,
            "off_policy": asdict(self.off_policy),
        }


def policy_metrics(
    rankings: Mapping[ArenaName, Ranking],
    standings: Mapping[ArenaName, Standing],
    estimates: Estimates | None,
) -> Metrics:
    """What one policy reached, by flat name: ``world_return``, ``simulated_gain_low``, ``dr_response``..."""
    metrics: Metrics = {}
    for arena, standing in standings.items():
        summary = rankings[arena].summary(standing)
        metrics |= {
            f"{arena}_return": summary.returns.value,
            f"{arena}_gain": summary.gain.value,
            f"{arena}_gain_low": summary.gain.low,
            f"{arena}_satisfaction": summary.satisfaction.value,
            f"{arena}_length": summary.length.value,
        }
    if estimates:
        metrics["dr_response"] = estimates.dr.value
        metrics["snips_response"] = estimates.snips.value
        metrics["ips_response"] = estimates.ips.value
    return metrics


def estimates_of(found: OffPolicy | Refused, name: str) -> Estimates | None:
    """A policy's off-policy estimates, where there are some."""
    return found.estimates.get(name) if isinstance(found, OffPolicy) else None


def compared(rankings: Mapping[ArenaName, Ranking]) -> dict[str, dict[ArenaName, list[str]]]:
    """Policies that played everywhere: heuristics, and agents as the mean of their seeds.

    Returns:
        Policy or agent to environment to the names of its standings there.
    """
    first = next(iter(rankings.values()))
    groups = {name: [name] for name in first.of("heuristic")} | first.agents()
    return {who: dict.fromkeys(rankings, names) for who, names in groups.items()}


def environments_agree(rankings: Mapping[ArenaName, Ranking]) -> RankCorrelation | None:
    """Whether the simulator orders policies as the true world does; None without a true world."""
    if len(rankings) < 2:
        return None
    groups = compared(rankings).values()
    matrices = [
        np.stack([np.mean([ranking.standings[n].returns for n in group[arena]], axis=0) for group in groups])
        for arena, ranking in rankings.items()
    ]
    return rank_correlation(matrices[0], matrices[1], next(iter(rankings.values())).bootstrap)


def _environment(ranking: Ranking) -> dict[str, Any]:
    return {
        "reference": ranking.reference,
        "selection": ranking.selection,
        "sessions": len(next(iter(ranking.standings.values())).returns),
        "policies": {
            name: {"kind": ranking.entrants[name].kind, **_numbers(ranking.summary(standing))}
            for name, standing in ranking.standings.items()
        },
        "agents": {agent: _numbers(ranking.agent_summary(agent)) for agent in ranking.agents()},
        "response_by_position": {
            name: _by_position(standing) for name, standing in ranking.standings.items()
        },
    }


def _numbers(summary: Summary) -> dict[str, Any]:
    return asdict(summary)


def _by_position(standing: Standing) -> list[float | None]:
    """Mean response of those who were still there; None where nobody was."""
    return [None if np.isnan(value) else float(value) for value in response_by_position(standing)]


def response_by_position(standing: Standing) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mean response float64 [L] of the sessions that got so far; NaN where none did."""
    there = ~np.isnan(standing.responses)
    total = np.where(there, standing.responses, 0.0).sum(axis=0, dtype=np.float64)
    count = there.sum(axis=0)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
