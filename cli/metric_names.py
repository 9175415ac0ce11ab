"""Which of a run's metrics a person wants to see first: what models and baselines both have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NO_MODEL = ("baseline_", "champion_")


def headline(metrics: Mapping[str, Any], count: int) -> list[str]:
    """The names of the ``count`` metrics that say most about a run, for one line.

    What was measured beside baselines comes first, test metrics among them; baselines are left out.
    """
    first = [f"{who}_{measure}" for who, measure in _measured(metrics)]
    others = sorted(name for name in metrics if name not in first and not name.startswith("baseline_"))
    return [*sorted(first, key=lambda name: not name.startswith("test_")), *others][:count]


def beside_baselines(metrics: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Takes out of ``metrics`` what models and baselines both have: a row for each, and the measures.

    A model's number is called ``<model>_<measure>`` (``test_<measure>`` where there is one model), a
    baseline's ``baseline_<who>_<measure>``, the champion's ``champion_test_<measure>``.
    """
    own = _measured(metrics)
    measures = list(dict.fromkeys(measure for _, measure in own))
    models: dict[str, dict[str, Any]] = {}
    for who, measure in own:
        row = models.setdefault("model" if who == "test" else who, {})
        row[measure] = metrics.pop(f"{who}_{measure}")
    others: dict[str, dict[str, Any]] = {}
    # The longest first, because one measure's name may be the end of another's.
    for measure in sorted(measures, key=len, reverse=True):
        if (name := f"champion_test_{measure}") in metrics:
            others.setdefault("champion", {})[measure] = metrics.pop(name)
        for name in [n for n in metrics if n.startswith("baseline_") and n.endswith(f"_{measure}")]:
            who = name.removeprefix("baseline_").removesuffix(f"_{measure}").replace("_", " ")
            others.setdefault(f"baseline {who}", {})[measure] = metrics.pop(name)
    champion = {"champion": others.pop("champion")} if "champion" in others else {}
    return {**models, **champion, **others}, measures


def _measured(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(model, measure) of every metric whose measure a baseline has, too."""
    own = [name.split("_", 1) for name in metrics if "_" in name and not name.startswith(_NO_MODEL)]
    return [
        (who, measure)
        for who, measure in own
        if any(n.startswith("baseline_") and n.endswith(f"_{measure}") for n in metrics)
    ]
