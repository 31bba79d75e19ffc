"""A real service in its own process, and persons who use real nbgrader against it."""

import json
import os
import re
import shutil
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
import requests
from nbformat.v4 import new_code_cell, new_notebook

from .nbgrader_app import run_nbgrader

REPOSITORY = Path(__file__).resolve().parents[3]
NODE = REPOSITORY / "node_modules" / ".bin" / "node"
BASE_PATH = "/services/nbexchange/"


class Service:
    """The service of this checkout on a free port, on SQLite and a folder. It keeps both over a restart."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.process = None
        self.port = "0"

    def start(self) -> None:
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NBEX_")},
            "NBEX_USER_PLUGIN": "proxy-header",
            "NBEX_HOST": "127.0.0.1",
            "NBEX_PORT": self.port,
            "NBEX_BASE_STORAGE_LOCATION": str(self.folder / "storage"),
        }
        command = [NODE if NODE.exists() else "node", REPOSITORY / "server" / "src" / "main.ts", "serve"]
        self.log = (self.folder / "service.log").open("ab+")
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        for line in self.process.stdout:
            self.log.write(line.encode())
            if match := re.search(r'"url":"(http://[^"/]+:(\d+))/', line):
                self.url, self.port = match[1], match[2]
                return
        raise RuntimeError(f"the service did not start: {(self.folder / 'service.log').read_text()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.communicate(timeout=30)
            self.log.close()
            self.process = None


@dataclass
class Person:
    """Somebody with a folder of their own, from which they run nbgrader."""

    service: Service
    folder: Path
    name: str
    courses: dict[str, str]
    more: dict = field(default_factory=dict)

    @property
    def identity(self) -> dict:
        """What the sign-in says of them."""
        courses = [{"course_id": code, "course_role": role} for code, role in self.courses.items()]
        return {"name": self.name, "org_id": 1, "courses": courses, **self.more}

    @property
    def headers(self) -> dict[str, str]:
        """What tells the service who they are."""
        return {"X-Exchange-User": json.dumps(self.identity)}

    def configure(self, extra: str = "") -> None:
        """Write nbgrader_config.py."""
        names = ["release_assignment", "fetch_assignment", "submit", "collect", "list"]
        names += ["release_feedback", "fetch_feedback"]
        lines = ["c = get_config()", "c.ExchangeFactory.exchange = 'nbexchange.plugin.Exchange'"]
        for name in names:
            kind = "Exchange" + "".join(word.capitalize() for word in name.split("_"))
            lines.append(f"c.ExchangeFactory.{name} = 'nbexchange.plugin.{kind}'")
        lines += [
            f"c.Exchange.service_url = {self.service.url!r}",
            "c.Exchange.api_plugin_class = 'nbexchange.plugin.auth.HeaderCredentials'",
            f"c.HeaderCredentials.value = {json.dumps(self.identity)!r}",
            f"c.CourseDirectory.course_id = {next(iter(self.courses))!r}",
            f"c.CourseDirectory.db_url = 'sqlite:///{self.folder}/gradebook.db'",
            extra,
        ]
        (self.folder / "nbgrader_config.py").write_text("\n".join(lines))

    def nbgrader(self, *args: str, fails: bool = False) -> str:
        """Run nbgrader in the person's folder; answer what it logged."""
        return run_nbgrader(self.folder, list(args), fails=fails)

    def api(self, method: str, path: str, **kwargs) -> requests.Response:
        """Ask the service as this person, past the plugin; `path` is below api/v1/."""
        headers = {**self.headers, **kwargs.pop("headers", {})}
        url = f"{self.service.url}{BASE_PATH}api/v1/{path}"
        return requests.request(method, url, headers=headers, timeout=30, **kwargs)


class Classroom:
    """One course, and its people."""

    def __init__(self, service: Service, folder: Path):
        self.service = service
        self.folder = folder
        self.course = f"course-{uuid.uuid4().hex[:8]}"
        self.teacher = self.person("teacher", "Instructor")

    def person(self, name: str, role: str = "Student", *, config: str = "", courses=None, **more) -> Person:
        """Make somebody; in this course unless `courses` says otherwise."""
        folder = self.folder / f"home-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        made = Person(self.service, folder, name, courses or {self.course: role}, more)
        made.configure(config)
        return made

    def write_source(self, assignment: str, notebook: str = "p1", answer: str = "x = 1") -> None:
        """Put an assignment with one graded cell into the teacher's course."""
        write_notebook(self.teacher.folder / "source" / assignment / f"{notebook}.ipynb", answer)

    def release_as_it_is(self, assignment: str, content: str = "{}") -> None:
        """Release a folder with one file that was never a source: quicker, where nobody looks at it."""
        folder = self.teacher.folder / "release" / assignment
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "p1.ipynb").write_text(content)
        self.teacher.nbgrader("release_assignment", assignment)

    def release(self, assignment: str) -> None:
        """Write, generate and release an assignment."""
        self.write_source(assignment)
        self.teacher.nbgrader("generate_assignment", assignment)
        self.teacher.nbgrader("release_assignment", assignment)


def write_notebook(path: Path, answer: str) -> None:
    """A notebook with a solution cell and an autograded test of it."""
    solution = new_code_cell(f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION")
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
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def answer(person: Person, assignment: str, code: str, notebook: str = "p1") -> None:
    """Fill in the first cell of the notebook that the person fetched."""
    path = person.folder / assignment / f"{notebook}.ipynb"
    filled = nbformat.read(path, as_version=4)
    filled.cells[0].source = code
    nbformat.write(filled, path)


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    started = Service(tmp_path_factory.mktemp("service"))
    started.start()
    yield started
    started.stop()


@pytest.fixture
def classroom(service, tmp_path):
    made = Classroom(service, tmp_path)
    yield made
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def released(classroom):
    """A classroom in which ps1 is released, with an empty notebook."""
    classroom.release_as_it_is("ps1")
    return classroom
