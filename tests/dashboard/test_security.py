"""Who gets in, and who may change what."""

import json
import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from dashboard.access import AccessStore
from dashboard.security import COOKIE, CSRF_HEADER
from noria.home import Home
from tests.dashboard.stored_runs import ADDRESS, client_of, store_run

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def tokens(tmp_path):
    return AccessStore(tmp_path).make_tokens()


@pytest.fixture
def client(tmp_path, tokens):
    assert len(tokens) == 2
    return client_of(tmp_path, auth="token")


def log_in(client, token):
    answer = client.post("/login", data={"token": token, "name": "Ada"})
    assert answer.status_code == 303
    return client.get("/api/session").json()["csrf_token"]


def changing_routes(app):
    def routes(router):
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield route
            elif getattr(route, "original_router", None) is not None:
                yield from routes(route.original_router)

    for route in routes(app):
        for method in sorted(route.methods - {"GET", "HEAD", "OPTIONS"}):
            path = re.sub(r"\{[^}]+\}", "abcdefgh", route.path)
            if path not in ("/login", "/api/session", "/logout"):
                yield method, path


def test_every_change_needs_a_token_an_operator_and_a_csrf_token(client, tokens):
    changes = list(changing_routes(client.app))
    assert ("POST", "/api/runs") in changes
    assert len(changes) > 5
    for method, path in changes:
        assert client.request(method, path, json={}).status_code == 401, (method, path)
    viewer = {"Authorization": f"Bearer {tokens['viewer']}"}
    for method, path in changes:
        assert client.request(method, path, json={}, headers=viewer).status_code == 403, (method, path)
    log_in(client, tokens["operator"])
    for method, path in changes:
        assert client.request(method, path, json={}).status_code == 403, (method, path)


def test_a_login_with_its_csrf_token_may_start_runs_and_is_written_down(client, tokens):
    token = log_in(client, tokens["operator"])
    refused = client.post("/api/runs", json={"pipeline": "nothing"}, headers={CSRF_HEADER: token})
    assert refused.status_code == 404
    audit = client.get("/api/audit").json()
    assert (audit[0]["person"], audit[0]["what"]) == ("Ada", "log in")


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(client, tokens):
    answer = client.post("/login", data={"token": tokens["viewer"]})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert tokens["viewer"].lower() not in cookie


def test_forged_and_ended_logins_are_nobodys(client, tokens, tmp_path):
    log_in(client, tokens["viewer"])
    cookie = client.cookies[COOKIE]
    client.cookies.clear()
    assert (
        client.get("/api/runs", cookies={COOKIE: cookie.replace(".viewer.", ".operator.")}).status_code == 401
    )
    assert client.get("/api/runs", cookies={COOKIE: "x.y"}).status_code == 401
    client.cookies.clear()
    assert client.get("/api/runs", cookies={COOKIE: cookie}).status_code == 200
    AccessStore(tmp_path).make_tokens(anew=True)
    assert client.get("/api/runs", cookies={COOKIE: cookie}).status_code == 401


def test_tokens_are_stored_hashed_for_their_owner_only(tokens, tmp_path):
    path = tmp_path / "dashboard" / "access.json"
    assert path.stat().st_mode & 0o077 == 0
    for token in tokens.values():
        assert token not in path.read_text()
    assert AccessStore(tmp_path).make_tokens() == {}


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_changes_from_other_origins_are_refused_even_with_a_token(client, tokens, headers):
    bearer = {"Authorization": f"Bearer {tokens['operator']}"}
    assert client.post("/api/runs", json={}, headers=bearer | headers).status_code == 403
    assert client.post("/api/runs", json={}, headers=bearer | {"Origin": ADDRESS}).status_code == 422


def test_other_names_of_the_server_are_refused(client):
    assert client.get("/healthz", headers={"Host": "evil.example:8377"}).status_code == 400
    assert client.get("/healthz", headers={"Host": "localhost:1"}).status_code == 200


def test_pages_lead_to_the_login_and_back_only_within(client, tokens):
    assert client.get("/runs").headers["location"] == "/login?next=/runs"
    answer = client.post("/login", data={"token": tokens["viewer"], "next": "//evil.example"})
    assert answer.headers["location"] == "/"


