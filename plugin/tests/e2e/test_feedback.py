"""Feedback: to whom it goes, what is told, and what comes again."""

from .work import handed_in, page_of, write_feedback


def test_one_feedback_that_fails_does_not_stop_the_others(released):
    ada = released.person("ada")
    write_feedback(released, "ada", handed_in(released, ada), "good")
    write_feedback(released, "unknown", {"timestamp": "2020-02-03 04:05:06.000007 UTC"}, "x")
    write_feedback(released, "unstamped", {"timestamp": ""}, "x")
    log = released.teacher.nbgrader("release_feedback", "ps1", fails=True)
    assert "2 of 3 files were not released: unknown/p1: " in log
    assert "Traceback" not in log
    assert "feedback ready to be fetched" in ada.nbgrader("list", "--cached")


def test_feedback_that_was_given_again_shows_as_updated(released):
    ada = released.person("ada")
    receipt = handed_in(released, ada)
    for html in ("good", "better"):
        write_feedback(released, "ada", receipt, html)
        released.teacher.nbgrader("release_feedback", "ps1")
        assert "feedback ready to be fetched" in ada.nbgrader("list", "--cached")
        ada.nbgrader("fetch_feedback", "ps1")
        assert "feedback already fetched" in ada.nbgrader("list", "--cached")
        page = page_of(ada, receipt)
        assert page.read_text() == html
    released.teacher.nbgrader("release_feedback", "ps1")
    assert "feedback already fetched" in ada.nbgrader("list", "--cached")


def test_feedback_is_for_one_student_and_the_teacher(released):
    ada, eve = released.person("ada"), released.person("eve")
    receipt = handed_in(released, ada)
    write_feedback(released, "ada", receipt, "for ada")
    released.teacher.nbgrader("release_feedback", "ps1")
    assert "The exchange refuses: " in eve.nbgrader("fetch_feedback", "ps1", "--student=ada", fails=True)
    eve.nbgrader("fetch_feedback", "ps1")
    assert not (eve.folder / "ps1").exists()
    ada.nbgrader("fetch_feedback", "ps1", "--student=ada")
    released.teacher.nbgrader("fetch_feedback", "ps1", "--student=ada")
    for person in (ada, released.teacher):
        page = page_of(person, receipt)
        assert page.read_text() == "for ada"


def test_feedback_is_released_to_the_students_that_are_meant(released):
    people = {name: released.person(name) for name in ("ada", "alan", "zoe")}
    receipts = {name: handed_in(released, person) for name, person in people.items()}
    for name, receipt in receipts.items():
        write_feedback(released, name, receipt, f"for {name}")

    def fetched():
        for person in people.values():
            person.nbgrader("fetch_feedback", "ps1")
        return [name for name, receipt in receipts.items() if page_of(people[name], receipt).exists()]

    released.teacher.nbgrader("release_feedback", "ps1", "--student=zoe")
    assert fetched() == ["zoe"]
    released.teacher.nbgrader("release_feedback", "ps1", "--CourseDirectory.student_id_exclude=alan,zoe")
    assert fetched() == ["ada", "zoe"]
    released.teacher.nbgrader("release_feedback", "ps1", "--student=al*")
    assert fetched() == ["ada", "alan", "zoe"]


def test_without_an_assignment_all_feedback_of_the_course_is_fetched(released):
    ada = released.person("ada")
    receipt = handed_in(released, ada)
    write_feedback(released, "ada", receipt, "good")
    released.teacher.nbgrader("release_feedback", "ps1")
    ada.nbgrader("fetch_feedback", "*")
    assert page_of(ada, receipt).read_text() == "good"


def test_feedback_that_is_not_there_yet_is_told_and_no_failure(released):
    ada = released.person("ada")
    receipt = handed_in(released, ada)
    log = ada.nbgrader("fetch_feedback", "ps1")
    where = f"'{released.course}/ps1/p1' submitted at {receipt['timestamp']}"
    assert f"Could not find feedback for {where}" in log
    assert "has no assignment ps2" in ada.nbgrader("fetch_feedback", "ps2", fails=True)
