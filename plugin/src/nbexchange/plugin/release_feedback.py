"""`nbgrader release_feedback`."""

from __future__ import annotations

import glob
import hashlib
import io
import os
import re
from dataclasses import dataclass

from nbgrader.exchange.abc import ExchangeReleaseFeedback as ABCExchangeReleaseFeedback

from .client import path_of
from .exchange import Exchange, matches
from .failures import PlainFailure
from .parallel import in_parallel
from .transfer import LocalFile, upload


@dataclass(frozen=True)
class _Feedback:
    """One HTML file that `nbgrader generate_feedback` made."""

    path: str
    student: str
    notebook: str


class ExchangeReleaseFeedback(ABCExchangeReleaseFeedback, Exchange):
    """Gives the generated feedback to the students. Doing it again changes nothing but what has changed."""

    def init_src(self) -> None:
        """Find the feedback files of the students that are meant."""
        course = self.coursedir
        self.assignment = str(course.assignment_id)
        self.src_path = course.format_path(course.feedback_directory, "*", glob.escape(self.assignment))
        excluded = set(course.student_id_exclude.split(",")) if course.student_id_exclude else set()
        found = (self._feedback_at(path) for path in sorted(glob.glob(os.path.join(self.src_path, "*.html"))))
        self.files = [
            one
            for one in found
            if one is not None and matches(one.student, course.student_id) and one.student not in excluded
        ]

    def _feedback_at(self, path: str) -> _Feedback | None:
        course = self.coursedir
        folder = course.format_path(
            course.feedback_directory, "(?P<student>[^/]+)", re.escape(self.assignment), escape=True
        )
        match = re.fullmatch(folder + r"/(?P<notebook>[^/]+)\.html", path)
        return _Feedback(path, match["student"], match["notebook"]) if match else None

    def init_dest(self) -> None:
        """Name the assignment in the service."""
        self.course = self.require_course()
        self.dest_path = path_of("courses", self.course, "assignments", self.assignment, "feedback")

    def copy_files(self) -> None:
        """Send every file, in parallel; one that fails does not stop the others."""
        if not self.files:
            self.log.warning(
                "No feedback of '%s' for course '%s' to release; run `nbgrader generate_feedback` first",
                self.assignment,
                self.course,
            )
        failures: list[str] = []
        for outcome in in_parallel(self.files, self._release, "Releasing feedback"):
            one = outcome.item
            if outcome.failure is not None:
                failures.append(f"{one.student}/{one.notebook}: {outcome.failure}")
                self.log.error("Feedback not released: %s", failures[-1])
                continue
            self.log.info(
                "Releasing feedback for student '%s' on assignment '%s/%s/%s' (%s)",
                *(one.student, self.course, self.assignment, one.notebook, outcome.result),
            )
            self.log.info("Feedback released to: %s", self.address(self.dest_path))
        if failures:
            raise PlainFailure(
                f"{len(failures)} of {len(self.files)} files were not released: {'; '.join(failures)}"
            )

    def _release(self, one: _Feedback) -> str:
        """Send one file; answer the timestamp of the submission that it is about."""
        timestamp = _timestamp_beside(one.path)
        with open(one.path, "rb") as file:
            html = file.read()
        content = LocalFile(io.BytesIO(html), len(html), hashlib.sha256(html).hexdigest())
        path = f"{self.dest_path}/{path_of(one.student, timestamp, one.notebook)}"
        upload(self.client, "PUT", path, content, content_type="text/html")
        return timestamp


def _timestamp_beside(path: str) -> str:
    stamp = os.path.join(os.path.dirname(path), "timestamp.txt")
    try:
        with open(stamp, encoding="utf-8", errors="replace") as file:
            timestamp = file.read().strip()
    except FileNotFoundError:
        timestamp = ""
    if timestamp:
        return timestamp
    raise PlainFailure(
        f"{stamp} is missing or empty, so nobody knows which submission this is about: "
        "collect the submission, then autograde it and generate the feedback again"
    )