def test_every_answer_has_the_headers(client):
    for path in ("/login", "/api/runs", "/static/style.css", "/nothing"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"


def test_what_is_too_large_is_refused_before_it_is_read(tmp_path):
    client = client_of(tmp_path, max_body=1000)
    assert client.post("/api/runs", content=b" " * 1001).status_code == 413
    assert client.post("/api/runs", content=iter([b" " * 600, b" " * 600])).status_code == 413


def test_a_proxy_names_people_and_only_a_trusted_one(tmp_path):
    roles = {"ada@example.org": "operator", "*": "viewer"}
    client = client_of(tmp_path, auth="proxy", roles=roles, trusted_proxies=["testclient"])
    ada = {"X-Forwarded-Email": "ada@example.org"}
    session = client.get("/api/session", headers=ada).json()
    assert (session["person"], session["role"]) == ("ada@example.org", "operator")
    assert client.post("/api/runs", json={}, headers=ada).status_code == 403
    assert (
        client.post("/api/runs", json={}, headers=ada | {CSRF_HEADER: session["csrf_token"]}).status_code
        == 422
    )
    bob = {"X-Forwarded-Email": "bob@example.org"}
    assert client.get("/api/session", headers=bob).json()["role"] == "viewer"
    assert client.get("/api/session").status_code == 401
    strangers = client_of(tmp_path, auth="proxy", roles=roles, trusted_proxies=["192.0.2.1"])
    assert strangers.get("/api/session", headers=ada).status_code == 401


def test_a_planted_secret_gets_nowhere(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))
    monkeypatch.setenv("NORIA_PIPELINES", "toy.pipeline:PIPELINE")
    monkeypatch.setenv("PLANTED_PASSWORD", "planted-secret")
    client = client_of(tmp_path)
    folder = store_run(
        Home(tmp_path), config="name: planted-secret\npassword: other\n", error="with planted-secret"
    )
    folder.log("total").write_text("connected with planted-secret\n")
    shown = client.get(f"/api/runs/{folder.id}")
    log = client.get(f"/api/runs/{folder.id}/logs/total")
    assert shown.status_code == log.status_code == 200
    assert "planted-secret" not in shown.text + log.text
    assert shown.json()["settings"]["password"] == "******"
    changes = {"numbers.source": "/data/planted-secret"}
    refused = client.post("/api/runs", json={"pipeline": "toy", "changes": changes})
    assert refused.status_code == 400
    assert "numbers.source" in json.dumps(refused.json())
    assert "planted-secret" not in refused.text
    for path in tmp_path.glob("noria.sqlite*"):
        assert b"planted-secret" not in path.read_bytes()


def test_a_copied_cookie_ends_with_its_login(client, tokens, tmp_path):
    csrf = log_in(client, tokens["operator"])
    copied = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    thief = client_of(tmp_path, auth="token")
    assert thief.get("/api/runs", headers=copied).status_code == 200
    # Another login of the same person goes on.
    other = client_of(tmp_path, auth="token")
    log_in(other, tokens["operator"])
    assert client.post("/logout", data={"csrf_token": csrf}).status_code == 303
    # Also at a dashboard that runs beside this one.
    assert thief.get("/api/runs", headers=copied).status_code == 401
    assert client.get("/api/runs", headers=copied).status_code == 401
    assert other.get("/api/runs").status_code == 200
    assert (tmp_path / "dashboard" / "access.json").stat().st_mode & 0o077 == 0


def test_logins_that_ended_are_forgotten_when_they_would_have_ended(tmp_path, monkeypatch):
    access = AccessStore(tmp_path)
    access.make_tokens()
    clock = [1_000_000.0]
    monkeypatch.setattr("dashboard.access.time.time", lambda: clock[0])
    access.log_out(access.login("Ada", "viewer", hours=1))
    access.log_out("no.login.at.all.0")
    clock[0] += 3601
    late = access.login("Bob", "viewer", hours=1)
    access.log_out(late)
    ended = json.loads((tmp_path / "dashboard" / "access.json").read_text())["ended"]
    assert list(ended) == [late.split(".")[3]]
