"""``noria mlflow`` serves the runs of this home folder on the loopback interface."""

import json
import os
import re
import signal
import urllib.request

import pytest


@pytest.mark.slow
def test_serves_runs(noria, eventually):
    run = noria.json("run", "toy", NORIA_TRACKING="")
    server = noria.start("mlflow")
    try:
        line = server.stdout.readline()
        url = re.fullmatch(r"MLflow: (http://127\.0\.0\.1:\d+)  .*\n", line).group(1)

        def get(path):
            try:
                with urllib.request.urlopen(url + path, timeout=60) as answer:
                    return answer.read().decode()
            except OSError:
                return ""

        eventually(lambda: get("/health") == "OK", lambda: "not up")
        found = json.loads(get(f"/api/2.0/mlflow/runs/get?run_id={run['mlflow_run_id']}"))
        tags = {tag["key"]: tag["value"] for tag in found["run"]["data"]["tags"]}
        assert tags["noria.run_id"] == run["id"]
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate(timeout=120)


def test_names_the_server_that_is_configured(noria):
    done = noria("mlflow", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in done.stdout
