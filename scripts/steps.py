"""The checks of this repository, in their order."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from counts import Test


@dataclass
class Step:
    """One program. It is one check, unless it writes a JUnit report or ends with `N passed, N failed`."""

    name: str
    command: list[str]
    junit: Path | None = None
    # The command that runs one test of the report, for whoever mends it.
    one: Callable[[Test], list[str]] | None = None
    counts_itself: bool = False
    minutes: float = 15
    # Whether it keeps all processors busy by itself: then nothing runs beside it.
    alone: bool = False


def steps_of(kind: str, reports: Path) -> list[Step]:
    """Answer the steps of `check`, `test` or `torture`; reports are written to `reports`."""
    first = [
        Step("TypeScript: types", ["tsc", "--noEmit", "--project", "server"]),
        Step("Python: types", _python("mypy", "--config-file", "plugin/pyproject.toml", "plugin/src")),
        Step("TypeScript: lint", ["biome", "check", "."]),
        Step("API: its description, linted", ["redocly", "lint", "docs/openapi.json"]),
        Step("TypeScript: types of torture", ["tsc", "--noEmit", "--project", "torture"]),
        Step("TypeScript: types of bench", ["tsc", "--noEmit", "--project", "bench"]),
        Step("Python: lint", _python("ruff", "check", *PYTHON_FOLDERS)),
        Step("Python: format", _python("ruff", "format", "--check", *PYTHON_FOLDERS)),
        _pytest("scripts: how tests are run and counted", "scripts/tests", reports),
    ]
    unit = _pytest("plugin: unit tests", "plugin/tests/unit", reports)
    whole = [
        _pytest("API: clients and a page made from its description", "clients/tests", reports),
        _pytest("plugin: stories with nbgrader", "plugin/tests/e2e", reports),
        _nbgrader_suite(reports),
        _nbgrader_suite(reports, on="postgres"),
        _pytest("plugin: through a real JupyterHub", "plugin/tests/hub", reports),
        Step("image: built, started, measured", _script("try_image"), counts_itself=True, minutes=30),
        Step("chart: linted, rendered, validated", _script("try_chart"), counts_itself=True),
        Step("demo: the whole cycle", [sys.executable, "demo/run.py", "--exit"], counts_itself=True),
        _torture("memory", "--size", "200m", "--limit", "400", "--growth", "60"),
        _torture("memory", "--size", "200m", "--limit", "400", "--growth", "60", "--storage", "s3"),
        _torture("replicas", "--rounds", "3"),
        _torture("power-cut", "--rounds", "2", "--longest", "1500"),
    ]
    torture = [
        _torture("crash-points"),
        _torture("io-faults"),
        _torture("kill"),
        _torture("kill", "--rounds", "100", "--database", "postgres"),
        _torture("kill", "--rounds", "100", "--database", "mariadb"),
        _torture("power-cut"),
        _torture("memory"),
        _torture("memory", "--size", "5g"),
        _torture("replicas"),
    ]
    for step in torture:
        step.alone = True
    return {
        "check": [*first, _vitest("service", reports, "--project", "sqlite"), unit],
        "test": [*first, _vitest("service", reports), unit, *whole],
        "torture": torture,
    }[kind]


PYTHON_FOLDERS = ("plugin", "scripts", "demo", "bench", "clients")


def _python(*command: str) -> list[str]:
    return [sys.executable, "-m", *command]


def _script(name: str) -> list[str]:
    return [sys.executable, f"scripts/{name}.py"]


def _vitest(name: str, reports: Path, *options: str) -> Step:
    report = reports / f"{name}.xml"
    command = ["env", f"JUNIT_REPORT={report.absolute()}", "vitest", "run", "--root", "server", *options]
    return Step(f"{name}: tests", command, report, _one_of_vitest, minutes=30, alone=True)


def _one_of_vitest(test: Test) -> list[str]:
    whole_file = test.name in ("", test.file)
    name = [] if whole_file else ["--testNamePattern", re.escape(test.name)]
    return ["vitest", "run", "--root", "server", "--project", test.group, test.file, *name]


def _pytest(name: str, folder: str, reports: Path) -> Step:
    report = reports / f"{folder.replace('/', '-')}.xml"
    command = _python("pytest", "-c", "plugin/pyproject.toml", "--rootdir=.")

    def one(test: Test) -> list[str]:
        return [*command, f"{test.file}::{test.name}"]

    return Step(name, [*command, folder, *_junit(report)], report, one, minutes=30)


def _nbgrader_suite(reports: Path, *, on: str = "sqlite") -> Step:
    report = reports / f"nbgrader-{on}.xml"
    server = [] if on == "sqlite" else ["node", "server/test/servers/with-database.ts", on]
    command = [*server, sys.executable, "plugin/tests/nbgrader_suite/run.py"]

    def one(test: Test) -> list[str]:
        function = test.name.partition("[")[0]
        return [*command, "-k", f"{Path(test.file).stem} and {function}"]

    return Step(f"nbgrader's own tests, on {on}", [*command, *_junit(report)], report, one, minutes=30)


def _junit(report: Path) -> list[str]:
    """Of pytest's families the one that says in which file a test stands."""
    return [f"--junitxml={report.absolute()}", "-o", "junit_family=xunit1"]


def _torture(name: str, *options: str) -> Step:
    command = ["node", f"torture/{name}.ts", *options]
    return Step(" ".join(["torture:", name, *options]), command, counts_itself=True, minutes=120)
