"""``noria dashboard`` serves everything behind one address, and nothing of it outlives the process."""

import os
import re
import signal
import urllib.error
import urllib.request

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_serves_pages_and_mlflow_and_ends_whole(noria, eventually, end):
    run = noria.json("run", "toy", NORIA_TRACKING="") if end == signal.SIGTERM else {"mlflow_run_id": ""}
    server = noria.start("dashboard", "--port", "0")
    try:
        address = re.match(r"Noria: (http://127\.0\.0\.1:\d+) ", server.stdout.readline()).group(1)
        tokens = {}
        for _ in range(2):
            line = server.stdout.readline()
            role, token = re.fullmatch(r"token, .* role (\w+): (\S+)\n", line).groups()
            tokens[role] = token

        def get(path):
            asked = urllib.request.Request(
                address + path, headers={"Authorization": f"Bearer {tokens['viewer']}"}
            )
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, ""
            except OSError:
                return 0, ""

        eventually(lambda: get("/api/runs")[0] == 200, lambda: "the dashboard is not up")
        eventually(lambda: get("/mlflow/")[0] == 200, lambda: f"no MLflow: {get('/mlflow/')}")
        if run["mlflow_run_id"]:
            status, body = get(f"/mlflow/ajax-api/2.0/mlflow/runs/get?run_id={run['mlflow_run_id']}")
            assert status == 200
            assert run["id"] in body
    finally:
        os.kill(server.pid, end)
        server.communicate(timeout=120)
    # The fixture sees to it that no process is left over.


def test_refuses_to_let_everybody_in_from_elsewhere(noria, tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text("auth: none\nhost: 0.0.0.0\n")
    assert "everybody" in noria("dashboard", "--settings", settings, status=2).stderr
