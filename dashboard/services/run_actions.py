"""What people do with runs: start, cancel, resume, run again. Every deed is written to the audit log.

A run of this machine is asked for here and launched by a scheduler, which keeps to the limit of runs that go
on at the same time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from dashboard.context import Services
from dashboard.run_index import NotFoundError
from dashboard.services.safe_yaml import read_yaml
from noria.errors import ConfigError, NoriaError
from noria.typed_config import TypedConfig, load_config, parse_config
from orchestration.run_comparison import flatten
from orchestration.run_record import RunFolder
from orchestration.scheduling.run_queue import RunRequest
from orchestration.targets import target_names
from pipelines.registry import LoadedPipeline, PipelineEntry, all_pipelines


def pipeline_entry(name: str) -> PipelineEntry:
    """One pipeline; raises NotFoundError."""
    found = all_pipelines().get(name)
    if found is None:
        raise NotFoundError(
            f"there is no pipeline {name[:80]!r}", hint=f"there are: {', '.join(all_pipelines())}"
        )
    return found


def default_config(pipeline: LoadedPipeline) -> dict[str, Any]:
    """The complete configuration that the pipeline has without any change, as JSON values."""
    return load_config(pipeline.config_type, pipeline.entry.default_config).model_dump(mode="json")


def stored_config(folder: RunFolder) -> dict[str, Any]:
    """The complete configuration of a run."""
    return read_yaml(folder.config.read_text(encoding="utf-8"))


def config_of_run(services: Services, run_id: str, pipeline: str) -> dict[str, Any]:
    """The complete configuration of a run of this pipeline; raises NoriaError where it is one of another."""
    folder = services.runs.find(run_id)
    if folder.load().pipeline != pipeline:
        raise NoriaError(f"run {run_id} is not one of pipeline {pipeline}")
    return stored_config(folder)


def changed(tree: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a configuration with values by dotted name put in; raises ConfigError."""
    copy: dict[str, Any] = yaml.safe_load(yaml.safe_dump(dict(tree)))
    for key, value in changes.items():
        *parents, last = key.split(".")
        node: Any = copy
        for parent in parents:
            node = node.setdefault(parent, {}) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise ConfigError(f"{key}: there is no such group of fields")
        node[last] = value
    return copy


def start_run(
    services: Services,
    person: str,
    pipeline: str,
    config: Mapping[str, Any] | None = None,
    *,
    target: str = "local",
    resume: str = "",
    again: tuple[str, ...] = (),
    use_cache: bool = True,
    what: str = "start run",
) -> RunRequest:
    """Asks for a run.

    Args:
        person: Who asks.
        config: The configuration; fields that are missing get the model's defaults; None: the pipeline's
            default configuration.
        target: A name of configs/targets; a path is not taken from a page.
        resume: The run whose finished steps are taken over; empty: none.
        again: Steps to compute again in any case.
        use_cache: Whether earlier results may stand for steps.

    Raises:
        ConfigError: The configuration does not fit, or holds a secret.
        NoriaError: There is no such pipeline or target, or the pipeline's own check fails.
    """
    loaded = pipeline_entry(pipeline).load()
    check_target(target)
    tree = default_config(loaded) if config is None else dict(config)
    refuse_secrets(services, tree)
    typed = parse_config(loaded.config_type, tree, origin="the configuration")
    loaded.check(typed)
    request = services.queue.submit(
        RunRequest(
            pipeline=pipeline,
            config=complete(typed),
            target=target,
            resume=resume,
            again=again,
            use_cache=use_cache,
            by=person,
        )
    )
    details = {"pipeline": pipeline, "target": target, "resume": resume, "again": list(again)}
    services.audit.write(person, what, request.run_id, {**details, "use_cache": use_cache})
    return request


def complete(config: TypedConfig) -> dict[str, Any]:
    """A configuration as JSON values, every field named."""
    return config.model_dump(mode="json")


def check_target(target: str) -> None:
    """Raises ConfigError where no target has this name."""
    if target not in target_names():
        raise ConfigError(
            f"there is no target {target[:80]!r}", hint=f"there are: {', '.join(target_names())}"
        )


def refuse_secrets(services: Services, tree: Mapping[str, Any]) -> None:
    """A configuration is stored with its run, in MLflow and in compiled pipelines: no place for secrets.

    Raises:
        ConfigError: A field named like a secret has a value, or a value is a secret of the environment.
    """
    given, masked = flatten(tree), flatten(services.mask.tree(tree))
    fields = [name for name, value in given.items() if masked.get(name) != _listed(value)]
    if fields:
        raise ConfigError(
            f"{', '.join(fields)}: a secret has no place in a configuration, which is stored with the run",
            hint="keep it in the environment of the process, or in a Kubernetes secret that the target names",
        )


def cancel(services: Services, person: str, run_id: str) -> str:
    """Ends a run, wherever it goes on, or takes back one that waits.

    Returns:
        Its state afterwards; for a run elsewhere, what is said about it.

    Raises:
        NotFoundError: There is no such run.
        NoriaError: It is over, or does not end.
    """
    from orchestration.cancel_run import cancel_run
    from orchestration.remote_runs import cancel_remote

    if services.queue.withdraw(run_id):
        services.audit.write(person, "cancel run", run_id, {"was": "waiting"})
        return "withdrawn"
    folder = services.runs.find(run_id)
    record = folder.load()
    if record.over:
        raise NoriaError(f"run {run_id} is over: it is {record.state}")
    services.audit.write(person, "cancel run", run_id, {"was": record.state})
    return cancel_remote(folder) if record.remote is not None else cancel_run(folder)


def resume(services: Services, person: str, run_id: str) -> RunRequest | None:
    """Lets a run go on from the steps that it did not finish.

    Returns:
        The request of the run that takes its steps over; None for a run elsewhere, which goes on itself.
    """
    from orchestration.remote_runs import retry_remote

    folder = services.runs.find(run_id)
    record = folder.load()
    if not record.over:
        raise NoriaError(f"run {run_id} is still {record.state}")
    if record.remote is not None:
        services.audit.write(person, "resume run", run_id, {"target": record.target})
        retry_remote(folder)
        return None
    return start_run(
        services, person, record.pipeline, stored_config(folder), resume=run_id, what="resume run"
    )


def run_again(
    services: Services,
    person: str,
    run_id: str,
    changes: Mapping[str, Any] | None = None,
    *,
    target: str = "",
    again: tuple[str, ...] = (),
    use_cache: bool = True,
) -> RunRequest:
    """Starts a run like an earlier one, with other values of some fields (by dotted name)."""
    folder = services.runs.find(run_id)
    record = folder.load()
    config = changed(stored_config(folder), changes or {})
    return start_run(
        services,
        person,
        record.pipeline,
        config,
        target=target or record.target,
        again=again,
        use_cache=use_cache,
        what="run again",
    )


def _listed(value: Any) -> Any:
    # The mask makes lists of tuples.
    return list(value) if isinstance(value, tuple) else value
