"""What students see: list, fetch and submit against the real service."""

import json
import shutil
import threading

import pytest

from .conftest import Service


def test_a_second_release_needs_force_and_keeps_what_was_handed_in(classroom):
    student = classroom.person("ada")
    classroom.release("ps1")
    student.nbgrader("fetch_assignment", "ps1")
    student.nbgrader("submit", "ps1")
    log = classroom.teacher.nbgrader("release_assignment", "ps1", fails=True)
    assert f"add --force to overwrite: {classroom.course} ps1" in log
    log = classroom.teacher.nbgrader("release_assignment", "ps1", "--force")
    assert f"Overwriting files: {classroom.course} ps1" in log
    assert "ada ps1" in classroom.teacher.nbgrader("list", "--inbound")


def test_unreleasing_keeps_what_was_handed_in(classroom):
    student = classroom.person("ada")
    classroom.release("ps1")
    student.nbgrader("fetch_assignment", "ps1")
    student.nbgrader("submit", "ps1")
    classroom.teacher.nbgrader("list", "--remove", "ps1")
    assert f"{classroom.course} ps1" not in student.nbgrader("list")
    assert "is not released" in student.nbgrader("submit", "ps1", fails=True)
    assert "ada ps1" in student.nbgrader("list", "--cached")
    assert "Collecting submission: ada ps1" in classroom.teacher.nbgrader("collect", "ps1")


def test_a_list_without_a_course_is_about_all_courses(classroom):
    both = {classroom.course: "Instructor", f"{classroom.course}-b": "Instructor"}
    teacher = classroom.person("both", courses=both)
    (teacher.folder / "release" / "ps1").mkdir(parents=True)
    (teacher.folder / "release" / "ps1" / "p1.ipynb").write_text("{}")
    for course in both:
        teacher.nbgrader("release_assignment", "ps1", "--course", course)
    log = teacher.nbgrader("list", "--course=")
    assert [line.split("] ")[1] for line in log.splitlines()[1:]] == [f"{course} ps1" for course in both]


def test_a_list_can_be_printed_as_json(classroom, capsys):
    classroom.release("ps1")
    capsys.readouterr()
    classroom.person("ada").nbgrader("list", "--json")
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["assignment_id"], entry["status"]) == ("ps1", "released")


def test_a_failed_fetch_leaves_nothing_and_can_be_repeated(classroom):
    student = classroom.person("ada", config="c.Exchange.max_buffer_size = 100")
    classroom.release("ps1")
    assert "larger than 100 bytes" in student.nbgrader("fetch_assignment", "ps1", fails=True)
    assert sorted(path.name for path in student.folder.iterdir()) == ["nbgrader_config.py"]
    student.configure()
    student.nbgrader("fetch_assignment", "ps1")
    assert "already have a copy" in student.nbgrader("fetch_assignment", "ps1", fails=True)


def test_the_service_makes_the_timestamp_and_students_hand_in_for_themselves_only(classroom):
    student = classroom.person("ada")
    classroom.release("ps1")
    student.nbgrader("fetch_assignment", "ps1")
    student.nbgrader("submit", "ps1", "--student=ada")
    log = student.nbgrader("submit", "ps1", "--student=zoe", fails=True)
    assert "The exchange refuses: " in log
    listed = classroom.teacher.nbgrader("list", "--inbound")
    assert "ada ps1" in listed
    assert "zoe" not in listed


def test_a_teacher_hands_in_for_a_student(classroom):
    classroom.release("ps1")
    classroom.teacher.nbgrader("fetch_assignment", "ps1", "--Exchange.assignment_dir=work")
    classroom.teacher.nbgrader("submit", "ps1", "--Exchange.assignment_dir=work", "--student=zoe")
    log = classroom.teacher.nbgrader("collect", "ps1")
    assert "Collecting submission: zoe ps1" in log
    assert "Handed in for zoe by teacher" in log


@pytest.mark.parametrize(
    "assignment", ["two words", "50% \u00fcber", 'it\'s "x" & y', "\U0001f600", "cafe\u0301", "[1] (a)"]
)
def test_odd_names_go_through_all_steps(classroom, assignment):
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


def test_own_list_entries_can_be_taken_off(classroom):
    student = classroom.person("ada")
    classroom.release("ps1")
    student.nbgrader("fetch_assignment", "ps1")
    student.nbgrader("submit", "ps1")
    student.nbgrader("list", "--cached", "--remove", "ps1")
    assert "ada" not in student.nbgrader("list", "--cached")
    assert "ada ps1" in classroom.teacher.nbgrader("list", "--inbound")


def test_a_stranger_is_told_so(classroom):
    classroom.release("ps1")
    stranger = classroom.person("eve", courses={"elsewhere": "Student"})
    log = stranger.nbgrader("fetch_assignment", "ps1", "--course", classroom.course, fails=True)
    assert "The exchange refuses: " in log
    assert "Traceback" not in log


def test_a_service_that_is_down_is_told_in_one_line(classroom):
    student = classroom.person("ada")
    config = student.folder / "nbgrader_config.py"
    config.write_text(config.read_text().replace(student.service.url, "http://127.0.0.1:9"))
    for command in (["list"], ["fetch_assignment", "ps1"], ["list", "--cached"]):
        log = student.nbgrader(*command, fails=True)
        assert "The exchange at http://127.0.0.1:9 cannot be reached: check the network" in log
        assert "Traceback" not in log


def test_work_is_kept_and_taken_once_the_service_is_back(classroom, tmp_path):
    own = Service(tmp_path)
    own.start()
    try:
        classroom.service = own
        teacher = classroom.teacher = classroom.person("teacher", "Instructor")
        student = classroom.person("ada")
        classroom.release("ps1")
        student.nbgrader("fetch_assignment", "ps1")
        student.nbgrader("submit", "ps1")
        teacher.nbgrader("collect", "ps1")
        own.stop()
        before = files_below(classroom.folder)
        for person, command in ((student, "submit"), (teacher, "collect"), (teacher, "release_assignment")):
            log = person.nbgrader(command, "ps1", fails=True)
            assert f"The exchange at {own.url} cannot be reached" in log
            assert "Traceback" not in log
        assert files_below(classroom.folder) == before
        own.start()
        student.nbgrader("submit", "ps1")
        assert "Updating submission: ada ps1" in teacher.nbgrader("collect", "ps1", "--update")
    finally:
        own.stop()


def files_below(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.suffix in (".ipynb", ".txt")}


def test_a_service_that_restarts_is_waited_for(classroom, tmp_path):
    own = Service(tmp_path)
    own.start()
    try:
        classroom.service = own
        teacher = classroom.teacher = classroom.person("teacher", "Instructor")
        student = classroom.person("ada")
        classroom.release("ps1")
        student.nbgrader("fetch_assignment", "ps1")
        own.stop()
        back = threading.Timer(1, own.start)
        back.start()
        student.nbgrader("submit", "ps1")
        back.join()
        assert teacher.nbgrader("list", "--inbound").count("ada ps1") == 1
    finally:
        own.stop()


def test_a_folder_that_cannot_be_made_is_told_in_one_line(classroom):
    classroom.release("ps1")
    student = classroom.person("ada", config="c.Exchange.assignment_dir = 'taken'")
    (student.folder / "taken").write_text("a file")
    log = student.nbgrader("fetch_assignment", "ps1", fails=True)
    assert "taken: " in log
    assert "Traceback" not in log
