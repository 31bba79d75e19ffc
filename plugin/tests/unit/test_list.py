import os

import pytest
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from nbexchange.plugin import ExchangeList
from nbexchange.plugin.authenticator import ExchangeAuthenticator

from .conftest import says

STAMP = "2026-02-03 04:05:06.000007 UTC"


def assignment(course="bio", code="ps1"):
    return {
        "course_id": course,
        "assignment_id": code,
        "status": "released",
        "release": {"notebooks": ["p1"]},
    }


def submission(notebooks, course="bio", code="ps1"):
    return {
        "id": "1", "course_id": course, "assignment_id": code, "student": "ada", "timestamp": STAMP,
        "notebooks": notebooks, "feedback": [],
    }  # fmt: skip


def listed(server, folder, *, student="", authenticator=None, **more):
    lister = ExchangeList(
        coursedir=CourseDirectory(student_id=student or "*"),
        authenticator=authenticator,
        service_url=server.url,
        assignment_dir=str(folder),
        **more,
    )
    return lister.start()


@pytest.mark.parametrize(
    ("course", "code", "with_course"),
    [("bio", "../elsewhere", False), ("bio", "/", False), ("../", "elsewhere", True)],
)
def test_what_lies_outside_of_the_folder_was_not_fetched(server, tmp_path, course, code, with_course):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "home").mkdir()
    server.answers = [says(200, {"assignments": [assignment(course, code)]})]
    (found,) = listed(server, tmp_path / "home", path_includes_course=with_course)
    assert found["status"] == "released"


def test_notebooks_that_an_old_client_did_not_name_are_those_of_the_assignment(server, tmp_path):
    server.answers = [
        says(200, {"submissions": [submission([]), submission(["own"])], "next": None}),
        says(200, {"assignments": [assignment(code="ps2"), assignment()]}),
    ]
    (group,) = listed(server, tmp_path, cached=True)
    names = [[one["notebook_id"] for one in found["notebooks"]] for found in group["submissions"]]
    assert names == [["p1"], ["own"]]


def test_a_student_sees_only_courses_that_the_authenticator_allows(server, tmp_path):
    courses = [{"course_id": "bio", "is_instructor": True}, {"course_id": "art", "is_instructor": False}]
    server.answers = [
        says(200, {"name": "ada", "courses": courses}),
        says(200, {"assignments": [assignment("art"), assignment("bio"), assignment("chem")]}),
    ]
    config = Config()
    config.Exchange.service_url = server.url
    config.Authenticator.plugin_class = ExchangeAuthenticator
    found = listed(server, tmp_path, student="bob", authenticator=Authenticator(config=config))
    assert [one["course_id"] for one in found] == ["bio"]


def test_without_an_authenticator_all_that_the_service_shows_is_listed(server, tmp_path):
    server.answers = [says(200, {"assignments": [assignment("art"), assignment("bio")]})]
    assert [one["course_id"] for one in listed(server, tmp_path, student="bob")] == ["art", "bio"]


def test_what_was_fetched_is_told_by_its_folder(server, tmp_path):
    (tmp_path / "ps1").mkdir()
    server.answers = [says(200, {"assignments": [assignment(), assignment(code="ps2")]})]
    found = listed(server, tmp_path)
    assert [one["status"] for one in found] == ["fetched", "released"]
    assert found[0]["path"] == os.path.join(str(tmp_path), "ps1")
