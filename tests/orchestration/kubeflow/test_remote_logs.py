"""A step's log, as long as its pod is there, and what is said when it is not."""

from __future__ import annotations

import pytest

from noria.errors import NoriaError
from orchestration import remote_logs
from orchestration.remote_logs import remote_log
from orchestration.remote_runs import start_remote_run
from tests.orchestration.kubeflow.kfp_api import HTML, said
from tests.orchestration.kubeflow.kfp_states import Task, becomes, pod

RUNNING = Task("RUNNING", attempts=[("Failed", "evicted"), ("Running", "")])
DONE = Task("SUCCEEDED", attempts=[("Failed", "evicted"), ("Succeeded", "")])


@pytest.fixture
def folder(home, toy, place):
    return start_remote_run(home, toy, toy.config_type(), place(namespace="noria"), "kind")


def log(folder, step="square", follow=False):
    return "".join(remote_log(folder, step, follow))


def test_the_latest_attempt_and_a_copy_that_stays(api, folder):
    api.logs = {pod("square", 0): "evicted\n", pod("square", 1): "working on 5 numbers\nüber\n"}
    api.script = [becomes(api, "RUNNING", {"square": RUNNING})]
    assert log(folder) == "working on 5 numbers\nüber\n"
    assert not folder.log("square").exists()
    api.script = [becomes(api, "SUCCEEDED", {"square": DONE})]
    log(folder)
    api.logs, asked = {}, len(api.asked)
    assert log(folder) == "working on 5 numbers\nüber\n"
    assert len(api.asked) == asked
    assert folder.load().step("square").log == str(folder.log("square"))


def test_following(api, folder, monkeypatch):
    monkeypatch.setattr(remote_logs, "_INTERVAL", 0.01)
    name = pod("square", 1)

    def printing(text, change):
        def step(run):
            api.logs[name] = text
            change(run)

        return step

    running = becomes(api, "RUNNING", {"square": RUNNING})
    api.script = [
        becomes(api, "RUNNING", {}),
        printing("one\n", running),
        printing("one\ntwo\n", running),
        printing("one\ntwo\nthree\n", becomes(api, "RUNNING", {"square": DONE})),
    ]
    assert list(remote_log(folder, "square", follow=True)) == ["one\n", "two\n", "three\n"]


def test_a_pod_that_is_gone(api, folder):
    api.script = [becomes(api, "RUNNING", {"square": RUNNING})]
    with pytest.raises(
        NoriaError, match=rf"pod {pod('square', 1)}\) is not to be had: pods.*not found"
    ) as caught:
        log(folder)
    assert f"kubectl logs -n noria {pod('square', 1)} -c main" in caught.value.hint


def test_no_pod_yet(api, folder):
    api.script = [becomes(api, "RUNNING", {})]
    with pytest.raises(NoriaError, match="has no pod that the server knows of") as caught:
        log(folder)
    assert f"-l pipeline/runid={folder.load().remote.run_id}" in caught.value.hint


def test_a_step_from_the_cache_printed_nothing(api, folder):
    api.script = [becomes(api, "RUNNING", {"square": Task("SUCCEEDED", cached=True)})]
    with pytest.raises(NoriaError, match="took its results from the cache"):
        log(folder)


def test_where_the_address_is_that_of_the_pages(api, folder):
    api.script = [becomes(api, "RUNNING", {"square": RUNNING})]
    asked = []

    def pages(request):
        if "/apis/v1alpha1" in request:
            return 404, "<html>Cannot GET</html>", HTML
        if request == "GET /k8s/pod/logs":
            asked.append(api.asked[-1][2])
            return 200, "through the pages\n", "text/plain"
        return None

    api.trouble = pages
    assert log(folder) == "through the pages\n"
    run_id = folder.load().remote.run_id
    assert asked == [{"podname": pod("square", 1), "runid": run_id, "podnamespace": "noria"}]


def test_a_server_without_the_old_api(api, folder):
    api.script = [becomes(api, "RUNNING", {"square": RUNNING})]
    api.only_says(said(404, 5, "Not Found"), where="/apis/v1beta1/runs")
    with pytest.raises(NoriaError, match="has no pod that the server knows of"):
        log(folder)
