import hashlib

import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError

from nbexchange.plugin import ExchangeFetchFeedback

from .conftest import says

TIMESTAMP = "2026-02-03 04:05:06.000007 UTC"
PAGE = b"<html>"


def entry(timestamp=TIMESTAMP, notebook="p1"):
    digest = hashlib.sha256(PAGE).hexdigest()
    return {"student": "ada", "timestamp": timestamp, "notebook_id": notebook, "sha256": digest}


@pytest.mark.parametrize(
    ("timestamp", "notebook"),
    [
        ("../..", "escaped"),
        ("/tmp/x", "escaped"),
        (TIMESTAMP, "../../escaped"),
        ("a\\b", "escaped"),
        ("..", "x"),
    ],
)
def test_whatever_a_service_says_feedback_stays_in_its_folder(
    server, tmp_path, monkeypatch, timestamp, notebook
):
    monkeypatch.chdir(tmp_path)
    server.answers = [
        says(200, {"feedback": [entry(timestamp, notebook), entry()]}),
        says(200, {"submissions": [], "next": None}),
        says(200, PAGE),
    ]
    (tmp_path / "home").mkdir()
    course = CourseDirectory(course_id="bio", assignment_id="ps1")
    fetch = ExchangeFetchFeedback(
        coursedir=course, service_url=server.url, assignment_dir=str(tmp_path / "home")
    )
    with pytest.raises(
        ExchangeError, match=r"1 of 2 files were not fetched: .* cannot be the name of a file"
    ):
        fetch.start()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [
        tmp_path / "home" / "ps1" / "feedback" / TIMESTAMP / "p1.html"
    ]
