"""Collecting: who, which time, and what goes into the gradebook."""

import pytest
from nbgrader.api import Gradebook

from .work import collected, handed_in, tar


@pytest.mark.parametrize(
    "forged", [[("timestamp.txt", "1999"), ("timestamp.txt", "2099")], [("timestamp.txt/1999", "x")]]
)
def test_a_timestamp_in_the_archive_does_not_count(released, forged):
    ada = released.person("ada")
    receipt = handed_in(released, ada, content=tar(("p1.ipynb", "x"), *forged))
    released.teacher.nbgrader("collect", "ps1")
    assert collected(released, "ada")[1] == receipt["timestamp"]


def test_a_label_far_from_the_time_of_arrival_is_noticed(released):
    handed_in(released, released.teacher, student="zoe", timestamp="2020-02-03 04:05:06.000007 UTC")
    log = released.teacher.nbgrader("collect", "ps1")
    assert "The submission of zoe says 2020-02-03 04:05:06.000007 UTC but arrived at " in log


def test_students_can_be_chosen(released):
    for name in ("ada", "alan", "zoe"):
        handed_in(released, released.person(name))
    submitted = released.teacher.folder / "submitted"
    released.teacher.nbgrader("collect", "ps1", "--student=zoe")
    assert sorted(path.name for path in submitted.iterdir()) == ["zoe"]
    released.teacher.nbgrader("collect", "ps1", "--student=a*")
    assert sorted(path.name for path in submitted.iterdir()) == ["ada", "alan", "zoe"]
    assert "alan" not in released.teacher.nbgrader("list", "--inbound", "--student=ada")


def test_who_a_student_is_goes_into_the_gradebook_only_where_nothing_is(released):
    database = f"sqlite:///{released.teacher.folder}/gradebook.db"
    with Gradebook(database) as gradebook:
        gradebook.add_student("ada", first_name="Countess", email="")
    more = {"full_name": "Ada Lovelace", "email": "ada@example.org", "lms_user_id": "7"}
    handed_in(released, released.person("ada", **more))
    handed_in(released, released.person("nobody"))
    released.teacher.nbgrader("collect", "ps1")
    with Gradebook(database) as gradebook:
        (ada,) = gradebook.students
        assert (ada.first_name, ada.last_name) == ("Countess", "Lovelace")
        assert (ada.email, ada.lms_user_id) == ("ada@example.org", "7")


def test_nothing_to_collect_is_told(released):
    log = released.teacher.nbgrader("collect", "ps1")
    assert f"No submissions of 'ps1' for course '{released.course}' to collect" in log
    assert not (released.teacher.folder / "submitted").exists()
