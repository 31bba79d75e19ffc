"""`nbgrader list`, and the lists in formgrader and in Jupyter's panel."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

from nbgrader.exchange.abc import ExchangeList as ABCExchangeList
from traitlets import Bool

from .assignments import forget_assignments, is_released, list_assignments
from .client import Json, path_of
from .exchange import Exchange, exact, matches
from .failures import PlainFailure
from .listing import grouped, released_entry, removed, submitted_entry, submitted_line
from .parallel import in_parallel


class ExchangeList(ABCExchangeList, Exchange):
    """Released assignments; or submissions: one's own (`cached`), or all in one's own courses (`inbound`)."""

    as_json = Bool(False, help="Print the list as JSON to standard output, too.").tag(config=True)

    def init_src(self) -> None:
        """Nothing to prepare."""

    def init_dest(self) -> None:
        """Nothing to prepare."""

    def copy_files(self) -> None:
        """Nothing to copy."""

    def start(self) -> list[Json]:
        """Answer the list; with `remove`, after its entries were removed."""
        with self.told_plainly():
            listed: list[Json] = super().start()
        return listed

    def list_files(self) -> list[Json]:
        """Log and answer what there is."""
        entries = [entry for entry, _ in self._found()]
        submitted = self.inbound or self.cached
        return self._told("Submitted assignments:" if submitted else "Released assignments:", entries)

    def remove_files(self) -> list[Json]:
        """Remove what would be listed: unrelease, take off the instructors' list, or off one's own."""
        found = list(self._found())
        submitted = self.inbound or self.cached
        title = "Removing submitted assignments:" if submitted else "Removing released assignments:"
        listed = self._told(title, [removed(entry) for entry, _ in found])
        try:
            outcomes = list(in_parallel([path for _, path in found], self.client.delete, "Removing"))
        finally:
            forget_assignments()
        failures = [outcome.failure for outcome in outcomes if outcome.failure is not None]
        if failures:
            raise PlainFailure(f"{len(failures)} of {len(outcomes)} were not removed: {failures[0]}")
        return listed

    def _told(self, title: str, entries: list[Json]) -> list[Json]:
        self.log.info(title)
        submitted = self.inbound or self.cached
        listed = grouped(entries) if submitted else entries
        if submitted:
            for entry in (entry for group in listed for entry in group["submissions"]):
                self.log.info(submitted_line(entry))
        else:
            for entry in listed:
                there = os.path.exists(self._folder(entry))
                suffix = " (already downloaded)" if there else ""
                self.log.info("%s %s%s", entry["course_id"], entry["assignment_id"], suffix)
        if self.as_json:
            sys.stdout.write(json.dumps(listed, indent=2) + "\n")
        return listed

    def _found(self) -> Iterator[tuple[Json, str]]:
        """Each entry, and what to delete in the service to remove it."""
        wanted = self._submitted() if self.inbound or self.cached else self._released()
        courses = self._allowed_courses()
        for entry, path in wanted:
            if courses is not None and entry["course_id"] not in courses:
                continue
            if not entry["notebooks"]:
                self.log.warning("No notebooks found in %s", entry["path"])
            yield entry, path

    def _allowed_courses(self) -> list[str] | None:
        """The courses that nbgrader's authenticator allows; None for all."""
        student = self.coursedir.student_id
        if not student or self.authenticator is None:
            return None
        courses: list[str] | None = self.authenticator.get_student_courses(student)
        return courses

    def _released(self) -> Iterator[tuple[Json, str]]:
        for one in self._assignments():
            if is_released(one) and self._meant(one):
                path = path_of("courses", one["course_id"], "assignments", one["assignment_id"])
                address = self.address(f"{path}/releases/latest/content")
                yield released_entry(one, self._folder(one), address), path

    def _submitted(self) -> Iterator[tuple[Json, str]]:
        query = list(self._filters())
        if self.inbound:
            query.append(("feedback", "true"))
            if student := exact(self.coursedir.student_id):
                query.append(("student", student))
        listed = self.client.items("submissions", "submissions" if self.inbound else "me/submissions", query)
        for one in listed:
            if self._meant(one) and matches(one["student"], self.coursedir.student_id):
                path = path_of("courses", one["course_id"], "assignments", one["assignment_id"])
                path = f"{path}/submissions/{path_of(one['id'])}"
                entry = submitted_entry(one, self._notebooks(one), self._folder(one), self.address(path))
                yield entry, path if self.inbound else path_of("me", "submissions", one["id"])

    def _notebooks(self, submission: Json) -> list[str]:
        """The notebooks of a submission; older clients do not name them, so those of the assignment count."""
        if submission["notebooks"]:
            return list(submission["notebooks"])
        for one in self._assignments():
            if all(one[key] == submission[key] for key in ("course_id", "assignment_id")):
                return list(one["release"]["notebooks"])
        return []

    def _assignments(self) -> list[Json]:
        filters = dict(self._filters())
        return list_assignments(
            self.client, self.parent, course=filters.get("course_id"), assignment=filters.get("assignment_id")
        )

    def _filters(self) -> Iterator[tuple[str, str]]:
        for name in ("course_id", "assignment_id"):
            if (value := exact(getattr(self.coursedir, name))) is not None:
                yield name, value

    def _meant(self, one: Json) -> bool:
        return all(
            matches(one[name], getattr(self.coursedir, name)) for name in ("course_id", "assignment_id")
        )

    def _folder(self, one: Json) -> str:
        """Where a student has this assignment; where nothing is, for a name that no folder can have."""
        course, assignment = one["course_id"], one["assignment_id"]
        if not self.can_have_folder(course, assignment):
            return os.devnull + "/none"
        return self.work_folder(course, assignment)
