from types import SimpleNamespace

import pytest

from nbexchange.plugin import assignments
from nbexchange.plugin.assignments import find_assignment, forget_assignments, list_assignments, notebooks_in

from .conftest import says


class Asker:
    """Whoever asks: an app, or formgrader's API object."""


@pytest.fixture
def clock(monkeypatch):
    made = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(assignments, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


@pytest.fixture
def busy(server):
    server.answers = [says(200, {"assignments": [one("bio", "ps2"), one("bio", "ps1"), one("art", "ps9")]})]
    return server


def one(course, code):
    return {"course_id": course, "assignment_id": code, "status": "released"}


def test_an_answer_counts_for_two_seconds_and_comes_by_course_and_assignment(busy, clock):
    client, asker = busy.client(), Asker()
    listed = [(found["course_id"], found["assignment_id"]) for found in list_assignments(client, asker)]
    assert listed == [("art", "ps9"), ("bio", "ps1"), ("bio", "ps2")]
    clock.now += 1.9
    list_assignments(client, asker)
    assert len(busy.requests) == 1
    clock.now += 0.2
    list_assignments(client, asker)
    assert len(busy.requests) == 2


def test_an_answer_counts_for_the_same_question_of_the_same_asker_and_person(busy, clock):
    asker = Asker()
    ada, zoe = (busy.client(headers={"Authorization": f"Bearer {name}"}) for name in ("ada", "zoe"))
    list_assignments(ada, asker)
    list_assignments(zoe, asker)
    list_assignments(ada, Asker())
    list_assignments(ada, asker, course="bio")
    list_assignments(ada, asker, course="bio", assignment="ps1")
    list_assignments(ada, asker)
    assert [request.path.partition("assignments")[2] for request in busy.requests] == [
        "",
        "",
        "",
        "?course_id=bio",
        "?course_id=bio&assignment_id=ps1",
    ]


def test_what_was_changed_is_asked_anew(busy, clock):
    client, asker = busy.client(), Asker()
    list_assignments(client, asker)
    forget_assignments()
    list_assignments(client, asker)
    assert len(busy.requests) == 2


def test_one_assignment_is_always_asked_for_and_found_by_its_whole_name(busy, clock):
    client = busy.client()
    assert find_assignment(client, "bio", "ps1") == one("bio", "ps1")
    assert find_assignment(client, "bio", "ps") is None
    assert len(busy.requests) == 2


def test_notebooks_are_those_in_the_folder_itself(tmp_path):
    folder = tmp_path / "a[1]"
    (folder / "below").mkdir(parents=True)
    for name in ("b.ipynb", "a.ipynb", "a.txt", "below/c.ipynb"):
        (folder / name).touch()
    assert notebooks_in(str(folder)) == ["a", "b"]
