"""What belongs to one organisation or course never shows in another."""

from .conftest import answer


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
