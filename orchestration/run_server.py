"""What a server that runs pipelines elsewhere has to be able to do: the seam between runs and servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from noria.errors import NoriaError
from orchestration.run_record import RunRecord
from orchestration.targets import KubeflowTarget, VertexTarget

if TYPE_CHECKING:
    # Compiling needs TFX; asking about runs does not.
    from orchestration.kubeflow.pipeline_spec import CompiledPipeline

RemoteTarget = KubeflowTarget | VertexTarget


class UnavailableError(NoriaError):
    """The server does not answer, or not now; the same question may work later."""


class NotThereError(NoriaError):
    """The server answers, but does not know what it was asked for."""


class RunServer(Protocol):
    """Runs on one server. Every method raises NoriaError where the server cannot be asked or refuses."""

    def start(self, record: RunRecord, compiled: CompiledPipeline) -> None:
        """Starts a run; fills in where it is found (``record.remote``)."""

    def refresh(self, record: RunRecord) -> None:
        """Writes into the record what has become of the run and its steps."""

    def cancel(self, record: RunRecord) -> None:
        """Asks for the run's end; it comes later."""

    def retry(self, record: RunRecord) -> None:
        """Lets a run that failed or was cancelled go on with the steps that did not succeed."""

    def log(self, record: RunRecord, step: str) -> str:
        """What a step has printed so far."""


def open_server(target: RemoteTarget, quick: bool = False) -> RunServer:
    """Connects to the server of a target.

    Args:
        target: Where it is.
        quick: Give up within about three seconds.

    Raises:
        NoriaError: It cannot be reached, is something else, or does not let us in.
    """
    if isinstance(target, KubeflowTarget):
        from orchestration.kubeflow.connection import PATIENT, QUICK, KubeflowServer
        from orchestration.kubeflow.kubeflow_runs import KubeflowRuns

        return KubeflowRuns(KubeflowServer(target, QUICK if quick else PATIENT))
    from orchestration.vertex.vertex_runs import VertexRuns

    return VertexRuns(target, quick)
