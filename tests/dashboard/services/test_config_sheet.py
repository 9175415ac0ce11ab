"""A configuration as fields and as YAML: the same one in both views, mistakes in place, secrets hidden."""

from __future__ import annotations

import pytest

from dashboard.masking import HIDDEN, Mask
from dashboard.services.config_sheet import ConfigSheet
from dashboard.services.form_input import NO_FIELD, unmasked
from noria.errors import ConfigError
from pipelines.registry import find_pipeline


@pytest.fixture
def sheet(monkeypatch) -> ConfigSheet:
    monkeypatch.setenv("NORIA_PIPELINES", "toy.pipeline:PIPELINE")
    monkeypatch.syspath_prepend("tests")
    return ConfigSheet.of(find_pipeline("toy").load())


def test_what_was_typed_is_in_both_views(sheet):
    sheet.read({"c.numbers.count": "7", "name": "no setting"})
    assert sheet.turned("yaml")
    text = sheet.view(Mask()).text
    sheet.read({"yaml": text})
    assert sheet.turned("fields")
    shown = {field.path: field.value for field in sheet.view(Mask()).form.every}
    assert shown["numbers.count"] == "7"
    config = sheet.check()
    assert config is not None
    assert config.model_dump()["numbers"]["count"] == 7


def test_a_mistake_keeps_the_view_and_what_was_typed(sheet):
    sheet.read({"c.numbers.count": "many"})
    assert not sheet.turned("yaml")
    assert sheet.check() is None
    view = sheet.view(Mask())
    (wrong,) = [field for field in view.form.every if field.error]
    assert (wrong.path, wrong.value) == ("numbers.count", "many")
    assert view.wrong
    assert view.general == ()


def test_mistakes_in_yaml_are_told_with_their_paths(sheet):
    sheet.read({"yaml": "numbers: {count: 0}\n"})
    sheet.check()
    view = sheet.view(Mask())
    assert view.general[0].startswith("numbers.count: ")
    assert view.text == "numbers: {count: 0}\n"


def test_no_text_is_the_configuration_that_the_form_began_with(sheet):
    began = dict(sheet.tree)
    sheet.read({"yaml": " \n"})
    assert sheet.tree == began


def test_a_yaml_bomb_is_refused(sheet):
    sheet.read({"yaml": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"})
    assert "aliases" in sheet.errors[NO_FIELD]
    sheet.read({"yaml": "[" * 5000})
    assert "within each other" in sheet.errors[NO_FIELD]
    sheet.read({"yaml": "- 1"})
    assert "mapping" in sheet.errors[NO_FIELD]


def test_what_was_hidden_is_put_back():
    stored = {"a": {"password": "x1"}, "list": [{"token": "x2"}]}
    shown = {"a": {"password": HIDDEN, "new": 1}, "list": [{"token": HIDDEN}]}
    assert unmasked(shown, stored) == {"a": {"password": "x1", "new": 1}, "list": [{"token": "x2"}]}
    with pytest.raises(ConfigError, match="write it out"):
        unmasked({"b": HIDDEN}, stored)
