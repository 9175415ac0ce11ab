"""Runs side by side: which settings differ, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from orchestration.run_record import RunFolder
from orchestration.run_report import run_line


def compare_runs(folders: Sequence[RunFolder]) -> dict[str, Any]:
    """The object of ``noria compare --json``.

    Returns:
        ``runs``: ids; ``settings``: those configuration fields whose values differ, and ``metrics``: all of
        them, both as name -> one value per run, None where a run has none.
    """
    settings = [flatten(yaml.safe_load(folder.config.read_text(encoding="utf-8"))) for folder in folders]
    metrics = [run_line(folder, folder.load())["metrics"] for folder in folders]
    return {
        "runs": [folder.id for folder in folders],
        "settings": {
            name: values for name, values in _by_name(settings).items() if any(v != values[0] for v in values)
        },
        "metrics": _by_name(metrics),
    }


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Turns nested mappings into one with dotted names."""
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def _by_name(mappings: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for mapping in mappings for name in mapping)
    return {name: [mapping.get(name) for mapping in mappings] for name in names}
