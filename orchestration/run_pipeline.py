"""Starts a run and stays with it to the end: record, lock, steps, delivery."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import absl.logging
import yaml

from components.mlflow_context import CONTEXT_VARIABLE
from components.tracking import JOURNAL_VARIABLE
from noria.digests import text_digest
from noria.errors import NoriaError
from noria.files import write_text
from noria.home import Home
from noria.journal import append
from noria.typed_config import TypedConfig
from orchestration.code_version import git_commit
from orchestration.delivery_process import DeliveryProcess, start_pending, tracking_later
from orchestration.local_runner import LocalRunner, Watcher
from orchestration.metadata_store import MetadataStore
from orchestration.pipeline_plan import plan_pipeline
from orchestration.run_claim import RunClaim, claim_new_run
from orchestration.run_metrics import result_metrics
from orchestration.run_record import RunFolder, RunRecord, StepRecord, now
from orchestration.step_launcher import StepLauncher
from orchestration.step_processes import StepProcesses
from orchestration.target_devices import on_devices
from pipelines.registry import LoadedPipeline

# Seconds. A run that only repeats an earlier one is not worth waiting for.
_WAIT_WHEN_CACHED = 3.0


@dataclass(frozen=True)
class RunOptions:
    """How to run, beside what.

    Attributes:
        use_cache: Whether earlier results may stand for steps.
        again: Steps for which they may not, all the same.
        max_parallel: How many steps may work at the same time.
        resumed_from: The run whose configuration was taken over; empty for none.
        beam_pipeline_args: Options of Beam's runner; results do not depend on them.
        devices: What an exported file is tried on, unless the configuration says.
        claim: The folder that was chosen for the run; None: a new one.
    """

    use_cache: bool = True
    again: tuple[str, ...] = ()
    max_parallel: int = 2
    resumed_from: str = ""
    beam_pipeline_args: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    claim: RunClaim | None = None


def run_pipeline(
    home: Home,
    pipeline: LoadedPipeline,
    config: TypedConfig,
    options: RunOptions,
    cancel: threading.Event,
    watch: Watcher,
) -> RunRecord:
    """Runs a pipeline on this machine.

    Args:
        home: Where everything is remembered.
        pipeline: What to run.
        config: Its configuration.
        options: How to run it.
        cancel: Set it (from a signal handler, say) to cancel the run.
        watch: Called several times a second with the record and the new journal entries.

    Returns:
        The final record: succeeded, failed or cancelled.

    Raises:
        NoriaError: The configuration does not pass the pipeline's check; nothing was started.
    """
    pipeline.check(config)
    # TFX warns about what it does not support and we do not use.
    absl.logging.set_verbosity(absl.logging.ERROR)
    claim = options.claim or claim_new_run(home)
    folder = claim.folder
    record = RunRecord(
        id=folder.id,
        pipeline=pipeline.entry.name,
        target="local",
        state="running",
        started=now(),
        pid=os.getpid(),
        config_digest=text_digest(config.model_dump_json()),
        git_commit=git_commit(),
        resumed_from=options.resumed_from,
    )
    write_text(folder.config, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))
    append(folder.journal, {"kind": "run", "state": "running"})
    folder.save(record)
    start_pending(home)
    delivery = DeliveryProcess(folder)
    try:
        _run_steps(folder, record, pipeline, config, options, cancel, watch)
    except BaseException as error:
        record.state, record.error = "failed", f"{type(error).__name__}: {error}"
        raise
    finally:
        record.ended = now()
        record.metrics = result_metrics(folder.journal)
        folder.save(record)
        append(folder.journal, {"kind": "run", "state": record.state})
        if record.steps and all(step.cached for step in record.steps):
            delivery.wait(cancel, _WAIT_WHEN_CACHED)
        else:
            delivery.wait(cancel)
        claim.release()
    return record


def _run_steps(
    folder: RunFolder,
    record: RunRecord,
    pipeline: LoadedPipeline,
    config: Any,
    options: RunOptions,
    cancel: threading.Event,
    watch: Watcher,
) -> None:
    environment = {
        "NORIA_HOME": str(folder.home.root),
        "MLFLOW_TRACKING_URI": folder.home.tracking_uri(),
        JOURNAL_VARIABLE: str(folder.journal),
    }
    if not tracking_later():
        # A step that needs the run in MLflow (model_promotion) waits for its id there.
        environment[CONTEXT_VARIABLE] = str(folder.mlflow)
    with StepProcesses(folder) as processes:
        root = folder.home.artifacts / record.pipeline
        components = pipeline.create(on_devices(config, options.devices))
        plan = plan_pipeline(record.pipeline, str(root), components, folder.id)
        record.steps = [StepRecord(step.name) for step in plan.steps]
        append(folder.journal, {"kind": "plan", "upstream": {s.name: list(s.upstream) for s in plan.steps}})
        _check_again(options.again, [step.name for step in plan.steps])
        launcher = StepLauncher(
            MetadataStore(folder.home), plan, folder, environment, options.beam_pipeline_args
        )
        runner = LocalRunner(
            folder,
            record,
            plan,
            launcher,
            processes,
            uncached={step.name for step in plan.steps} if not options.use_cache else set(options.again),
            max_parallel=options.max_parallel,
            cancel=cancel,
            watch=watch,
        )
        runner.run()


def _check_again(again: Sequence[str], steps: Sequence[str]) -> None:
    if unknown := [name for name in again if name not in steps]:
        raise NoriaError(
            f"--again {unknown[0]}: there is no such step", hint=f"there are: {', '.join(steps)}"
        )
