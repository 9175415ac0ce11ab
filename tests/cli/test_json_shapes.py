"""The JSON that programs read, exactly as documented in docs/command-line.md."""

import pytest


@pytest.fixture
def two_runs(noria):
    """A succeeded run and a failed one."""
    good = noria.json("run", "toy", "--set", "square.epochs=2")
    bad = noria.json("run", "toy", "--set", "square.factor=2", "--set", "total.trouble.fail=data", status=1)
    return noria, good, bad


def test_shapes(two_runs):
    noria, good, bad = two_runs

    lines = noria.json("runs")
    assert [line["id"] for line in lines] == [bad["id"], good["id"]]
    for line in lines:
        assert set(line) >= {"id", "pipeline", "target", "state", "started", "seconds", "metrics"}
        assert (line["pipeline"], line["target"]) == ("toy", "local")
        assert isinstance(line["seconds"], float)

    shown = noria.json("show", good["id"])
    assert shown == good
    assert set(shown) >= {
        *("id", "pipeline", "state", "steps", "metrics", "artifacts", "promotions", "mlflow_run_id"),
    }
    assert [step["name"] for step in shown["steps"]] == ["numbers", "double", "square", "total"]
    for step in shown["steps"]:
        assert set(step) >= {"name", "state", "cached", "seconds", "log"}
        assert (step["state"], step["cached"]) == ("succeeded", False)
    assert shown["metrics"] == {"numbers_sum": 10, "double_sum": 20, "square_sum": 30, "total_sum": 50}
    assert set(shown["artifacts"]) == {"numbers", "doubles", "squares", "total", "promotion"}
    (promotion,) = shown["promotions"]
    assert promotion["gates"] == [{"name": "total", "limit": 10.0, "got": 50.0, "passed": True}]
    assert (promotion["step"], promotion["promoted"]) == ("total", True)
    assert len(shown["reports"]) == 4

    comparison = noria.json("compare", good["id"], bad["id"])
    assert comparison["runs"] == [good["id"], bad["id"]]
    assert comparison["settings"] == {
        "square.factor": [1.0, 2],
        "square.epochs": [2, 0],
        "total.trouble.fail": ["", "data"],
    }
    assert comparison["metrics"]["square_sum"] == [30, 60]
    assert comparison["metrics"]["total_sum"] == [50, None]

    for text in (noria("runs").stdout, noria("compare", good["id"], bad["id"]).stdout):
        assert good["id"] in text
        assert bad["id"] in text
    text = noria("show", bad["id"]).stdout
    assert "3 of 5 rows" in text


def test_short_names_of_runs(two_runs):
    noria, good, bad = two_runs
    shortest = next(length for length in range(1, 9) if not bad["id"].startswith(good["id"][:length]))
    assert noria.json("show", good["id"][:shortest])["id"] == good["id"]
    assert noria.json("show", "last")["id"] == bad["id"]
    assert good["id"] in noria("show", "nothing", status=2).stderr
    assert "no step 'squre'" in noria("logs", "last", "squre", status=2).stderr
    assert noria("logs", good["id"], "square").stdout == "working on 5 numbers\n"


def test_pipelines_and_doctor(noria):
    names = {entry["name"] for entry in noria.json("pipelines")}
    assert names >= {"graph", "toy"}
    assert noria.json("runs") == []
    findings = {finding["name"]: finding["state"] for finding in noria.json("doctor")}
    assert findings["python"] == findings["tfx"] == findings["home"] == "ok"
    assert not noria.home.exists()
