"""What the service says about assignments, remembered for a moment."""

from __future__ import annotations

import glob
import os
import time
from typing import Any
from weakref import WeakKeyDictionary

from .client import Client, Json
from .transfer import repeatedly

_REMEMBERED_SECONDS = 2.0

# For each object that asks (an nbgrader app, formgrader's API object): what it was told, by query, and when.
_told: WeakKeyDictionary[Any, dict[tuple[str, ...], tuple[float, list[Json]]]] = WeakKeyDictionary()


def forget_assignments() -> None:
    """Ask anew from now on: something was changed."""
    _told.clear()


def list_assignments(
    client: Client, asker: Any, *, course: str | None = None, assignment: str | None = None
) -> list[Json]:
    """Answer the assignments of all my courses, or of one, or one of them, by course and assignment.

    The same `asker` gets the same answer for two seconds: formgrader's page asks once for each assignment.
    """
    query = [("course_id", course), ("assignment_id", assignment)]
    key = (client.identity(), course or "", assignment or "")
    remembered = _told.setdefault(asker, {}) if asker is not None else {}
    if key in remembered and time.monotonic() - remembered[key][0] < _REMEMBERED_SECONDS:
        return remembered[key][1]
    found = client.whole("assignments", "assignments", [(name, value) for name, value in query if value])
    listed = sorted(found, key=lambda one: (one["course_id"], one["assignment_id"]))
    remembered[key] = (time.monotonic(), listed)
    return listed


def find_assignment(client: Client, course: str, assignment: str) -> Json | None:
    """Answer one assignment as it is now, None where there is none that we may see.

    This begins every transfer, so a service that restarts is waited for.
    """
    found = repeatedly(lambda: list_assignments(client, None, course=course, assignment=assignment))
    return next((one for one in found if one["assignment_id"] == assignment), None)


def is_released(assignment: Json) -> bool:
    """Whether students can fetch it now."""
    return bool(assignment["status"] == "released")


def notebooks_in(folder: str) -> list[str]:
    """Answer the names of the notebooks that lie in `folder` itself, without extension, sorted."""
    paths = glob.glob(os.path.join(glob.escape(folder), "*.ipynb"))
    return sorted(os.path.splitext(os.path.basename(path))[0] for path in paths)
