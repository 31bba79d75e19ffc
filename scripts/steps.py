"""The checks of this repository, in their order."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Step:
    """One program. It is one check, unless it writes a JUnit report or ends with `N passed, N failed`."""

    name: str
    command: list[str]
    junit: Path | None = None
    counts_itself: bool = False
    minutes: float = 15


def steps_of(kind: str, reports: Path) -> list[Step]:
    """Answer the steps of `check`, `test` or `torture`; reports are written to `reports`."""
    quick = [
        Step("TypeScript: lint", ["biome", "check", "."]),
        Step("TypeScript: types", ["tsc", "--noEmit", "--project", "server"]),
        Step("TypeScript: types of torture", ["tsc", "--noEmit", "--project", "torture"]),
        Step("TypeScript: types of bench", ["tsc", "--noEmit", "--project", "bench"]),
        Step("Python: lint", _python("ruff", "check", *PYTHON_FOLDERS)),
        Step("Python: format", _python("ruff", "format", "--check", *PYTHON_FOLDERS)),
        Step("Python: types", _python("mypy", "--config-file", "plugin/pyproject.toml", "plugin/src")),
        _vitest("service", reports, every_database=kind != "check"),
        _pytest("plugin: unit tests", "plugin/tests/unit", reports),
    ]
    whole = [
        _pytest("plugin: stories with nbgrader", "plugin/tests/e2e", reports),
        _pytest("plugin: through a real JupyterHub", "plugin/tests/hub", reports),
        _nbgrader_suite(reports),
        Step("chart: linted, rendered, validated", _script("try_chart"), counts_itself=True),
        Step("image: built, started, measured", _script("try_image"), counts_itself=True, minutes=30),
        _nbgrader_suite(reports, on="postgres"),
        Step("demo: the whole cycle", [sys.executable, "demo/run.py", "--exit"], counts_itself=True),
        _torture("power-cut", "--rounds", "2", "--longest", "1500"),
        _torture("memory", "--size", "200m", "--limit", "400", "--growth", "60"),
        _torture("memory", "--size", "200m", "--limit", "400", "--growth", "60", "--storage", "s3"),
        _torture("replicas", "--rounds", "3"),
    ]
    torture = [
        _torture("crash-points"),
        _torture("io-faults"),
        _torture("kill"),
        _torture("power-cut"),
        _torture("memory"),
        _torture("memory", "--size", "5g"),
        _torture("replicas"),
    ]
    return {"check": quick, "test": quick + whole, "torture": torture}[kind]


PYTHON_FOLDERS = ("plugin", "scripts", "demo", "bench")


def _python(*command: str) -> list[str]:
    return [sys.executable, "-m", *command]


def _script(name: str) -> list[str]:
    return [sys.executable, f"scripts/{name}.py"]


def _vitest(name: str, reports: Path, *, every_database: bool) -> Step:
    report = reports / f"{name}.xml"
    to_file = f"--outputFile.junit={report.absolute()}"
    databases = [] if every_database else ["env", "DATABASES=sqlite"]
    reporters = ["--reporter=default", "--reporter=junit", to_file]
    command = [*databases, "vitest", "run", "--root", "server", *reporters]
    return Step(f"{name}: tests", command, report, minutes=30)


def _pytest(name: str, folder: str, reports: Path) -> Step:
    report = reports / f"{Path(folder).name}.xml"
    config = ["-c", "plugin/pyproject.toml", "--rootdir=plugin"]
    return Step(name, _python("pytest", *config, folder, f"--junitxml={report}"), report, minutes=30)


def _nbgrader_suite(reports: Path, *, on: str = "sqlite") -> Step:
    report = reports / f"nbgrader-{on}.xml"
    command = [sys.executable, "plugin/tests/nbgrader_suite/run.py", f"--junitxml={report.absolute()}"]
    server = [] if on == "sqlite" else ["node", "server/test/servers/with-database.ts", on]
    return Step(f"nbgrader's own tests, on {on}", [*server, *command], report, minutes=30)


def _torture(name: str, *options: str) -> Step:
    command = ["node", f"torture/{name}.ts", *options]
    return Step(" ".join(["torture:", name, *options]), command, counts_itself=True, minutes=120)
