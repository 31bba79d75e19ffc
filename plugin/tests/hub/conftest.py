"""One Hub for all tests of this folder, and a browser."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from .hub import REPOSITORY, USERS, Hub

sys.path.insert(0, str(REPOSITORY / "scripts"))

from chromium import running_chromium

SCREENSHOTS = REPOSITORY / ".build" / "screenshots"


@pytest.fixture(scope="session")
def hub(tmp_path_factory):
    made = Hub(tmp_path_factory.mktemp("hub"))
    try:
        made.start()
        for user in USERS:
            # Formgrader is for one course: that of the configuration with which its server has started.
            made.configure_nbgrader(user, "bio" if user == "ina" else "")
        made.start_servers(*USERS)
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def chromium():
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def screenshots(request):
    """Answer a function that keeps what a page shows, under a name."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def keep(page, name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"{request.node.name}-{name}.png", full_page=True)

    return keep


def write_source(folder: Path) -> None:
    """An assignment with one cell to fill in and one that grades it."""
    solution = new_code_cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION")
    solution.metadata.nbgrader = {
        "grade": False, "solution": True, "locked": False, "task": False,
        "grade_id": "answer", "schema_version": 3,
    }  # fmt: skip
    test = new_code_cell("assert x == 1")
    test.metadata.nbgrader = {
        "grade": True, "solution": False, "locked": True, "task": False,
        "points": 2, "grade_id": "test", "schema_version": 3,
    }  # fmt: skip
    notebook = new_notebook(cells=[solution, test])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "p1.ipynb")


def fill_in(path: Path, code: str) -> None:
    """Write an answer into the first cell."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = code
    nbformat.write(notebook, path)
