"""Through a real JupyterHub, by nbgrader's command line in the servers of its users."""

import gzip

import requests

from .conftest import write_source
from .hub import wait_until


def test_a_second_course_of_the_same_people(hub):
    """Released and collected by commands; what is graded and given back is the same as in the first."""
    hub.configure_nbgrader("ina", "chem")
    write_source(hub.home("ina") / "chem" / "release" / "lab1")
    hub.nbgrader("ina", "release_assignment", "lab1")
    assert "chem lab1" in hub.nbgrader("zoe", "list")
    hub.nbgrader("zoe", "fetch_assignment", "lab1", "--course", "chem")
    assert "Receipt: " in hub.nbgrader("zoe", "submit", "lab1", "--course", "chem")
    assert "Collecting submission: zoe lab1" in hub.nbgrader("ina", "collect", "lab1")
    bio = {"course_id": "bio", "assignment_id": "made-elsewhere"}
    release(hub, "ina", **bio)
    hub.configure_nbgrader("ina")
    both = hub.nbgrader("ina", "list")
    assert "chem lab1" in both
    assert "bio made-elsewhere" in both


def test_students_do_not_teach_and_strangers_see_nothing(hub):
    log = hub.nbgrader("zoe", "list", "--inbound", "--course", "bio", fails=True)
    assert "The exchange refuses: " in log
    log = hub.nbgrader("zoe", "fetch_assignment", "lab1", "--course", "physics", fails=True)
    assert "You do not have access to this course." in log


def test_who_is_taken_out_of_the_group_loses_the_course_and_gets_it_back(hub):
    courses = lambda: my_courses(hub, "zoe")  # noqa: E731
    assert courses() == {"bio": "Student", "chem": "Student"}
    hub.api("DELETE", "groups/nbgrader-chem/users", json={"users": ["zoe"]})
    wait_until(lambda: courses() == {"bio": "Student"}, lambda: str(courses()))
    hub.api("POST", "groups/nbgrader-chem/users", json={"users": ["zoe"]})
    wait_until(lambda: len(courses()) == 2, lambda: str(courses()))


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
    hub.start_servers("zoe", "ina")
    hub.nbgrader("zoe", "submit", "lab1", "--course", "chem")
    hub.configure_nbgrader("ina", "chem")
    assert "Updating submission: zoe lab1" in hub.nbgrader("ina", "collect", "lab1", "--update")


def release(hub, user: str, course_id: str, assignment_id: str) -> None:
    """Past nbgrader, with the token of the user's server."""
    path = f"courses/{course_id}/assignments/{assignment_id}/releases"
    answer = requests.post(
        f"{hub.public}/services/nbexchange/api/v1/{path}",
        headers={
            "Authorization": f"token {hub.environment(user)['JUPYTERHUB_API_TOKEN']}",
            "Content-Type": "application/gzip",
        },
        data=gzip.compress(b""),
        timeout=120,
    )
    assert answer.status_code == 201, answer.text


def me(hub, token: str) -> requests.Response:
    url = f"{hub.public}/services/nbexchange/api/v1/me"
    return requests.get(url, headers={"Authorization": f"token {token}"}, timeout=120)


def my_courses(hub, user: str) -> dict[str, str]:
    answer = me(hub, hub.environment(user)["JUPYTERHUB_API_TOKEN"])
    return {course["course_id"]: course["role"] for course in answer.json()["courses"]}
