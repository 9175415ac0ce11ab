"""A stand-in for Vertex AI's services: a real gRPC server that speaks google-cloud-aiplatform's own types.

It runs nothing and checks nothing that Google's does: it keeps the requests and gives back what tests put in.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.cloud.aiplatform_v1 import types
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

_PACKAGE = "google.cloud.aiplatform.v1"


class VertexApi:
    """The server.

    Attributes:
        requests: Every request, in order.
        jobs: Pipeline jobs by full name.
        schedules: Schedules by full name.
        trouble: An error to answer with: a gRPC code and a text.
    """

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.jobs: dict[str, Any] = {}
        self.schedules: dict[str, Any] = {}
        self.trouble: tuple[grpc.StatusCode, str] | None = None
        self._server = grpc.server(ThreadPoolExecutor(2))
        for service, methods in (
            ("PipelineService", self._pipelines()),
            ("ScheduleService", self._schedules()),
        ):
            handlers = {name: self._handler(*method) for name, method in methods.items()}
            self._server.add_generic_rpc_handlers(
                [grpc.method_handlers_generic_handler(f"{_PACKAGE}.{service}", handlers)]
            )
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def close(self) -> None:
        self._server.stop(None)

    def channel(self, *_: Any, **__: Any) -> Any:
        """In the place of the encrypted one to Google."""
        return grpc.insecure_channel(f"127.0.0.1:{self.port}")

    def _handler(self, request: Any, call: Callable[[Any], Any]) -> Any:
        def answer(data: bytes, context: Any) -> bytes:
            asked = request.deserialize(data)
            self.requests.append(asked)
            if self.trouble:
                context.abort(*self.trouble)
            try:
                found = call(asked)
            except KeyError as error:
                context.abort(grpc.StatusCode.NOT_FOUND, f"{error} not found")
            return (
                found.SerializeToString()
                if hasattr(found, "SerializeToString")
                else type(found).serialize(found)
            )

        return grpc.unary_unary_rpc_method_handler(answer)

    def _pipelines(self) -> dict[str, tuple[Any, Callable[[Any], Any]]]:
        return {
            "CreatePipelineJob": (types.CreatePipelineJobRequest, self._create_job),
            "GetPipelineJob": (types.GetPipelineJobRequest, lambda asked: self.jobs[asked.name]),
            "CancelPipelineJob": (types.CancelPipelineJobRequest, self._cancel),
        }

    def _schedules(self) -> dict[str, tuple[Any, Callable[[Any], Any]]]:
        states = types.Schedule.State
        return {
            "CreateSchedule": (types.CreateScheduleRequest, self._create_schedule),
            "GetSchedule": (types.GetScheduleRequest, lambda asked: self.schedules[asked.name]),
            "ListSchedules": (
                types.ListSchedulesRequest,
                lambda _: types.ListSchedulesResponse(schedules=list(self.schedules.values())),
            ),
            "PauseSchedule": (types.PauseScheduleRequest, lambda asked: self._set(asked.name, states.PAUSED)),
            "ResumeSchedule": (
                types.ResumeScheduleRequest,
                lambda asked: self._set(asked.name, states.ACTIVE),
            ),
            "DeleteSchedule": (types.DeleteScheduleRequest, self._delete),
        }

    def _create_job(self, asked: Any) -> Any:
        job = types.PipelineJob(asked.pipeline_job)
        job.name = f"{asked.parent}/pipelineJobs/{asked.pipeline_job_id}"
        job.state = types.PipelineState.PIPELINE_STATE_PENDING
        self.jobs[job.name] = job
        return job

    def _cancel(self, asked: Any) -> Any:
        self.jobs[asked.name].state = types.PipelineState.PIPELINE_STATE_CANCELLED
        return empty_pb2.Empty()

    def _create_schedule(self, asked: Any) -> Any:
        schedule = types.Schedule(asked.schedule)
        schedule.name = f"{asked.parent}/schedules/{4711 + len(self.schedules)}"
        schedule.state = types.Schedule.State.ACTIVE
        self.schedules[schedule.name] = schedule
        return schedule

    def _set(self, name: str, state: Any) -> Any:
        self.schedules[name].state = state
        return empty_pb2.Empty()

    def _delete(self, asked: Any) -> Any:
        del self.schedules[asked.name]
        done = operations_pb2.Operation(name="operations/1", done=True)
        done.response.Pack(empty_pb2.Empty())
        return done
