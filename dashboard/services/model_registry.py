"""The models that pipelines registered: champion and challenger, gates, history, rolling back.

Everything here asks MLflow and is slow: call it in a thread. What MLflow holds is the truth; nothing is
kept beside it. A roll back is written into a tag of the registered model, in the words of the audit log.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from dashboard.audit import AuditLog
from dashboard.run_index import NotFoundError
from noria.errors import NoriaError
from noria.home import Home
from noria.locks import locked
from orchestration.mlflow_server import connect
from orchestration.run_record import RunFolder

ROLL_BACKS = "noria.roll_backs"
# MLflow keeps no tag of any length.
_KEPT_ROLL_BACKS = 20


class GateLine(BaseModel):
    """One row of a gate table, as model_promotion wrote it; ``state`` is empty in old ones."""

    name: str
    limit: float | None = None
    got: float | None = None
    passed: bool = False
    note: str = ""
    state: str = ""


class Version(BaseModel):
    """One version of a registered model.

    Attributes:
        created: ISO 8601 in UTC.
        promoted: Whether its gates held when it was registered; None: something else registered it.
        replaces: The champion of then; empty where there was none.
        run: Noria's run that made it; empty where it is unknown.
        run_here: That run is in this home.
    """

    version: str
    created: str
    aliases: list[str]
    promoted: bool | None
    gates: list[GateLine]
    replaces: str
    run: str
    run_here: bool
    mlflow_run: str
    tflite_sha256: str
    data_digest: str


class Event(BaseModel):
    """One line of a model's history; ``what`` is promoted, not promoted, or rolled back."""

    time: str
    what: str
    version: str
    before: str
    by: str = ""


class RegisteredModel(BaseModel):
    """A model with its versions, newest first; ``pipeline`` is empty where no run here made one of them."""

    name: str
    pipeline: str
    champion: str
    challenger: str
    roll_back_to: str
    versions: list[Version]
    history: list[Event]

    def version(self, number: str) -> Version | None:
        """The version with this number."""
        return next((version for version in self.versions if version.version == number), None)


def registered_models(home: Home) -> list[RegisteredModel]:
    """All of them, by name.

    Raises:
        RegistryError: MLflow did not answer.
    """
    with registry(home) as client:
        return [_read(client, home, found) for found in _all(client.search_registered_models)]


def registered_model(home: Home, name: str) -> RegisteredModel:
    """One of them.

    Raises:
        RegistryError: MLflow did not answer.
        NotFoundError: There is no such model; lists those there are.
    """
    models = registered_models(home)
    for model in models:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in models) or "none"
    raise NotFoundError(f"there is no registered model {name[:80]!r}", hint=f"there are: {known}")


def roll_back(home: Home, audit: AuditLog, name: str, version: str, expected: str, by: str) -> None:
    """Makes another version the champion.

    Args:
        home: Whose promotions wait meanwhile.
        audit: Is told of it.
        name: The registered model.
        version: The champion to be.
        expected: The champion that the person saw; empty: none.
        by: Who wants it.

    Raises:
        NotFoundError: There is no such model or version.
        NoriaError: It is champion already, or the champion is no longer the expected one.
        RegistryError: MLflow did not answer.
    """
    from components.model_promotion.registry import CHAMPION

    with registry(home) as client, locked(home.root / "promotion.lock"):
        model = registered_model(home, name)
        if model.version(version) is None:
            known = ", ".join(known.version for known in model.versions)
            raise NotFoundError(f"{name} has no version {version[:40]!r}", hint=f"there are: {known}")
        if model.champion != expected:
            raise NoriaError(
                f"the champion of {name} is version {model.champion or 'none'} by now, not "
                f"{expected or 'none'}: nothing was changed",
                hint="look at the model again and decide anew",
            )
        if model.champion == version:
            raise NoriaError(f"version {version} is the champion of {name} already")
        told = [event.model_dump() for event in reversed(model.history) if event.what == "rolled back"]
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        told.append(Event(time=now, what="rolled back", version=version, before=expected, by=by).model_dump())
        client.set_registered_model_alias(name, CHAMPION, version)
        audit.write(by, "roll back", name, {"from": expected, "to": version})
        client.set_registered_model_tag(name, ROLL_BACKS, json.dumps(told[-_KEPT_ROLL_BACKS:]))


@contextmanager
def registry(home: Home) -> Iterator[Any]:
    """A client of MLflow; what it raises inside the block becomes RegistryError."""
    from components.model_promotion.registry import registry_errors

    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    with registry_errors("look at the MLflow server, or unset MLFLOW_TRACKING_URI"):
        yield connect(home, uri)


def _all(search: Any, *arguments: Any) -> list[Any]:
    found, token = [], None
    while True:
        page = search(*arguments, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def _read(client: Any, home: Home, found: Any) -> RegisteredModel:
    aliases = {name: str(version) for name, version in (found.aliases or {}).items()}
    name = found.name
    raw = _all(client.search_model_versions, f"name='{name}'")
    versions = sorted((_version(home, aliases, one) for one in raw), key=lambda v: -int(v.version))
    champion = aliases.get("champion", "")
    return RegisteredModel(
        name=name,
        pipeline=_pipeline(home, versions),
        champion=champion,
        challenger=aliases.get("challenger", ""),
        roll_back_to=_before(versions, champion),
        versions=versions,
        history=_history(versions, dict(found.tags or {}).get(ROLL_BACKS, "")),
    )


def _version(home: Home, aliases: dict[str, str], found: Any) -> Version:
    tags = dict(found.tags or {})
    number, run = str(found.version), tags.get("noria.run", "")
    return Version(
        version=number,
        created=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC).isoformat(
            timespec="milliseconds"
        ),
        aliases=sorted(alias for alias, version in aliases.items() if version == number),
        promoted={"true": True, "false": False}.get(tags.get("noria.promoted", "")),
        gates=[GateLine(**row) for row in json.loads(tags.get("noria.gates") or "[]")],
        replaces=tags.get("noria.replaces", ""),
        run=run,
        run_here=_is_here(home, run),
        mlflow_run=found.run_id or "",
        tflite_sha256=tags.get("noria.tflite_sha256", ""),
        data_digest=tags.get("noria.data_digest", ""),
    )


def _is_here(home: Home, run: str) -> bool:
    return run.isalnum() and RunFolder(home.runs / run).record.is_file()


def _history(versions: list[Version], roll_backs: str) -> list[Event]:
    """Newest first."""
    events = [
        Event(
            time=version.created,
            what="promoted" if version.promoted else "not promoted",
            version=version.version,
            before=version.replaces,
        )
        for version in versions
        if version.promoted is not None
    ]
    events += [Event(**event) for event in json.loads(roll_backs or "[]")]
    return sorted(events, key=lambda event: event.time, reverse=True)


def _before(versions: list[Version], champion: str) -> str:
    """The version that the champion replaced when its gates held; empty where that is not known."""
    replaced = next((version.replaces for version in versions if version.version == champion), "")
    return replaced if any(version.version == replaced for version in versions) else ""


def _pipeline(home: Home, versions: list[Version]) -> str:
    for version in versions:
        if version.run_here:
            return RunFolder(home.runs / version.run).load().pipeline
    return ""
