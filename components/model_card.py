"""The card of a TrainedModel folder: what a model takes and answers, without loading it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveInt

from noria.errors import DataError
from noria.files import read_json
from noria.typed_config import TypedConfig, parse_config

SIGNATURE_KEY = "serving_default"
CARD = "model.json"


class TensorSpec(TypedConfig):
    """One tensor of a signature; on-device runtimes take float32 and int32 of a fixed size everywhere."""

    shape: tuple[PositiveInt, ...] = Field(description="Every dimension, the batch dimension included.")
    dtype: Literal["float32", "int32"] = Field(description="Element type.")

    def __str__(self) -> str:
        return f"{self.dtype}{list(self.shape)}"


class Signature(TypedConfig):
    """The tensors of ``serving_default`` by name."""

    inputs: dict[str, TensorSpec] = Field(min_length=1, description="Input tensors.")
    outputs: dict[str, TensorSpec] = Field(min_length=1, description="Output tensors.")


class ModelCard(TypedConfig):
    """``model.json``: what a model is, without loading it."""

    name: str = Field(description="Short name of the model, e.g. the architecture.")
    keras: Literal[2, 3] | None = Field(default=None, description="Keras major version it was trained with.")
    task: Literal["classification", "regression"] = Field(description="How outputs are compared.")
    primary_output: str = Field(description="The output that predicts; logits or probabilities, or values.")
    signature: Signature = Field(description="Inputs and outputs of the SavedModel's serving signature.")
    classes: tuple[str, ...] = Field(default=(), description="Class names, in the order of the logits.")
    facts: dict[str, Any] = Field(default_factory=dict, description="Training facts worth showing later.")
    op_libraries: tuple[str, ...] = Field(
        default=(),
        description="Python modules whose import registers TensorFlow operators that the SavedModel needs.",
    )


def read_card(path: Path) -> ModelCard:
    """The card of a TrainedModel folder, whatever else is there.

    Raises:
        DataError: There is no ``model.json``, or it contradicts itself.
        ConfigError: It does not fit ModelCard.
    """
    if not (path / CARD).is_file():
        raise DataError(f"{path} holds no {CARD}", hint="give the output folder of a training step")
    card = parse_config(ModelCard, read_json(path / CARD), origin=str(path / CARD))
    check_card(card, str(path / CARD))
    return card


def check_card(card: ModelCard, origin: str) -> None:
    """Raises DataError, which begins with ``origin``, where a card contradicts itself."""
    outputs = card.signature.outputs
    if card.primary_output not in outputs:
        raise DataError(f"{origin}: primary_output {card.primary_output!r} is none of {sorted(outputs)}")
    primary = outputs[card.primary_output]
    columns = primary.shape[-1] if primary.shape else 1
    if card.task == "classification" and columns < 2:
        raise DataError(
            f"{origin}: a classifier's {card.primary_output!r} needs a column per class, got {primary}",
            hint="export two logits for a two-class model",
        )
    if card.classes and card.task == "classification" and len(card.classes) != columns:
        raise DataError(
            f"{origin}: {len(card.classes)} classes, but {card.primary_output!r} has {columns} columns"
        )
