import hashlib
import tarfile
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError

from nbexchange.plugin import ExchangeSubmit

from .conftest import says

STAMP = "2026-02-03 04:05:06.000007 UTC"
RELEASED = {
    "course_id": "bio",
    "assignment_id": "ps1",
    "status": "released",
    "release": {"notebooks": ["p1"]},
}
ME = says(200, {"name": "ada"})


def stored(server):
    """What the service says of what came, as it came."""

    def answer(handler):
        body = server.requests[-1].body
        receipt = {"id": "1", "timestamp": STAMP, "received_at": STAMP, "size": len(body)}
        says(201, {**receipt, "sha256": hashlib.sha256(body).hexdigest()})(handler)

    return answer


@pytest.fixture
def submit(server, tmp_path, monkeypatch):
    """A function that hands in a folder with these files; it answers the query and the names that came."""
    monkeypatch.chdir(tmp_path)

    def run(*names, student="", **more):
        (tmp_path / "ps1").mkdir()
        for name in names:
            (tmp_path / "ps1" / name).touch()
        course = CourseDirectory(course_id="bio", assignment_id="ps1", student_id=student or "*")
        made = ExchangeSubmit(coursedir=course, service_url=server.url, **more)
        made.start()
        sent = server.requests[-1]
        with tarfile.open(fileobj=BytesIO(sent.body)) as tar:
            names = tar.getnames()
        query = parse_qsl(urlsplit(sent.path).query)
        return SimpleNamespace(made=made, query=query, names=names)

    return run


def test_who_hands_in_for_themselves_names_the_notebooks_and_nobody(server, submit):
    server.answers = [says(200, {"assignments": [RELEASED]}), stored(server)]
    sent = submit("p1.ipynb", "data.csv")
    assert sent.query == [("notebook", "p1")]
    assert sent.names == ["data.csv", "p1.ipynb"]
    assert sent.made.timestamp == STAMP


@pytest.mark.parametrize(("student", "named"), [("bob", [("student", "bob")]), ("ada", [])])
def test_who_hands_in_for_somebody_else_names_them(server, submit, student, named):
    server.answers = [ME, says(200, {"assignments": [RELEASED]}), stored(server)]
    assert submit("p1.ipynb", student=student).query == [("notebook", "p1"), *named]


@pytest.mark.parametrize("student", ["b*", "ada+bob"])
def test_nobody_hands_in_for_a_pattern(server, submit, student):
    with pytest.raises(ExchangeError, match="The student ID should contain no"):
        submit("p1.ipynb", student=student)
    assert server.requests == []


@pytest.mark.parametrize("found", [[], [{**RELEASED, "status": "unreleased"}]])
def test_what_is_not_released_is_not_handed_in(server, submit, found):
    server.answers = [says(200, {"assignments": found})]
    with pytest.raises(ExchangeError, match="ps1 is not released in course bio"):
        submit("p1.ipynb")
    assert len(server.requests) == 1


@pytest.mark.parametrize(("names", "sent"), [(["p2.ipynb"], False), (["p1.ipynb", "p2.ipynb"], True)])
def test_with_strict_a_missing_notebook_stops_and_one_more_does_not(server, submit, names, sent):
    server.answers = [says(200, {"assignments": [RELEASED]}), stored(server)]
    if sent:
        submit(*names, strict=True)
    else:
        with pytest.raises(ExchangeError, match=r"p1\.ipynb: MISSING"):
            submit(*names, strict=True)
    assert len(server.requests) == 1 + sent
