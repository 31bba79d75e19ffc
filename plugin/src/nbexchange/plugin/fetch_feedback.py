"""`nbgrader fetch_feedback`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from nbgrader.exchange.abc import ExchangeFetchFeedback as ABCExchangeFetchFeedback

from .archive import safe_name
from .assignments import list_assignments
from .client import Json, path_of
from .exchange import Exchange, exact, matches
from .failures import PlainFailure
from .folders import write_file
from .parallel import in_parallel
from .transfer import download

# The service takes no larger feedback.
_MOST = 50 * 1024 * 1024


@dataclass(frozen=True)
class _Wanted:
    """One feedback file, and the timestamp of the submission for which it is kept."""

    assignment: str
    timestamp: str
    feedback: Json


class ExchangeFetchFeedback(ABCExchangeFetchFeedback, Exchange):
    """Brings feedback into `feedback/<timestamp of the submission>/` of the student's folder."""

    def init_src(self) -> None:
        """Find the feedback on every submission: our own, or those of the student that --student names."""
        self.course = self.require_course()
        self.student = self.other_student()
        self.wanted = [one for assignment in self._assignments() for one in self._feedback(assignment)]

    def _assignments(self) -> list[str]:
        one = exact(self.coursedir.assignment_id)
        if one is not None:
            return [one]
        listed = list_assignments(self.client, None, course=self.course)
        names = (str(found["assignment_id"]) for found in listed)
        return [name for name in names if matches(name, self.coursedir.assignment_id)]

    def _feedback(self, assignment: str) -> Iterator[_Wanted]:
        # This comes first, because it refuses an assignment or a student that is unknown.
        path = path_of("courses", self.course, "assignments", assignment, "feedback")
        query = [("student", self.student)] if self.student is not None else []
        given = self.client.whole("feedback", path, query)
        matched = set()
        for submission in self._submissions(assignment):
            found = {one["notebook_id"]: one for one in submission["feedback"]}
            self._tell(submission, found)
            for one in found.values():
                matched.add((one["timestamp"], one["notebook_id"]))
                yield _Wanted(assignment, submission["timestamp"], one)
        for one in given:
            if (one["timestamp"], one["notebook_id"]) not in matched:
                yield _Wanted(assignment, one["timestamp"], one)

    def _submissions(self, assignment: str) -> Iterator[Json]:
        query = [("course_id", self.course), ("assignment_id", assignment)]
        if self.student is None:
            return self.client.items("submissions", "me/submissions", query)
        query += [("student", self.student), ("feedback", "true")]
        return self.client.items("submissions", "submissions", query)

    def _tell(self, submission: Json, found: dict[str, Json]) -> None:
        for notebook in sorted({*submission["notebooks"], *found}):
            where = f"'{self.course}/{submission['assignment_id']}/{notebook}'"
            if notebook in found:
                self.log.info("Found feedback for %s submitted at %s", where, submission["timestamp"])
            else:
                self.log.warning(
                    "Could not find feedback for %s submitted at %s", where, submission["timestamp"]
                )

    def init_dest(self) -> None:
        """Name the folder, where it is one."""
        one = exact(self.coursedir.assignment_id)
        self.dest_path = self._folder(one) if one is not None else self.work_folder(self.course, "*")

    def _folder(self, assignment: str) -> str:
        if not self.can_have_folder(self.course, assignment):
            raise PlainFailure(f"{self.course}/{assignment} cannot be the name of a folder")
        return os.path.join(self.work_folder(self.course, assignment), "feedback")

    def copy_files(self) -> None:
        """Bring every file, in parallel, over what was fetched before."""
        self.log.info("Source: %s", self.service_root())
        self.log.info("Destination: %s", self.dest_path)
        failures: list[str] = []
        for outcome in in_parallel(self.wanted, self._fetch, "Fetching feedback"):
            if outcome.failure is None:
                self.log.info("Fetched feedback: %s", outcome.result)
            else:
                name = f"{outcome.item.assignment}/{outcome.item.feedback['notebook_id']}"
                failures.append(f"{name}: {outcome.failure}")
                self.log.error("Feedback not fetched: %s", failures[-1])
        if failures:
            raise PlainFailure(
                f"{len(failures)} of {len(self.wanted)} files were not fetched: {'; '.join(failures)}"
            )

    def _fetch(self, one: _Wanted) -> str:
        student, label, notebook = (one.feedback[key] for key in ("student", "timestamp", "notebook_id"))
        if not safe_name(one.timestamp) or not safe_name(notebook):
            raise PlainFailure(f"{one.timestamp}/{notebook} cannot be the name of a file")
        names = ("courses", self.course, "assignments", one.assignment, "feedback", student, label, notebook)
        target = os.path.join(self._folder(one.assignment), one.timestamp, f"{notebook}.html")
        with download(
            self.client, path_of(*names), max_bytes=_MOST, sha256=one.feedback["sha256"]
        ) as content:
            write_file(target, content.read())
        return target
