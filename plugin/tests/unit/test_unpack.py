import gzip
import os
import tarfile

import pytest

from nbexchange.plugin import archive as rules
from nbexchange.plugin import unpack as module
from nbexchange.plugin.failures import ArchiveFailure, PlainFailure
from nbexchange.plugin.unpack import unpack

from .archives import archive, as_file, special


def unpacked(source, folder, *, max_bytes=10_000_000, leave_out=lambda *_: False):
    with source:
        unpack(source, str(folder), max_bytes=max_bytes, leave_out=leave_out)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_ordinary_archive_is_unpacked(tmp_path):
    source = archive(special("./", tarfile.DIRTYPE), ("./p1.ipynb", b"{}"), ("data/empty.txt", b""))
    assert unpacked(source, tmp_path) == {"p1.ipynb": b"{}", "data/empty.txt": b""}


def test_an_empty_folder_is_kept_and_may_come_twice(tmp_path):
    unpacked(archive(special("sub", tarfile.DIRTYPE), special("sub/", tarfile.DIRTYPE)), tmp_path)
    assert (tmp_path / "sub").is_dir()


@pytest.mark.parametrize(
    "name",
    ["/etc/x", "../x", "a/../../x", "a/..", "C:x", "c:/x", "a\\b", "..\\x", "x" * 5000, "a/" * 200 + "x"],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    folder = tmp_path / "inside"
    folder.mkdir()
    with pytest.raises(ArchiveFailure):
        unpacked(archive((name, b"x")), folder)
    assert list(tmp_path.rglob("x")) == []


def test_a_name_with_a_zero_byte_is_refused(tmp_path):
    info = tarfile.TarInfo("placeholder")
    info.pax_headers = {"path": "a\0b"}
    with pytest.raises(ArchiveFailure):
        unpacked(archive((info, b"x")), tmp_path)


@pytest.mark.parametrize(
    "member",
    [
        special("link", tarfile.SYMTYPE, "/etc/passwd"),
        special("link", tarfile.SYMTYPE, "p1.ipynb"),
        special("link", tarfile.LNKTYPE, "p1.ipynb"),
        special("fifo", tarfile.FIFOTYPE),
        special("device", tarfile.CHRTYPE),
        special("device", tarfile.BLKTYPE),
        special("odd", b"9"),
    ],
    ids=lambda member: f"{member.name}-{member.type!r}",
)
def test_what_is_neither_file_nor_folder_is_refused(tmp_path, member):
    with pytest.raises(ArchiveFailure):
        unpacked(archive(("p1.ipynb", b"{}"), member), tmp_path)
    assert not os.path.lexists(tmp_path / member.name)


def test_a_file_with_holes_is_refused(tmp_path):
    info = tarfile.TarInfo("holes")
    info.pax_headers = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0",
        "GNU.sparse.name": "holes", "GNU.sparse.realsize": "1000000",
    }  # fmt: skip
    with pytest.raises(ArchiveFailure):
        unpacked(archive((info, b"1\n0\n0\n".ljust(512, b"\0"))), tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("a.txt", "a.txt"),
        ("a.txt", "A.txt"),
        ("a.txt", "./a.txt"),
        ("straße", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
        ("a", "a/b"),
        ("a/b", "a"),
        ("a/b", "A/c"),
    ],
)
def test_two_things_in_one_place_are_refused(tmp_path, names):
    with pytest.raises(ArchiveFailure, match="two things in one place"):
        unpacked(archive(*((name, b"x") for name in names)), tmp_path)


def test_more_bytes_than_allowed_are_refused(tmp_path):
    with pytest.raises(ArchiveFailure, match="more than 1000 bytes"):
        unpacked(archive(("a", b"x" * 600), ("b", b"x" * 600)), tmp_path, max_bytes=1000)
    assert unpacked(archive(("c", b"x" * 1000)), tmp_path, max_bytes=1000)["c"] == b"x" * 1000


def test_more_members_than_allowed_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rules, "MAX_MEMBERS", 3)
    with pytest.raises(ArchiveFailure, match="more than 3 files"):
        unpacked(archive(*((str(number), b"") for number in range(4))), tmp_path)


def test_a_hundred_thousand_members_are_allowed():
    caps = rules.Caps(max_bytes=0)
    for _ in range(100_000):
        caps.add(0)
    with pytest.raises(ArchiveFailure, match="more than 100000 files"):
        caps.add(0)


def test_what_grows_out_of_nothing_is_refused(tmp_path):
    zeros = tarfile.TarInfo("zeros")
    zeros.size = 101 * 1024 * 1024
    packed = gzip.compress(zeros.tobuf() + bytes(zeros.size), 9)
    with pytest.raises(ArchiveFailure, match="200 times its size"):
        unpacked(as_file(packed), tmp_path, max_bytes=10**12)


