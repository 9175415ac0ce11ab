"""What a Kubeflow Pipelines server refused, or why it was not reached, told so that a person can act."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from noria.errors import NoriaError
from orchestration.run_server import NotThereError, UnavailableError
from orchestration.targets import KubeflowTarget

# Gateways that want a person to log in answer with a redirection.
_LOG_IN = (301, 302, 303, 307, 308, 401)


class NotKubeflowError(NoriaError):
    """Something else answers at that address."""


class AlreadyThereError(NoriaError):
    """The server has one of that name."""


def explain(error: Exception, target: KubeflowTarget) -> NoriaError:
    """Turns what kfp's client raised into an error of ours; the original goes along as its cause."""
    import kfp_server_api

    # The client stumbles over its own error when that has no body: the cause is one further down.
    if isinstance(error, AttributeError) and isinstance(error.__context__, kfp_server_api.ApiException):
        error = error.__context__
    if not isinstance(error, kfp_server_api.ApiException):
        return _not_reached(error, target)
    status, said = error.status or 0, _message(error.body)
    if status == 0:
        return NoriaError(
            f"{target.host}: the connection is not trusted: {error.reason}",
            hint="name the file of its certificate authority as ca_file in the target",
        )
    if status in _LOG_IN:
        return NoriaError(
            f"{target.host} asks for credentials (HTTP {status}); {_credentials(target)}",
            hint=_renewal(target),
        )
    if status == 403:
        return NoriaError(
            f"{target.host} does not allow this in namespace {target.namespace} (HTTP 403): {said}; "
            + _credentials(target),
            hint="let the account have the role kubeflow-pipelines-edit there, or " + _renewal(target),
        )
    if status == 404:
        if _json(error.body) is None:
            return NotKubeflowError(
                f"{target.host} is not the API of Kubeflow Pipelines 2: it has no such page (HTTP 404)",
                hint="mend host in the target: the address of ml-pipeline-ui or of ml-pipeline",
            )
        return NotThereError(f"{target.host} does not know it: {said}")
    if status == 409:
        return AlreadyThereError(f"{target.host} has one of that name already: {said}")
    if status >= 500 or status == 429:
        return UnavailableError(
            f"{target.host} cannot answer (HTTP {status}): {said}",
            hint=f"try again; its log: kubectl logs -n {target.namespace} deployment/ml-pipeline",
        )
    return NoriaError(f"{target.host} refuses this (HTTP {status}): {said}")


def _not_reached(error: Exception, target: KubeflowTarget) -> NoriaError:
    import urllib3

    if isinstance(error, urllib3.exceptions.HTTPError | OSError):
        return UnavailableError(
            f"{target.host} does not answer: {error}",
            hint="start the cluster (on this machine: make kind-up), or mend host in the target",
        )
    return not_understood(target, f"{type(error).__name__}: {error}")


def not_understood(target: KubeflowTarget, got: str) -> NotKubeflowError:
    """The server's answer is not one of Kubeflow Pipelines."""
    return NotKubeflowError(
        f"{target.host} gives no answer of Kubeflow Pipelines: {got}",
        hint="mend host in the target; where a gateway wants you to log in, give a token_file",
    )


def read_token(target: KubeflowTarget) -> str:
    """The bearer token of a target; raises NoriaError where its file is missing or empty."""
    path = Path(target.token_file).expanduser()
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoriaError(
            f"the token for {target.host} cannot be read: {error}", hint=_renewal(target)
        ) from None
    if not token:
        raise NoriaError(f"the token for {target.host} is missing: {path} is empty", hint=_renewal(target))
    return token


def _credentials(target: KubeflowTarget) -> str:
    if not target.token_file:
        return "none were sent, as the target names no token_file"
    expired = _expiry(read_token(target))
    if expired is not None and expired < datetime.now(UTC):
        return f"the token in {target.token_file} expired on {expired:%Y-%m-%d at %H:%M} UTC"
    return f"the token in {target.token_file} was sent"


def _renewal(target: KubeflowTarget) -> str:
    command = f"kubectl create token ACCOUNT -n {target.namespace} --audience pipelines.kubeflow.org"
    if not target.token_file:
        return f"{command} > FILE, and token_file: FILE in the target"
    return f"{command} > {target.token_file}"


def _expiry(token: str) -> datetime | None:
    """When a JSON Web Token ends; None for other tokens."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return None


def _json(body: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(body or "")
    except (TypeError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _message(body: Any) -> str:
    """What the server said: a gRPC status, or the error of its upload pages."""
    found = _json(body)
    if found is None:
        text = " ".join(str(body or "nothing said").split())
        return text if len(text) <= 200 else f"{text[:200]}..."
    return str(found.get("message") or found.get("error_message") or found.get("error") or found)
