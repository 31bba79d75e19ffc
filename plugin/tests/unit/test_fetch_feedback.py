import hashlib

import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError

from nbexchange.plugin import ExchangeFetchFeedback

from .conftest import says

pytestmark = pytest.mark.usefixtures("no_pauses")

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


def fetched(server, folder):
    course = CourseDirectory(course_id="bio", assignment_id="ps1")
    fetch = ExchangeFetchFeedback(coursedir=course, service_url=server.url, assignment_dir=str(folder))
    fetch.start()
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def submission(*feedback, timestamp=TIMESTAMP):
    return {"assignment_id": "ps1", "timestamp": timestamp, "notebooks": ["p1"], "feedback": feedback}


def test_feedback_is_kept_under_the_time_of_its_submission_and_brought_once(server, tmp_path):
    label = "2026-02-03 05:05:06.000007 +0100"
    server.answers = [
        says(200, {"feedback": [entry(label)]}),
        says(200, {"submissions": [submission(entry(label))], "next": None}),
        says(200, PAGE),
    ]
    assert fetched(server, tmp_path) == [f"ps1/feedback/{TIMESTAMP}/p1.html"]
    assert [request.path for request in server.requests[2:]] == [
        "/services/nbexchange/api/v1/courses/bio/assignments/ps1/feedback/ada/"
        "2026-02-03%2005%3A05%3A06.000007%20%2B0100/p1"
    ]


def test_feedback_that_is_not_what_was_released_is_not_kept(server, tmp_path):
    server.answers = [
        says(200, {"feedback": [entry()]}),
        says(200, {"submissions": [], "next": None}),
        says(200, b"somebody else's"),
    ]
    with pytest.raises(ExchangeError, match="is not the file as it was stored"):
        fetched(server, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