def test_a_header_larger_than_any_name_is_refused_before_it_is_read(tmp_path):
    info = tarfile.TarInfo("header")
    info.type = tarfile.XHDTYPE
    info.size = 10**9
    with pytest.raises(ArchiveFailure, match="longer than any name"):
        unpacked(as_file(gzip.compress(info.tobuf() + bytes(2048))), tmp_path)


def test_a_size_below_zero_is_refused(tmp_path):
    info = tarfile.TarInfo("minus")
    info.size = -512
    with pytest.raises(ArchiveFailure):
        unpacked(as_file(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(2048))), tmp_path)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE], ids=["gnu", "pax"])
def test_a_header_with_a_size_below_zero_is_refused(tmp_path, kind):
    info = tarfile.TarInfo("minus")
    info.type, info.size = kind, -512
    with pytest.raises(ArchiveFailure):
        unpacked(as_file(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(2048))), tmp_path)


def test_headers_of_any_size_are_no_way_around_the_allowed_size(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST_BESIDE_CONTENT", 100_000)
    wordy = []
    for number in range(4):
        info = tarfile.TarInfo(str(number))
        info.pax_headers = {"comment": os.urandom(20_000).hex()}
        wordy.append((info, b""))
    assert unpacked(archive(*wordy[:2]), tmp_path / "two", max_bytes=1000) == {"0": b"", "1": b""}
    with pytest.raises(ArchiveFailure, match="more than an archive of allowed size can hold"):
        unpacked(archive(*wordy), tmp_path / "four", max_bytes=1000)


def test_nothing_is_written_over_or_through_what_lies_in_the_folder(tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "outside").write_text("mine")
    (folder / "file").write_text("mine")
    (folder / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(FileExistsError):
        unpacked(archive(("file", b"theirs")), folder)
    with pytest.raises(ArchiveFailure, match="outside the destination"):
        unpacked(archive(("link", b"theirs")), folder)
    assert {path.read_text() for path in (folder / "file", tmp_path / "outside")} == {"mine"}


def whole():
    with archive(("a", os.urandom(3000)), ("b", os.urandom(3000))) as file:
        return file.read()


@pytest.mark.parametrize("cut", [0, 5, 30, 3500, -4])
def test_an_archive_that_ends_early_is_refused(tmp_path, cut):
    with pytest.raises(ArchiveFailure, match="damaged"):
        unpacked(as_file(whole()[:cut]), tmp_path)


def test_an_archive_with_a_wrong_checksum_is_refused(tmp_path):
    data = bytearray(whole())
    data[-6] ^= 1
    with pytest.raises(ArchiveFailure, match="damaged"):
        unpacked(as_file(bytes(data)), tmp_path)


def test_rubbish_after_the_archive_is_refused(tmp_path):
    with pytest.raises(ArchiveFailure, match="damaged"):
        unpacked(as_file(whole() + b"rubbish"), tmp_path)


def test_a_broken_header_in_the_middle_is_not_taken_for_the_end(tmp_path):
    data = bytearray(gzip.decompress(whole()))
    data[512 + 3072 + 148] ^= 0xFF
    with pytest.raises(ArchiveFailure, match="damaged"):
        unpacked(as_file(gzip.compress(bytes(data))), tmp_path)


@pytest.mark.parametrize("content", [b"", b"not an archive", gzip.compress(b"not a tar" * 100)])
def test_what_is_no_archive_is_refused(tmp_path, content):
    with pytest.raises(ArchiveFailure, match="damaged"):
        unpacked(as_file(content), tmp_path)


def test_modes_and_times_in_the_archive_mean_nothing(tmp_path):
    wild = tarfile.TarInfo("wild")
    wild.mode, wild.mtime, wild.uid = 0o6000, 1, 12345
    script = tarfile.TarInfo("script")
    script.mode = 0o4777
    unpacked(archive((wild, b"x"), (script, b"x")), tmp_path)
    for name, executable in (("wild", False), ("script", True)):
        status = (tmp_path / name).stat()
        assert status.st_mode & 0o600 == 0o600
        assert bool(status.st_mode & 0o100) == executable
        assert status.st_mode & 0o7000 == 0
        assert status.st_uid == os.getuid()
        assert status.st_mtime > 1_000_000_000


def test_what_is_left_out_is_not_written_and_not_judged(tmp_path):
    source = archive(
        ("timestamp.txt", b"1"),
        ("timestamp.txt", b"2"),
        special(".ipynb_checkpoints/link", tarfile.SYMTYPE, "/etc/passwd"),
        ("kept", b"x"),
    )
    skipped = {("timestamp.txt",), (".ipynb_checkpoints", "link")}
    assert unpacked(source, tmp_path, leave_out=lambda parts, *_: parts in skipped) == {"kept": b"x"}


def test_without_a_data_filter_nothing_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.delattr(module.tarfile, "data_filter")
    with pytest.raises(PlainFailure, match="update it"):
        unpacked(archive(("a", b"x")), tmp_path)
