"""What triggers other than time look at: the content of a source, the last validation."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from sqlalchemy import select

from noria.digests import text_digest
from noria.errors import NoriaError
from noria.files import write_json
from noria.home import Home
from orchestration.run_catalog import all_runs
from orchestration.run_record import RunRecord
from orchestration.scheduling.child_process import child_environment
from orchestration.scheduling.database import Database, requests
from orchestration.scheduling.schedule import LocalSchedule

_PATIENCE = 600


def digest_of_source(home: Home, schedule: LocalSchedule) -> str:
    """The content digest of all that a schedule's pipeline reads.

    Found in a process of its own: pipelines import TFX, and code of one's own may do anything.

    Raises:
        NoriaError: The source cannot be read, or the pipeline names none.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "schedule.json"
        write_json(path, {"pipeline": schedule.pipeline, "config": schedule.config})
        command = [sys.executable, "-m", "orchestration.scheduling.trigger_checks", str(path)]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
                env=child_environment(home),
            )
        except subprocess.TimeoutExpired:
            raise NoriaError(f"reading the source took more than {_PATIENCE} s") from None
    if done.returncode:
        raise NoriaError(f"the source cannot be looked at: {done.stderr.strip()[-2000:]}")
    return done.stdout.strip().splitlines()[-1]


def breached(record: RunRecord) -> bool:
    """Whether the validation of a run failed, or found features that drifted."""
    failed = any(step.state == "failed" and "validation" in step.name for step in record.steps)
    return failed or record.metrics.get("drifted_features", 0) > 0


def answered_breach(home: Home, database: Database, schedule_id: str, pipeline: str, seen: str) -> str:
    """The run whose breach asks for a run now; ``seen`` where none does.

    Only the pipeline's last run counts. Runs of the schedule itself do not: what training anew does not
    mend would otherwise be trained for ever.
    """
    over = [record for record in all_runs(home) if record.pipeline == pipeline and record.over]
    if not over or over[0].id == seen or not breached(over[0]):
        return seen
    with database.reading() as connection:
        own = select(requests.c.run_id).where(
            requests.c.run_id == over[0].id, requests.c.schedule_id == schedule_id
        )
        return seen if connection.scalar(own) else over[0].id


def source_digest(pipeline: str, config: dict[str, object]) -> str:
    """Puts a pipeline together and reads the digests that its steps' configurations carry.

    Raises:
        NoriaError: No step has a ``source_digest``, or the configuration does not fit.
    """
    from noria.typed_config import load_config, parse_config
    from pipelines.registry import find_pipeline

    entry = find_pipeline(pipeline)
    loaded = entry.load()
    if config:
        typed = parse_config(loaded.config_type, config, f"the configuration of {pipeline}")
    else:
        typed = load_config(loaded.config_type, entry.default_config)
    loaded.check(typed)
    digests: list[str] = []
    for component in loaded.create(typed):
        for value in component.exec_properties.values():
            digests += _digests_in(value)
    if not digests:
        raise NoriaError(
            f"no step of {pipeline} tells the content of its source",
            hint="use a cron trigger; steps of built-in pipelines tell it in source_digest",
        )
    return text_digest(*digests)


def _digests_in(value: object) -> list[str]:
    try:
        tree = json.loads(str(value))
    except ValueError:
        return []
    digest = tree.get("source_digest") if isinstance(tree, dict) else None
    return [digest] if digest else []


def _main(path: str) -> None:
    wanted = json.loads(Path(path).read_text(encoding="utf-8"))
    try:
        print(source_digest(wanted["pipeline"], wanted["config"]))
    except NoriaError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    _main(sys.argv[1])
