"""The connection to a Kubeflow Pipelines server: is it one, which version, and may we ask it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from noria.errors import NoriaError
from orchestration.kubeflow.server_errors import NotKubeflowError, explain, not_understood, read_token
from orchestration.run_server import NotThereError
from orchestration.targets import KubeflowTarget

# Seconds to connect, and to wait for an answer.
Patience = tuple[float, float]
PATIENT: Patience = (5.0, 30.0)
QUICK: Patience = (1.0, 2.0)
_OLDEST = (2, 5)


class KubeflowServer:
    """A Kubeflow Pipelines server that answered, through ``kfp.Client``.

    Attributes:
        target: Where it is and how to be let in.
        client: The ``kfp.Client``; ask it with ``ask``, which knows about time and errors.
        version: Its release, e.g. 2.17.0, or what it calls itself.
        namespace: The namespace to name in requests: none where the server has a single user.
    """

    def __init__(self, target: KubeflowTarget, patience: Patience = PATIENT) -> None:
        self.target = target
        self._patience = patience
        self.client = _client(target)
        api_client = self.client.runs.run_service_get_run.__self__.api_client
        # Unasked, it tries three times, and follows a gateway to its log-in page.
        api_client.rest_client.pool_manager.connection_pool_kw["retries"] = False
        self._call = api_client.call_api
        health = self._health()
        self.version = str(health.get("tag_name") or health.get("apiServerTagName") or "unknown")
        self.namespace = target.namespace if health.get("multi_user") else ""
        self._check_version()

    def ask(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Makes one request with a function of ``client``.

        Raises:
            NoriaError: The server was not reached (UnavailableError), or refused.
        """
        try:
            return call(*args, _request_timeout=self._patience, **kwargs)
        except NoriaError:
            raise
        except Exception as error:
            # kfp's client has no common error; each kind is told apart there.
            raise explain(error, self.target) from error

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        """What a page says that kfp's client does not know: parsed JSON, or text."""
        return self.ask(
            self._call,
            path,
            "GET",
            query_params=list((query or {}).items()),
            response_type="object",
            auth_settings=["Bearer"],
            _return_http_data_only=True,
        )

    def text(self, path: str, query: dict[str, str]) -> str:
        """The text of a page."""
        answer = self.ask(
            self._call,
            path,
            "GET",
            query_params=list(query.items()),
            auth_settings=["Bearer"],
            _return_http_data_only=True,
            _preload_content=False,
        )
        return str(answer.data.decode("utf-8", errors="replace"))

    def page(self, place: str) -> str:
        """Address of a page for people, e.g. ``runs/details/ID``."""
        return f"{self.target.host.rstrip('/')}/#/{place}"

    def _health(self) -> dict[str, Any]:
        try:
            health = self.get("/apis/v2beta1/healthz")
        except (NotThereError, NotKubeflowError) as error:
            health = self._old_health(error)
        if not isinstance(health, dict) or not health.keys() & {"multi_user", "apiServerReady"}:
            raise not_understood(self.target, _shortened(health))
        if health.get("apiServerReady") is False:
            raise NoriaError(
                f"{self.target.host}: the page of Kubeflow Pipelines answers, the server behind it does not",
                hint=f"kubectl get pods -n {self.target.namespace}; wait until ml-pipeline is ready",
            )
        return health

    def _old_health(self, error: NoriaError) -> Any:
        """Asks as version 1 is asked, so that its number can be named."""
        try:
            return self.get("/apis/v1beta1/healthz")
        except (NotThereError, NotKubeflowError):
            raise error from None

    def _check_version(self) -> None:
        found = re.match(r"v?(\d+)\.(\d+)", self.version)
        # Builds of one's own carry no number.
        if found and not (int(found[1]) == _OLDEST[0] and int(found[2]) >= _OLDEST[1]):
            raise NoriaError(
                f"{self.target.host} is Kubeflow Pipelines {self.version}; expected 2.5 or a later 2.x",
                hint="upgrade it (infra/kustomize pins a release), or choose another target",
            )


class _TokenFile:
    """Reads the token anew for every request, so that one renewed meanwhile is taken."""

    def __init__(self, target: KubeflowTarget) -> None:
        self._target = target

    def refresh_api_key_hook(self, configuration: Any) -> None:
        """Called by kfp's client before each request."""
        configuration.api_key["authorization"] = read_token(self._target)


def _client(target: KubeflowTarget) -> Any:
    if target.token_file:
        read_token(target)
    authority = Path(target.ca_file).expanduser() if target.ca_file else None
    if authority is not None and not authority.is_file():
        raise NoriaError(
            f"the certificate authority of {target.host} cannot be read: there is no file {authority}",
            hint="mend ca_file in the target",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import kfp

        return kfp.Client(
            host=target.host,
            # Without one, the client asks for the server's health by itself, five times in 25 seconds.
            # It is used for nothing: requests name theirs.
            namespace="unused",
            credentials=_TokenFile(target) if target.token_file else None,
            ssl_ca_cert=str(authority) if authority else None,
        )


def _shortened(answer: Any) -> str:
    text = " ".join(str(answer).split())
    kind = "an HTML page" if text.lower().startswith(("<!doctype", "<html")) else "got"
    return f"{kind}: {text[:80]}"
