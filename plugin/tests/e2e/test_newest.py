"""Which of a student's submissions is collected."""

import datetime
import time

import requests
from nbgrader.api import Gradebook

from .conftest import BASE_PATH
from .lossy import LossyProxy
from .work import collected, handed_in, tar, write

STAMP = "%Y-%m-%d %H:%M:%S.%f UTC"


def now(**shift: float) -> datetime.datetime:
    """The time in UTC, without a zone, as nbgrader keeps it."""
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) + datetime.timedelta(**shift)


def set_due_date(classroom, due):
    with Gradebook(f"sqlite:///{classroom.teacher.folder}/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment("ps1", duedate=due)


def test_the_newest_submission_is_collected_and_an_edit_stays(released):
    ada = released.person("ada")
    handed_in(released, ada, content="first")
    second = handed_in(released, ada, content="second")
    released.teacher.nbgrader("collect", "ps1")
    assert collected(released, "ada") == ("second", second["timestamp"])

    edited = released.teacher.folder / "submitted" / "ada" / "ps1" / "p1.ipynb"
    edited.write_text("edited by the teacher")
    assert "use --update to update: ada ps1" in released.teacher.nbgrader("collect", "ps1")
    assert "No newer submission to collect: ada ps1" in released.teacher.nbgrader(
        "collect", "ps1", "--update"
    )
    assert edited.read_text() == "edited by the teacher"

    third = handed_in(released, ada, content="third")
    assert "Submission already exists" in released.teacher.nbgrader("collect", "ps1")
    assert "Updating submission: ada ps1" in released.teacher.nbgrader("collect", "ps1", "--update")
    assert collected(released, "ada") == ("third", third["timestamp"])
    assert [path.name for path in edited.parent.parent.iterdir()] == ["ps1"]


def test_with_before_duedate_the_last_one_in_time_counts_else_the_newest(released):
    ada, zoe = released.person("ada"), released.person("zoe")
    handed_in(released, ada, content="in time")
    time.sleep(0.02)
    set_due_date(released, now())
    time.sleep(0.02)
    handed_in(released, ada, content="late")
    handed_in(released, zoe, content="late too")
    released.teacher.nbgrader("collect", "ps1", "--before-duedate")
    assert collected(released, "ada")[0] == "in time"
    assert collected(released, "zoe")[0] == "late too"
    released.teacher.nbgrader("collect", "ps1", "--update")
    assert collected(released, "ada")[0] == "late"
    released.teacher.nbgrader("collect", "ps1", "--before-duedate")
    assert collected(released, "ada")[0] == "in time"


def test_older_work_that_comes_later_does_not_take_the_place_of_newer_work(released):
    ada = released.person("ada")
    mine = handed_in(released, ada, content="newer")
    hour_ago = now(hours=-1).strftime(STAMP)
    handed_in(released, released.teacher, content="older", student="ada", timestamp=hour_ago)
    released.teacher.nbgrader("collect", "ps1")
    assert collected(released, "ada") == ("newer", mine["timestamp"])

    day_ago = now(days=-1).strftime(STAMP)
    handed_in(released, released.teacher, content="oldest", student="ada", timestamp=day_ago)
    assert "No newer submission to collect: ada" in released.teacher.nbgrader("collect", "ps1", "--update")
    assert collected(released, "ada")[0] == "newer"


def test_a_copy_that_the_service_does_not_know_stays_while_it_is_newer_and_goes_when_it_is_older(released):
    ada = released.person("ada")
    receipt = handed_in(released, ada, content="handed in")
    folder = released.teacher.folder / "submitted" / "ada" / "ps1"
    write(folder, "p1.ipynb", content="from elsewhere")
    (folder / "timestamp.txt").write_text(now(hours=1).strftime(STAMP))
    assert "No newer submission to collect: ada" in released.teacher.nbgrader("collect", "ps1", "--update")
    assert (folder / "p1.ipynb").read_text() == "from elsewhere"

    (folder / "timestamp.txt").write_text(now(hours=-1).strftime(STAMP))
    assert "Updating submission: ada ps1" in released.teacher.nbgrader("collect", "ps1", "--update")
    assert collected(released, "ada") == ("handed in", receipt["timestamp"])


def test_a_hand_in_that_is_repeated_after_newer_work_stays_the_older_one(released):
    ada = released.person("ada")
    (ada.folder / "ps1").mkdir()
    (ada.folder / "ps1" / "p1.ipynb").write_text("older")
    newer = []
    with LossyProxy(
        ada.service.url, lambda: newer.append(handed_in(released, ada, content="newer"))
    ) as proxy:
        log = ada.nbgrader("submit", "ps1", f"--Exchange.service_url={proxy.url}")
    assert proxy.lost == [201]
    assert "Receipt: " in log
    assert released.teacher.nbgrader("list", "--inbound").count("ada ps1") == 2
    released.teacher.nbgrader("collect", "ps1")
    assert collected(released, "ada") == ("newer", newer[0]["timestamp"])


def test_work_that_came_by_mail_in_time_is_in_time(released):
    ada = released.person("ada")
    mailed = now(hours=-2).strftime(STAMP)
    set_due_date(released, now(hours=-1))
    handed_in(released, ada, content="late")
    handed_in(released, released.teacher, content="mailed", student="ada", timestamp=mailed)
    released.teacher.nbgrader("collect", "ps1", "--before-duedate")
    assert collected(released, "ada") == ("mailed", mailed)
    released.teacher.nbgrader("collect", "ps1", "--update")
    assert collected(released, "ada")[0] == "late"


def test_a_clock_that_is_set_back_makes_no_late_work_early(released):
    ada = released.person("ada")
    handed_in(released, ada, content="in time")
    time.sleep(0.02)
    set_due_date(released, now())
    time.sleep(0.02)
    early = now(days=-1).strftime(STAMP)
    hand_in_with_old_client(released, ada, content="late", timestamp=early)
    released.teacher.nbgrader("collect", "ps1", "--before-duedate")
    assert collected(released, "ada")[0] == "in time"
    log = released.teacher.nbgrader("collect", "ps1", "--update")
    assert f"The submission of ada says {early} but arrived at " in log
    assert collected(released, "ada") == ("late", early)


def hand_in_with_old_client(classroom, person, content, timestamp):
    """As nbexchange 1.5 does it: the student's own clock makes the timestamp."""
    answer = requests.post(
        f"{classroom.service.url}{BASE_PATH}submission",
        params={"course_id": classroom.course, "assignment_id": "ps1", "timestamp": timestamp},
        files={"assignment": ("assignment.tar.gz", tar(("p1.ipynb", content)))},
        headers=person.headers,
        timeout=30,
    )
    assert answer.json()["success"], answer.text
