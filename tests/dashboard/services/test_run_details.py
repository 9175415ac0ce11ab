"""The page of a run, from real runs of the toy pipeline."""

from dashboard.masking import Mask
from dashboard.services.run_details import view_run
from noria.home import Home
from orchestration.run_record import RunFolder


def viewed(noria, *ids):
    folders = [RunFolder(Home(noria.home).runs / run_id) for run_id in ids]
    return view_run(folders[0], folders[0].load(), [folder.load() for folder in folders[1:]], Mask())


def test_why_steps_were_computed_or_not(noria):
    first = noria.json("run", "toy", "--set", "square.epochs=3")["id"]
    second = noria.json("run", "toy", "--set", "square.epochs=3", "--set", "square.factor=2")["id"]
    why = {step.name: step.why for step in viewed(noria, second, first).steps}
    assert why["numbers"] == f"cached: nothing it depends on differs from run {first}"
    assert why["square"].startswith(
        f"computed: since run {first} changed: its configuration (square.factor: 1.0 -> 2.0"
    )
    assert why["total"] == f"computed: since run {first} changed: input squares"
    view = viewed(noria, first)
    assert {step.why for step in view.steps} == {"its first run here"}
    assert {(chart.step, chart.picture.count("<svg")) for chart in view.charts} == {("square", 1)}
    assert view.graph.count('<g class="step succeeded">') == 4
    assert 'href="#step-total"' in view.graph
    assert {item.step for item in view.lineage} == {"numbers", "square", "double", "total"}
    assert all(len(item.digest) == 64 for item in view.lineage)
    assert any(file.path == "numbers.json" for output in view.outputs for file in output.files)


def test_a_failed_step_tells_its_error_and_the_end_of_its_log(noria):
    noria("run", "toy", "--set", "square.trouble.fail=crash", status=1)
    run_id = noria.json("runs")[0]["id"]
    view = viewed(noria, run_id)
    (step,) = view.failed
    assert step.name == "square"
    assert step.error
    assert "Traceback" in step.tail
    assert len(step.tail.splitlines()) <= 51
    assert 'class="step failed"' in view.graph
