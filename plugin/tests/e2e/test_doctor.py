"""`python -m nbexchange.plugin doctor`, in the folders of its users."""

import json
import subprocess
import sys

import pytest

from nbexchange.plugin.doctor import main

from .nbgrader_app import inside


@pytest.fixture
def doctor(capsys):
    """A function that runs it where the person is, and answers exit code and output."""

    def run(person, *args):
        capsys.readouterr()
        with inside(person.folder):
            status = main(["doctor", *args])
        return status, capsys.readouterr().out

    return run


def test_it_says_who_we_are_and_which_courses_we_have(classroom):
    """As people start it, in a process of its own."""
    ada = classroom.person("ada")
    command = [sys.executable, "-m", "nbexchange.plugin", "doctor"]
    done = subprocess.run(command, cwd=ada.folder, capture_output=True, text=True, timeout=300)
    told = done.stdout
    assert (done.returncode, done.stderr) == (0, ""), told
    assert "in use for all of the exchange" in told
    assert "credentials: X-Exchange-User" in told
    assert "sign-in: ada of organisation 1" in told
    assert f"courses: {classroom.course} (Student)" in told


@pytest.mark.parametrize(
    ("assignment", "status", "words"),
    [("ps1", 0, "released, not fetched yet; its folder is ps1"), ("PS1", 1, "To be seen there: ps1.")],
)
def test_it_says_why_an_assignment_is_not_to_be_seen(classroom, doctor, assignment, status, words):
    classroom.release_as_it_is("ps1")
    args = ("--course", classroom.course, "--assignment", assignment)
    found = doctor(classroom.person("ada"), *args)
    assert found[0] == status
    assert words in found[1]


def test_it_says_that_we_are_not_in_a_course(classroom, doctor):
    status, told = doctor(classroom.person("ada"), "--course", "physics")
    assert status == 1
    assert "you are not in physics" in told


def test_it_says_that_nobody_answers_and_gives_json(classroom, doctor):
    ada = classroom.person("ada", config="c.Exchange.service_url = 'http://127.0.0.1:9'")
    status, told = doctor(ada, "--json")
    assert status == 1
    (ill,) = [one for one in json.loads(told)["findings"] if not one["ok"]]
    assert ill["about"] == "sign-in"
    assert "cannot be reached" in ill["found"]


def test_it_says_what_is_missing_in_the_configuration(classroom, doctor):
    ada = classroom.person("ada")
    (ada.folder / "nbgrader_config.py").write_text("c = get_config()\n")
    status, told = doctor(ada)
    assert status == 1
    assert "plugin: not in use for exchange, list" in told
    assert "service: No exchange is set" in told
