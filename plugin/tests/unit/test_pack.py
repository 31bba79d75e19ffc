import logging
import os
import tarfile
import time

import pytest
from nbgrader.utils import ignore_patterns

from nbexchange.plugin import archive as rules
from nbexchange.plugin.failures import PlainFailure
from nbexchange.plugin.pack import pack
from nbexchange.plugin.unpack import unpack

KEEP_ALL = ignore_patterns()


def packed(folder, ignore=KEEP_ALL, *, max_bytes=10_000_000, warnings=None):
    warned = [] if warnings is None else warnings
    return pack(str(folder), ignore, max_bytes=max_bytes, warn=warned.append)


def round_trip(folder, target, ignore=KEEP_ALL, **more):
    content = packed(folder, ignore, **more)
    target.mkdir()
    with content.file:
        unpack(content.file, str(target), max_bytes=10_000_000, leave_out=lambda *_: False)
    return sorted(str(path.relative_to(target)) for path in target.rglob("*"))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "ps1"
    made.mkdir()
    return made


def test_files_and_empty_folders_come_back(folder, tmp_path):
    (folder / "p1.ipynb").write_text("{}")
    (folder / "data" / "empty").mkdir(parents=True)
    (folder / "data" / "\u2713 name with 100% + spaces").write_bytes(b"\0\1")
    names = round_trip(folder, tmp_path / "out")
    assert names == ["data", "data/empty", "data/\u2713 name with 100% + spaces", "p1.ipynb"]
    assert (tmp_path / "out" / names[2]).read_bytes() == b"\0\1"


def test_the_same_files_give_the_same_bytes(folder):
    (folder / "a").write_text("x")
    first = packed(folder)
    os.utime(folder / "a", (1, 1))
    time.sleep(0.01)
    second = packed(folder)
    with first.file, second.file:
        assert first.sha256 == second.sha256
        raw = first.file.read()
        assert first.size == second.size == len(raw)
    assert raw[4:8] == bytes(4), "gzip's own time"


def test_files_are_packed_in_the_order_of_their_names(folder):
    names = [f"{number * 37 % 100:02}" for number in range(100)]
    for name in names:
        (folder / name).touch()
    with packed(folder).file as file, tarfile.open(fileobj=file) as tar:
        assert tar.getnames() == sorted(names)


def test_only_notebooks_that_are_packed_and_at_the_top_are_named(folder):
    for name in ("b.ipynb", "a.ipynb", "left.ipynb", "a.txt"):
        (folder / name).write_text("{}")
    (folder / "sub").mkdir()
    (folder / "sub" / "c.ipynb").write_text("{}")
    content = packed(folder, ignore_patterns(exclude=["left*"]))
    content.file.close()
    assert content.notebooks == ("a", "b")


def test_what_nbgrader_leaves_out_is_left_out(folder, tmp_path):
    (folder / "feedback").mkdir()
    (folder / "feedback" / "p1.html").write_text("")
    (folder / "x.pyc").write_text("")
    (folder / "large").write_text("x" * 2001)
    (folder / "small").write_text("x" * 2000)
    ignore = ignore_patterns(["*.pyc", "feed*"], ["*"], 2, logging.getLogger("test"))
    assert round_trip(folder, tmp_path / "out", ignore) == ["small"]


def test_links_are_followed_and_those_that_lead_nowhere_or_in_circles_are_left_out(folder, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "data").write_text("x")
    (folder / "shared").symlink_to(tmp_path / "shared")
    (folder / "nowhere").symlink_to(tmp_path / "missing")
    (folder / "circle").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    warnings = []
    assert round_trip(folder, tmp_path / "out", warnings=warnings) == ["circle", "shared", "shared/data"]
    assert not (tmp_path / "out" / "shared").is_symlink()
    assert len(warnings) == 3


def test_what_nobody_could_unpack_is_not_packed(folder, monkeypatch):
    (folder / "a.txt").write_text("x")
    (folder / "A.txt").write_text("x")
    with pytest.raises(PlainFailure, match="two things in one place"):
        packed(folder)
    (folder / "A.txt").rename(folder / "a\\b")
    with pytest.raises(PlainFailure, match="lead elsewhere"):
        packed(folder)
    (folder / "a\\b").unlink()
    monkeypatch.setattr(rules, "MAX_MEMBERS", 0)
    with pytest.raises(PlainFailure, match="more than 0 files"):
        packed(folder)


def test_an_archive_that_is_too_large_is_refused(folder):
    (folder / "noise").write_bytes(os.urandom(5000))
    with pytest.raises(PlainFailure, match="4000"):
        packed(folder, max_bytes=4000)


def test_an_archive_that_is_larger_than_its_files_counts_as_large_as_it_is(folder):
    (folder / "noise").write_bytes(os.urandom(4000))
    with pytest.raises(PlainFailure, match="bytes large, and 4000 are allowed"):
        packed(folder, max_bytes=4000)


def test_what_would_be_taken_for_a_bomb_is_not_packed(folder, monkeypatch):
    monkeypatch.setattr(rules, "RATIO_COUNTS_FROM", 100_000)
    (folder / "zeros").write_bytes(bytes(1_000_000))
    with pytest.raises(PlainFailure, match="unpacks to more than 200 times its size"):
        packed(folder)


@pytest.mark.parametrize(("letter", "length", "most"), [("n", 200, 55), ("\u00e9", 100, 19)])
def test_more_notebooks_than_an_address_can_name_are_refused(folder, letter, length, most):
    for number in range(most):
        (folder / f"{number:03}{letter * length}.ipynb").touch()
    packed(folder).file.close()
    for number in range(most, most + 5):
        (folder / f"{number:03}{letter * length}.ipynb").touch()
    with pytest.raises(PlainFailure, match=f"{most + 5} notebooks at its top, too many to name"):
        packed(folder)


def test_a_script_stays_executable(folder, tmp_path):
    (folder / "run").write_text("#!/bin/sh")
    (folder / "run").chmod(0o755)
    (folder / "read").write_text("")
    (folder / "read").chmod(0o400)
    round_trip(folder, tmp_path / "out")
    assert os.access(tmp_path / "out" / "run", os.X_OK)
    assert (tmp_path / "out" / "read").stat().st_mode & 0o777 == 0o644
