"""What passes between the runner and the process of one step: files in ``work/<step>/``.

The invocation and the result are TFX's own protos (ExecutionInvocation, ExecutorOutput), which its
container operators use for the same purpose.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from noria.files import read_json, write_json

# Variables of the interpreter that a step runs in. TF-GNN numbers its layers in the order of a set of names:
# with a hash seed per process, the same training saves models that differ in names, and in bytes.
INTERPRETER_ENVIRONMENT = {"PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class StepRequest:
    """Everything that a step's process needs to know.

    Attributes:
        step: The component's id.
        class_path: The executor's import path.
        folder: Where invocation, result and error lie.
        log: Receives what the process prints.
        environment: Variables to set before the executor is imported.
        fresh: Start a new interpreter instead of going on in the forked one. The forked one has TFX's DSL
            loaded without TensorFlow and Beam behind it, which suits executors derived from StepExecutor;
            TFX's stock executors and Beam executors need a TFX that was imported with them.
        beam_pipeline_args: Options of Beam's runner, for steps that use Beam.
    """

    step: str
    class_path: str
    folder: str
    log: str
    environment: Mapping[str, str]
    fresh: bool = False
    beam_pipeline_args: Sequence[str] = ()

    @property
    def path(self) -> Path:
        """The request itself, as JSON."""
        return Path(self.folder) / "request.json"

    @property
    def invocation(self) -> Path:
        """ExecutionInvocation proto."""
        return Path(self.folder) / "invocation.pb"

    @property
    def result(self) -> Path:
        """ExecutorOutput proto, written last: there only when the step succeeded."""
        return Path(self.folder) / "result.pb"

    @property
    def error(self) -> Path:
        """StepError as JSON, there when the executor raised."""
        return Path(self.folder) / "error.json"

    @property
    def temporary(self) -> Path:
        """A folder that the executor may use while it works."""
        return Path(self.folder) / "tmp"

    def write(self, invocation: bytes) -> None:
        """Makes the folder anew with the request and the invocation in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.temporary.mkdir(parents=True)
        self.invocation.write_bytes(invocation)
        write_json(self.path, asdict(self))

    @classmethod
    def read(cls, path: Path) -> StepRequest:
        """Reads ``request.json``."""
        return cls(**read_json(path))


@dataclass(frozen=True)
class StepError:
    """Why an executor failed.

    Attributes:
        kind: The exception's type.
        message: What it said.
        hint: What to do next, where it is known.
        place: The last line of the step's own code that it passed, empty for NoriaErrors.
    """

    kind: str
    message: str
    hint: str = ""
    place: str = ""

    @property
    def text(self) -> str:
        """The error for a person."""
        text = self.message if self.kind == "" else f"{self.kind}: {self.message}"
        text += f"\n  at {self.place}" if self.place else ""
        return text + (f"\n  -> {self.hint}" if self.hint else "")
