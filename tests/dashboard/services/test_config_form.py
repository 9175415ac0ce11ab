"""The form of a typed configuration: controls, texts in, errors beside their fields."""

from pathlib import Path

import pytest

from dashboard.masking import HIDDEN
from dashboard.services.config_form import config_form, yaml_text
from dashboard.services.form_input import (
    NO_FIELD,
    check_config,
    default_tree,
    read_form,
    whole_tree,
    written_tree,
)
from dashboard.services.safe_yaml import read_yaml
from noria.errors import ConfigError
from noria.typed_config import TypedConfig
from pipelines.registry import all_pipelines

TESTS = Path(__file__).parents[2]


@pytest.fixture
def toy(monkeypatch):
    """The toy pipeline, loaded."""
    monkeypatch.syspath_prepend(TESTS)
    monkeypatch.setenv("NORIA_PIPELINES", "toy.pipeline:PIPELINE")
    return all_pipelines()["toy"].load()


def fields(loaded, tree=None, **more):
    defaults = default_tree(loaded)
    return {f.path: f for f in config_form(loaded.config_type, tree or defaults, defaults, **more).every}


@pytest.mark.parametrize("name", ["graph", "temporal", "board_game", "playlist"])
def test_what_a_form_shows_comes_back_as_the_same_configuration(name):
    loaded = all_pipelines()[name].load()
    defaults = default_tree(loaded)
    typed = {path: field.value for path, field in fields(loaded).items()}
    tree, errors = read_form(loaded.config_type, typed, {})
    assert not errors
    assert loaded.config_type.model_validate(tree) == loaded.config_type.model_validate(defaults)
    assert not any(field.changed or field.error for field in fields(loaded, tree).values())


def test_controls_follow_types_and_limits():
    found = fields(all_pipelines()["graph"].load())
    epochs, rate, kind = (
        found["training.epochs"],
        found["training.optimizer.learning_rate"],
        found["source.kind"],
    )
    assert (epochs.kind, dict(epochs.limits)) == ("integer", {"step": "1", "min": "1"})
    assert (rate.kind, dict(rate.limits)) == ("number", {"step": "any", "min": "0"})
    assert kind.kind == "choice"
    assert "snapshot" in kind.choices
    assert found["sampling.tfrecord"].kind == "flag"
    assert found["promotion.gates"].kind == "yaml"
    assert found["task.min_class_count"].nullable
    assert all(field.help for field in found.values())
    lengths = fields(all_pipelines()["temporal"].load())
    assert lengths["features.tick"].kind == "scalar"
    assert "duration" in lengths["features.tick"].type


def test_errors_stand_beside_their_fields(toy):
    tree, unread = read_form(
        toy.config_type,
        {"numbers.count": "many", "square.factor": "2", "total.epochs": "1"},
        default_tree(toy),
    )
    assert unread == {"numbers.count": "expected a whole number, got 'many'"}
    assert (tree["square"]["factor"], tree["total"]["epochs"]) == (2.0, 1)
    wrong = check_config(toy, {"numbers": {"count": 0, "trouble": {"fail": "twice"}}, "cube": 1})
    assert wrong.config is None
    assert wrong.errors["numbers.count"] == "Input should be greater than or equal to 1"
    assert "data" in wrong.errors["numbers.trouble.fail"]
    assert "cube" in wrong.errors[NO_FIELD]
    shown = fields(toy, tree, errors=unread, typed={"numbers.count": "many"})
    assert (shown["numbers.count"].value, shown["numbers.count"].error) == ("many", unread["numbers.count"])
    assert shown["square.factor"].changed
    assert not shown["double.factor"].changed


def test_the_pipelines_own_check_names_its_field(toy, tmp_path):
    wrong = check_config(toy, {"numbers": {"source": str(tmp_path / "nowhere")}})
    assert "nowhere" in wrong.errors["numbers.source"]


def test_an_empty_control_is_null_where_null_is_allowed():
    loaded = all_pipelines()["graph"].load()
    tree, errors = read_form(
        loaded.config_type, {"task.min_class_count": "", "split.column": ""}, default_tree(loaded)
    )
    assert not errors
    assert tree["task"]["min_class_count"] is None
    assert tree["split"]["column"] is None


def test_secrets_are_not_shown_and_stay_what_they_were():
    class Login(TypedConfig):
        user: str = ""
        password: str = ""

    base = {"user": "ada", "password": "kept-to-myself"}
    group = config_form(Login, base, base)
    assert "kept-to-myself" not in repr(group)
    typed = {field.path: field.value for field in group.every}
    assert typed["password"] == HIDDEN
    assert read_form(Login, typed, base)[0] == base
    assert read_form(Login, {"password": "new"}, base)[0]["password"] == "new"


def test_yaml_from_outside_is_bounded():
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    for text, word in (
        (bomb, "aliases"),
        ("[" * 60 + "]" * 60, "levels"),
        ("a: [", "YAML"),
        ("- 1", "mapping"),
    ):
        with pytest.raises(ConfigError, match=word):
            read_yaml(text)
    with pytest.raises(ConfigError, match="characters"):
        read_yaml("a: " + "x" * 500_000)
    assert read_yaml(yaml_text({"a": {"b": [1, "ü"]}})) == {"a": {"b": [1, "ü"]}}


def test_what_is_left_as_it_was_follows_the_pipelines_own_settings():
    loaded = all_pipelines()["board_game"].load()
    shown = default_tree(loaded)
    typed = {path: field.value for path, field in fields(loaded).items()} | {"game": "tic_tac_toe"}
    tree, errors = read_form(loaded.config_type, typed, written_tree(loaded), shown)
    assert not errors
    assert tree == written_tree(loaded) | {"game": "tic_tac_toe"}
    checked = check_config(loaded, tree)
    assert checked.config is not None, checked.errors
    assert checked.config.training.game == "tic_tac_toe"


def test_a_kept_configuration_follows_a_change_of_what_the_pipeline_hands_down():
    loaded = all_pipelines()["board_game"].load()
    config = check_config(loaded, written_tree(loaded)).config
    assert config is not None
    kept = config.model_dump(mode="json")
    shown = whole_tree(loaded, kept)
    form = fields(loaded, shown)
    # What follows the pipeline's own setting cannot be set beside it.
    assert {"game", "training.game"} & form.keys() == {"game"}
    typed = {path: field.value for path, field in form.items()} | {"game": "tic_tac_toe"}
    tree, errors = read_form(loaded.config_type, typed, kept, shown)
    assert not errors
    assert check_config(loaded, tree).config.training.game == "tic_tac_toe"
