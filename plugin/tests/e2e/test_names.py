"""Names of courses, assignments, notebooks, files and students that are more than letters and digits."""

import shutil
import unicodedata

import pytest
from nbgrader.api import Gradebook

from .conftest import answer, write_notebook
from .work import files_below

NAMES = [
    "two words",
    '100%25 \u00fcber & it\'s "x"',
    "\U0001f600 \U0001f1eb\U0001f1f7",
    "cafe\u0301",
    "a=b;c?d#e,\u05e9\u05dc\u05d5\u05dd",
]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_go_all_the_way_round_with_nbgraders_own_steps(classroom, name):
    course, assignment = f"{classroom.course} {name}", name
    teacher = classroom.person("teacher", courses={course: "Instructor"})
    student = classroom.person(f"stu+dent {name}", courses={course: "Student"})
    write_notebook(teacher.folder / "source" / assignment / f"{name}.ipynb", "x = 1")
    (teacher.folder / "source" / assignment / f"data {name}.csv").write_text("1,2")
    teacher.nbgrader("generate_assignment", assignment)
    teacher.nbgrader("release_assignment", assignment)
    assert f"{course} {assignment}" in student.nbgrader("list")

    student.nbgrader("fetch_assignment", assignment)
    assert (student.folder / assignment / f"data {name}.csv").read_text() == "1,2"
    answer(student, assignment, "x = 1", notebook=name)
    assert "Possible missing" not in student.nbgrader("submit", assignment)

    teacher.nbgrader("collect", assignment)
    teacher.nbgrader("autograde", assignment)
    teacher.nbgrader("generate_feedback", assignment)
    teacher.nbgrader("release_feedback", assignment)
    with Gradebook(f"sqlite:///{teacher.folder}/gradebook.db", course) as gradebook:
        assert gradebook.find_submission(assignment, student.name).score == 2

    student.nbgrader("fetch_feedback", assignment)
    stamp = (teacher.folder / "submitted" / student.name / assignment / "timestamp.txt").read_text()
    page = student.folder / assignment / "feedback" / stamp / f"{name}.html"
    made = teacher.folder / "feedback" / student.name / assignment / f"{name}.html"
    assert page.read_bytes() == made.read_bytes()
    assert f"{course} {student.name} {assignment} {stamp} (feedback already fetched)" in student.nbgrader(
        "list", "--cached"
    )


def test_brackets_which_nbgrader_cannot_grade_do_not_trouble_the_exchange(classroom):
    assignment = "[1] (a)"
    student = classroom.person("stu dent+%\u00e9")
    source = classroom.teacher.folder / "release" / assignment
    source.mkdir(parents=True)
    (source / f"{assignment}.ipynb").write_text("{}")
    classroom.teacher.nbgrader("release_assignment", assignment)
    student.nbgrader("fetch_assignment", assignment)
    assert "Possible missing" not in student.nbgrader("submit", assignment)
    classroom.teacher.nbgrader("collect", assignment)
    collected = classroom.teacher.folder / "submitted" / student.name / assignment
    assert (collected / f"{assignment}.ipynb").read_text() == "{}"
    feedback = classroom.teacher.folder / "feedback" / student.name / assignment
    shutil.copytree(collected, feedback)
    (feedback / f"{assignment}.html").write_text("well done")
    classroom.teacher.nbgrader("release_feedback", assignment)
    student.nbgrader("fetch_feedback", assignment)
    stamp = (collected / "timestamp.txt").read_text()
    page = student.folder / assignment / "feedback" / stamp / f"{assignment}.html"
    assert page.read_text() == "well done"
    assert "feedback already fetched" in student.nbgrader("list", "--cached")


def test_composed_and_decomposed_accents_are_different_names(classroom):
    composed, decomposed = (unicodedata.normalize(form, "caf\u00e9") for form in ("NFC", "NFD"))
    ada, ada_too = (classroom.person(f"ada {name}") for name in (composed, decomposed))
    for name in (composed, decomposed):
        folder = classroom.teacher.folder / "release" / name
        folder.mkdir(parents=True)
        (folder / "p1.ipynb").write_text(ascii(name))
        classroom.teacher.nbgrader("release_assignment", name)
    for student in (ada, ada_too):
        for name in (composed, decomposed):
            student.nbgrader("fetch_assignment", name)
            assert (student.folder / name / "p1.ipynb").read_text() == ascii(name)
    (ada.folder / composed / "p1.ipynb").write_text("mine")
    ada.nbgrader("submit", composed)
    classroom.teacher.nbgrader("collect", decomposed)
    assert not (classroom.teacher.folder / "submitted").exists()
    classroom.teacher.nbgrader("collect", composed)
    (stamp, notebook) = sorted(files_below(classroom.teacher.folder / "submitted"), reverse=True)
    assert notebook.read_text() == "mine"
    assert stamp.parts[-3:-1] == (ada.name, composed)


def test_a_plus_in_the_student_option_is_told_as_nbgrader_does(classroom):
    student = classroom.person("ada")
    (student.folder / "ps1").mkdir()
    log = student.nbgrader("submit", "ps1", "--student=a+b", fails=True)
    assert "The student ID should contain no '*' nor '+'; got a+b" in log


@pytest.mark.parametrize("name", [".", "..", "a/b"])
def test_a_name_that_is_a_path_is_told_in_one_line(classroom, name):
    log = classroom.person("ada").nbgrader("fetch_assignment", name, fails=True)
    assert "Traceback" not in log
    assert "name" in log.splitlines()[-2]
