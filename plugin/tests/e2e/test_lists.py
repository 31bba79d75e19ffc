"""What is listed, for whom, and how it is taken off a list."""

import json

from .work import handed_in, write


def test_a_list_without_a_course_is_about_all_courses(classroom):
    both = {classroom.course: "Instructor", f"{classroom.course}-b": "Instructor"}
    teacher = classroom.person("both", courses=both)
    (teacher.folder / "release" / "ps1").mkdir(parents=True)
    (teacher.folder / "release" / "ps1" / "p1.ipynb").write_text("{}")
    for course in both:
        teacher.nbgrader("release_assignment", "ps1", "--course", course)
    log = teacher.nbgrader("list", "--course=")
    assert [line.split("] ")[1] for line in log.splitlines()[1:]] == [f"{course} ps1" for course in both]


def test_a_removal_that_is_refused_is_told_and_the_others_are_done(released):
    taught = {f"{released.course}-a": "Instructor", f"{released.course}-c": "Instructor"}
    both = released.person("both", courses={**taught, released.course: "Student"})
    write(both.folder / "release" / "ps1", "p1.ipynb")
    for course in taught:
        both.nbgrader("release_assignment", "ps1", "--course", course)
    log = both.nbgrader("list", "--course=", "--remove", fails=True)
    assert "1 of 3 were not removed: " in log
    assert f"You are not an instructor of course {released.course}." in log
    listed = both.nbgrader("list", "--course=").splitlines()[1:]
    assert [line.split("] ")[1] for line in listed] == [f"{released.course} ps1"]


def test_a_list_can_be_printed_as_json(classroom, capsys):
    classroom.release("ps1")
    capsys.readouterr()
    classroom.person("ada").nbgrader("list", "--json")
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["assignment_id"], entry["status"]) == ("ps1", "released")


def test_own_list_entries_can_be_taken_off(classroom):
    student = classroom.person("ada")
    classroom.release("ps1")
    student.nbgrader("fetch_assignment", "ps1")
    student.nbgrader("submit", "ps1")
    student.nbgrader("list", "--cached", "--remove", "ps1")
    assert "ada" not in student.nbgrader("list", "--cached")
    assert "ada ps1" in classroom.teacher.nbgrader("list", "--inbound")


def test_lists_are_filtered_by_assignment_and_student_as_names_and_as_patterns(released):
    teacher = released.teacher
    write(teacher.folder / "release" / "ps2", "p1.ipynb")
    teacher.nbgrader("release_assignment", "ps2")
    ada, zoe = released.person("ada"), released.person("zoe")
    for student in (ada, zoe):
        handed_in(released, student)
        write(student.folder / "ps2", "p1.ipynb")
        student.nbgrader("submit", "ps2")

    def listed(person, *options):
        lines = person.nbgrader("list", *options).splitlines()[1:]
        return [" ".join(line.partition("] ")[2].split()[1:3]) for line in lines]

    assert listed(ada, "--assignment=ps2") == ["ps2 (already"]
    assert listed(ada, "ps1") == ["ps1"]
    assert listed(ada, "ps*") == ["ps1", "ps2 (already"]
    assert listed(ada, "other") == []
    assert listed(ada, "--cached", "ps2") == ["ada ps2"]
    assert listed(ada, "--cached", "--student=zoe") == []
    assert listed(teacher, "--inbound") == ["ada ps1", "ada ps2", "zoe ps1", "zoe ps2"]
    assert listed(teacher, "--inbound", "ps1", "--student=zoe") == ["zoe ps1"]
    assert listed(teacher, "--inbound", "--student=z*") == ["zoe ps1", "zoe ps2"]
    assert listed(teacher, "--inbound", "--remove", "ps1", "--student=zoe") == ["zoe ps1"]
    assert listed(teacher, "--inbound") == ["ada ps1", "ada ps2", "zoe ps2"]
    assert listed(zoe, "--cached") == ["zoe ps1", "zoe ps2"]
    assert listed(teacher, "--remove", "ps2") == ["ps2"]
    assert listed(ada) == ["ps1"]


def test_what_was_removed_is_listed_as_removed(released, capsys):
    ada = released.person("ada")
    handed_in(released, ada)
    capsys.readouterr()
    ada.nbgrader("list", "--cached", "--remove", "--json")
    (group,) = json.loads(capsys.readouterr().out)
    assert group["status"] == group["submissions"][0]["status"] == "removed"
