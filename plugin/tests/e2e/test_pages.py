"""The whole cycle as people see it: a student in Jupyter's list, an instructor in formgrader."""

from nbgrader.api import Gradebook

from .conftest import answer
from .pages import Formgrader, Panel


def row(answered: dict, status: str) -> dict:
    """The one row of this kind in the panel's answer."""
    assert answered["success"], answered
    (found,) = [one for one in answered["value"] if one["status"] == status]
    return found


def submission(panel: Panel, course: str) -> dict:
    """The newest submission in the panel."""
    return row(panel.list_assignments(course), "submitted")["submissions"][-1]


def test_panel_and_formgrader_show_each_step(classroom):
    classroom.write_source("ps1")
    classroom.teacher.nbgrader("generate_assignment", "ps1")
    ada = classroom.person("ada", full_name="Ada Lovelace", email="ada@example.org", lms_user_id="7")
    panel, course = Panel(ada), classroom.course
    with Formgrader(classroom.teacher) as page:
        assert page.api.get_assignment("ps1")["status"] == "draft"
        assert page.api.release_assignment("ps1")["success"]
        assert page.api.get_assignment("ps1")["status"] == "released"
        assert page.api.get_released_assignments() == {"ps1"}
        again = page.api.release_assignment("ps1")
        assert not again["success"]
        assert "add --force to overwrite" in again["log"]

    assert panel.list_courses() == {"success": True, "value": [course]}
    assert row(panel.list_assignments(course), "released")["assignment_id"] == "ps1"
    assert panel.fetch_assignment(course, "ps1")["success"]
    fetched = row(panel.list_assignments(course), "fetched")
    assert (fetched["path"], fetched["notebooks"][0]["path"]) == ("ps1", "ps1/p1.ipynb")
    answer(ada, "ps1", "x = 2")
    assert panel.submit_assignment(course, "ps1")["success"]
    assert not submission(panel, course)["has_exchange_feedback"]

    with Formgrader(classroom.teacher) as page:
        collected = page.api.collect("ps1")
        assert collected["success"]
        assert "Collecting submission: ada ps1" in collected["log"]
        assert "No newer submission to collect" in page.api.collect("ps1")["log"]
        assert page.api.get_submitted_students("ps1") == {"ada"}
        shown = page.api.get_student("ada")
        assert (shown["first_name"], shown["last_name"]) == ("Ada", "Lovelace")
        assert (shown["email"], shown["lms_user_id"]) == ("ada@example.org", "7")
    give_feedback(classroom.teacher)
    offered = submission(panel, course)
    assert offered["has_exchange_feedback"]
    assert not offered["has_local_feedback"]
    assert panel.fetch_feedback(course, "ps1")["success"]
    fetched = submission(panel, course)
    assert fetched["local_feedback_path"] == f"ps1/feedback/{fetched['timestamp']}"
    assert not fetched["feedback_updated"]
    first = (ada.folder / fetched["local_feedback_path"] / "p1.html").read_text()

    with Gradebook(f"sqlite:///{classroom.teacher.folder}/gradebook.db") as gradebook:
        gradebook.find_grade("test", "p1", "ps1", "ada").manual_score = 1.5
        gradebook.db.commit()
    give_feedback(classroom.teacher)
    regraded = submission(panel, course)
    assert regraded["has_local_feedback"]
    assert regraded["feedback_updated"]
    assert panel.fetch_feedback(course, "ps1")["success"]
    assert not submission(panel, course)["feedback_updated"]
    pages = [path.read_text() for path in (ada.folder / "ps1" / "feedback").rglob("*") if path.is_file()]
    assert len(pages) == 1
    assert "1.5" in pages[0]
    assert pages[0] != first

    with Formgrader(classroom.teacher) as page:
        page.api.unrelease("ps1")
        assert page.api.get_assignment("ps1")["status"] == "draft"
    assert [one["status"] for one in panel.list_assignments(course)["value"]] == ["submitted"]


def give_feedback(teacher):
    with Formgrader(teacher) as page:
        assert page.api.autograde("ps1", "ada")["success"]
        assert page.api.generate_feedback("ps1", "ada", force=True)["success"]
        assert page.api.release_feedback("ps1", "ada")["success"]
