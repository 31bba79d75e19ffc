"""What belongs to one organisation or course never shows in another."""

import pytest

from .conftest import answer
from .work import files_below, handed_in, page_of, write_feedback


def test_the_same_names_in_two_organisations_are_different_people_and_courses(classroom):
    elsewhere = {"org_id": 2}
    other_teacher = classroom.person("teacher", "Instructor", **elsewhere)
    here, there = classroom.person("ada"), classroom.person("ada", **elsewhere)
    classroom.release("ps1")
    assert "ps1" not in there.nbgrader("list")
    assert "Assignment not found: ps1" in there.nbgrader("fetch_assignment", "ps1", fails=True)

    source = other_teacher.folder / "release" / "ps1"
    source.mkdir(parents=True)
    (source / "p1.ipynb").write_text("theirs")
    other_teacher.nbgrader("release_assignment", "ps1")
    for student in (here, there):
        student.nbgrader("fetch_assignment", "ps1")
    assert (there.folder / "ps1" / "p1.ipynb").read_text() == "theirs"
    answer(here, "ps1", "x = 1")
    here.nbgrader("submit", "ps1")
    assert "No submissions" in other_teacher.nbgrader("collect", "ps1")

    there.nbgrader("submit", "ps1")
    other_teacher.nbgrader("collect", "ps1")
    classroom.teacher.nbgrader("collect", "ps1")
    for teacher, student in ((classroom.teacher, here), (other_teacher, there)):
        collected = teacher.folder / "submitted" / "ada" / "ps1" / "p1.ipynb"
        assert collected.read_bytes() == (student.folder / "ps1" / "p1.ipynb").read_bytes()


def test_an_instructor_elsewhere_is_a_student_here(classroom):
    both = {classroom.course: "Student", f"{classroom.course}-own": "Instructor"}
    person = classroom.person("both", courses=both)
    classroom.release("ps1")
    (person.folder / "release" / "ps1").mkdir(parents=True)
    (person.folder / "release" / "ps1" / "p1.ipynb").write_text("forged")
    for command in (["release_assignment", "ps1", "--force"], ["collect", "ps1"], ["list", "--inbound"]):
        log = person.nbgrader(*command, "--course", classroom.course, fails=True)
        assert "The exchange refuses: " in log
        assert "Traceback" not in log
    person.nbgrader("fetch_assignment", "ps1")
    assert (person.folder / "ps1" / "p1.ipynb").read_text() != "forged"


def test_feedback_and_lists_stay_in_their_organisation(released):
    elsewhere = {"org_id": 3}
    other_teacher = released.person("teacher", "Instructor", **elsewhere)
    here, there = released.person("ada"), released.person("ada", **elsewhere)
    receipt = handed_in(released, here)
    write_feedback(released, "ada", receipt, "for ada here")
    released.teacher.nbgrader("release_feedback", "ps1")
    assert "ada" not in there.nbgrader("list", "--cached")
    assert "ada" not in other_teacher.nbgrader("list", "--inbound")
    assert "Traceback" not in there.nbgrader("fetch_feedback", "ps1", fails=True)
    assert not (there.folder / "ps1").exists()
    other_teacher.nbgrader("list", "--remove")
    here.nbgrader("fetch_feedback", "ps1")
    assert page_of(here, receipt).read_text() == "for ada here"
    assert f"{released.course} ps1" in here.nbgrader("list")


@pytest.mark.parametrize("course", ["nowhere", "theirs"])
def test_a_wrong_course_is_told_in_one_line_whether_it_exists_or_not(released, course):
    released.person("somebody", courses={"theirs": "Instructor"}).nbgrader("list")
    ada = released.person("ada")
    ada.nbgrader("fetch_assignment", "ps1")
    handed_in(released, ada)
    write_feedback(released, "ada", {"timestamp": "2020-02-03 04:05:06.000007 UTC"}, "x")
    before = files_below(released.folder)
    said = set()
    for person, *command in (
        (ada, "list"),
        (ada, "fetch_assignment", "ps1", "--replace"),
        (ada, "submit", "ps1"),
        (ada, "fetch_feedback", "ps1"),
        (released.teacher, "release_assignment", "ps1"),
        (released.teacher, "collect", "ps1"),
        (released.teacher, "release_feedback", "ps1"),
        (released.teacher, "list", "--inbound"),
    ):
        log = person.nbgrader(*command, "--course", course, fails=True)
        assert "Traceback" not in log
        assert "The exchange refuses: " in log
        said.add(log.partition("The exchange refuses: ")[2].splitlines()[0].replace(course, "COURSE"))
    assert len(said) == 1, said
    assert files_below(released.folder) == before
    assert "ada ps1" in released.teacher.nbgrader("list", "--inbound")
