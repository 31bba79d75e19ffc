"""The whole cycle through a real JupyterHub, by nbgrader's command line in the servers of its users."""

import requests

from .conftest import fill_in, write_source
from .hub import GROUPS, wait_until


def test_the_cycle_in_two_courses(hub):
    for course in ("bio", "chem"):
        hub.configure_nbgrader("ina", course)
        write_source(hub.home("ina") / course / "source" / "ps1")
        hub.nbgrader("ina", "generate_assignment", "ps1")
        hub.nbgrader("ina", "release_assignment", "ps1")
        for student in ("ada", "zoe"):
            listed = hub.nbgrader(student, "list")
            assert f"{course} ps1" in listed
            hub.nbgrader(student, "fetch_assignment", "ps1", "--course", course)
            fill_in(hub.home(student) / course / "ps1" / "p1.ipynb", "x = 1")
            assert "Receipt: " in hub.nbgrader(student, "submit", "ps1", "--course", course)
        assert "Collecting submission: ada ps1" in hub.nbgrader("ina", "collect", "ps1")
        hub.nbgrader("ina", "autograde", "ps1")
        hub.nbgrader("ina", "generate_feedback", "ps1")
        hub.nbgrader("ina", "release_feedback", "ps1")
        for student in ("ada", "zoe"):
            hub.nbgrader(student, "fetch_feedback", "ps1", "--course", course)
            (page,) = (hub.home(student) / course / "ps1" / "feedback").glob("*/p1.html")
            own = hub.home("ina") / course / "feedback" / student / "ps1" / "p1.html"
            assert page.read_bytes() == own.read_bytes()
    hub.configure_nbgrader("ina")
    both = hub.nbgrader("ina", "list")
    assert "bio ps1" in both
    assert "chem ps1" in both


def test_students_do_not_teach_and_strangers_see_nothing(hub):
    log = hub.nbgrader("zoe", "list", "--inbound", "--course", "bio", fails=True)
    assert "The exchange refuses: " in log
    log = hub.nbgrader("zoe", "fetch_assignment", "ps1", "--course", "physics", fails=True)
    assert "You do not have access to this course." in log


def test_who_is_taken_out_of_the_group_loses_the_course_and_gets_it_back(hub):
    courses = lambda: my_courses(hub, "zoe")  # noqa: E731
    assert courses() == {"bio": "Student", "chem": "Student"}
    hub.api("DELETE", "groups/nbgrader-chem/users", json={"users": ["zoe"]})
    wait_until(lambda: courses() == {"bio": "Student"}, lambda: str(courses()), seconds=20)
    hub.api("POST", "groups/nbgrader-chem/users", json={"users": ["zoe"]})
    wait_until(lambda: len(courses()) == 2, lambda: str(courses()), seconds=20)


def test_a_token_without_the_scope_is_told_which_one(hub):
    made = hub.api("POST", "users/zoe/tokens", json={"scopes": ["access:servers!user=zoe"]}).json()
    answer = me(hub, made["token"])
    assert answer.status_code == 403
    assert "access:services!service=nbexchange" in answer.json()["message"]
    assert me(hub, "not-a-token").status_code == 401


def test_a_hub_that_restarts_is_waited_for(hub):
    token = hub.environment("zoe")["JUPYTERHUB_API_TOKEN"]
    assert me(hub, token).status_code == 200
    hub.stop()
    hub.start()
    for user in GROUPS["nbgrader-bio"]:
        hub.start_server(user)
    hub.start_server("ina")
    hub.nbgrader("zoe", "submit", "ps1", "--course", "bio")
    hub.configure_nbgrader("ina", "bio")
    assert "Updating submission: zoe ps1" in hub.nbgrader("ina", "collect", "ps1", "--update")


def me(hub, token: str) -> requests.Response:
    url = f"{hub.public}/services/nbexchange/api/v1/me"
    return requests.get(url, headers={"Authorization": f"token {token}"}, timeout=10)


def my_courses(hub, user: str) -> dict[str, str]:
    answer = me(hub, hub.environment(user)["JUPYTERHUB_API_TOKEN"])
    return {course["course_id"]: course["role"] for course in answer.json()["courses"]}
