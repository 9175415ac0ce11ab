"""Beam's options are checked when a target is read."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from noria.errors import ConfigError
from orchestration.beam_options import _RUNNERS
from orchestration.targets import load_target, target_names

POOL = ["--environment_type=EXTERNAL", "--environment_config=localhost:50000"]


def target(tmp_path: Path, arguments: list[str], **fields: object) -> str:
    """A target's file with these Beam options."""
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"kind": "local", **fields, "beam": {"pipeline_args": arguments}}))
    return str(path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--runner=DirectRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=2"],
        ["--runner=direct"],
        ["--runner=FlinkRunner", "--flink_master=[local]"],
        ["--runner=FlinkRunner", "--flink_master=localhost:8081", *POOL],
        ["--runner=SparkRunner", "--spark_master_url=local[2]"],
        ["--runner=SparkRunner", "--job_endpoint=localhost:8099", *POOL],
        ["--runner=PortableRunner", "--job_endpoint=localhost:8099", "--environment_type=LOOPBACK"],
        ["--runner=DataflowRunner", "--project=p", "--region=r", "--temp_location=gs://b/t"],
        ["--runner=mine.runners.MyRunner"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_sound_options(arguments: list[str], tmp_path: Path) -> None:
    assert load_target(target(tmp_path, arguments)).beam.pipeline_args == arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--runner=... is missing"),
        (["runner=DirectRunner"], "'runner=DirectRunner': expected --name=value"),
        (["--runner", "DirectRunner"], "'DirectRunner': expected --name=value"),
        (["--runner=FlnkRunner"], "no runner 'FlnkRunner'; did you mean FlinkRunner"),
        (["--runner=InteractiveRunner"], "no runner 'InteractiveRunner'"),
        (["--runner=DaskRunner"], "DaskRunner gives wrong results without an error"),
        (["--runner=apache_beam.runners.dask.dask_runner.DaskRunner"], "wrong results without an error"),
        (["--runner=DirectRunner", "--direct_running_mode=processes"], "one of in_memory, multi_threading"),
        (["--runner=FlinkRunner"], "--runner=FlinkRunner needs --flink_master="),
        (["--runner=FlinkRunner", "--flink_master=localhost:8081"], "expected EXTERNAL"),
        (
            ["--runner=FlinkRunner", "--flink_master=localhost:8081", "--environment_type=EXTERNAL"],
            "EXTERNAL needs --environment_config=... .HOST:PORT of the worker pool",
        ),
        (["--runner=SparkRunner"], "needs --spark_master_url="),
        (["--runner=SparkRunner", "--spark_submit_uber_jar"], "needs --spark_rest_url="),
        (["--runner=PortableRunner"], "needs --job_endpoint="),
        (["--runner=DataflowRunner", "--project=p"], "needs --region=..., --temp_location="),
        (
            ["--runner=DataflowRunner", "--project=p", "--region=r", "--temp_location=/tmp"],
            "Dataflow expects gs://BUCKET",
        ),
    ],
)
def test_unsound_options_name_the_field(arguments: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"(?s)beam\.pipeline_args: .*{message}"):
        load_target(target(tmp_path, arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--runner=FlinkRunner", "--flink_master=flink:8081", *POOL], "image has no Java"),
        (["--runner=SparkRunner", "--spark_master_url=local[2]"], "image has no Java"),
        (
            ["--runner=PortableRunner", "--job_endpoint=jobs:8099", "--environment_type=LOOPBACK"],
            "cannot reach back",
        ),
        (["--runner=PortableRunner", "--job_endpoint=jobs:8099", *POOL], "--temp_location=FOLDER is missing"),
        (
            ["--runner=PortableRunner", "--job_endpoint=jobs:8099", "--temp_location=/mnt/beam2", *POOL],
            "temp_location=/mnt/beam2 lies on no volume of the target; mounts: /mnt/beam",
        ),
    ],
)
def test_unsound_in_a_container(arguments: list[str], message: str, tmp_path: Path) -> None:
    cluster = yaml.safe_load(Path("configs/targets/cloud.yaml").read_text())
    with pytest.raises(ConfigError, match=rf"(?s)beam\.pipeline_args: .*{message}"):
        load_target(target(tmp_path, arguments, **{key: v for key, v in cluster.items() if key != "beam"}))


def test_the_targets_that_come_with_noria_name_options_that_beam_knows() -> None:
    for name in target_names():
        arguments = load_target(name).beam.pipeline_args
        options = PipelineOptions(arguments).get_all_options(drop_default=True)
        known = {argument[2:].partition("=")[0] for argument in arguments}
        assert known <= set(options), name


def test_the_runners_are_beams() -> None:
    assert set(_RUNNERS) <= set(StandardOptions.KNOWN_RUNNER_NAMES)
