"""What instructors do: collect and give feedback against the real service."""

import datetime
import io
import tarfile
import time

import pytest
from nbgrader.api import Gradebook

STAMP = "%Y-%m-%d %H:%M:%S.%f UTC"


def handed_in(classroom, person, text="{}", **query):
    """Hand in past the plugin, as whoever this is; answer the receipt."""
    archive = text if isinstance(text, bytes) else tar(("p1.ipynb", text))
    answer = person.api(
        "POST",
        f"courses/{classroom.course}/assignments/ps1/submissions",
        params={"notebook": ["p1"], **query},
        data=archive,
        headers={"Content-Type": "application/gzip"},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def tar(*members):
    return tar_of(*((tarfile.TarInfo(name), content) for name, content in members))


def tar_of(*members):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content.encode()))
    return target.getvalue()


def tar_with(kind, linkname=""):
    """An archive with a member that is no file, and a file that would go through it."""
    member = tarfile.TarInfo("p1.ipynb")
    member.type, member.linkname = kind, linkname
    return tar_of((member, ""), (tarfile.TarInfo("p1.ipynb"), "escaped"))


@pytest.fixture
def released(classroom):
    source = classroom.teacher.folder / "release" / "ps1"
    source.mkdir(parents=True)
    (source / "p1.ipynb").write_text("{}")
    classroom.teacher.nbgrader("release_assignment", "ps1")
    return classroom


def collected(classroom, student):
    folder = classroom.teacher.folder / "submitted" / student / "ps1"
    return (folder / "p1.ipynb").read_text(), (folder / "timestamp.txt").read_text()


def test_the_newest_submission_is_collected_and_an_edit_stays(released):
    ada = released.person("ada")
    handed_in(released, ada, text="first")
    second = handed_in(released, ada, text="second")
    released.teacher.nbgrader("collect", "ps1")
    assert collected(released, "ada") == ("second", second["timestamp"])

    edited = released.teacher.folder / "submitted" / "ada" / "ps1" / "p1.ipynb"
    edited.write_text("edited by the teacher")
    assert "use --update to update: ada ps1" in released.teacher.nbgrader("collect", "ps1")
    assert "No newer submission to collect: ada ps1" in released.teacher.nbgrader(
        "collect", "ps1", "--update"
    )
    assert edited.read_text() == "edited by the teacher"

    third = handed_in(released, ada, text="third")
    assert "Submission already exists" in released.teacher.nbgrader("collect", "ps1")
    assert "Updating submission: ada ps1" in released.teacher.nbgrader("collect", "ps1", "--update")
    assert collected(released, "ada") == ("third", third["timestamp"])
    assert [path.name for path in edited.parent.parent.iterdir()] == ["ps1"]


