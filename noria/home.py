"""The home folder: everything that Noria remembers, as plain files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """Where runs, artifacts and databases lie below one folder."""

    root: Path

    @classmethod
    def find(cls) -> Home:
        """``NORIA_HOME`` where it is set, else ``.noria`` in the working folder."""
        return cls(Path(os.environ.get("NORIA_HOME") or ".noria").absolute())

    @property
    def runs(self) -> Path:
        """One folder per run: record, journal, logs."""
        return self.root / "runs"

    @property
    def artifacts(self) -> Path:
        """What steps produced, one folder per pipeline, step, output and execution."""
        return self.root / "artifacts"

    @property
    def metadata_db(self) -> Path:
        """ML Metadata's SQLite file: lineage and the cache."""
        return self.root / "metadata.sqlite"

    @property
    def mlflow_db(self) -> Path:
        """MLflow's SQLite file, used unless ``MLFLOW_TRACKING_URI`` names a server."""
        return self.root / "mlflow.sqlite"

    @property
    def mlflow_artifacts(self) -> Path:
        """MLflow's artifact folder, used with ``mlflow_db``."""
        return self.root / "mlflow-artifacts"

    def tracking_uri(self) -> str:
        """The MLflow tracking URI in force."""
        return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{self.mlflow_db}"
