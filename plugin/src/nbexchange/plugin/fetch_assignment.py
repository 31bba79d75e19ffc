"""`nbgrader fetch_assignment`."""

from __future__ import annotations

import fnmatch
import os
import shutil
from typing import Any

from nbgrader.exchange.abc import ExchangeFetchAssignment as ABCExchangeFetchAssignment
from traitlets.config import Config

from .assignments import find_assignment, forget_assignments, is_released
from .client import path_of
from .exchange import Exchange
from .failures import ArchiveFailure, PlainFailure
from .folders import fresh_folder, swap_in
from .transfer import download
from .unpack import unpack


class ExchangeFetchAssignment(ABCExchangeFetchAssignment, Exchange):
    """Brings a released assignment into the student's folder."""

    def _load_config(self, cfg: Config, **kwargs: Any) -> None:
        self.merge_old_section(cfg, "ExchangeFetch", "ExchangeFetchAssignment")
        super()._load_config(cfg, **kwargs)

    def init_src(self) -> None:
        """Find the assignment in the service."""
        self.course = self.require_course()
        self.require_access(self.course)
        self.assignment = str(self.coursedir.assignment_id)
        self.src_path = path_of(
            "courses", self.course, "assignments", self.assignment, "releases", "latest", "content"
        )

    def init_dest(self) -> None:
        """Name the folder; fails where there is one already, unless `replace_missing_files`."""
        if not self.can_have_folder(self.course, self.assignment):
            self.fail(f"{self.course}/{self.assignment} cannot be the name of a folder.")
        self.dest_path = self.work_folder(self.course, self.assignment)
        if os.path.lexists(self.dest_path) and not (
            self.replace_missing_files and os.path.isdir(self.dest_path)
        ):
            self.fail(f"You already have a copy of the assignment in this directory: {self.dest_path}")

    def copy_files(self) -> None:
        """Download, check and unpack beside the folder, then make it the folder: all of it or nothing."""
        known = find_assignment(self.client, self.course, self.assignment)
        if known is None or not is_released(known):
            self.fail(
                f"Assignment not found: {self.assignment} is not released in course {self.course}. "
                "Check its name with `nbgrader list`."
            )
            return
        self.log.info("Source: %s", self.address(self.src_path))
        self.log.info("Destination: %s", self.dest_path)
        with fresh_folder(self.dest_path) as folder:
            self._download_into(folder)
            if os.path.isdir(self.dest_path):
                self._copy_missing(folder, self.dest_path)
            else:
                swap_in(folder, self.dest_path)
        forget_assignments()
        self.log.info("Fetched as: %s %s", self.course, self.assignment)

    def _download_into(self, folder: str) -> None:
        with download(self.client, self.src_path, max_bytes=self.max_buffer_size) as archive:
            try:
                unpack(archive, folder, max_bytes=self.max_buffer_size, leave_out=self._ignored)
            except ArchiveFailure as failure:
                raise PlainFailure(
                    f"{self.assignment} cannot be unpacked: {failure}. Tell your instructor."
                ) from failure

    def _ignored(self, parts: tuple[str, ...], _size: int, _folder: bool) -> bool:
        return any(fnmatch.fnmatch(part, glob) for part in parts for glob in self.coursedir.ignore)

    def _copy_missing(self, source: str, target: str) -> None:
        for name in sorted(os.listdir(source)):
            new, there = os.path.join(source, name), os.path.join(target, name)
            shown = os.path.relpath(there, os.getcwd())
            if os.path.isdir(new):
                if not os.path.exists(there):
                    self.log.warning("Creating missing directory '%s'", shown)
                    os.mkdir(there)
                self._copy_missing(new, there)
            elif not os.path.exists(there):
                self.log.warning("Replacing missing file '%s'", shown)
                shutil.move(new, there)
