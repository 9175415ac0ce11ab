"""What was wrong with rows, how often, and what the configuration says about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import get_args

import numpy as np

from components.event_ingest.numbers import Mask
from noria.errors import DataError
from noria.typed_config import TypedConfig

EXAMPLES = 5
RARE_SERIES = "rare_series"


class ProblemLog:
    """Counts problems by name.

    Problems are told in the order of the configuration's fields, whichever was met first.

    Args:
        reactions: A field per problem, whose value is ``fail``, ``drop`` or ``keep``, with the values that
            it may have as its type: ProblemsConfig, or the like of another step.
        what: What rows are called in messages.
    """

    def __init__(self, reactions: TypedConfig, what: str = "events") -> None:
        self._config = reactions
        self._what = what
        self._reactions: dict[str, str] = {**reactions.model_dump(), RARE_SERIES: "drop"}
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    @property
    def dropped(self) -> dict[str, int]:
        """Rows dropped by problem."""
        return self._of("drop")

    @property
    def warnings(self) -> dict[str, int]:
        """Rows kept in spite of a problem."""
        return self._of("keep")

    def examples(self, problem: str) -> list[str]:
        """The first few rows that had it."""
        return self._examples.get(problem, [])

    def reaction(self, problem: str) -> str:
        """``fail``, ``drop`` or ``keep``."""
        return self._reactions[problem]

    def examine(self, problem: str, wrong: Mask, alive: Mask, describe: Callable[[int], str]) -> None:
        """Notes which rows have a problem, and takes those out of ``alive`` that are not to be kept.

        Args:
            problem: A field of the configuration, or RARE_SERIES.
            wrong: [rows] which have it.
            alive: [rows] which had none before; others are not counted again. Changed in place.
            describe: Tells a row number's place and value.
        """
        rows = np.flatnonzero(wrong & alive)
        self.note(problem, len(rows), [describe(int(row)) for row in rows[:EXAMPLES]])
        if self.reaction(problem) != "keep":
            alive[rows] = False

    def note(self, problem: str, count: int, examples: list[str]) -> None:
        """Adds to a problem's count; the first few examples are kept."""
        if count:
            self._counts[problem] += count
            kept = self._examples.setdefault(problem, [])
            kept.extend(examples[: EXAMPLES - len(kept)])

    def refuse(self) -> None:
        """Raises DataError when rows have a problem that is configured to fail.

        Each is told with its first rows and what the configuration says of it.
        """
        failed = self._of("fail")
        if not failed:
            return
        fields = type(self._config).model_fields
        lines = [
            f"{problem}: {count} rows: "
            + "; ".join(self.examples(problem))
            + ("; ..." if count > EXAMPLES else "")
            + f"\n    ({fields[problem].description})"
            for problem, count in failed.items()
        ]
        first = next(iter(failed))
        allowed = get_args(fields[first].annotation)
        others = [reaction for reaction in allowed if reaction != "fail"]
        raise DataError(
            f"{self._what} cannot be used as they are:\n  " + "\n  ".join(lines),
            hint=f"mend the source, or set {self._what}.problems.{first}={' or '.join(others)}",
        )

    def _of(self, reaction: str) -> dict[str, int]:
        return {
            name: self._counts[name]
            for name, configured in self._reactions.items()
            if configured == reaction and self._counts[name]
        }
