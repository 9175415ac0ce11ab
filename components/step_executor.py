"""The shape that every executor has: a typed configuration and folders in, folders out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic

from components import tracking
from noria.digests import write_manifest
from noria.light_tfx import without_frameworks
from noria.typed_config import ConfigT, parse_config

with without_frameworks():
    from tfx.dsl.components.base.base_executor import BaseExecutor

import json


class StepExecutor(BaseExecutor, Generic[ConfigT]):
    """Base of every Noria executor; a subclass states ``config_type`` and implements ``run``.

    An output of one of TFX's own artifact types has properties that TFX's components read (``split_names`` of
    Examples); ``properties`` holds their values by output key.
    """

    config_type: ClassVar[type[Any]]
    properties: ClassVar[Mapping[str, Mapping[str, str | int]]] = {}

    @property
    def beam_pipeline_args(self) -> list[str]:
        """Options of Beam's runner, from the target's configuration; empty where none were handed over."""
        return list(self._extra_flags or [])

    def run(self, config: ConfigT, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
        """Does the step's work.

        Args:
            config: The typed configuration.
            inputs: One folder per connected input; an optional input that is not connected is absent.
            outputs: One existing empty folder per output.
        """
        raise NotImplementedError

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """TFX's entry: unwraps artifacts and configuration, runs, then marks each output as whole."""
        given = exec_properties["config"]
        # Text locally; Kubeflow carries it as a structure, which its page can show and change.
        tree = json.loads(given) if isinstance(given, str) else given
        config = parse_config(self.config_type, tree, origin=type(self).__module__)
        inputs = {key: Path(items[0].uri) for key, items in input_dict.items() if items}
        outputs = {key: Path(items[0].uri) for key, items in output_dict.items()}
        for folder in outputs.values():
            folder.mkdir(parents=True, exist_ok=True)
        with tracking.recording(outputs):
            self.run(config, inputs, outputs)
        for key, items in output_dict.items():
            for name, value in self.properties.get(key, {}).items():
                setattr(items[0], name, value)
            items[0].set_string_custom_property("content_digest", write_manifest(outputs[key]))
