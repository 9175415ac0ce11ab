"""Files of a registered version, for a person to take along. Slow: call it in a thread."""

from __future__ import annotations

import shutil
from pathlib import Path

from dashboard.run_index import NotFoundError
from dashboard.services.model_registry import registered_model, registry
from noria.errors import DataError
from noria.home import Home

# Below the registered model's folder, as components/model_promotion/package.py lays it out.
_FOLDERS = {"saved_model": "artifacts/model", "tflite": "artifacts/tflite"}


def download(home: Home, name: str, version: str, what: str, scratch: Path) -> Path:
    """Fetches a version's file for a person.

    Args:
        home: Whose registry.
        name: The registered model.
        version: A number or an alias, e.g. champion.
        what: saved_model (a zip of the SavedModel and its card) or tflite.
        scratch: An existing empty folder; what is returned lies in it.

    Raises:
        NotFoundError: There is no such model or version.
        DataError: The version holds no such thing.
        RegistryError: MLflow did not answer.
    """
    model = registered_model(home, name)
    number = next((v.version for v in model.versions if version == v.version or version in v.aliases), None)
    if number is None:
        raise NotFoundError(f"{name} has no version or alias {version[:40]!r}")
    with registry(home) as client:
        import mlflow

        source = f"{client.get_model_version_download_uri(name, number).rstrip('/')}/{_FOLDERS[what]}"
        try:
            folder = Path(mlflow.artifacts.download_artifacts(source, dst_path=str(scratch)))
        except (OSError, mlflow.exceptions.MlflowException) as error:
            raise DataError(f"version {number} of {name} holds no {what}") from error
    if what == "tflite":
        if not (folder / "model.tflite").is_file():
            raise DataError(f"version {number} of {name} holds no model.tflite")
        return folder / "model.tflite"
    packed = scratch / "packed"
    packed.mkdir()
    for part in ("saved_model", "model.json"):
        if not (folder / part).exists():
            raise DataError(f"version {number} of {name} holds no {part}")
        shutil.move(folder / part, packed / part)
    return Path(shutil.make_archive(str(scratch / f"{name}-{number}"), "zip", packed))
