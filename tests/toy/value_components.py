"""TFX function components. (No postponed annotations: TFX reads them as they are.)"""

import json
from pathlib import Path
from typing import Dict, List  # noqa: UP035 - what TFX 1.21 understands

from noria.light_tfx import without_frameworks
from toy.pipeline import Numbers

with without_frameworks():
    from tfx.dsl.component.experimental.annotations import OutputArtifact, OutputDict, Parameter
    from tfx.dsl.component.experimental.decorators import component


@component
def measure(
    names: Parameter[List[str]],  # noqa: UP006
    weights: Parameter[Dict[str, float]],  # noqa: UP006
    rounds: Parameter[int],
    prefix: Parameter[str],
) -> OutputDict(total=float, label=str):
    """Adds the weights of the names up, ``rounds`` times."""
    assert isinstance(rounds, int)
    return {"total": rounds * sum(weights[name] for name in names), "label": f"{prefix} of {len(names)}"}


@component
def judge(total: float, label: str, verdict: OutputArtifact[Numbers]) -> None:
    """Writes down what it was given."""
    folder = Path(verdict.uri)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verdict.json").write_text(json.dumps({"total": total, "label": label}))
