"""Bad input is answered with a message, the exit status 2, and no traceback."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "tooy"), "there is no pipeline 'tooy'"),
        (("run", "toy", "--set", "numbrs.count=1"), "numbrs: unknown field; did you mean numbers?"),
        (("run", "toy", "--set", "numbers.count=0"), "numbers.count:"),
        (("run", "toy", "--set", "numbers.count"), "expected key=value"),
        (("run", "toy", "--config", "none.yaml"), "no configuration file none.yaml"),
        (("run", "toy", "--resume", "abc"), "there are no runs"),
        (("run", "toy", "--parallel", "0"), "greater than or equal to 1"),
        (("show", "abc"), "there are no runs"),
        (("compare", "abc"), "expected two runs or more"),
    ],
)
def test_message(noria, arguments, told):
    done = noria(*arguments, status=2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_resume_of_another_pipeline(noria):
    run = noria.json("run", "toy")["id"]
    done = noria("run", "graph", "--resume", run, status=2)
    assert f"run {run} is one of pipeline toy, not of graph" in done.stderr
    assert "--set" in noria("run", "toy", "--resume", run, "--config", "x.yaml", status=2).stderr


def test_pipeline_of_ones_own_that_is_not_there(noria):
    done = noria("pipelines", status=2, NORIA_PIPELINES="no.such:PIPELINE")
    assert "NORIA_PIPELINES" in done.stderr
    assert "module:NAME" in done.stderr


def test_debug_shows_the_traceback(noria):
    assert "Traceback" in noria("run", "tooy", status=1, NORIA_DEBUG="1").stderr
