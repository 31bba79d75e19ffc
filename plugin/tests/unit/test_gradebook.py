from datetime import datetime

import pytest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from nbexchange.plugin.failures import PlainFailure
from nbexchange.plugin.gradebook import details_of, due_date


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Augusta Ada  King", "Augusta Ada", "King"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Plato", "Plato", None),
        ("  ", None, None),
        (None, None, None),
    ],
)
def test_a_full_name_is_split(full, first, last):
    details = details_of({"full_name": full})
    assert (details.get("first_name"), details.get("last_name")) == (first, last)


def test_only_what_is_known_is_written():
    assert details_of({"full_name": None, "email": "", "lms_user_id": "7"}) == {"lms_user_id": "7"}


def test_what_is_longer_than_its_column_is_cut():
    details = details_of({"full_name": "x" * 200 + " " + "y" * 200, "email": "e" * 129})
    assert details == {"first_name": "x" * 128, "last_name": "y" * 128, "email": "e" * 128}


def test_an_assignment_is_due_when_the_gradebook_says_so_or_never(tmp_path):
    database = f"sqlite:///{tmp_path}/gradebook.db"
    due = datetime(2026, 2, 3, 4, 5, 6)
    with Gradebook(database) as gradebook:
        gradebook.update_or_create_assignment("ps1", duedate=due)
        gradebook.update_or_create_assignment("ps2")
    found = [due_date(CourseDirectory(assignment_id=name, db_url=database)) for name in ("ps1", "ps2", "ps3")]
    assert found == [due, None, None]


def test_a_gradebook_that_cannot_be_used_is_told_in_one_line(tmp_path):
    course = CourseDirectory(assignment_id="ps1", db_url=f"sqlite:///{tmp_path}/missing/gradebook.db")
    with pytest.raises(PlainFailure, match=r"check CourseDirectory\.db_url") as caught:
        due_date(course)
    assert "\n" not in str(caught.value)
