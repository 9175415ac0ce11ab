"""The steps that pipelines with an on-device file share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.target_devices import on_devices
from pipelines.board_game import BoardGameConfig, create_pipeline
from pipelines.drawing import nodes_of

GATE = {"kind": "minimum", "metric": "device_agreement", "value": 0.9}


def config(**changes: Any) -> BoardGameConfig:
    return BoardGameConfig.model_validate(
        {"promotion": {"registered_model": "test", "gates": [GATE]}, **changes}
    )


def upstream_of_promotion(given: BoardGameConfig) -> set[str]:
    return {node.name: set(node.upstream) for node in nodes_of(create_pipeline(given))}["model_promotion"]


@pytest.mark.parametrize("devices", [(), ("cortex-a53",), ("cortex-a53", "web")])
def test_what_the_target_lists_is_checked(devices: tuple[str, ...]) -> None:
    given = on_devices(config(), devices)
    assert given.devices.devices == devices
    assert ("device_check" in upstream_of_promotion(given)) == bool(devices)


def test_a_configuration_that_names_devices_keeps_them() -> None:
    given = config(devices={"devices": ["web"], "samples": 3})
    assert on_devices(given, ("cortex-a53",)) == given
    none = config(devices={"devices": []})
    assert "device_check" not in upstream_of_promotion(on_devices(none, ("cortex-a53",)))


def test_an_unknown_device_is_named_where_it_is_written(tmp_path: Path) -> None:
    from noria.errors import ConfigError
    from orchestration.targets import read_target

    target = tmp_path / "here.yaml"
    target.write_text("kind: local\ndevices: [pixel]\n")
    with pytest.raises(ConfigError, match=r"there is no device 'pixel'"):
        read_target(target)
    with pytest.raises(ValueError, match="pixel"):
        config(devices={"devices": ["pixel"]})
