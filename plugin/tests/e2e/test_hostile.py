"""What somebody with bad intentions hands in, releases or is called harms nobody else."""

import tarfile
from urllib.parse import quote

import pytest

from nbexchange.plugin import archive as archive_rules

from .work import collected, files_below, handed_in, page_of, special, tar, tar_of

# Of zeros: more than counts as growing out of nothing, and small when it is packed.
ZEROS = "\0" * 110_000_000

HOSTILE = {
    "a path that leads up": tar(("../../../escaped", "x")),
    "a path that leads up from within": tar(("a/../../../../escaped", "x")),
    "an absolute path": tar(("/tmp/escaped", "x")),
    "a Windows path": tar(("..\\..\\escaped", "x")),
    "names that differ in case": tar(("p1.ipynb", "x"), ("P1.ipynb", "x")),
    "folders that differ in case": tar(("a/p1.ipynb", "x"), ("A/p2.ipynb", "x")),
    "names that differ in how an accent is written": tar(("caf\u00e9", "x"), ("cafe\u0301", "x")),
    "one name twice": tar(("p1.ipynb", "x"), ("p1.ipynb", "y")),
    "a file that is a folder, too": tar(("a", "x"), ("a/b", "x")),
    "zeros without end": tar(("p1.ipynb", ZEROS)),
    "more files than anybody has": tar(*((str(number), "") for number in range(1001))),
    "a link that leads up": tar_of(
        special("up", tarfile.SYMTYPE, "../../.."), (tarfile.TarInfo("up/escaped"), "x")
    ),
    "a link to a secret": tar_of(special("p1.ipynb", tarfile.SYMTYPE, "/etc/passwd")),
    "a hard link to a secret": tar_of(special("p1.ipynb", tarfile.LNKTYPE, "/etc/passwd")),
    "a hard link within": tar_of((tarfile.TarInfo("a"), "x"), special("p1.ipynb", tarfile.LNKTYPE, "a")),
    "a device": tar_of(special("p1.ipynb", tarfile.CHRTYPE)),
    "a disk": tar_of(special("p1.ipynb", tarfile.BLKTYPE)),
    "a pipe": tar_of(special("p1.ipynb", tarfile.FIFOTYPE)),
    "no archive": b"\x1f\x8bnot really",
    "half an archive": tar(("p1.ipynb", "x" * 10_000))[:-20],
}  # fmt: skip


def test_hostile_archives_harm_nobody_and_their_students_are_named(released, monkeypatch):
    # The real number is counted by a unit test.
    monkeypatch.setattr(archive_rules, "MAX_MEMBERS", 1000)
    ada = released.person("ada")
    students = {f"eve with {kind}": archive for kind, archive in HOSTILE.items()}
    for student in students:
        handed_in(released, released.teacher, content="harmless", student=student)
    released.teacher.nbgrader("collect", "ps1")
    before = files_below(released.folder)

    for student, archive in students.items():
        handed_in(released, released.teacher, content=archive, student=student)
    handed_in(released, ada, content="fine")
    log = released.teacher.nbgrader("collect", "ps1", "--update", fails=True)
    assert [name for name in students if f"Not collected: {name}: the archive is refused: " not in log] == []
    assert f"{len(HOSTILE)} of {len(HOSTILE) + 1} submissions were not collected" in log
    assert "Traceback" not in log
    mine = released.teacher.folder / "submitted" / "ada" / "ps1"
    after = files_below(released.folder)
    assert {path for path in after if after[path] != before.get(path)} == {
        mine / "p1.ipynb",
        mine / "timestamp.txt",
    }
    assert before.keys() <= after.keys()
    assert collected(released, "ada")[0] == "fine"


def test_an_archive_that_grows_out_of_nothing_is_refused_however_much_is_allowed(released):
    released.teacher.configure("c.CourseDirectory.max_dir_size = 10_000_000")
    handed_in(released, released.person("eve"), content=HOSTILE["zeros without end"])
    log = released.teacher.nbgrader("collect", "ps1", fails=True)
    assert "eve: the archive is refused: it unpacks to more than 200 times its size" in log
    assert not list(released.teacher.folder.glob("submitted/*/*"))


def test_students_whose_names_are_paths_are_named_and_the_others_are_collected(released):
    names = ["../../eve", "/tmp/eve", "..", "a/b"]
    for name in names:
        handed_in(released, released.person(name), content="hostile")
    handed_in(released, released.person("ada"), content="fine")
    log = released.teacher.nbgrader("collect", "ps1", fails=True)
    for name in names:
        assert f"Not collected: {name}: this user name cannot be the name of a folder" in log
    assert collected(released, "ada")[0] == "fine"
    assert len(list(released.folder.rglob("timestamp.txt"))) == 1


def test_special_bits_and_owners_in_an_archive_mean_nothing(released):
    member = tarfile.TarInfo("p1.ipynb")
    member.mode, member.uid, member.gid = 0o6777, 0, 0
    handed_in(released, released.person("eve"), content=tar_of((member, "x")))
    released.teacher.nbgrader("collect", "ps1")
    path = released.teacher.folder / "submitted" / "eve" / "ps1" / "p1.ipynb"
    assert path.stat().st_mode & 0o7022 == 0


def test_a_hostile_release_leaves_nothing_in_a_students_folder(released):
    ada = released.person("ada")
    path = f"courses/{released.course}/assignments/ps1/releases"
    answer = released.teacher.api(
        "POST",
        path,
        params={"force": "true"},
        data=tar(("p1.ipynb", "x"), ("../escaped", "x")),
        headers={"Content-Type": "application/gzip"},
    )
    assert answer.status_code == 201, answer.text
    log = ada.nbgrader("fetch_assignment", "ps1", fails=True)
    assert "ps1 cannot be unpacked: " in log
    assert "Traceback" not in log
    assert list(files_below(ada.folder)) == []
    assert [path.name for path in ada.folder.iterdir()] == ["nbgrader_config.py"]


@pytest.mark.parametrize("notebook", ["../../../escaped", "..", "a/b", "a\\b"])
def test_feedback_cannot_be_given_a_name_that_leads_elsewhere(released, notebook):
    ada = released.person("ada")
    receipt = handed_in(released, ada)
    field = "/".join(quote(part, safe="") for part in ("ada", receipt["timestamp"], notebook))
    answer = released.teacher.api(
        "POST",
        f"courses/{released.course}/assignments/ps1/feedback",
        files={field: "x"},
    )
    assert [one["code"] for one in answer.json()["results"]] == ["invalid"]
    ada.nbgrader("fetch_feedback", "ps1")
    assert not page_of(ada, receipt).parent.exists()
