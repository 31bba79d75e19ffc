"""The pytest plugin that puts our service and our exchange under nbgrader's tests."""

import functools
import json
from pathlib import Path

import nbgrader.api
import pytest
from held import Held
from mirror import Folders, Mirror
from nbgrader.apps.api import NbGraderAPI
from nbgrader.utils import get_username
from traitlets.config import Config

import nbexchange.plugin
from nbexchange.plugin import ExchangeList, ExchangeReleaseFeedback

COURSES = ("abc101", "abc102", "xyz200")
OPERATIONS = [
    "list",
    *("release_assignment", "fetch_assignment", "submit", "collect"),
    *("release_feedback", "fetch_feedback"),
]


class Suite:
    """Gives every test an organisation of its own, in which one person teaches all courses."""

    def __init__(self, base_url: str, origin: str):
        self._base_url = base_url
        self._origin = origin
        self._organisation = 1000
        self._folders: dict[str, Path] = {}
        self._begin_test()
        for name in OPERATIONS:
            self._watch(getattr(nbexchange.plugin, _class_name(name)))
        self._configure_api()
        # For every new gradebook nbgrader asks alembic, in a process of its own, for the same thing.
        nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)

    def _begin_test(self) -> None:
        self._organisation += 1
        self._folders.clear()
        courses = [{"course_id": code, "course_role": "Instructor"} for code in COURSES]
        self._identity = {"name": get_username(), "org_id": self._organisation, "courses": courses}
        self._mirror = Mirror(Held(self._base_url, self._identity), get_username())

    def _settings(self) -> dict[str, dict[str, str]]:
        classes = {name: f"nbexchange.plugin.{_class_name(name)}" for name in OPERATIONS}
        return {
            "ExchangeFactory": {"exchange": "nbexchange.plugin.Exchange", **classes},
            "Exchange": {
                "service_url": self._origin,
                "api_plugin_class": "nbexchange.plugin.auth.HeaderCredentials",
            },
            "HeaderCredentials": {"value": json.dumps(self._identity)},
        }

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Nothing crosses organisations, so a new one is an empty service."""
        self._begin_test()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        """Note the folders of the test, and add our settings to the config file that it writes."""
        value = yield
        if fixturedef.argname in ("exchange", "cache", "course_dir"):
            self._folders[fixturedef.argname] = Path(value)
        if fixturedef.argname == "temp_cwd":
            lines = [
                f"c.{section}.{name} = {setting!r}\n"
                for section, settings in self._settings().items()
                for name, setting in settings.items()
            ]
            with (Path(value) / "nbgrader_config.py").open("a") as config:
                config.writelines(["\n", *lines])
        return value

    def _configure_api(self) -> None:
        """Tests make NbGraderAPI without a config file."""
        original, suite = NbGraderAPI.__init__, self

        def init(self, *args, config=None, **more):
            if isinstance(config, Config):
                merged = Config(suite._settings())
                merged.merge(config)
                config = merged
            original(self, *args, config=config, **more)

        NbGraderAPI.__init__ = init

    def _watch(self, kind: type) -> None:
        """Bring the mirror up to date after everything that objects of this class do."""
        original, suite = kind.start, self

        def start(self):
            folders = suite._test_folders()
            if folders is None:
                return original(self)
            suite._mirror.pass_on(folders)
            if isinstance(self, ExchangeReleaseFeedback) and folders.course:
                suite._mirror.hand_in(folders, self.coursedir.course_id, self.coursedir.assignment_id)
            try:
                return original(self)
            finally:
                if not isinstance(self, ExchangeList) or self.remove:
                    suite._mirror.show(folders)

        kind.start = start

    def _test_folders(self) -> Folders | None:
        if "exchange" not in self._folders:
            return None
        return Folders(self._folders["exchange"], self._folders.get("cache"), self._folders.get("course_dir"))


def _class_name(operation: str) -> str:
    return "Exchange" + operation.title().replace("_", "")
