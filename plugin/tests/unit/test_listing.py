import hashlib

import pytest

from nbexchange.plugin.listing import grouped, released_entry, removed, submitted_entry, submitted_line

STAMP = "2026-01-31 13:45:00.000000 UTC"
SUBMISSION_KEYS = {
    "course_id", "student_id", "assignment_id", "timestamp", "random_string", "status", "path", "notebooks",
    "has_local_feedback", "has_exchange_feedback", "feedback_updated", "local_feedback_path",
}  # fmt: skip
NOTEBOOK_KEYS = {
    "notebook_id", "path", "has_local_feedback", "has_exchange_feedback", "local_feedback_path",
    "feedback_updated",
}  # fmt: skip


def assignment():
    return {
        "course_id": "bio",
        "assignment_id": "ps1",
        "status": "released",
        "release": {"notebooks": ["b", "a"]},
    }


def submission(timestamp=STAMP, student="ada", **feedback):
    given = [
        {"notebook_id": name, "sha256": hashlib.sha256(html).hexdigest()} for name, html in feedback.items()
    ]
    return {
        "course_id": "bio", "assignment_id": "ps1", "student": student, "timestamp": timestamp,
        "feedback": given,
    }  # fmt: skip


def entry(folder, notebooks=("p1", "p2"), **more):
    return submitted_entry(submission(**more), notebooks, str(folder), "https://x/1")


def keep(folder, stamp=STAMP, **pages):
    where = folder / "feedback" / stamp
    where.mkdir(parents=True)
    for name, html in pages.items():
        (where / f"{name}.html").write_bytes(html)
    return str(where)


def test_a_released_assignment_has_every_key(tmp_path):
    assert released_entry(assignment(), str(tmp_path / "ps1"), "https://x/ps1") == {
        "course_id": "bio",
        "assignment_id": "ps1",
        "status": "released",
        "path": "https://x/ps1",
        "notebooks": [
            {"notebook_id": "a", "path": "https://x/ps1/a.ipynb"},
            {"notebook_id": "b", "path": "https://x/ps1/b.ipynb"},
        ],
    }


def test_a_fetched_assignment_is_what_lies_in_the_folder(tmp_path):
    (tmp_path / "mine.ipynb").write_text("{}")
    found = released_entry(assignment(), str(tmp_path), "https://x/ps1")
    assert (found["status"], found["path"]) == ("fetched", str(tmp_path))
    assert found["notebooks"] == [{"notebook_id": "mine", "path": str(tmp_path / "mine.ipynb")}]


def test_a_submission_has_every_key(tmp_path):
    found = entry(tmp_path)
    assert set(found) == SUBMISSION_KEYS
    assert all(set(notebook) == NOTEBOOK_KEYS for notebook in found["notebooks"])
    assert (found["student_id"], found["status"]) == ("ada", "submitted")


@pytest.mark.parametrize(
    ("given", "kept", "line"),
    [
        ({}, {}, "no feedback available"),
        ({"p1": b"1"}, {}, "no feedback available"),
        ({"p1": b"1", "p2": b"2"}, {}, "feedback ready to be fetched"),
        ({"p1": b"1", "p2": b"2"}, {"p1": b"1"}, "feedback ready to be fetched"),
        ({"p1": b"1", "p2": b"2"}, {"p1": b"1", "p2": b"2"}, "feedback already fetched"),
        ({"p1": b"1", "p2": b"new"}, {"p1": b"1", "p2": b"2"}, "feedback ready to be fetched"),
        ({}, {"p1": b"1", "p2": b"2"}, "feedback already fetched"),
    ],
)
def test_feedback_counts_when_all_notebooks_have_it_and_is_new_when_any_differs(tmp_path, given, kept, line):
    where = keep(tmp_path, **kept)
    found = entry(tmp_path, **given)
    assert submitted_line(found) == f"bio ada ps1 {STAMP} ({line})"
    assert found["local_feedback_path"] == (where if len(kept) == 2 else None)


def test_feedback_on_another_submission_does_not_count(tmp_path):
    keep(tmp_path, stamp="2026-01-30 13:45:00.000000 UTC", p1=b"1", p2=b"2")
    assert not entry(tmp_path, p1=b"1", p2=b"2")["has_local_feedback"]


def test_without_notebooks_there_is_no_feedback(tmp_path):
    found = entry(tmp_path, notebooks=())
    assert not found["has_local_feedback"]
    assert not found["has_exchange_feedback"]
    assert not found["feedback_updated"]


@pytest.mark.parametrize("stamp", ["..", "../../elsewhere", "/etc"])
def test_a_timestamp_is_no_path(tmp_path, stamp):
    (tmp_path / "p1.html").write_text("")
    found = submitted_entry(submission(timestamp=stamp), ["p1"], str(tmp_path / "a" / "b"), "https://x/1")
    assert not found["has_local_feedback"]


def test_what_was_removed_says_so_and_nothing_of_feedback(tmp_path):
    found = removed(entry(tmp_path, p1=b"1"))
    assert found["status"] == "removed"
    assert set(found) == SUBMISSION_KEYS - {
        "has_local_feedback", "has_exchange_feedback", "feedback_updated", "local_feedback_path",
    }  # fmt: skip
    assert found["notebooks"][0] == {"notebook_id": "p1", "path": "https://x/1/p1.ipynb"}
    assert submitted_line(found) == f"bio ada ps1 {STAMP}"


def test_submissions_are_grouped_and_sorted(tmp_path):
    later = STAMP.replace("13:45", "14:00")
    rows = grouped(
        [entry(tmp_path, timestamp=later), entry(tmp_path, student="zoe"), entry(tmp_path, timestamp=STAMP)]
    )
    assert [(row["student_id"], row["status"]) for row in rows] == [
        ("ada", "submitted"),
        ("zoe", "submitted"),
    ]
    assert [one["timestamp"] for one in rows[0]["submissions"]] == [STAMP, later]
    assert set(rows[0]) == {"course_id", "student_id", "assignment_id", "status", "submissions"}
