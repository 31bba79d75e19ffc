"""The lists that nbgrader and its pages read: every key that its default exchange gives, and in its order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from .archive import safe_name
from .assignments import notebooks_in
from .client import Json

_FEEDBACK_KEYS = ("has_local_feedback", "has_exchange_feedback", "local_feedback_path", "feedback_updated")


def released_entry(assignment: Json, folder: str, address: str) -> Json:
    """Answer one released assignment: as it lies in `folder` if it was fetched, else as it is there."""
    fetched = os.path.exists(folder)
    path = os.path.abspath(folder) if fetched else address
    notebooks = notebooks_in(path) if fetched else sorted(assignment["release"]["notebooks"])
    return {
        "course_id": assignment["course_id"],
        "assignment_id": assignment["assignment_id"],
        "status": "fetched" if fetched else "released",
        "path": path,
        "notebooks": [_notebook(name, path) for name in notebooks],
    }


def submitted_entry(submission: Json, notebooks: Iterable[str], folder: str, address: str) -> Json:
    """Answer one submission of these notebooks, with the feedback in the service and that in `folder`."""
    local = _LocalFeedback(folder, submission["timestamp"])
    given = {feedback["notebook_id"]: feedback["sha256"] for feedback in submission["feedback"]}
    rows = [{**_notebook(name, address), **local.of(name, given.get(name))} for name in sorted(notebooks)]
    has_local = bool(rows) and all(row["has_local_feedback"] for row in rows)
    return {
        "course_id": submission["course_id"],
        "student_id": submission["student"],
        "assignment_id": submission["assignment_id"],
        "timestamp": submission["timestamp"],
        "random_string": None,
        "status": "submitted",
        "path": address,
        "notebooks": rows,
        "has_local_feedback": has_local,
        "has_exchange_feedback": bool(rows) and all(row["has_exchange_feedback"] for row in rows),
        "feedback_updated": any(row["feedback_updated"] for row in rows),
        "local_feedback_path": local.folder if has_local else None,
    }


def removed(entry: Json) -> Json:
    """Answer the entry as it is listed when it is removed."""
    kept = {key: value for key, value in entry.items() if key not in _FEEDBACK_KEYS}
    notebooks = [{"notebook_id": one["notebook_id"], "path": one["path"]} for one in entry["notebooks"]]
    return {**kept, "status": "removed", "notebooks": notebooks}


def grouped(entries: Iterable[Json]) -> list[Json]:
    """Answer one row for each course, student and assignment, with its submissions by timestamp."""

    def key(entry: Json) -> tuple[Any, ...]:
        return entry["course_id"], entry["student_id"], entry["assignment_id"]

    rows = []
    for (course, student, assignment), group in groupby(sorted(entries, key=key), key):
        submissions = sorted(group, key=lambda entry: str(entry["timestamp"]))
        rows.append(
            {
                "course_id": course,
                "student_id": student,
                "assignment_id": assignment,
                "status": submissions[0]["status"],
                "submissions": submissions,
            }
        )
    return rows


def submitted_line(entry: Json) -> str:
    """Answer how nbgrader shows a submission."""
    line = "{course_id} {student_id} {assignment_id} {timestamp}".format(**entry)
    if entry["status"] != "submitted":
        return line
    if entry["has_local_feedback"] and not entry["feedback_updated"]:
        return f"{line} (feedback already fetched)"
    if entry["has_exchange_feedback"]:
        return f"{line} (feedback ready to be fetched)"
    return f"{line} (no feedback available)"


def _notebook(name: str, path: str) -> Json:
    return {"notebook_id": name, "path": f"{path}/{name}.ipynb"}


class _LocalFeedback:
    """The feedback on one submission that was fetched before."""

    def __init__(self, folder: str, timestamp: str) -> None:
        self.folder = os.path.join(folder, "feedback", timestamp)
        self._usable = safe_name(timestamp)

    def of(self, notebook: str, given: str | None) -> Json:
        """Answer the state of one notebook; `given` is the sha256 of the feedback in the service."""
        path = os.path.join(self.folder, f"{notebook}.html")
        has = self._usable and safe_name(notebook) and os.path.isfile(path)
        return {
            "has_local_feedback": has,
            "has_exchange_feedback": given is not None,
            "local_feedback_path": path if has else None,
            "feedback_updated": has and given is not None and _sha256(path) != given,
        }


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
