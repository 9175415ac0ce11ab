"""When an earlier result stands for a step, and when it does not."""

import json
import os
import shutil
from pathlib import Path

import pytest


def cached(details):
    return {step["name"]: step["cached"] for step in details["steps"]}


ALL = dict.fromkeys(("numbers", "square", "double", "total"), True)
NONE = dict.fromkeys(ALL, False)


def test_second_run_is_cached_with_its_records(noria):
    first = noria.json("run", "toy", "--set", "square.epochs=2")
    second = noria.json("run", "toy", "--set", "square.epochs=2")
    assert cached(first) == NONE
    assert cached(second) == ALL
    assert second["metrics"] == first["metrics"]
    assert second["artifacts"] == first["artifacts"]
    assert second["promotions"] == first["promotions"] != []
    assert noria.executions() == {"COMPLETE": 4, "CACHED": 4}


def test_changed_configuration_misses_where_it_matters(noria):
    noria.json("run", "toy")
    details = noria.json("run", "toy", "--set", "square.factor=2")
    assert cached(details) == {"numbers": True, "double": True, "square": False, "total": False}


def test_same_content_computed_again_hits_below(noria):
    noria.json("run", "toy")
    # Another configuration, the same numbers.
    details = noria.json("run", "toy", "--set", "numbers.trouble.sleep=0.01")
    assert cached(details) == {"numbers": False, "double": True, "square": True, "total": True}


def test_no_cache_computes_and_leaves_results_for_the_next(noria):
    noria.json("run", "toy")
    assert cached(noria.json("run", "toy", "--no-cache")) == NONE
    assert cached(noria.json("run", "toy")) == ALL


def test_one_step_again_and_only_that_one_where_its_result_is_the_same(noria):
    noria.json("run", "toy")
    details = noria.json("run", "toy", "--again", "numbers")
    assert cached(details) == {"numbers": False, "double": True, "square": True, "total": True}


def test_again_names_the_steps_there_are(noria):
    done = noria("run", "toy", "--again", "cube", status=2)
    assert "cube" in done.stderr
    assert "numbers" in done.stderr


@pytest.mark.parametrize("damage", ["delete", "alter", "add", "other manifest", "cut manifest"])
def test_damaged_output_is_computed_again_and_the_log_says_why(noria, damage):
    first = noria.json("run", "toy")
    folder = Path(first["artifacts"]["squares"])
    if damage == "delete":
        shutil.rmtree(folder)
    elif damage == "alter":
        (folder / "numbers.json").write_text("[6]")
    elif damage == "add":
        (folder / "more.json").write_text("[]")
    elif damage == "cut manifest":
        (folder / "_manifest.json").write_text('{"dig')
    else:
        (folder / "_manifest.json").write_text(json.dumps({"digest": "0", "files": {}}))
    second = noria.json("run", "toy")
    # The rest is cached: the square is computed to the same content again.
    assert cached(second) == {**ALL, "square": False}
    assert "is not used" in noria("logs", "last", "square").stdout
    assert json.loads((Path(second["artifacts"]["squares"]) / "numbers.json").read_text()) == [0, 1, 4, 9, 16]
    assert cached(noria.json("run", "toy")) == ALL


def test_touched_files_still_hit(noria):
    first = noria.json("run", "toy")
    for folder in first["artifacts"].values():
        for path in Path(folder).iterdir():
            os.utime(path, (1, 1))
    assert cached(noria.json("run", "toy")) == ALL


def test_changed_code_misses(noria, tmp_path):
    toy = tmp_path / "code" / "toy"
    shutil.copytree(Path(__file__).parent.parent / "toy", toy)
    noria.environment["PYTHONPATH"] = os.pathsep.join([str(toy.parent), noria.environment["PYTHONPATH"]])
    noria.json("run", "toy")
    os.utime(toy / "square" / "executor.py", (1, 1))
    assert cached(noria.json("run", "toy")) == ALL
    executor = toy / "square" / "executor.py"
    executor.write_text(executor.read_text().replace("number * number", "number * number + 1"))
    assert cached(noria.json("run", "toy")) == {**ALL, "square": False, "total": False}
    # What all executors import.
    (toy / "work.py").write_text((toy / "work.py").read_text() + "\nUNUSED = 1\n")
    assert cached(noria.json("run", "toy"))["numbers"] is False


def test_deleted_metadata_starts_anew_without_stale_files(noria):
    first = noria.json("run", "toy")
    (Path(first["artifacts"]["numbers"]) / "stale.json").write_text("old")
    (noria.home / "metadata.sqlite").unlink()
    second = noria.json("run", "toy")
    assert cached(second) == NONE
    assert not (Path(second["artifacts"]["numbers"]) / "stale.json").exists()


def test_the_journal_tells_which_part_of_a_key_differs(noria):
    def parts(details):
        lines = (noria.home / "runs" / details["id"] / "journal.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        assert {"numbers": [], "square": ["numbers"], "double": ["numbers"]}.items() <= next(
            entry["upstream"] for entry in entries if entry["kind"] == "plan"
        ).items()
        return {entry["step"]: entry["parts"] for entry in entries if entry["kind"] == "key"}

    before = parts(noria.json("run", "toy"))
    after = parts(noria.json("run", "toy", "--set", "square.factor=2"))
    differing = {
        step: {name for name in before[step] if before[step][name] != after[step][name]} for step in ALL
    }
    assert differing == {
        "numbers": set(),
        "double": set(),
        "square": {"parameter config"},
        "total": {"input squares"},
    }
