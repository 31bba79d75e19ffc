"""Releasing again, unreleasing and restoring: nothing that students have or did is lost."""

import pytest

from .lossy import LossyProxy
from .work import collected, handed_in, page_of, write_feedback


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


def test_unreleasing_and_releasing_again_keep_feedback(released):
    ada = released.person("ada")
    receipt = handed_in(released, ada)
    write_feedback(released, "ada", receipt, "good")
    released.teacher.nbgrader("release_feedback", "ps1")
    released.teacher.nbgrader("list", "--remove", "ps1")
    assert "feedback ready to be fetched" in ada.nbgrader("list", "--cached")
    ada.nbgrader("fetch_feedback", "ps1")
    page = page_of(ada, receipt)
    assert page.read_text() == "good"

    released.teacher.nbgrader("release_assignment", "ps1")
    assert "feedback already fetched" in ada.nbgrader("list", "--cached")
    write_feedback(released, "ada", receipt, "still mine to give")
    released.teacher.nbgrader("release_feedback", "ps1")
    ada.nbgrader("fetch_feedback", "ps1")
    assert page.read_text() == "still mine to give"


def write_release(classroom, **files):
    folder = classroom.teacher.folder / "release" / "ps1"
    for name, content in files.items():
        (folder / f"{name}.ipynb").write_text(content)


def test_a_new_release_reaches_who_fetches_next_and_spoils_nobodys_work(released):
    early, late = released.person("early"), released.person("late")
    early.nbgrader("fetch_assignment", "ps1")
    (early.folder / "ps1" / "p1.ipynb").write_text("my work")
    receipt = handed_in(released, early, content="first hand-in")
    write_feedback(released, "early", receipt, "good")
    released.teacher.nbgrader("release_feedback", "ps1")

    write_release(released, p1="corrected", p2="new")
    released.teacher.nbgrader("release_assignment", "ps1", "--force")
    late.nbgrader("fetch_assignment", "ps1")
    assert (late.folder / "ps1" / "p1.ipynb").read_text() == "corrected"
    assert "p2.ipynb: MISSING" in early.nbgrader("submit", "ps1", "--strict", fails=True)
    early.nbgrader("fetch_assignment", "ps1", "--replace")
    assert (early.folder / "ps1" / "p1.ipynb").read_text() == "my work"
    assert (early.folder / "ps1" / "p2.ipynb").read_text() == "new"

    released.teacher.nbgrader("collect", "ps1")
    assert collected(released, "early") == ("first hand-in", receipt["timestamp"])
    early.nbgrader("submit", "ps1", "--strict")
    released.teacher.nbgrader("collect", "ps1", "--update")
    assert collected(released, "early")[0] == "my work"
    early.nbgrader("fetch_feedback", "ps1")
    assert page_of(early, receipt).read_text() == "good"


def test_a_restored_assignment_is_as_it_was(released):
    ada = released.person("ada")
    receipt = handed_in(released, ada, content="mine")
    write_feedback(released, "ada", receipt, "good")
    released.teacher.nbgrader("release_feedback", "ps1")
    released.teacher.nbgrader("list", "--remove", "ps1")
    assert "is not released" in ada.nbgrader("fetch_assignment", "ps1", fails=True)

    path = f"courses/{released.course}/assignments/ps1/restore"
    assert released.teacher.api("POST", path).status_code == 200
    assert f"{released.course} ps1" in ada.nbgrader("list")
    assert "feedback ready to be fetched" in ada.nbgrader("list", "--cached")
    ada.nbgrader("fetch_assignment", "ps1")
    ada.nbgrader("fetch_feedback", "ps1")
    assert page_of(ada, receipt).read_text() == "good"
    released.teacher.nbgrader("collect", "ps1")
    assert collected(released, "ada")[0] == "mine"


@pytest.mark.parametrize("options", [[], ["--force"]])
def test_a_release_whose_answer_was_lost_is_one_release(classroom, options):
    teacher = classroom.teacher
    (teacher.folder / "release" / "ps1").mkdir(parents=True)
    (teacher.folder / "release" / "ps1" / "p1.ipynb").write_text("{}")
    with LossyProxy(teacher.service.url) as proxy:
        log = teacher.nbgrader("release_assignment", "ps1", f"--Exchange.service_url={proxy.url}", *options)
    assert proxy.lost == [201]
    assert f"Released as: {classroom.course} ps1" in log
    listed = teacher.api("GET", f"courses/{classroom.course}/assignments/ps1/releases").json()
    assert len(listed["releases"]) == 1
