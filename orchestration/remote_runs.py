"""Runs that go on elsewhere: started, looked after, cancelled, taken up again from here."""

from __future__ import annotations

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import yaml

from noria.digests import text_digest
from noria.errors import ConfigError, NoriaError
from noria.files import write_text
from noria.home import Home
from noria.typed_config import TypedConfig
from orchestration.code_version import git_commit
from orchestration.dead_runs import lives_elsewhere
from orchestration.remote_metrics import FETCHED, fetch_metrics
from orchestration.run_claim import RunClaim, claim_new_run
from orchestration.run_record import RemoteRun, RunFolder, RunRecord, StepRecord, now
from orchestration.run_server import NotThereError, RemoteTarget, RunServer, open_server
from orchestration.targets import LocalTarget, VertexTarget, read_target
from pipelines.registry import LoadedPipeline

_CANCEL_PATIENCE = 60.0


def start_remote_run(
    home: Home,
    pipeline: LoadedPipeline,
    config: TypedConfig,
    target: RemoteTarget,
    target_name: str,
    resumed_from: str = "",
    claim: RunClaim | None = None,
) -> RunFolder:
    """Checks, compiles, uploads and starts a run, and writes down where it is found.

    Raises:
        NoriaError: The configuration or pipeline does not fit, or the server cannot be reached or refuses;
            nothing is left behind here then.
    """
    from orchestration.kubeflow.pipeline_spec import compile_pipeline

    compiled = compile_pipeline(pipeline, config, target, target_name)
    server = open_server(target)
    chosen = claim is not None
    claim = claim or claim_new_run(home)
    folder = claim.folder
    try:
        write_text(folder.config, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))
        write_text(folder.target, yaml.safe_dump(target.model_dump(mode="json"), sort_keys=False))
        record = RunRecord(
            id=folder.id,
            pipeline=pipeline.entry.name,
            target=target_name,
            state="queued",
            started=now(),
            pid=os.getpid(),
            config_digest=text_digest(config.model_dump_json()),
            git_commit=git_commit(),
            resumed_from=resumed_from,
            steps=[StepRecord(step) for step in compiled.steps],
            remote=_place(target, dict(compiled.steps)),
        )
        folder.save(record)
        server.start(record, compiled)
        folder.save(record)
    except BaseException:
        if chosen:
            # Whoever chose it reads there why it came to nothing.
            folder.record.unlink(missing_ok=True)
        else:
            shutil.rmtree(folder.path)
        raise
    finally:
        claim.release()
    return folder


def refresh(
    folder: RunFolder, server: RunServer | None = None, *, quick: bool = True, metrics: bool = True
) -> NoriaError | None:
    """Brings the record of a run elsewhere up to date; runs on this machine, and those over, need nothing.

    Args:
        folder: The run's folder.
        server: A connection to its server, if there is one already.
        quick: Give up within about three seconds.
        metrics: Fetch the metrics of a run that is over, if that has not worked yet.

    Returns:
        Why the last known state is all that is known; None where the record is up to date.
    """
    record = folder.load()
    if not lives_elsewhere(record) or record.remote is None:
        return None
    if not record.over:
        try:
            (server or open_server(target_of(folder), quick)).refresh(record)
        except NotThereError as error:
            record.state, record.error, record.ended = "failed", error.message, now()
        except NoriaError as error:
            return error
        record.remote.heard = now()
        folder.save(record)
    if record.over and metrics and record.remote.metrics != FETCHED:
        fetch_metrics(folder, record, target_of(folder).tracking)
        folder.save(record)
    return None


def refresh_all(home: Home, records: list[RunRecord], seconds: float = 3.0) -> dict[str, NoriaError]:
    """Brings all runs elsewhere up to date that are not over, one connection per server.

    Returns:
        Why, for each run of which only the last known state is known.
    """
    waiting: dict[str, list[RunFolder]] = {}
    for record in records:
        if lives_elsewhere(record) and not record.over and record.remote is not None:
            waiting.setdefault(record.remote.server, []).append(RunFolder(home.runs / record.id))
    if not waiting:
        return {}
    until = time.monotonic() + seconds
    problems: dict[str, NoriaError] = {}
    with ThreadPoolExecutor(len(waiting)) as pool:
        for found in pool.map(lambda folders: _refresh_those(folders, until), waiting.values()):
            problems |= found
    return problems


def cancel_remote(folder: RunFolder) -> str:
    """Asks the server to end a run, and waits until it has.

    Returns:
        The run's final state; not "cancelled" where it ended in the meantime.

    Raises:
        NoriaError: The run is over already, the server cannot be asked, or the run does not end.
    """
    server = open_server(target_of(folder))
    if problem := refresh(folder, server, metrics=False):
        raise problem
    record = folder.load()
    if record.over or record.remote is None:
        raise NoriaError(f"run {folder.id} is not running: it is {record.state}")
    server.cancel(record)
    record.remote.cancelling = True
    folder.save(record)
    deadline = time.monotonic() + _CANCEL_PATIENCE
    while time.monotonic() < deadline:
        if problem := refresh(folder, server):
            raise problem
        if folder.load().over:
            return folder.load().state
        time.sleep(1)
    raise NoriaError(
        f"run {folder.id} has not ended {_CANCEL_PATIENCE:.0f} s after it was asked to",
        hint=f"its pods may take their time; look again with: noria show {folder.id}",
    )


def retry_remote(folder: RunFolder) -> None:
    """Lets a run that failed or was cancelled go on, on its server, with the steps that did not succeed."""
    server = open_server(target_of(folder))
    if problem := refresh(folder, server, metrics=False):
        raise problem
    record = folder.load()
    if record.state not in ("failed", "cancelled") or record.remote is None:
        raise NoriaError(f"run {folder.id} is {record.state}: only what failed or was cancelled is retried")
    server.retry(record)
    record.state, record.error, record.ended = "queued", "", ""
    record.remote.cancelling, record.remote.metrics = False, "unknown"
    for step in record.steps:
        if step.state != "succeeded":
            step.state, step.error, step.seconds = "pending", "", None
    folder.save(record)


def target_of(folder: RunFolder) -> RemoteTarget:
    """The target that a run was started on, as it was then."""
    target = read_target(folder.target)
    if isinstance(target, LocalTarget):
        raise ConfigError(f"{folder.target}: runs on this machine have no such file")
    return target


def _place(target: RemoteTarget, tasks: dict[str, str]) -> RemoteRun:
    if isinstance(target, VertexTarget):
        return RemoteRun(target.kind, f"{target.project}/{target.location}", tasks=tasks)
    return RemoteRun(target.kind, target.host, target.namespace, tasks=tasks)


def _refresh_those(folders: list[RunFolder], until: float) -> dict[str, NoriaError]:
    """Refreshes the runs of one server, as far as the time goes."""
    problems: dict[str, NoriaError] = {}
    try:
        server = open_server(target_of(folders[0]), quick=True)
    except NoriaError as error:
        return {folder.id: error for folder in folders}
    for folder in folders:
        if time.monotonic() > until:
            problems[folder.id] = NoriaError("there was no time left to ask")
        elif problem := refresh(folder, server, metrics=False):
            problems[folder.id] = problem
    return problems
