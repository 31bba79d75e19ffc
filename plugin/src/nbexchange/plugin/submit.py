"""`nbgrader submit`."""

from __future__ import annotations

import glob
import os
import uuid

from nbgrader.exchange.abc import ExchangeSubmit as ABCExchangeSubmit
from traitlets import Bool

from .assignments import find_assignment, forget_assignments, is_released, notebooks_in
from .client import Json, path_of
from .exchange import Exchange
from .transfer import upload


class ExchangeSubmit(ABCExchangeSubmit, Exchange):
    """Hands in a student's folder. After `start`, `receipt` is what the service answered."""

    add_random_string = Bool(True, help="Changes nothing: nobody can guess what the service stores.").tag(
        config=True
    )

    receipt: Json | None = None

    def init_src(self) -> None:
        """Find the folder to hand in."""
        self.src_path = self.work_folder(self.coursedir.course_id, self.coursedir.assignment_id)
        self.coursedir.assignment_id = os.path.basename(self.src_path)
        if not os.path.isdir(self.src_path):
            self.not_found(self.src_path, os.path.join(glob.escape(os.path.dirname(self.src_path)), "*"))

    def init_dest(self) -> None:
        """Name the assignment in the service, and the student."""
        self.course = self.require_course()
        self.require_access(self.course)
        self.assignment = str(self.coursedir.assignment_id)
        self.student = self.other_student()
        self.dest_path = path_of("courses", self.course, "assignments", self.assignment, "submissions")

    def copy_files(self) -> None:
        """Hand it in. The time is that of the service: it is in the receipt, and becomes our `timestamp`."""
        released = find_assignment(self.client, self.course, self.assignment)
        if released is None or not is_released(released):
            self.fail(f"Assignment not found: {self.assignment} is not released in course {self.course}.")
            return
        self.log.info("Source: %s", self.src_path)
        self.log.info("Destination: %s", self.address(self.dest_path))
        self.check_notebooks(released["release"]["notebooks"])
        self.receipt = receipt = self._hand_in()
        self.timestamp = receipt["timestamp"]
        self.log.info("Submitted as: %s %s %s", self.course, self.assignment, self.timestamp)
        self.log.info(
            "Receipt: %s, received %s, %d bytes, sha256 %s",
            *(receipt[key] for key in ("id", "received_at", "size", "sha256")),
        )

    def _hand_in(self) -> Json:
        content = self.packed(self.src_path)
        query = [("notebook", name) for name in content.notebooks]
        if self.student is not None:
            query.append(("student", self.student))
        with content.file:
            try:
                return upload(
                    self.client,
                    "POST",
                    self.dest_path,
                    content,
                    query=query,
                    idempotency_key=str(uuid.uuid4()),
                )
            finally:
                forget_assignments()

    def check_notebooks(self, released: list[str]) -> None:
        """Compare our notebooks with the released ones; with `strict`, fail where one is missing.

        Only notebooks at the top count: nbgrader grades no others.
        """
        expected = [f"{name}.ipynb" for name in sorted(released)]
        found = [f"{name}.ipynb" for name in notebooks_in(self.src_path)]
        missing = set(expected) - set(found)
        if not missing and not set(found) - set(expected):
            return
        wanted = "\n\t".join(f"{name}: {'MISSING' if name in missing else 'FOUND'}" for name in expected)
        given = "\n\t".join(f"{name}: {'OK' if name in expected else 'EXTRA'}" for name in found)
        diff = f"Expected:\n\t{wanted}\nSubmitted:\n\t{given}"
        if missing and self.strict:
            self.fail(
                f"Assignment {self.assignment} not submitted. "
                f"There are missing notebooks for the submission:\n{diff}"
            )
        self.log.warning(
            "Possible missing notebooks and/or extra notebooks submitted for assignment %s:\n%s",
            self.assignment,
            diff,
        )
