"""Where a pipeline runs: this machine, Kubeflow Pipelines on a cluster, or Vertex AI Pipelines.

A target is a YAML file; ``--target kind`` reads ``configs/targets/kind.yaml``, ``--target PATH.yaml`` any
other. Nothing in it is secret: passwords and keys stay in Kubernetes secrets, which are named here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    field_validator,
    model_validator,
)

from components.device_lab.profiles import DEFAULT_DEVICES, DeviceName
from noria.errors import ConfigError
from noria.typed_config import TypedConfig, load_config
from orchestration.beam_options import check_options, check_options_in_container

_FOLDER = Path(__file__).parent.parent / "configs" / "targets"
LOCAL = "local"

# Kubernetes' notation: 500m, 2, 1.5 for cores; 512Mi, 2Gi, 1G, 100000000 for bytes.
Cpu = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?m?$")]
Memory = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?([KMGTPE]i?|k|m)?$")]


class Resources(TypedConfig):
    """What one step's pod gets."""

    cpu: Cpu = Field("1", description="Cores it may use, e.g. 500m or 2.")
    memory: Memory = Field("2Gi", description="Memory it may use, e.g. 512Mi or 8Gi.")
    cpu_request: Cpu | None = Field(None, description="Cores reserved for it; default: as many as cpu.")
    memory_request: Memory | None = Field(None, description="Memory reserved; default: as much as memory.")
    gpu: NonNegativeInt = Field(0, description="Accelerators it gets.")
    gpu_type: str = Field(
        "nvidia.com/gpu",
        description="Kubernetes: the resource's name. Vertex AI: the accelerator's type, e.g. NVIDIA_L4.",
    )
    node_selector: dict[str, str] = Field(default_factory=dict, description="Labels its node must have.")
    tolerations: list[Toleration] = Field(default_factory=list, description="Taints that it tolerates.")


class Toleration(TypedConfig):
    """A taint that a step's pod tolerates."""

    key: str = Field(description="The taint's key.")
    operator: Literal["Equal", "Exists"] = Field("Exists", description="How the taint is compared.")
    value: str = Field("", description="The taint's value, for Equal.")
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        "", description="The taint's effect; empty: any."
    )


class StepResources(TypedConfig):
    """Resources per step."""

    default: Resources = Field(default_factory=Resources, description="For steps not named below.")
    steps: dict[str, Resources] = Field(default_factory=dict, description="By the step's name.")

    def of(self, step: str) -> Resources:
        """What one step gets."""
        return self.steps.get(step, self.default)


class Retries(TypedConfig):
    """How often, and after what pause, a step that failed is tried again."""

    count: NonNegativeInt = Field(2, description="Attempts after the first; 0: none.")
    delay_seconds: PositiveInt = Field(30, description="Pause before the first of them.")
    factor: PositiveFloat = Field(2.0, description="What each further pause is multiplied by.")
    max_delay_seconds: PositiveInt = Field(600, description="The longest pause.")


class SecretEnvironment(TypedConfig):
    """Environment variables of steps that come out of a Kubernetes secret."""

    secret: str = Field(description="The secret's name.")
    variables: dict[str, str] = Field(description="Environment variable -> key in the secret.")


class Mount(TypedConfig):
    """A persistent volume claim that every step sees, for data of one's own."""

    claim: str = Field(description="The claim's name.")
    path: str = Field(pattern="^/", description="Where it appears in the step.")


class Tracking(TypedConfig):
    """The MLflow server."""

    uri: str = Field("", description="Its address as steps see it; empty: the home's own file.")
    local_uri: str = Field("", description="Its address as seen from here; empty: the same.")


class BeamOptions(TypedConfig):
    """How Apache Beam's part of a step's work is done."""

    pipeline_args: list[str] = Field(
        default_factory=lambda: ["--runner=BundleBasedDirectRunner"],
        description="Options of the Beam runner, --runner=... first of all (docs/workers.md).",
    )

    @field_validator("pipeline_args")
    @classmethod
    def _check(cls, arguments: list[str]) -> list[str]:
        check_options(arguments)
        return arguments


class LocalTarget(TypedConfig):
    """This machine."""

    kind: Literal["local"] = Field("local", description="Which kind of target this is.")
    beam: BeamOptions = Field(default_factory=BeamOptions, description="Beam's runner.")
    devices: tuple[DeviceName, ...] = Field(
        DEFAULT_DEVICES, description="What an exported file has to run on (`noria devices list`)."
    )


