"""Runs and clients for tests of the dashboard, without any process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from dashboard.app import create_app
from dashboard.settings import DashboardSettings
from noria.files import write_text
from noria.home import Home
from orchestration.run_record import RunFolder, RunRecord, StepRecord, new_run_id

ADDRESS = "http://127.0.0.1:8377"


def store_run(home: Home, config: str = "{}\n", number: int = 0, **more: Any) -> RunFolder:
    """A run that is over, with one step, whose output ``report`` is a folder."""
    folder = RunFolder(home.runs / new_run_id())
    folder.logs.mkdir(parents=True)
    output = home.artifacts / "toy" / "total" / "report" / folder.id
    output.mkdir(parents=True)
    write_text(folder.config, config)
    step = StepRecord("total", "succeeded", seconds=1.0, outputs={"report": str(output)})
    started = f"2026-01-{1 + number % 28:02d}T{number % 24:02d}:00:{number % 60:02d}.000+00:00"
    fields = {"state": "succeeded", "started": started, "ended": "2026-02-01T00:00:00.000+00:00"}
    record = RunRecord(
        **{"id": folder.id, "pipeline": "toy", "target": "local", "pid": 1, "steps": [step], **fields, **more}
    )
    folder.save(record)
    return folder


def client_of(home: Path, **settings: Any) -> TestClient:
    """A client of an application without MLflow and without a scheduler."""
    chosen = {"auth": "none", "mlflow": False, "scheduler": False, **settings}
    app = create_app(DashboardSettings(home=home, **chosen))
    return TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
