"""What is behind nbgrader's two pages: formgrader's API object, and the list of assignments in Jupyter."""

import os
from functools import partial

from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.assignment_list.handlers import AssignmentList

from .conftest import Person
from .nbgrader_app import inside


class Formgrader:
    """`api` is the NbGraderAPI that formgrader makes for each page, here with the settings of a person."""

    def __init__(self, person: Person):
        self._inside = inside(person.folder)

    def __enter__(self) -> "Formgrader":
        self._inside.__enter__()
        app = NbGrader()
        app.config_file_paths.append(os.getcwd())
        app.load_config_file()
        self.api = NbGraderAPI(CourseDirectory(config=app.config), config=app.config)
        return self

    def __exit__(self, *failure: object) -> None:
        self.api.gradebook.close()
        self._inside.__exit__(*failure)


class Panel:
    """Jupyter's list of assignments, in the folder of a person; it has the calls of the real one."""

    def __init__(self, person: Person):
        self._person = person
        self._list = AssignmentList()
        self._list.root_dir = str(person.folder)

    def __getattr__(self, name: str):
        return partial(self._call, getattr(self._list, name))

    def _call(self, method, *args: str) -> dict:
        with inside(self._person.folder):
            return method(*args)
