"""Why a step was computed, or was not: what its cache key shares with that of the last run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from dashboard.masking import Mask
from noria.journal import read_journal
from orchestration.run_comparison import flatten
from orchestration.run_record import RunFolder, RunRecord, StepRecord

# Runs without a key of the step (cancelled early, elsewhere) are passed over, but not for ever.
_LOOK_BACK = 12
_MOST_SETTINGS = 4
_PARTS = {
    "parameter code_digest": "its code",
    "component": "its component",
    "executor": "its executor",
}

Keys = dict[str, dict[str, str]]


def cache_reasons(
    folder: RunFolder, record: RunRecord, earlier: Sequence[RunRecord], mask: Mask
) -> dict[str, str]:
    """One sentence per step that has begun; empty for runs elsewhere, which have no keys here.

    Args:
        folder: The run's folder.
        record: Its record.
        earlier: Runs of the same pipeline that began before, newest first.
        mask: Hides secret settings.
    """
    journal = read_journal(folder.journal)
    own = step_keys(journal)
    rejected = {entry["step"]: entry["text"] for entry in journal if entry["kind"] == "note"}
    waiting = set(own)
    found: dict[str, str] = {}
    for before in earlier[:_LOOK_BACK]:
        if not waiting:
            break
        other = RunFolder(folder.path.parent / before.id)
        keys = step_keys(read_journal(other.journal))
        for name in [name for name in waiting if name in keys]:
            differing = [
                part for part in {**own[name], **keys[name]} if own[name].get(part) != keys[name].get(part)
            ]
            was = next((step for step in before.steps if step.name == name), None)
            step = record.step(name)
            if differing:
                found[name] = _differs(step, differing, folder, other, mask)
            else:
                found[name] = _same(step, was, before.id, rejected.get(name, ""))
            waiting.discard(name)
    for name in waiting:
        step = record.step(name)
        found[name] = "cached: an earlier execution had the same key" if step.cached else "its first run here"
    return found


def step_keys(journal: Sequence[dict[str, Any]]) -> Keys:
    """Digests of the parts of each step's cache key."""
    return {entry["step"]: entry["parts"] for entry in journal if entry["kind"] == "key"}


def _same(step: StepRecord, was: StepRecord | None, run: str, rejected: str) -> str:
    if step.cached:
        return f"cached: nothing it depends on differs from run {run}"
    if rejected:
        return f"computed though nothing it depends on differs from run {run}: {rejected}"
    if was is None or was.state != "succeeded":
        return f"computed: run {run} had the same key but did not finish it"
    return f"computed though nothing it depends on differs from run {run}: the cache was not asked"


def _differs(step: StepRecord, differing: list[str], folder: RunFolder, other: RunFolder, mask: Mask) -> str:
    words = []
    for part in differing:
        if part == "parameter config":
            words.append("its configuration" + _settings(folder, other, mask))
        else:
            words.append(_PARTS.get(part, part.removeprefix("parameter ")))
    told = f"since run {other.id} changed: {', '.join(words)}"
    return f"cached: an execution before had the same key; {told}" if step.cached else f"computed: {told}"


def _settings(folder: RunFolder, other: RunFolder, mask: Mask) -> str:
    """The settings of the whole run that differ; a step's own part of them is known to no one else."""
    try:
        trees = [yaml.safe_load(f.config.read_text(encoding="utf-8")) for f in (other, folder)]
    except OSError:
        return ""
    before, after = (flatten(mask.tree(tree)) for tree in trees)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    told = [
        f"{name}: {_short(before.get(name))} -> {_short(after.get(name))}" for name in names[:_MOST_SETTINGS]
    ]
    more = f", and {len(names) - _MOST_SETTINGS} more" if len(names) > _MOST_SETTINGS else ""
    return f" ({'; '.join(told)}{more})" if told else ""


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
