import hashlib

import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError

from nbexchange.plugin import ExchangeCollect

from .archives import archive
from .conftest import says

STAMP = "2026-02-03 04:05:06.000007 UTC"

pytestmark = pytest.mark.usefixtures("no_pauses")


def packed(text):
    with archive(("p1.ipynb", text)) as file:
        return file.read()


def submission(student, content):
    return {
        "id": "1", "student": student, "submitted_by": student, "course_id": "bio", "assignment_id": "ps1",
        "timestamp": STAMP, "received_at": STAMP, "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip


def collect(server, folder):
    course = CourseDirectory(course_id="bio", assignment_id="ps1", root=str(folder))
    ExchangeCollect(coursedir=course, service_url=server.url).start()


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("student", ["../../escaped", "/escaped", "..", ".", "a/b", "a\\b", ""])
def test_whatever_a_service_says_submissions_stay_in_their_folder(server, tmp_path, student):
    content = packed(b"{}")
    course = tmp_path / "some" / "where" / "course"
    course.mkdir(parents=True)
    listed = [submission(student, content), submission("ada", content)]
    server.answers = [says(200, {"submissions": listed, "next": None}), says(200, content)]
    with pytest.raises(ExchangeError, match=r"1 of 2 .* this user name cannot be the name of a folder"):
        collect(server, course)
    where = "some/where/course/submitted/ada/ps1"
    assert files(tmp_path) == [f"{where}/p1.ipynb", f"{where}/timestamp.txt"]


def test_a_submission_that_is_not_what_was_received_is_not_collected(server, tmp_path):
    listed = [submission("ada", packed(b"what she handed in"))]
    server.answers = [
        says(200, {"submissions": listed, "next": None}),
        says(200, packed(b"something else")),
    ]
    with pytest.raises(ExchangeError, match=r"1 of 1 .* is not the file as it was stored"):
        collect(server, tmp_path)
    assert files(tmp_path) == []
