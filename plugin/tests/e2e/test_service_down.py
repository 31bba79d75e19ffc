"""The service is away: that is told in one line, nothing is lost, and all goes on when it is back."""

import threading

import pytest

from nbexchange.plugin import transfer

from .conftest import Classroom, Service
from .pages import Formgrader, Panel
from .work import files_below, write_feedback


@pytest.fixture(scope="module")
def mortal_service(tmp_path_factory):
    """A service of its own, to be stopped and started."""
    own = Service(tmp_path_factory.mktemp("mortal"))
    own.start()
    yield own
    own.stop()


@pytest.fixture
def mortal(mortal_service, tmp_path):
    """A classroom on it, where ada has handed in ps1 and the teacher has it."""
    if mortal_service.process is None:
        mortal_service.start()
    made = Classroom(mortal_service, tmp_path)
    made.ada = made.person("ada")
    made.write_source("ps1")
    made.release_as_it_is("ps1")
    made.ada.nbgrader("fetch_assignment", "ps1")
    made.ada.nbgrader("submit", "ps1")
    made.teacher.nbgrader("collect", "ps1")
    return made


@pytest.fixture
def impatient(monkeypatch):
    """No pauses before repetitions."""
    monkeypatch.setattr(transfer, "PAUSES", [0.0, 0.0, 0.0])


@pytest.fixture
def patient(monkeypatch):
    """Repetitions until the slowest machine has a service again."""
    monkeypatch.setattr(transfer, "PAUSES", [1.0] * 200)


def receipt_of(classroom):
    stamp = classroom.teacher.folder / "submitted" / "ada" / "ps1" / "timestamp.txt"
    return {"timestamp": stamp.read_text()}


def test_every_operation_tells_it_in_one_line_and_nothing_local_is_lost(mortal, impatient):
    write_feedback(mortal, "ada", receipt_of(mortal), "good")
    mortal.service.stop()
    before = files_below(mortal.folder)
    for person, *command in (
        (mortal.ada, "list"),
        (mortal.ada, "list", "--cached"),
        (mortal.ada, "list", "--cached", "--remove"),
        (mortal.ada, "fetch_assignment", "ps2"),
        (mortal.ada, "fetch_assignment", "ps1", "--replace"),
        (mortal.ada, "submit", "ps1"),
        (mortal.ada, "fetch_feedback", "ps1"),
        (mortal.teacher, "list", "--inbound"),
        (mortal.teacher, "list", "--remove"),
        (mortal.teacher, "release_assignment", "ps1", "--force"),
        (mortal.teacher, "collect", "ps1", "--update"),
        (mortal.teacher, "release_feedback", "ps1"),
    ):
        log = person.nbgrader(*command, fails=True)
        assert f"The exchange at {mortal.service.url} cannot be reached: check the network" in log, command
        assert "Traceback" not in log
    assert files_below(mortal.folder) == before

    mortal.service.start()
    mortal.ada.nbgrader("fetch_assignment", "ps1", "--replace")
    mortal.ada.nbgrader("submit", "ps1")
    assert "Updating submission: ada ps1" in mortal.teacher.nbgrader("collect", "ps1", "--update")
    mortal.teacher.nbgrader("release_assignment", "ps1", "--force")
    mortal.teacher.nbgrader("release_feedback", "ps1")
    mortal.ada.nbgrader("fetch_feedback", "ps1")
    (page,) = (mortal.ada.folder / "ps1" / "feedback").glob("*/p1.html")
    assert page.read_text() == "good"


def test_formgrader_goes_on_without_the_exchange(mortal, impatient):
    mortal.service.stop()
    with Formgrader(mortal.teacher) as page:
        assert not page.api.exchange_is_functional
        assert page.api.exchange_root.startswith(mortal.service.url)
        assert [one["name"] for one in page.api.get_assignments()] == ["ps1"]
        for answer in (page.api.collect("ps1"), page.api.release_assignment("ps1")):
            assert not answer["success"]
            assert f"The exchange at {mortal.service.url} cannot be reached" in answer["log"]
            assert "Traceback" not in answer["log"]
    mortal.service.start()
    with Formgrader(mortal.teacher) as page:
        assert page.api.exchange_is_functional
        assert page.api.collect("ps1")["success"]


def test_jupyters_panel_says_so_and_recovers(mortal, impatient):
    panel = Panel(mortal.ada)
    mortal.service.stop()
    for answer in (panel.list_assignments(mortal.course), panel.list_courses()):
        assert not answer["success"]
        assert "Traceback" not in answer["value"]
    answer = panel.submit_assignment(mortal.course, "ps1")
    assert not answer["success"]
    last = answer["value"].strip().splitlines()[-1]
    assert f"The exchange at {mortal.service.url} cannot be reached" in last
    mortal.service.start()
    assert panel.list_courses() == {"success": True, "value": [mortal.course]}
    assert panel.submit_assignment(mortal.course, "ps1")["success"]


def test_a_service_that_restarts_is_waited_for(mortal, patient):
    mortal.service.stop()
    back = threading.Timer(1, mortal.service.start)
    back.start()
    mortal.ada.nbgrader("submit", "ps1")
    back.join()
    assert mortal.teacher.nbgrader("list", "--inbound").count("ada ps1") == 2
