"""`nbgrader release_assignment`."""

from __future__ import annotations

import os
import uuid
from typing import Any

from nbgrader.exchange.abc import ExchangeReleaseAssignment as ABCExchangeReleaseAssignment
from traitlets.config import Config

from .assignments import find_assignment, forget_assignments, is_released
from .client import path_of
from .exchange import Exchange
from .failures import ServiceFailure
from .pack import Packed
from .transfer import upload


class ExchangeReleaseAssignment(ABCExchangeReleaseAssignment, Exchange):
    """Gives the release version of an assignment to the students of the course."""

    def _load_config(self, cfg: Config, **kwargs: Any) -> None:
        self.merge_old_section(cfg, "ExchangeRelease", "ExchangeReleaseAssignment")
        super()._load_config(cfg, **kwargs)

    def init_src(self) -> None:
        """Find the folder that `nbgrader generate_assignment` made."""
        course, assignment = self.coursedir, self.coursedir.assignment_id
        self.src_path = course.format_path(course.release_directory, ".", assignment)
        if os.path.isdir(self.src_path):
            return
        source = course.format_path(course.source_directory, ".", assignment)
        if os.path.isdir(source):
            self.fail(
                f"Assignment found in '{source}' but not '{self.src_path}', "
                "run `nbgrader generate_assignment` first."
            )
        self.not_found(self.src_path, course.format_path(course.release_directory, ".", "*"))

    def init_dest(self) -> None:
        """Name the assignment in the service."""
        self.course = self.require_course()
        self.assignment = str(self.coursedir.assignment_id)
        self.dest_path = path_of("courses", self.course, "assignments", self.assignment, "releases")

    def copy_files(self) -> None:
        """Release it; fails where it is released already, unless `force`."""
        known = find_assignment(self.client, self.course, self.assignment)
        if known is not None and is_released(known):
            if not self.force:
                self._fail_as_released()
            self.log.info("Overwriting files: %s %s", self.course, self.assignment)
        self.log.info("Source: %s", self.src_path)
        self.log.info("Destination: %s", self.address(self.dest_path))
        content = self.packed(self.src_path)
        with content.file:
            self._release(content)
        self.log.info("Released as: %s %s", self.course, self.assignment)

    def _release(self, content: Packed) -> None:
        query = [("notebook", name) for name in content.notebooks]
        if self.force:
            query.append(("force", "true"))
        try:
            upload(
                self.client, "POST", self.dest_path, content, query=query, idempotency_key=str(uuid.uuid4())
            )
        except ServiceFailure as failure:
            if failure.reason != "already_released":
                raise
            self._fail_as_released()
        finally:
            forget_assignments()

    def _fail_as_released(self) -> None:
        self.fail(f"Destination already exists, add --force to overwrite: {self.course} {self.assignment}")
