"""``promotion.json``: what became of a model, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from components.model_promotion.gates import GateResult, State
from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config


class GateRow(TypedConfig):
    """One row of the gate table."""

    name: str = Field(description="Metric and kind of gate.")
    limit: float | None = Field(description="What it had to reach; null where there was nothing to compare.")
    got: float | None = Field(description="What the model reached; null where the metric is missing or NaN.")
    passed: bool = Field(description="Whether the gate holds.")
    note: str = Field(default="", description="What the limit is, or why there is none.")
    state: State = Field(description="passed, failed, or not run: it could not be decided.")

    @model_validator(mode="before")
    @classmethod
    def _of_old_records(cls, given: Any) -> Any:
        # Records written before there were gates that were not run.
        if isinstance(given, dict) and "state" not in given:
            return {**given, "state": "passed" if given.get("passed") else "failed"}
        return given


class Promotion(TypedConfig):
    """The decision on one registered version."""

    registered_model: str = Field(description="Name in the model registry.")
    version: str = Field(description="The version that was registered.")
    aliases: tuple[str, ...] = Field(description="Aliases that it was given.")
    promoted: bool = Field(description="Whether it became champion.")
    reason: str = Field(description="One sentence.")
    gates: tuple[GateRow, ...] = Field(description="The gate table.")

    @classmethod
    def load(cls, folder: Path) -> Promotion:
        """Reads ``promotion.json`` of a PromotionRecord folder; raises DataError where there is none."""
        path = folder / "promotion.json"
        if not path.is_file():
            raise DataError(f"{folder} holds no promotion.json", hint="give model_promotion's output folder")
        return parse_config(cls, read_json(path), origin=str(path))

    def save(self, folder: Path) -> None:
        """Writes ``promotion.json``."""
        write_json(folder / "promotion.json", self.model_dump(mode="json"))


def gate_rows(results: list[GateResult]) -> tuple[GateRow, ...]:
    """Gate results as they are written down."""
    return tuple(
        GateRow(name=r.name, limit=r.limit, got=r.got, passed=r.passed, note=r.note, state=r.state)
        for r in results
    )


def reason(results: list[GateResult], replaced: str | None) -> str:
    """The decision as a sentence; ``replaced`` is the version that was champion before."""
    failed = [result for result in results if result.refuses]
    if failed:
        causes = "; ".join(_cause(result) for result in failed)
        return f"Not promoted: {len(failed)} of {len(results)} gates did not hold: {causes}."
    before = f"it replaces version {replaced}" if replaced else "it is the first champion"
    if allowed := [result.name for result in results if result.allowed]:
        held = f"{len(results) - len(allowed)} of {len(results)} gates hold"
        return f"Promoted: {held}, not run and allowed: {', '.join(allowed)}; {before}."
    return f"Promoted: {'all ' if len(results) > 1 else ''}{len(results)} gate(s) hold; {before}."


def _cause(result: GateResult) -> str:
    if result.not_run or result.got is None or result.limit is None:
        return f"{result.name} ({result.note})"
    note = f", {result.note}" if result.note else ""
    return f"{result.name} (got {result.got:.6g}, limit {result.limit:.6g}{note})"
