"""The README's tables of a run of the playlist pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.readme_numbers import devices_row, minutes, share
from noria.files import read_json

_TRUTH = {"oracle": "knows the truth and plans (oracle)", "myopic_truth": "knows the truth, does not plan"}
_HEURISTICS = {
    "greedy_sequential": "greedy on the recurrent user model",
    "greedy_simple": "greedy on the dense user model",
    "diverse_taste": "taste, varied",
    "taste": "taste",
    "popularity": "popularity",
    "random": "random",
}
_AGENTS = {"ah_dqn": "AH-DQN", "dqn": "DQN over slots", "ppo": "PPO", "ppg": "PPG"}


def table(run: dict[str, Any]) -> str:
    """The tables of one run's metrics as Markdown."""
    record = read_json(Path(run["artifacts"]["evaluation"], "evaluation.json"))
    world, simulated = (record["details"]["environments"][name] for name in ("world", "simulated"))
    agents = read_json(Path(run["artifacts"]["agents"], "agents.json"))["agents"]
    seeds = {name: sum(entry["agent"] == name for entry in agents) for name in world["agents"]}
    reference = _HEURISTICS.get(world["reference"], world["reference"])
    truth = {title: (world["policies"][name], None) for name, title in _TRUTH.items()}
    trained = {
        f"**{_AGENTS.get(name, name)}** ({seeds[name]} seeds)": (played, simulated["agents"][name])
        for name, played in world["agents"].items()
    }
    rules = {
        title: (world["policies"][name], simulated["policies"][name]) for name, title in _HEURISTICS.items()
    }
    rows = {**truth, **trained, **rules}
    lines = [
        f"| completed tracks per session, {world['sessions']:,} later sessions, the same for every policy "
        f"| true users | beyond the best heuristic ({reference}) | simulator |",
        "|---|---|---|---|",
        *(
            _row(title, *rows[title])
            for title in sorted(rows, key=lambda title: -rows[title][0]["returns"]["value"])
        ),
    ]
    return "\n".join([*lines, "", *_facts(run, record)])


def pictures(run: dict[str, Any]) -> dict[str, Path]:
    """Returns in the simulator against those in the true world, and how agents learned."""
    return {
        "playlist_scatter.png": Path(run["artifacts"]["evaluation"], "scatter.png"),
        "playlist_learning.png": Path(run["artifacts"]["agents"], "learning_curves.png"),
    }


def _row(title: str, true: dict[str, Any], simulated: dict[str, Any] | None) -> str:
    gain = true["gain"]
    beyond = "-" if gain["low"] == gain["high"] == 0 else f"{gain['value']:+.2f} ({_interval(gain, '+.2f')})"
    elsewhere = f"{simulated['returns']['value']:.2f}" if simulated else "-"
    returns = true["returns"]
    return f"| {title} | {returns['value']:.2f} ({_interval(returns, '.2f')}) | {beyond} | {elsewhere} |"


def _interval(value: dict[str, float], form: str) -> str:
    return f"{value['low']:{form}} to {value['high']:{form}}"


def _facts(run: dict[str, Any], record: dict[str, Any]) -> list[str]:
    trainings = len(read_json(Path(run["artifacts"]["agents"], "agents.json"))["agents"])
    got, correlation = run["metrics"], record["details"]["rank_correlation"]
    steps = {step["name"]: step["seconds"] for step in run["steps"]}
    spearman = correlation["spearman"]
    largest = max(step["memory_mb"] or 0 for step in run["steps"]) / 1000
    return [
        "| of the same run | measured |",
        "|---|---|",
        f"| rank correlation of simulator and true users, {correlation['policies']} policies | "
        f"{share(spearman['value'])} ({share(spearman['low'])} to {share(spearman['high'])}) |",
        "| AUC of the recurrent user model, of logistic regression, of popularity, on "
        f"{got['test_tracks']:,.0f} later tracks | {share(got['sequential_auc'])}; "
        f"{share(got['baseline_logistic_auc'])}; {share(got['baseline_popularity_auc'])} |",
        f"| the best agent as an FP16 file; same choice as the model, FP32 / forced FP16 | "
        f"{got['tflite_bytes'] / 1e3:.0f} kB; {got['tflite_agreement']:.1%} / "
        f"{got['tflite_half_precision_agreement']:.1%} |",
        f"| all steps; user models; {trainings} "
        f"trainings of agents; memory of the largest step | {minutes(run['seconds'])}; "
        f"{minutes(steps['user_model_training'])}; {minutes(steps['agent_training'])}; {largest:.1f} GB |",
        *filter(None, [devices_row(run)]),
    ]
