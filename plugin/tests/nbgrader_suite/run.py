"""Run nbgrader's own tests of its exchange, unchanged, against our plugin and our service.

Arguments go to pytest: `run.py -k collect -x`. The tests are those of the nbgrader that this Python has.
"""

import os
import sys
import tempfile
from getpass import getuser
from pathlib import Path

import nbgrader
import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "scripts"))
sys.path.insert(0, str(HERE))

from running_service import running_service  # noqa: E402

TESTS = Path(nbgrader.__file__).parent / "tests"
MODULES = (
    "apps/test_nbgrader_releaseassignment.py",
    "apps/test_nbgrader_fetch_assignment.py",
    "apps/test_nbgrader_submit.py",
    "apps/test_nbgrader_list.py",
    "apps/test_nbgrader_collect.py",
    "apps/test_nbgrader_releasefeedback.py",
    "apps/test_nbgrader_fetchfeedback.py",
    "apps/test_api.py",
    "test_auth.py",
)


def left_out() -> list[tuple[str, str]]:
    """Answer the tests that we leave out, with the reasons."""
    lines = (HERE / "left_out.txt").read_text().splitlines()
    pairs = (line.partition("  # ") for line in lines if not line.startswith("#"))
    return [(name, reason) for name, _, reason in pairs]


def main(arguments: list[str]) -> int:
    """Answer pytest's exit code."""
    if not (TESTS / MODULES[0]).is_file():
        sys.stderr.write(f"This nbgrader has no tests: {TESTS}\n")
        return 2
    reasons = "".join(f"  {name}: {reason}\n" for name, reason in left_out())
    sys.stdout.write(f"nbgrader {nbgrader.__version__}, without:\n{reasons}")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="nbexchange-suite-") as folder:
        _set_environment(Path(folder))
        return _run(Path(folder), arguments)


def _set_environment(folder: Path) -> None:
    """Nothing of the person who runs this may reach the tests; they read USER, and start alembic by name."""
    os.environ.setdefault("USER", getuser())
    os.environ["HOME"] = str(folder)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def _run(folder: Path, arguments: list[str]) -> int:
    # Only after the environment is set: nbgrader looks at it when it is imported.
    from suite import Suite

    out = [argument for name, _ in left_out() for argument in ("--deselect", name)]
    settled = ["-c", str(HERE / "pytest.ini"), f"--rootdir={TESTS}", f"--confcutdir={TESTS}"]
    with running_service(folder, NBEX_USER_PLUGIN="proxy-header", NBEX_LOG_LEVEL="info") as service:
        suite = Suite(service.base_url, service.origin)
        return pytest.main(
            [*settled, *out, *(str(TESTS / module) for module in MODULES), *arguments], plugins=[suite]
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
