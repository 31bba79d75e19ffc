"""Options of nbgrader's own exchange, one by one: ours does the same."""

import pytest
from nbgrader.auth import BaseAuthPlugin

from .work import files_below, handed_in, tar, write


def names_below(folder):
    """What is in a folder, relative to it."""
    return sorted(str(path.relative_to(folder)) for path in files_below(folder))


FILES = ("p1.ipynb", "junk.pyc", "data/a.csv", "data/b.txt", ".ipynb_checkpoints/p1.ipynb", "feedback/x.html")


def test_what_is_to_be_ignored_is_neither_released_nor_fetched(released):
    teacher, ada = released.teacher, released.person("ada")
    write(teacher.folder / "release" / "ps1", *FILES)
    teacher.nbgrader("release_assignment", "ps1", "--force", "--CourseDirectory.ignore=['*.pyc','data']")
    ada.nbgrader("fetch_assignment", "ps1", "--CourseDirectory.ignore=['*.html']")
    assert names_below(ada.folder / "ps1") == [".ipynb_checkpoints/p1.ipynb", "p1.ipynb"]


@pytest.mark.parametrize(
    ("setting", "kept"),
    [
        ("ignore=['data']", [".ipynb_checkpoints/p1.ipynb", "feedback/x.html", "junk.pyc", "p1.ipynb"]),
        ("include=['*.ipynb','*.csv']", ["data/a.csv", "p1.ipynb"]),
        ("max_file_size=1", ["data/a.csv", "data/b.txt", "p1.ipynb"]),
    ],
)
def test_the_same_files_are_left_out_when_handing_in_and_when_collecting(released, setting, kept):
    ada, zoe = released.person("ada"), released.person("zoe")
    large = ("large.ipynb", "x" * 1001)
    write(ada.folder / "ps1", *FILES)
    write(ada.folder / "ps1", large[0], content=large[1])
    if "max_file" not in setting:
        (ada.folder / "ps1" / large[0]).unlink()
    log = ada.nbgrader("submit", "ps1", f"--CourseDirectory.{setting}")
    whole = [(name, "x") for name in FILES] + ([large] if "max_file" in setting else [])
    handed_in(released, zoe, content=tar(*whole))
    everything = "--CourseDirectory.ignore=['nothing']"
    released.teacher.nbgrader("collect", "ps1", "--student=ada", everything)
    log += released.teacher.nbgrader("collect", "ps1", "--student=zoe", f"--CourseDirectory.{setting}")
    for student in ("ada", "zoe"):
        folder = released.teacher.folder / "submitted" / student / "ps1"
        assert names_below(folder) == sorted([*kept, "timestamp.txt"])
    assert log.count("Ignoring file too large") == (2 if "max_file" in setting else 0)


def test_a_student_who_hands_in_more_than_max_dir_size_is_named(released):
    handed_in(released, released.person("eve"), content=tar(("p1.ipynb", "x" * 3000)))
    log = released.teacher.nbgrader("collect", "ps1", "--CourseDirectory.max_dir_size=2", fails=True)
    assert "eve: the archive is refused: more than 2000 bytes of files" in log


def test_a_folder_over_max_buffer_size_is_not_sent(released):
    ada = released.person("ada")
    write(ada.folder / "ps1", "p1.ipynb")
    log = ada.nbgrader("submit", "ps1", "--Exchange.max_buffer_size=10", fails=True)
    assert "bytes large, and 10 are allowed" in log
    assert "ada" not in released.teacher.nbgrader("list", "--inbound")


def test_a_shared_course_folder_can_be_written_by_the_group(released):
    handed_in(released, released.person("ada"), content=tar(("sub/p1.ipynb", "x")))
    released.teacher.nbgrader("collect", "ps1", "--CourseDirectory.groupshared=True")
    folder = released.teacher.folder / "submitted" / "ada" / "ps1"
    assert folder.stat().st_mode & 0o7777 & 0o2770 == 0o2770
    assert (folder / "sub" / "p1.ipynb").stat().st_mode & 0o660 == 0o660


def test_check_owner_tells_who_handed_in_and_can_be_switched_off(released):
    for student in ("ada", "zoe"):
        handed_in(released, released.teacher, student=student)
    assert "Handed in for ada by teacher" in released.teacher.nbgrader("collect", "ps1", "--student=ada")
    log = released.teacher.nbgrader("collect", "ps1", "--student=zoe", "--ExchangeCollect.check_owner=False")
    assert "Handed in" not in log


