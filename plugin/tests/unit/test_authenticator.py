import pytest
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from traitlets.config import Config

import nbexchange.plugin as plugin
from nbexchange.plugin.authenticator import ExchangeAuthenticator

from .conftest import says

COURSES = [
    {"course_id": "bio", "is_instructor": True},
    {"course_id": "art", "is_instructor": False},
    {"course_id": "act", "is_instructor": True},
]


@pytest.fixture
def authenticator(server):
    server.answers = [says(200, {"name": "ada", "courses": COURSES})]
    config = Config()
    config.Exchange.service_url = server.url
    config.Authenticator.plugin_class = ExchangeAuthenticator
    return Authenticator(config=config)


@pytest.mark.parametrize("name", ["ada", "*", ""])
def test_my_courses_are_all_of_mine(authenticator, name):
    assert authenticator.get_student_courses(name) == ["act", "art", "bio"]


@pytest.mark.parametrize("name", ["bob", "Ada", "ada*"])
def test_the_courses_of_somebody_else_are_those_in_which_i_teach(authenticator, name):
    assert authenticator.get_student_courses(name) == ["act", "bio"]


@pytest.mark.parametrize(("course", "access"), [("bio", True), ("art", False), ("chem", False)])
def test_somebody_else_gets_into_no_course_in_which_i_only_learn(authenticator, course, access):
    assert authenticator.has_access("bob", course) == access


@pytest.mark.parametrize("operation", ["FetchAssignment", "Submit"])
def test_who_is_not_in_a_course_is_told_so_before_anything_is_done(
    server, authenticator, operation, tmp_path, monkeypatch
):
    work = tmp_path if operation == "FetchAssignment" else tmp_path / "ps1"
    work.mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path)
    course = CourseDirectory(course_id="chem", assignment_id="ps1")
    made = getattr(plugin, f"Exchange{operation}")(
        coursedir=course, authenticator=authenticator, service_url=server.url
    )
    with pytest.raises(ExchangeError, match=r"You do not have access to this course\."):
        made.start()
    assert [request.path for request in server.requests] == ["/services/nbexchange/api/v1/me"]
