"""The gradebook of the course: read the due date, write who the students are. One thread at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.exc import SQLAlchemyError

from .client import Json
from .failures import PlainFailure


def due_date(coursedir: Any) -> datetime | None:
    """Answer when the assignment is due (UTC, no zone), None where nobody said. Raises `PlainFailure`."""
    try:
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            due: datetime | None = gradebook.find_assignment(coursedir.assignment_id).duedate
            return due
    except MissingEntry:
        return None
    except SQLAlchemyError as error:
        raise _unusable(error) from error


def fill_in(coursedir: Any, submissions: Iterable[Json]) -> None:
    """Write name, e-mail and LMS id of each student into the gradebook where they are empty there.

    A student of whom the service knows nothing but the user name is left alone. Raises `PlainFailure`.
    """
    known = {one["student"]: details for one in submissions if (details := details_of(one))}
    if not known:
        return
    try:
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            there = {student.id: student for student in gradebook.students}
            for name, details in known.items():
                student = there.get(name)
                missing = {key: value for key, value in details.items() if not getattr(student, key, None)}
                if missing:
                    gradebook.update_or_create_student(name, **missing)
    except SQLAlchemyError as error:
        raise _unusable(error) from error


def details_of(submission: Json) -> dict[str, str]:
    """Answer what the service knows of the student, as columns of the gradebook; nothing that is empty."""
    first, last = _split(submission.get("full_name") or "")
    details = {
        "first_name": first,
        "last_name": last,
        "email": submission.get("email") or "",
        "lms_user_id": submission.get("lms_user_id") or "",
    }
    # The columns hold 128 characters.
    return {key: value[:128] for key, value in details.items() if value}


def _split(full_name: str) -> tuple[str, str]:
    """First and last name: what stands before the last space, or after a comma, is the first."""
    name = " ".join(full_name.split())
    last, comma, first = name.partition(", ")
    if comma:
        return first, last
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")


def _unusable(error: SQLAlchemyError) -> PlainFailure:
    cause = getattr(error, "orig", None) or error
    reason = " ".join(str(cause).split())
    return PlainFailure(f"The gradebook cannot be used ({reason}): check CourseDirectory.db_url.")
