"""Every way in which a server may not be what the target says, and what is said about it."""

from __future__ import annotations

import base64
import json
import socket

import pytest

from noria.errors import NoriaError
from orchestration.kubeflow.connection import QUICK, KubeflowServer
from orchestration.kubeflow.server_errors import NotKubeflowError
from orchestration.run_server import UnavailableError
from tests.orchestration.kubeflow.kfp_api import HTML, JSON, V1, V2, said


@pytest.mark.parametrize("version", ["2.5.0", "2.17.0", "v2.30.1", "unknown", "master"])
def test_versions_that_are_taken(api, place, version):
    api.version = version
    assert KubeflowServer(place()).version == version


@pytest.mark.parametrize("version", ["2.4.1", "2.0.0", "3.0.0"])
def test_versions_that_are_not(api, place, version):
    api.version = version
    with pytest.raises(NoriaError, match=rf"is Kubeflow Pipelines {version}; expected 2\.5"):
        KubeflowServer(place())


def test_version_one_is_named(api, place):
    def old(asked):
        if asked == f"GET {V1}/healthz":
            return 200, json.dumps({"tag_name": "1.8.5", "multi_user": False}), JSON
        return said(404, 5, "Not Found")

    api.trouble = old
    with pytest.raises(NoriaError, match=r"is Kubeflow Pipelines 1\.8\.5"):
        KubeflowServer(place())


def test_the_pages_server_is_an_address_too(api, place):
    health = {"apiServerTagName": "2.17.0", "apiServerReady": True, "multi_user": True}
    api.only_says((200, json.dumps(health), JSON))
    server = KubeflowServer(place(namespace="team-a"))
    assert (server.version, server.namespace) == ("2.17.0", "team-a")
    api.only_says((200, json.dumps(health | {"apiServerReady": False}), JSON))
    with pytest.raises(NoriaError, match="the server behind it does not"):
        KubeflowServer(place())


def test_the_namespace_is_named_only_where_there_are_several(api, place):
    assert KubeflowServer(place(namespace="team-a")).namespace == ""
    api.multi_user = True
    assert KubeflowServer(place(namespace="team-a")).namespace == "team-a"
    # Nothing but our own question was asked.
    assert api.count("GET", f"{V2}/healthz") == len(api.asked) == 2


def test_nobody_there(place):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(UnavailableError, match="does not answer") as caught:
        KubeflowServer(place(host=host))
    assert "make kind-up" in caught.value.hint


def test_somebody_who_never_answers(place):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(UnavailableError, match="does not answer"):
            KubeflowServer(place(host=f"http://127.0.0.1:{listener.getsockname()[1]}"), QUICK)
        # Asked once, not three times.
        listener.setblocking(False)
        listener.accept()[0].close()
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("status", [200, 404])
def test_a_page_of_something_else(api, place, status):
    api.only_says((status, "<!DOCTYPE html><html><title>Welcome</title></html>", HTML))
    with pytest.raises(NotKubeflowError) as caught:
        KubeflowServer(place())
    assert "mend host" in caught.value.hint


def test_json_of_something_else(api, place):
    api.only_says((200, '{"status": "green"}', JSON))
    with pytest.raises(NotKubeflowError, match="green"):
        KubeflowServer(place())


def test_a_gateway_that_wants_a_log_in(api, place):
    api.only_says((302, "/dex/auth?client_id=x", HTML))
    with pytest.raises(NoriaError, match=r"asks for credentials \(HTTP 302\); none were sent") as caught:
        KubeflowServer(place())
    assert "kubectl create token" in caught.value.hint
    assert len(api.asked) == 1


def test_expired_token(api, place, tmp_path):
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 1_700_000_000}).encode()).decode().rstrip("=")
    file = tmp_path / "token"
    file.write_text(f"e30.{claims}.sign")
    api.token = "another"
    with pytest.raises(NoriaError, match="expired on 2023-11-14 at 22:13 UTC") as caught:
        KubeflowServer(place(token_file=str(file), namespace="team-a"))
    assert str(file) in caught.value.message
    assert f"kubectl create token ACCOUNT -n team-a --audience pipelines.kubeflow.org > {file}" in str(
        caught.value
    )


def test_missing_and_empty_token(api, place, tmp_path):
    file = tmp_path / "token"
    with pytest.raises(NoriaError, match=r"cannot be read.*No such file"):
        KubeflowServer(place(token_file=str(file)))
    file.write_text("\n")
    with pytest.raises(NoriaError, match="is empty"):
        KubeflowServer(place(token_file=str(file)))
    assert api.asked == []


def test_a_renewed_token_is_taken_without_a_new_connection(api, place, tmp_path):
    file = tmp_path / "token"
    file.write_text("first")
    api.token = "first"
    server = KubeflowServer(place(token_file=str(file)))
    api.token = "second"
    with pytest.raises(NoriaError, match="asks for credentials"):
        server.get(f"{V2}/healthz")
    file.write_text("second\n")
    assert server.get(f"{V2}/healthz")["tag_name"] == "2.17.0"


def test_not_allowed(api, place, tmp_path):
    file = tmp_path / "token"
    file.write_text("opaque")
    server = KubeflowServer(place(token_file=str(file), namespace="team-a"))
    api.only_says(said(403, 7, "User 'mia' is not authorized"))
    with pytest.raises(NoriaError, match=r"does not allow this in namespace team-a.*'mia' is not authorized"):
        server.get(f"{V2}/runs")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_not_now(api, place, status):
    api.only_says((status, "upstream connect error", HTML))
    with pytest.raises(UnavailableError, match=f"HTTP {status}.*upstream connect error"):
        KubeflowServer(place())
    # Asked once: nobody waits for retries that were not asked for.
    assert len(api.asked) == 1


def test_a_certificate_that_is_not_trusted(api, place, tmp_path):
    with pytest.raises(NoriaError, match="not trusted") as caught:
        KubeflowServer(place(host=api.host.replace("http", "https")))
    assert "ca_file" in caught.value.hint
    with pytest.raises(NoriaError, match="there is no file"):
        KubeflowServer(place(ca_file=str(tmp_path / "ca.crt")))
