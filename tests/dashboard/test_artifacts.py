"""Files of runs: what leads out of an output's folder is not there, and nothing runs in a browser."""

import pytest

from noria.home import Home
from tests.dashboard.stored_runs import client_of, store_run

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def run(tmp_path):
    return store_run(Home(tmp_path))


@pytest.fixture
def get(tmp_path, run):
    client = client_of(tmp_path)
    return lambda path: client.get(f"/api/runs/{run.id}/artifacts{path}")


@pytest.fixture
def output(tmp_path, run):
    return tmp_path / "artifacts" / "toy" / "total" / "report" / run.id


def test_lists_and_sends_files(get, output):
    (output / "sub").mkdir()
    (output / "sub" / "a.json").write_text("{}")
    assert get("").json() == [{"output": "report", "path": "sub/a.json", "bytes": 2}]
    assert get("/report/sub/a.json").text == "{}"
    assert get("/report/sub/a.json?download=1").headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path",
    [
        "/report/../../../../../noria.sqlite",
        "/report/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/noria.sqlite",
        "/report/..%2f..%2f..%2f..%2f..%2fnoria.sqlite",
        "/report//etc/passwd",
        "/report/%00",
        "/report/" + "x" * 900,
        "/report/",
        "/nothing/a",
    ],
)
@pytest.mark.usefixtures("output")
def test_ways_out_are_not_there(get, path):
    assert get(path).status_code == 404


def test_symbolic_links_do_not_lead_out(get, output, tmp_path):
    (tmp_path / "outside.txt").write_text("outside")
    (output / "link.txt").symlink_to(tmp_path / "outside.txt")
    (output / "folder").symlink_to(tmp_path)
    assert get("/report/link.txt").status_code == 404
    assert get("/report/folder/outside.txt").status_code == 404
    assert get("").json() == []


def test_a_record_that_names_a_foreign_folder_is_not_believed(get, run):
    record = run.load()
    record.steps[0].outputs = {"report": "/etc"}
    run.save(record)
    assert get("/report/hostname").status_code == 404
    assert get("").json() == []


@pytest.mark.parametrize("name", ["page.html", "picture.svg", "page.HTM"])
def test_pages_come_in_a_sandbox(get, output, name):
    (output / name).write_text("<script>alert(1)</script>")
    headers = get(f"/report/{name}").headers
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "allow-scripts" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_unknown_kinds_are_downloaded(get, output):
    (output / "page.xhtml").write_text("<script/>")
    headers = get("/report/page.xhtml").headers
    assert headers["content-disposition"].startswith("attachment")
    assert headers["content-type"] == "application/octet-stream"