class ClusterTarget(TypedConfig):
    """What targets that run steps in containers have in common."""

    image: str = Field(min_length=1, description="The container image of the steps.")
    gpu_image: str = Field("", description="The image of steps that get an accelerator; empty: the same.")
    pipeline_root: str = Field(
        "", description="Object-store folder of the artifacts (s3://, minio://, gs://); empty: the server's."
    )
    resources: StepResources = Field(default_factory=StepResources, description="Per step.")
    retries: Retries = Field(default_factory=Retries, description="Of a step that failed.")
    caching: bool = Field(True, description="Whether earlier results may stand for steps.")
    environment: dict[str, str] = Field(
        default_factory=dict, description="Environment variables of every step; nothing secret."
    )
    tracking: Tracking = Field(default_factory=Tracking, description="The MLflow server.")
    beam: BeamOptions = Field(default_factory=BeamOptions, description="Beam's runner.")
    devices: tuple[DeviceName, ...] = Field(
        DEFAULT_DEVICES,
        description="What an exported file has to run on: emulated (the image has the emulator), or `native` "
        "where device_check gets an ARM node by a node_selector.",
    )

    @model_validator(mode="after")
    def _check(self) -> ClusterTarget:
        if self.pipeline_root and not re.match(r"^(s3|minio|gs)://[^/]+", self.pipeline_root):
            raise ValueError(
                f"pipeline_root {self.pipeline_root!r}: expected s3://BUCKET/..., minio://... or gs://..."
            )
        if not self.tracking.uri:
            raise ValueError("tracking.uri: a step's own files vanish with its pod, so a server is needed")
        secret = [n for n in self.environment if re.search("PASSWORD|SECRET|TOKEN|ACCESS_KEY", n.upper())]
        if secret:
            raise ValueError(
                f"environment: {', '.join(secret)} would be readable in every compiled pipeline; "
                "name a Kubernetes secret under secrets instead"
            )
        try:
            check_options_in_container(self.beam.pipeline_args, self.shared_folders())
        except ValueError as error:
            raise ValueError(f"beam.pipeline_args: {error}") from None
        return self

    def shared_folders(self) -> list[str]:
        """Where steps see volumes that others see, too."""
        return []


class KubeflowTarget(ClusterTarget):
    """Kubeflow Pipelines (v2) on a Kubernetes cluster."""

    kind: Literal["kubeflow"] = Field(description="Which kind of target this is.")
    host: str = Field(pattern="^https?://", description="Address of the Kubeflow Pipelines API.")
    namespace: str = Field("kubeflow", description="Namespace in which runs are started.")
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = Field(
        "IfNotPresent", description="When a node fetches the image."
    )
    image_pull_secrets: list[str] = Field(default_factory=list, description="Names of registry secrets.")
    service_account: str = Field("", description="Account of the steps; empty: the server's default.")
    secrets: list[SecretEnvironment] = Field(
        default_factory=list, description="Environment variables out of Kubernetes secrets."
    )
    mounts: list[Mount] = Field(default_factory=list, description="Volumes that every step sees.")
    token_file: str = Field("", description="File with a bearer token for the API; empty: none is sent.")
    time_zone: str = Field(
        "UTC",
        description="Zone in which the server reads the times of schedules: its cronScheduleTimezone.",
    )
    ca_file: str = Field("", description="Certificate authority of the API's address; empty: the system's.")

    def shared_folders(self) -> list[str]:
        """Where the mounted volumes appear."""
        return [mount.path for mount in self.mounts]


class VertexTarget(ClusterTarget):
    """Vertex AI Pipelines on Google Cloud."""

    kind: Literal["vertex"] = Field(description="Which kind of target this is.")
    project: str = Field(min_length=1, description="The Google Cloud project.")
    location: str = Field("europe-west4", description="The region.")
    service_account: str = Field("", description="Account of the steps; empty: the project's default.")
    network: str = Field("", description="A peered VPC network; empty: none.")


Target = LocalTarget | KubeflowTarget | VertexTarget


_KINDS: dict[str, type[Target]] = {"local": LocalTarget, "kubeflow": KubeflowTarget, "vertex": VertexTarget}


class _Kind(TypedConfig):
    """The one field that says which fields the others are."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: Literal["local", "kubeflow", "vertex"]


def target_names() -> list[str]:
    """Targets that come with Noria or were put beside them."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def target_name(name: str) -> str:
    """What a target is called where runs are listed: a file's name without its folder and ending."""
    return Path(name).stem if name.endswith((".yaml", ".yml")) else name


def load_target(name: str) -> Target:
    """Reads a target by its name or the path of its file.

    Raises:
        ConfigError: There is no such target, or its file does not fit.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else _FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise ConfigError(
            f"there is no target {name!r}",
            hint=f"there are: {', '.join(target_names())}; or give the path of a target's YAML file",
        )
    return read_target(path)


def read_target(path: Path) -> Target:
    """Reads a target's file; raises ConfigError where it does not fit."""
    kind = load_config(_Kind, path).kind
    return load_config(_KINDS[kind], path)
