"""`nbgrader collect`."""

from __future__ import annotations

import fnmatch
import os
from datetime import datetime, timedelta

from nbgrader.exchange.abc import ExchangeCollect as ABCExchangeCollect
from nbgrader.utils import parse_utc

from .archive import safe_name
from .client import Json, path_of
from .exchange import Exchange, exact, matches
from .failures import ArchiveFailure, PlainFailure
from .folders import fresh_folder, share_with_group, swap_in
from .gradebook import due_date, fill_in
from .parallel import in_parallel
from .transfer import download
from .unpack import unpack

_TIMESTAMP_FILE = "timestamp.txt"
_ODD = timedelta(minutes=5)


class ExchangeCollect(ABCExchangeCollect, Exchange):
    """Brings each student's newest submission into the instructor's `submitted` folder."""

    def init_src(self) -> None:
        """Choose one submission of each student: the newest, or with `before_duedate` the newest in time."""
        self.course = self.require_course()
        self.assignment = str(self.coursedir.assignment_id)
        chosen = self._newest()
        due = due_date(self.coursedir) if chosen and self.before_duedate else None
        if due is not None:
            chosen.update(self._newest(before=due))
        self.src_records = [chosen[student] for student in sorted(chosen)]

    def _newest(self, before: datetime | None = None) -> dict[str, Json]:
        query = [("course_id", self.course), ("assignment_id", self.assignment), ("latest", "true")]
        if student := exact(self.coursedir.student_id):
            query.append(("student", student))
        if before is not None:
            query.append(("before", f"{before:%Y-%m-%d %H:%M:%S.%f} UTC"))
        found = self.client.items("submissions", "submissions", query)
        return {one["student"]: one for one in found if matches(one["student"], self.coursedir.student_id)}

    def init_dest(self) -> None:
        """Nothing to prepare: each student has a folder."""

    def copy_files(self) -> None:
        """Collect what is new, in parallel; one student who fails does not stop the others."""
        if not self.src_records:
            self.log.warning(
                "No submissions of '%s' for course '%s' to collect", self.assignment, self.course
            )
            return
        self.log.info(
            "Processing %d submissions of '%s' for course '%s'",
            len(self.src_records),
            self.assignment,
            self.course,
        )
        failures: list[str] = []
        for outcome in in_parallel(self.src_records, self._collect, "Collecting"):
            student = outcome.item["student"]
            if outcome.failure is not None:
                failures.append(f"{student}: {outcome.failure}")
                self.log.error("Not collected: %s", failures[-1])
            else:
                self._tell(outcome.item, outcome.result or "")
        fill_in(self.coursedir, self.src_records)
        if failures:
            raise PlainFailure(
                f"{len(failures)} of {len(self.src_records)} submissions were not collected; "
                f"what was there before still is. {'; '.join(failures)}"
            )

    def _tell(self, record: Json, message: str) -> None:
        student = record["student"]
        self.log.info("%s: %s %s", message, student, self.assignment)
        if message not in ("Collecting submission", "Updating submission"):
            return
        if self.check_owner and record["submitted_by"] != student:
            self.log.info("Handed in for %s by %s", student, record["submitted_by"])
        stated, received = _instant(record["timestamp"]), _instant(record["received_at"])
        if stated is None or received is None or abs(stated - received) > _ODD:
            self.log.warning(
                "The submission of %s says %s but arrived at %s",
                student,
                record["timestamp"],
                record["received_at"],
            )

    def _collect(self, record: Json) -> str:
        """Bring one submission, if it is wanted; answer what was done, in nbgrader's words."""
        student = record["student"]
        if not safe_name(student):
            raise PlainFailure("this user name cannot be the name of a folder")
        course = self.coursedir
        target = course.format_path(course.submitted_directory, student, self.assignment)
        there = os.path.isdir(target)
        if there and not self._replaces(record, target):
            if self.update:
                return "No newer submission to collect"
            return "Submission already exists, use --update to update"
        self._bring(record, target)
        return "Updating submission" if there else "Collecting submission"

    def _replaces(self, record: Json, target: str) -> bool:
        """Whether the submission takes the place of the one in `target`."""
        if not (self.update or self.before_duedate):
            return False
        existing = self._existing_timestamp(target)
        new = _instant(record["timestamp"]) or _instant(record["received_at"])
        if existing is None or existing == new:
            return existing is None
        return self.before_duedate or bool(new and new > existing) or self._follows(record, existing)

    def _follows(self, record: Json, existing: datetime) -> bool:
        """Whether `existing` is an earlier submission, though a wrong clock gave it a later label."""
        query = [(key, record[key]) for key in ("course_id", "assignment_id", "student")]
        known = self.client.items("submissions", "submissions", query)
        return any(_instant(one["timestamp"]) == existing for one in known)

    def _existing_timestamp(self, target: str) -> datetime | None:
        """When the submission in `target` was made (UTC), None where nobody can tell."""
        path = os.path.join(target, _TIMESTAMP_FILE)
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                when = _instant(file.read().strip())
        except FileNotFoundError:
            return None
        if when is None:
            self.log.warning("Nobody can read the time in %s", path)
        return when

    def _bring(self, record: Json, target: str) -> None:
        names = (
            "courses",
            self.course,
            "assignments",
            self.assignment,
            "submissions",
            record["id"],
            "content",
        )
        archive = download(
            self.client, path_of(*names), max_bytes=self.max_buffer_size, sha256=record["sha256"]
        )
        most = min(self.max_buffer_size, 1000 * self.coursedir.max_dir_size)
        with archive, fresh_folder(target) as folder:
            try:
                unpack(archive, folder, max_bytes=most, leave_out=self._left_out)
            except ArchiveFailure as failure:
                raise PlainFailure(f"the archive is refused: {failure}") from failure
            with open(os.path.join(folder, _TIMESTAMP_FILE), "w", encoding="utf-8") as file:
                file.write(record["timestamp"])
            if self.coursedir.groupshared:
                share_with_group(folder)
            swap_in(folder, target)

    def _left_out(self, parts: tuple[str, ...], size: int, is_folder: bool) -> bool:
        """What nbgrader does not copy, as `CourseDirectory` says, and a timestamp.txt that is not ours."""
        course = self.coursedir
        if parts[:1] == (_TIMESTAMP_FILE,) or any(_any_match(part, course.ignore) for part in parts):
            return True
        if is_folder or not parts:
            return False
        if course.include and not _any_match(parts[-1], course.include):
            return True
        if course.max_file_size and size > 1000 * course.max_file_size:
            self.log.warning(
                "Ignoring file too large '%s' (see config option CourseDirectory.max_file_size)",
                "/".join(parts),
            )
            return True
        return False


def _instant(text: str) -> datetime | None:
    """When that is (UTC, without a zone); None for what is no time."""
    try:
        when: datetime = parse_utc(text)
    except (ValueError, OverflowError):
        return None
    return when


def _any_match(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)
