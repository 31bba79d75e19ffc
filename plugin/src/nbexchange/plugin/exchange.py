"""What the seven operations share: settings, credentials, the course and the folders."""

from __future__ import annotations

import contextlib
import difflib
import fnmatch
import glob
import os
from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import urlsplit

from nbgrader.exchange import ExchangeError
from nbgrader.exchange.abc import Exchange as ABCExchange
from nbgrader.utils import ignore_patterns
from traitlets import Bool, Float, Integer, Type, Unicode, default
from traitlets.config import Config

from .archive import safe_name
from .auth import EnvironmentCredentials
from .client import API, Client
from .failures import PlainFailure, describe
from .pack import Packed, pack


class Exchange(ABCExchange):
    """nbgrader's exchange, with an nbexchange service in place of a shared disk.

    Making one does nothing but remember; `start` raises `ExchangeError`, with one line that says what to do.
    """

    service_url = Unicode(
        help="The address of the service, such as https://hub.example.org; without it NBEX_SERVICE_URL or "
        "NAAS_BASE_URL of the environment counts."
    ).tag(config=True)

    base_path = Unicode("/services/nbexchange/", help="The path at which the service lives there.").tag(
        config=True
    )

    max_buffer_size = Integer(
        5253530000, help="The largest archive to send, and the most to unpack from one (bytes)."
    ).tag(config=True)

    api_timeout = Float(10, help="Seconds that a call may take which moves no files.").tag(config=True)

    api_plugin_class = Type(
        EnvironmentCredentials,
        klass=object,
        help="Who we are: a class with prep_api_call(path), which answers (url, cookies, headers).",
    ).tag(config=True)

    path_includes_course = Bool(
        False, help="Whether folders of assignments are ./course/assignment rather than ./assignment."
    ).tag(config=True)

    root = Unicode(help="Changes nothing: the files live in the service.").tag(config=True)

    cache = Unicode(help="Changes nothing: the service remembers what was submitted.").tag(config=True)

    _client: Client | None = None

    @default("service_url")
    def _service_url_from_environment(self) -> str:
        names = ("NBEX_SERVICE_URL", "NAAS_BASE_URL")
        return next((value for name in names if (value := os.environ.get(name, "").strip())), "")

    @default("root")
    def _root_shown_to_people(self) -> str:
        return self.service_root() if self.service_url else ""

    def service_root(self) -> str:
        """Answer service and base path, with a slash at the end. Fails without a service."""
        if not self.service_url:
            self.fail(
                "No exchange is set: put c.Exchange.service_url = 'https://...' into nbgrader_config.py, "
                "or set NBEX_SERVICE_URL."
            )
        if "@" in self.service_url:
            self.fail(
                "c.Exchange.service_url must not hold a user name or a password, which would be logged: "
                "set NBEX_TOKEN, or c.Exchange.api_plugin_class."
            )
        parts = urlsplit(self.service_url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            self.fail(
                f"c.Exchange.service_url must be like https://host.example.org, not {self.service_url!r}."
            )
        path = self.base_path.strip("/")
        return self.service_url.rstrip("/") + (f"/{path}/" if path else "/")

    def address(self, path: str) -> str:
        """Answer the whole address of a percent-encoded path of the API."""
        return self.service_root() + API + path

    @property
    def client(self) -> Client:
        """The service, as the person that the credentials name."""
        if self._client is None:
            make: Any = self.api_plugin_class
            credentials = make(parent=self)
            self._client = Client(credentials.prep_api_call, self.api_timeout)
        return self._client

    def start(self) -> Any:
        """Do it. Raises `ExchangeError` for everything that can go wrong outside of us."""
        with self.told_plainly():
            return super().start()

    @contextlib.contextmanager
    def told_plainly(self) -> Iterator[None]:
        """Make a logged one-line `ExchangeError` of what the service or the operating system refuse."""
        try:
            yield
        except PlainFailure as failure:
            self.log.debug("What happened:", exc_info=True)
            self._fail_alone(str(failure))
        except OSError as error:
            self.log.debug("What happened:", exc_info=True)
            self._fail_alone(describe(error))

    def _fail_alone(self, message: str) -> NoReturn:
        """Fail without the story behind it, which people would have to read first."""
        try:
            self.fail(message)
        except ExchangeError as error:
            raise error from None
        raise AssertionError("fail() came back")

    def require_course(self) -> str:
        """Answer the course; fails without one."""
        if self.coursedir.course_id == "":
            self.fail("No course id specified. Re-run with --course flag.")
        return str(self.coursedir.course_id)

    def require_access(self, course: str) -> None:
        """Fail where nbgrader's authenticator keeps the student out of `course`."""
        if self.authenticator is None:
            return
        if not self.authenticator.has_access(self.coursedir.student_id, course):
            self.fail("You do not have access to this course.")

    def other_student(self) -> str | None:
        """Answer whom --student names, None where that is nobody or ourselves. Fails for a pattern."""
        student = str(self.coursedir.student_id)
        if student in ("", "*"):
            return None
        if "*" in student or "+" in student:
            self.fail(f"The student ID should contain no '*' nor '+'; got {student}")
        return None if self.client.get("me").get("name") == student else student

    def work_folder(self, course: str, assignment: str) -> str:
        """Answer the absolute folder in which a student works on an assignment."""
        parts = (course, assignment) if self.path_includes_course else (assignment,)
        return os.path.abspath(os.path.join(self._assignment_root(), *parts))

    def can_have_folder(self, course: str, assignment: str) -> bool:
        """Whether `work_folder` can be made of these names, and lies where a student works."""
        return safe_name(assignment) and (not self.path_includes_course or safe_name(course))

    def _assignment_root(self) -> str:
        """Jupyter's list of assignments has already gone into assignment_dir when it asks us."""
        root = os.path.normpath(self.assignment_dir)
        inside = os.getcwd() == root or os.getcwd().endswith(os.sep + root)
        return "." if inside and not os.path.isabs(root) and not os.path.isdir(root) else root

    def packed(self, folder: str) -> Packed:
        """Pack `folder` without what `CourseDirectory` leaves out. Raises RuntimeError if it is too big."""
        self._check_size(folder)
        course = self.coursedir
        ignore = ignore_patterns(course.ignore, course.include, course.max_file_size, self.log)
        return pack(folder, ignore, max_bytes=self.max_buffer_size, warn=self.log.warning)

    def _check_size(self, folder: str) -> None:
        files = (os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)
        size = sum(os.path.getsize(path) for path in files if not os.path.islink(path))
        most = 1000 * self.coursedir.max_dir_size
        if size > most:
            self.log.error("Directory size is too big")
            # nbgrader's own exchange raises this, and its tests expect it.
            raise RuntimeError(f"Directory size is too big. Size is {size}, maximum size is {most}")

    def not_found(self, folder: str, others: str) -> NoReturn:
        """Fail for a `folder` that is not there; name the nearest one that matches the pattern `others`."""
        message = f"Assignment not found at: {folder}"
        self.log.fatal(message)
        found = glob.glob(others)
        if found:
            nearest = max(found, key=lambda path: difflib.SequenceMatcher(None, folder, path).ratio())
            self.log.error("Did you mean: %s", nearest)
        raise ExchangeError(message)

    def merge_old_section(self, config: Config, old: str, new: str) -> None:
        """Take settings over from a section that has another name today, with a warning."""
        if old in config:
            lines = "\n".join(f"{old}.{key} = {value!r}" for key, value in config[old].items())
            self.log.warning("Use %s in config, not %s. Outdated config:\n%s", new, old, lines)
            config[new].merge(config[old])
            del config[old]


def matches(name: str, pattern: str) -> bool:
    """Whether `name` is meant by `pattern`: itself, a glob, or '' for everything."""
    return pattern in ("", "*", name) or fnmatch.fnmatchcase(name, pattern)


def exact(pattern: str) -> str | None:
    """Answer the one name that `pattern` can mean, None for a glob or ''."""
    return None if pattern == "" or any(sign in pattern for sign in "*?[") else pattern
