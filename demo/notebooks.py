"""The assignment of the demo: one notebook that is graded by tests, and one that a person grades."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NUMBERS = "numbers"
WORDS = "words"
POINTS = {"double": 2.0, "double-text": 1.0, "why": 5.0}

_SOLUTION = "def double(x):\n    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION"


def write_assignment(folder: Path) -> None:
    """Write both notebooks as an instructor would make them, solutions included."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [
        new_markdown_cell("Write `double(x)`, which answers twice as much."),
        _graded(new_code_cell(_SOLUTION), "double-solution", solution=True),
        _graded(new_code_cell("assert double(21) == 42"), "double", points=POINTS["double"]),
        _graded(new_code_cell("assert double('ab') == 'abab'"), "double-text", points=POINTS["double-text"]),
    ]
    words = [
        new_markdown_cell("Why is that called doubling?"),
        _graded(new_markdown_cell("Your answer here."), "why", solution=True, points=POINTS["why"]),
    ]
    for name, cells in ((NUMBERS, numbers), (WORDS, words)):
        notebook = new_notebook(cells=cells)
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, folder / f"{name}.ipynb")


def answer(folder: Path, notebook: str, grade_id: str, source: str) -> None:
    """Replace what stands in a cell, as a student does."""
    path = folder / f"{notebook}.ipynb"
    content = nbformat.read(path, as_version=4)
    for cell in content.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            cell.source = source
    nbformat.write(content, path)


def _graded(cell: NotebookNode, grade_id: str, *, solution: bool = False, points: float = 0) -> NotebookNode:
    cell.metadata.nbgrader = {
        "grade_id": grade_id,
        "grade": points > 0,
        "solution": solution,
        "locked": not solution,
        "task": False,
        "schema_version": 3,
        **({"points": points} if points > 0 else {}),
    }
    return cell
