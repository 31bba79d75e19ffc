"""The whole of it: from a source notebook to the feedback on a student's screen."""

from nbgrader.api import Gradebook

from .conftest import answer


def test_an_assignment_goes_all_the_way_round(classroom):
    teacher = classroom.teacher
    student = classroom.person("ada", full_name="Ada Lovelace", email="ada@example.org", lms_user_id="lms-7")

    classroom.release("ps1")
    assert f"{classroom.course} ps1" in student.nbgrader("list")

    student.nbgrader("fetch_assignment", "ps1")
    assert "(already downloaded)" in student.nbgrader("list")
    answer(student, "ps1", "x = 1")
    log = student.nbgrader("submit", "ps1")
    (receipt,) = student.api("GET", "me/submissions", params={"course_id": classroom.course}).json()[
        "submissions"
    ]
    assert "Receipt: {id}, received {received_at}, {size} bytes, sha256 {sha256}".format(**receipt) in log

    assert "no feedback available" in student.nbgrader("list", "--cached")
    assert "ada ps1" in teacher.nbgrader("list", "--inbound")
    assert "Collecting submission: ada ps1" in teacher.nbgrader("collect", "ps1")
    collected = teacher.folder / "submitted" / "ada" / "ps1"
    timestamp = (collected / "timestamp.txt").read_text()
    assert f"Submitted as: {classroom.course} ps1 {timestamp}" in log

    with Gradebook(f"sqlite:///{teacher.folder}/gradebook.db") as gradebook:
        known = gradebook.find_student("ada")
        assert (known.first_name, known.last_name) == ("Ada", "Lovelace")
        assert (known.email, known.lms_user_id) == ("ada@example.org", "lms-7")

    teacher.nbgrader("autograde", "ps1")
    teacher.nbgrader("generate_feedback", "ps1")
    teacher.nbgrader("release_feedback", "ps1")
    assert "feedback ready to be fetched" in student.nbgrader("list", "--cached")
    student.nbgrader("fetch_feedback", "ps1")
    page = student.folder / "ps1" / "feedback" / timestamp / "p1.html"
    assert page.read_bytes() == (teacher.folder / "feedback" / "ada" / "ps1" / "p1.html").read_bytes()
    assert "(Score: 2.0 / 2.0)" in page.read_text()
    assert "feedback already fetched" in student.nbgrader("list", "--cached")


def test_a_regrade_reaches_the_student(classroom):
    teacher, student = classroom.teacher, classroom.person("ada")
    classroom.release("ps1")
    student.nbgrader("fetch_assignment", "ps1")
    answer(student, "ps1", "x = 2")
    student.nbgrader("submit", "ps1")
    teacher.nbgrader("collect", "ps1")
    teacher.nbgrader("autograde", "ps1")
    give_feedback(teacher)
    student.nbgrader("fetch_feedback", "ps1")
    (page,) = (student.folder / "ps1" / "feedback").glob("*/p1.html")
    first = page.read_text()
    assert "(Score: 0.0 / 2.0)" in first

    with Gradebook(f"sqlite:///{teacher.folder}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("test", "p1", "ps1", "ada")
        grade.manual_score = 1.5
        gradebook.db.commit()
    give_feedback(teacher, "--force")
    assert "feedback ready to be fetched" in student.nbgrader("list", "--cached")
    student.nbgrader("fetch_feedback", "ps1")
    assert "(Score: 1.5 / 2.0)" in page.read_text()
    assert "feedback already fetched" in student.nbgrader("list", "--cached")


def give_feedback(teacher, *options):
    teacher.nbgrader("generate_feedback", "ps1", *options)
    teacher.nbgrader("release_feedback", "ps1")