def test_with_before_duedate_the_last_one_in_time_counts_else_the_newest(released):
    ada, zoe = released.person("ada"), released.person("zoe")
    handed_in(released, ada, text="in time")
    time.sleep(0.02)
    due = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    time.sleep(0.02)
    handed_in(released, ada, text="late")
    handed_in(released, zoe, text="late too")
    with Gradebook(f"sqlite:///{released.teacher.folder}/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment("ps1", duedate=due)
    released.teacher.nbgrader("collect", "ps1", "--before-duedate")
    assert collected(released, "ada")[0] == "in time"
    assert collected(released, "zoe")[0] == "late too"
    released.teacher.nbgrader("collect", "ps1", "--update")
    assert collected(released, "ada")[0] == "late"
    released.teacher.nbgrader("collect", "ps1", "--before-duedate")
    assert collected(released, "ada")[0] == "in time"


@pytest.mark.parametrize(
    "hostile",
    [
        tar(("../../../escaped", "x")),
        tar(("/tmp/escaped", "x")),
        tar(("p1.ipynb", "x"), ("P1.ipynb", "x")),
        tar(("p1.ipynb", "\0" * 200_000_000)),
        tar_with(tarfile.SYMTYPE, "../../../escaped"),
        tar_with(tarfile.LNKTYPE, "/etc/passwd"),
        tar_with(tarfile.CHRTYPE),
        tar_with(tarfile.FIFOTYPE),
        b"\x1f\x8bnot really",
    ],
)
def test_a_hostile_archive_harms_nobody(released, hostile):
    ada, eve = released.person("ada"), released.person("eve")
    handed_in(released, eve, text="harmless")
    released.teacher.nbgrader("collect", "ps1")
    handed_in(released, eve, text=hostile)
    handed_in(released, ada, text="fine")
    log = released.teacher.nbgrader("collect", "ps1", "--update", fails=True)
    assert "Not collected: eve: the archive is refused: " in log
    assert "1 of 2 submissions were not collected" in log
    assert "Traceback" not in log
    assert collected(released, "eve")[0] == "harmless"
    assert collected(released, "ada")[0] == "fine"
    assert not list(released.folder.rglob("escaped"))
    assert not list((released.teacher.folder / "submitted").rglob(".*"))


def test_a_timestamp_in_the_archive_does_not_count(released):
    ada = released.person("ada")
    receipt = handed_in(
        released, ada, text=tar(("p1.ipynb", "x"), ("timestamp.txt", "1999"), ("timestamp.txt", "2099"))
    )
    released.teacher.nbgrader("collect", "ps1")
    assert collected(released, "ada")[1] == receipt["timestamp"]


def test_a_label_far_from_the_time_of_arrival_is_noticed(released):
    handed_in(released, released.teacher, student="zoe", timestamp="2020-02-03 04:05:06.000007 UTC")
    log = released.teacher.nbgrader("collect", "ps1")
    assert "The submission of zoe says 2020-02-03 04:05:06.000007 UTC but arrived at " in log


def test_students_can_be_chosen(released):
    for name in ("ada", "alan", "zoe"):
        handed_in(released, released.person(name))
    submitted = released.teacher.folder / "submitted"
    released.teacher.nbgrader("collect", "ps1", "--student=zoe")
    assert sorted(path.name for path in submitted.iterdir()) == ["zoe"]
    released.teacher.nbgrader("collect", "ps1", "--student=a*")
    assert sorted(path.name for path in submitted.iterdir()) == ["ada", "alan", "zoe"]
    assert "alan" not in released.teacher.nbgrader("list", "--inbound", "--student=ada")


def test_who_a_student_is_goes_into_the_gradebook_only_where_nothing_is(released):
    database = f"sqlite:///{released.teacher.folder}/gradebook.db"
    with Gradebook(database) as gradebook:
        gradebook.add_student("ada", first_name="Countess", email="")
    more = {"full_name": "Ada Lovelace", "email": "ada@example.org", "lms_user_id": "7"}
    handed_in(released, released.person("ada", **more))
    handed_in(released, released.person("nobody"))
    released.teacher.nbgrader("collect", "ps1")
    with Gradebook(database) as gradebook:
        (ada,) = gradebook.students
        assert (ada.first_name, ada.last_name) == ("Countess", "Lovelace")
        assert (ada.email, ada.lms_user_id) == ("ada@example.org", "7")


def test_nothing_to_collect_is_told(released):
    log = released.teacher.nbgrader("collect", "ps1")
    assert f"No submissions of 'ps1' for course '{released.course}' to collect" in log
    assert not (released.teacher.folder / "submitted").exists()


def feedback(classroom, student, receipt, html):
    folder = classroom.teacher.folder / "feedback" / student / "ps1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "p1.html").write_text(html)
    (folder / "timestamp.txt").write_text(receipt["timestamp"])


def test_one_feedback_that_fails_does_not_stop_the_others(released):
    ada = released.person("ada")
    feedback(released, "ada", handed_in(released, ada), "good")
    feedback(released, "unknown", {"timestamp": "2020-02-03 04:05:06.000007 UTC"}, "x")
    feedback(released, "unstamped", {"timestamp": ""}, "x")
    log = released.teacher.nbgrader("release_feedback", "ps1", fails=True)
    assert "2 of 3 files were not released: unknown/p1: " in log
    assert "Traceback" not in log
    assert "feedback ready to be fetched" in ada.nbgrader("list", "--cached")


def test_feedback_that_was_given_again_shows_as_updated(released):
    ada = released.person("ada")
    receipt = handed_in(released, ada)
    for html in ("good", "better"):
        feedback(released, "ada", receipt, html)
        released.teacher.nbgrader("release_feedback", "ps1")
        assert "feedback ready to be fetched" in ada.nbgrader("list", "--cached")
        ada.nbgrader("fetch_feedback", "ps1")
        assert "feedback already fetched" in ada.nbgrader("list", "--cached")
        page = ada.folder / "ps1" / "feedback" / receipt["timestamp"] / "p1.html"
        assert page.read_text() == html
    released.teacher.nbgrader("release_feedback", "ps1")
    assert "feedback already fetched" in ada.nbgrader("list", "--cached")


def test_unreleasing_and_releasing_again_keep_feedback(released):
    ada = released.person("ada")
    receipt = handed_in(released, ada)
    feedback(released, "ada", receipt, "good")
    released.teacher.nbgrader("release_feedback", "ps1")
    released.teacher.nbgrader("list", "--remove", "ps1")
    assert "feedback ready to be fetched" in ada.nbgrader("list", "--cached")
    ada.nbgrader("fetch_feedback", "ps1")
    page = ada.folder / "ps1" / "feedback" / receipt["timestamp"] / "p1.html"
    assert page.read_text() == "good"

    released.teacher.nbgrader("release_assignment", "ps1")
    assert "feedback already fetched" in ada.nbgrader("list", "--cached")
    feedback(released, "ada", receipt, "still mine to give")
    released.teacher.nbgrader("release_feedback", "ps1")
    ada.nbgrader("fetch_feedback", "ps1")
    assert page.read_text() == "still mine to give"


def test_feedback_is_for_one_student_and_the_teacher(released):
    ada, eve = released.person("ada"), released.person("eve")
    receipt = handed_in(released, ada)
    feedback(released, "ada", receipt, "for ada")
    released.teacher.nbgrader("release_feedback", "ps1")
    assert "The exchange refuses: " in eve.nbgrader("fetch_feedback", "ps1", "--student=ada", fails=True)
    eve.nbgrader("fetch_feedback", "ps1")
    assert not (eve.folder / "ps1").exists()
    ada.nbgrader("fetch_feedback", "ps1", "--student=ada")
    released.teacher.nbgrader("fetch_feedback", "ps1", "--student=ada")
    for person in (ada, released.teacher):
        page = person.folder / "ps1" / "feedback" / receipt["timestamp"] / "p1.html"
        assert page.read_text() == "for ada"
