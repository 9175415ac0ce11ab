"""Secrets do not get to anybody's eyes."""

import pytest

from dashboard.masking import HIDDEN, Mask, looks_secret
from noria.config_fields import config_fields
from pipelines.registry import all_pipelines


def test_values_of_the_environment_and_of_named_variables():
    mask = Mask(["PLAIN"], {"DB_PASSWORD": "planted-one", "PLAIN": "planted-two", "HOME": "/home/somebody"})
    assert (
        mask.text("a planted-one b planted-two in /home/somebody")
        == f"a {HIDDEN} b {HIDDEN} in /home/somebody"
    )


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://user:planted@host/db",
        "Authorization: Bearer planted",
        "password=planted",
        "password: 'planted'",
        '"api_key": "planted"',
        "AWS_SECRET_ACCESS_KEY=planted",
    ],
)
def test_what_says_itself_that_it_is_secret(text):
    masked = Mask(environment={}).text(text)
    assert "planted" not in masked
    assert HIDDEN in masked


def test_configurations_by_name_at_every_depth():
    tree = {"a": [{"password": "planted", "secret": {"variables": {"x": "y"}}}], "epochs": 3, "token": ""}
    masked = Mask(environment={}).tree(tree)
    assert masked == {
        "a": [{"password": HIDDEN, "secret": {"variables": {"x": "y"}}}],
        "epochs": 3,
        "token": "",
    }


def test_no_field_of_a_pipeline_is_taken_for_a_secret():
    for entry in all_pipelines().values():
        for field in config_fields(entry.load().config_type):
            assert not looks_secret(field.path.rpartition(".")[2]), f"{entry.name}: {field.path}"
