"""Gates: what a model must show before it becomes champion. No gate passes on a number it does not have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from components.evaluation_record import ChampionUnreachable, EvaluationRecord, Metrics
from components.model_promotion.config import (
    BetterThanBaselinesGate,
    Gate,
    MaximumGate,
    MinimumGate,
    NotWorseThanChampionGate,
)
from noria.errors import first_few

State = Literal["passed", "failed", "not run"]


@dataclass(frozen=True)
class GateResult:
    """One row of the gate table; ``limit`` and ``got`` are None where there is no such number.

    Attributes:
        passed: Whether the gate holds; a gate that was not run never does.
        not_run: What it decides on could not be measured; the note says why.
        allowed: It was not run, and by the configuration that does not stand against promotion.
    """

    name: str
    limit: float | None
    got: float | None
    passed: bool
    note: str = ""
    not_run: bool = False
    allowed: bool = False

    @property
    def state(self) -> State:
        """In a word."""
        return "not run" if self.not_run else "passed" if self.passed else "failed"

    @property
    def refuses(self) -> bool:
        """Whether it stands against promotion."""
        return not self.passed and not self.allowed


@dataclass(frozen=True)
class Evidence:
    """What gates decide on.

    Attributes:
        evaluation: The model, the baselines and the champion on the same data.
        metrics: The model's metrics, the exported file's included.
        champion_now: Version of the registry's champion at this moment; None when it has none.
        is_champion: That champion is this very model, registered by an earlier run.
        not_run: Metrics that could not be measured, and why. One that is among ``metrics`` too was measured
            in part: a limit that the part breaks is broken.
    """

    evaluation: EvaluationRecord
    metrics: Metrics
    champion_now: str | None
    is_champion: bool = False
    not_run: Mapping[str, str] = field(default_factory=dict)


def check_gates(gates: Sequence[Gate], evidence: Evidence) -> list[GateResult]:
    """Decides every gate, in the order of the configuration."""
    return [_check(gate, evidence) for gate in gates]


def _check(gate: Gate, evidence: Evidence) -> GateResult:
    why = evidence.not_run.get(gate.metric)
    if why is None:
        return _decide(gate, evidence)
    partly = gate.metric in evidence.metrics and isinstance(gate, MinimumGate | MaximumGate)
    result = _decide(gate, evidence)
    if partly and not result.passed:
        return replace(result, note=f"on what was measured; the rest was not run: {why}")
    allowed = isinstance(gate, MinimumGate | MaximumGate) and gate.when_not_run == "allow"
    note = f"not run: {why}" + ("; when_not_run: allow" if allowed else "")
    return replace(result, passed=False, note=note, not_run=True, allowed=allowed)


def _decide(gate: Gate, evidence: Evidence) -> GateResult:
    name = f"{gate.metric}_{gate.kind}"
    got = _finite(evidence.metrics, gate.metric)
    if got is None:
        return GateResult(name, _fixed_limit(gate), None, False, _why_not(evidence.metrics, gate.metric))
    match gate:
        case MinimumGate():
            return GateResult(name, gate.value, got, got >= gate.value)
        case MaximumGate():
            return GateResult(name, gate.value, got, got <= gate.value)
        case BetterThanBaselinesGate():
            return _better_than_baselines(name, gate, got, evidence)
        case NotWorseThanChampionGate():
            return _not_worse_than_champion(name, gate, got, evidence)


def _better_than_baselines(
    name: str, gate: BetterThanBaselinesGate, got: float, evidence: Evidence
) -> GateResult:
    baselines = evidence.evaluation.baselines
    if not baselines:
        return GateResult(name, None, got, False, "no baseline was evaluated")
    if missing := [baseline for baseline in gate.baselines if baseline not in baselines]:
        note = f"no baseline {missing[0]} was evaluated, only {', '.join(sorted(baselines))}"
        return GateResult(name, None, got, False, note)
    values = {}
    for baseline in gate.baselines or baselines:
        metrics = baselines[baseline]
        value = _finite(metrics, gate.metric)
        if value is None:
            return GateResult(name, None, got, False, f"{baseline}: {_why_not(metrics, gate.metric)}")
        values[baseline] = value
    sign = _sign(gate.better)
    best = max(values, key=lambda baseline: sign * values[baseline])
    limit = values[best] + sign * gate.margin
    return GateResult(name, limit, got, sign * got > sign * limit, f"the best baseline is {best}")


def _not_worse_than_champion(
    name: str, gate: NotWorseThanChampionGate, got: float, evidence: Evidence
) -> GateResult:
    if evidence.is_champion:
        # An evaluation that was taken from the cache may know an older champion.
        return GateResult(
            name, got, got, True, f"champion version {evidence.champion_now} is this very model"
        )
    champion = evidence.evaluation.champion
    if isinstance(champion, ChampionUnreachable):
        return GateResult(name, None, got, False, f"not run: {champion.unreachable}", not_run=True)
    evaluated = champion.version if champion else None
    if evaluated != evidence.champion_now:
        note = (
            f"the champion changed since the evaluation: it was {_version(evaluated)}, "
            f"now it is {_version(evidence.champion_now)}; compute the evaluation again (noria run --again)"
        )
        return GateResult(name, None, got, False, note)
    if champion is None:
        return GateResult(name, None, got, True, "no champion yet")
    value = _finite(champion.metrics, gate.metric)
    if value is None:
        note = f"champion version {champion.version}: {_why_not(champion.metrics, gate.metric)}"
        return GateResult(name, None, got, False, note)
    sign = _sign(gate.better)
    limit = value - sign * gate.tolerance
    return GateResult(name, limit, got, sign * got >= sign * limit, f"champion version {champion.version}")


def _finite(metrics: Metrics, name: str) -> float | None:
    value = metrics.get(name)
    return value if value is not None and math.isfinite(value) else None


def _why_not(metrics: Metrics, name: str) -> str:
    if metrics.get(name) is not None:
        return f"{name} is {metrics[name]}"
    kind = name.split("_")[0]
    others = sorted(other for other in metrics if other.split("_")[0] == kind and other != name)
    return f"there is no {name}" + (f"; of {kind}_* there are {first_few(others, 20)}" if others else "")


def _fixed_limit(gate: Gate) -> float | None:
    return gate.value if isinstance(gate, MinimumGate | MaximumGate) else None


def _sign(better: str) -> int:
    return 1 if better == "higher" else -1


def _version(version: str | None) -> str:
    return f"version {version}" if version else "none"
