"""The list of models."""

from __future__ import annotations

import re

import pytest

from components.device_lab.published_models.catalogue import MODELS, choose
from noria.errors import ConfigError


def test_nine_models_of_the_post_and_one_stand_in() -> None:
    of_the_post = [model for model in MODELS if "not the post's" not in model.title]
    assert len(of_the_post) == 9
    assert [model.name for model in of_the_post if model.source is None] == ["deeplab_v3", "ssdlite", "knift"]
    assert all(bool(model.source) != bool(model.why_not) for model in MODELS)


def test_every_file_of_a_package_is_pinned() -> None:
    sources = [model.source for model in MODELS if model.source and model.source.registry != "keras"]
    assert all(source.version and re.fullmatch("[0-9a-f]{64}", source.sha256) for source in sources)


def test_models_are_chosen_by_name() -> None:
    assert choose([]) == MODELS
    assert [model.name for model in choose(["knift", "blazeface"])] == ["knift", "blazeface"]
    with pytest.raises(ConfigError, match=r"no model 'blazefoot'\n.*blazeface"):
        choose(["blazefoot"])
