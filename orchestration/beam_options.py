"""Options of Beam's runner, checked before a run starts, and without importing Beam.

What is checked is what Beam itself finds out late or never: it ignores what it does not know, and a job
whose workers cannot be reached waits for them for ever.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

# In a pod: the options as a JSON list. Not arguments, which are in Kubeflow's cache key.
BEAM_VARIABLE = "NORIA_BEAM_PIPELINE_ARGS"

DIRECT, FLINK, SPARK, PORTABLE, DATAFLOW = "direct", "flink", "spark", "portable", "dataflow"

# Beam takes a runner's name in any case, with or without "Runner".
_RUNNERS = {
    "DirectRunner": DIRECT,
    "BundleBasedDirectRunner": DIRECT,
    "FlinkRunner": FLINK,
    "SparkRunner": SPARK,
    "PortableRunner": PORTABLE,
    "DataflowRunner": DATAFLOW,
}
_DIRECT_MODES = ("in_memory", "multi_threading", "multi_processing")
_LOCAL_MASTERS = ("[local]", "[auto]")


def read_options(arguments: Sequence[str]) -> dict[str, str]:
    """``--name=value`` and ``--flag`` as a mapping; a flag's value is empty.

    Raises:
        ValueError: An argument has another form.
    """
    options = {}
    for argument in arguments:
        name, _, value = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or not name:
            raise ValueError(f"{argument!r}: expected --name=value or --flag, one per item")
        options[name] = value
    return options


def runner_kind(options: Mapping[str, str]) -> str:
    """Which of the kinds above a runner is; empty for a class of one's own, given by its import path.

    Raises:
        ValueError: No runner is named, Beam has none of that name, or it is not to be trusted.
    """
    name = options.get("runner", "")
    if not name:
        raise ValueError(f"--runner=... is missing; there are: {', '.join(_RUNNERS)}")
    short = name.rpartition(".")[2].lower().removesuffix("runner")
    if short == "dask":
        raise ValueError(
            f"{name} gives wrong results without an error (it merges tagged outputs, ignores windows, "
            "writes empty files); take one of " + ", ".join(_RUNNERS)
        )
    if "." in name:
        return ""
    for known, kind in _RUNNERS.items():
        if short == known.lower().removesuffix("runner"):
            return kind
    close = difflib.get_close_matches(name, _RUNNERS, n=1)
    raise ValueError(
        f"there is no runner {name!r}; "
        + (f"did you mean {close[0]}?" if close else f"there are: {', '.join(_RUNNERS)}")
    )


def check_options(arguments: Sequence[str]) -> None:
    """Checks what holds wherever a step runs.

    Raises:
        ValueError: An argument has another form, the runner is unknown, or it lacks options.
    """
    options = read_options(arguments)
    kind = runner_kind(options)
    if kind == DIRECT and (mode := options.get("direct_running_mode", "in_memory")) not in _DIRECT_MODES:
        raise ValueError(f"--direct_running_mode={mode}: expected one of {', '.join(_DIRECT_MODES)}")
    if kind == DATAFLOW:
        _need(options, "project", "region", "temp_location")
        if not options["temp_location"].startswith("gs://"):
            raise ValueError(f"--temp_location={options['temp_location']}: Dataflow expects gs://BUCKET/...")
    if kind == PORTABLE:
        _need(options, "job_endpoint")
    if kind == FLINK and "job_endpoint" not in options:
        _need(options, "flink_master")
    if kind == SPARK and "job_endpoint" not in options:
        _need(
            options, *(("spark_rest_url",) if "spark_submit_uber_jar" in options else ("spark_master_url",))
        )
    if kind in (FLINK, SPARK, PORTABLE) and not _runs_inside(options):
        _check_environment(options)


def check_options_in_container(arguments: Sequence[str], mounts: Sequence[str]) -> None:
    """Checks what holds besides for a step in a container of our image.

    Args:
        arguments: Options that ``check_options`` accepts.
        mounts: Folders that steps share with others.

    Raises:
        ValueError: The runner could not be started, or its workers could not reach the step's files.
    """
    options = read_options(arguments)
    kind = runner_kind(options)
    if kind not in (FLINK, SPARK, PORTABLE):
        return
    elsewhere = {"job_endpoint", f"{kind}_submit_uber_jar", "job_server_java_launcher"}
    if not elsewhere & set(options):
        raise ValueError(
            f"--runner={options['runner']} would start a Java program in the step's container, whose image "
            "has no Java; name a job server: --job_endpoint=HOST:8099 (docs/workers.md)"
        )
    if _runs_inside(options):
        return
    if options.get("environment_type", "").upper() == "LOOPBACK":
        raise ValueError(
            "--environment_type=LOOPBACK: workers elsewhere cannot reach back into a step's container; "
            "expected EXTERNAL or PROCESS"
        )
    folder = options.get("temp_location", "")
    if not folder:
        raise ValueError(
            "--temp_location=FOLDER is missing: a folder that the step and Beam's workers both see, for the "
            "graph and the samples (a mounted volume, or gs://...)"
        )
    inside = any(f"{folder}/".startswith(mount.rstrip("/") + "/") for mount in mounts)
    if not folder.startswith("gs://") and not inside:
        raise ValueError(
            f"--temp_location={folder} lies on no volume of the target; "
            f"mounts: {', '.join(mounts) or 'there are none'}"
        )


def _check_environment(options: Mapping[str, str]) -> None:
    environment = options.get("environment_type", "").upper()
    if environment not in ("LOOPBACK", "PROCESS", "EXTERNAL"):
        raise ValueError(
            f"--environment_type={environment or '...'}: expected EXTERNAL (a worker pool), PROCESS or "
            "LOOPBACK (the step itself works); Beam's default is a Docker container without Noria's code"
        )
    if environment != "LOOPBACK" and not {"environment_config", "environment_options"} & set(options):
        what = "HOST:PORT of the worker pool" if environment == "EXTERNAL" else "the worker's command as JSON"
        raise ValueError(f"--environment_type={environment} needs --environment_config=... ({what})")


def _runs_inside(options: Mapping[str, str]) -> bool:
    """Whether the job server itself does the work, in its own process."""
    if "job_endpoint" in options:
        return False
    return options.get("flink_master") in _LOCAL_MASTERS or options.get("spark_master_url", "").startswith(
        "local"
    )


def _need(options: Mapping[str, str], *names: str) -> None:
    if missing := [f"--{name}=..." for name in names if not options.get(name)]:
        raise ValueError(f"--runner={options['runner']} needs {', '.join(missing)}")