def test_with_path_includes_course_two_courses_do_not_meet(classroom):
    first, second = classroom.course, f"{classroom.course}-b"
    setting = "c.Exchange.path_includes_course = True\nc.CourseDirectory.course_id = ''"
    teacher = classroom.person("both", courses={first: "Instructor", second: "Instructor"})
    ada = classroom.person("ada", courses={first: "Student", second: "Student"}, config=setting)
    for course in (first, second):
        write(teacher.folder / "release" / "ps1", "p1.ipynb", content=course)
        teacher.nbgrader("release_assignment", "ps1", "--course", course)
    ada.nbgrader("fetch_assignment", "ps1", "--course", first)
    assert "already have a copy" in ada.nbgrader("fetch_assignment", "ps1", "--course", first, fails=True)
    listed = [line.partition("] ")[2] for line in ada.nbgrader("list").splitlines()[1:]]
    assert listed == [f"{first} ps1 (already downloaded)", f"{second} ps1"]
    ada.nbgrader("fetch_assignment", "ps1", "--course", second)
    for course in (first, second):
        assert (ada.folder / course / "ps1" / "p1.ipynb").read_text() == course
        ada.nbgrader("submit", "ps1", "--course", course)
        teacher.nbgrader(
            "collect", "ps1", "--course", course, f"--CourseDirectory.root={teacher.folder}/{course}"
        )
        folder = teacher.folder / course / "submitted" / "ada" / "ps1"
        assert (folder / "p1.ipynb").read_text() == course
        stamp = (folder / "timestamp.txt").read_text()
        write(folder.parents[2] / "feedback" / "ada" / "ps1", "p1.html", content=f"about {course}")
        write(folder.parents[2] / "feedback" / "ada" / "ps1", "timestamp.txt", content=stamp)
        teacher.nbgrader(
            "release_feedback", "ps1", "--course", course, f"--CourseDirectory.root={teacher.folder}/{course}"
        )
    ada.nbgrader("fetch_feedback", "ps1", "--course", first)
    (page,) = ada.folder.rglob("*.html")
    assert page.read_text() == f"about {first}"
    assert page.relative_to(ada.folder).parts[:3] == (first, "ps1", "feedback")
    said = ada.nbgrader("list", "--cached")
    assert said.count("feedback already fetched") == said.count("feedback ready to be fetched") == 1


class OneCourse(BaseAuthPlugin):
    """nbgrader's own check of who may do what: only this course, whoever asks."""

    course = ""

    def get_student_courses(self, student_id):
        return [self.course]

    def add_student_to_course(self, student_id, course_id):
        pass

    def remove_student_from_course(self, student_id, course_id):
        pass


def test_nbgraders_authenticator_is_asked_as_well(classroom, monkeypatch):
    first, second = classroom.course, f"{classroom.course}-b"
    teacher = classroom.person("both", courses={first: "Instructor", second: "Instructor"})
    settings = "c.Authenticator.plugin_class = 'e2e.test_options.OneCourse'\nc.CourseDirectory.course_id = ''"
    ada = classroom.person("ada", courses={first: "Student", second: "Student"}, config=settings)
    write(teacher.folder / "release" / "ps1", "p1.ipynb")
    write(ada.folder / "ps1", "p1.ipynb")
    for course in (first, second):
        teacher.nbgrader("release_assignment", "ps1", "--course", course)
    monkeypatch.setattr(OneCourse, "course", second)
    listed = ada.nbgrader("list")
    assert f"{second} ps1" in listed
    assert f"{first} ps1" not in listed
    for command in ("submit", "fetch_assignment"):
        log = ada.nbgrader(command, "ps1", "--course", first, fails=True)
        assert "You do not have access to this course." in log
    ada.nbgrader("submit", "ps1", "--course", second)


def test_many_notebooks_are_told_in_one_line_or_handed_in(released):
    ada = released.person("ada")
    write(ada.folder / "ps1", *(f"notebook number {number}.ipynb" for number in range(200)))
    ada.nbgrader("submit", "ps1")
    write(ada.folder / "ps1", *(f"notebook number {number}.ipynb" for number in range(900)))
    log = ada.nbgrader("submit", "ps1", fails=True)
    assert "it has 900 notebooks at its top, too many to name; move some into a folder" in log
    assert "Traceback" not in log


def test_a_notebook_whose_name_is_no_text_is_told_in_one_line(released):
    ada = released.person("ada")
    write(ada.folder / "ps1", "p\udce4.ipynb")
    log = ada.nbgrader("submit", "ps1", fails=True)
    assert "'p\\udce4' is not valid text: rename it." in log
    assert "Traceback" not in log
