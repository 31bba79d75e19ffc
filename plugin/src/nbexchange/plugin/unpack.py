"""An archive from somebody else becomes a folder. Nothing in it is trusted."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable
from typing import BinaryIO

from .archive import Caps, Names, check_ratio
from .failures import ArchiveFailure, PlainFailure

_CHUNK = 256 * 1024
# A member's own headers are read in one piece; nobody needs more than this for a name.
_LONGEST_HEADER = 1024 * 1024
# A member takes a header and some padding beside its content.
_MOST_BESIDE_CONTENT = 200 * 1024 * 1024

# Given the parts of a path, its size in bytes, and whether it is a folder: whether to leave it out.
LeaveOut = Callable[["tuple[str, ...]", int, bool], bool]


def unpack(archive: BinaryIO, folder: str, *, max_bytes: int, leave_out: LeaveOut) -> None:
    """Unpack the gzipped tar `archive` into `folder`, which is empty.

    Only regular files and folders, with names that stay below `folder`, and no more than `max_bytes` of them;
    owners, times and special modes in the archive mean nothing. Raises `ArchiveFailure` (what was
    written until then stays), or OSError for the disk.
    """
    if not hasattr(tarfile, "data_filter"):
        raise PlainFailure(
            "This Python unpacks archives without care: update it to its newest bugfix release."
        )
    packed = os.fstat(archive.fileno()).st_size
    source = _Unzipped(archive, packed, max_bytes)
    try:
        with tarfile.open(fileobj=source, mode="r:") as tar:  # type: ignore[call-overload]
            _extract(tar, folder, Caps(max_bytes), leave_out)
        source.finish()
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeError) as error:
        raise ArchiveFailure(f"it is damaged ({error})") from error


def _extract(tar: tarfile.TarFile, folder: str, caps: Caps, leave_out: LeaveOut) -> None:
    names = Names()
    for member in tar:
        if member.size < 0:
            raise ArchiveFailure(f"a size below zero: {member.name!r}")
        caps.add(member.size)
        if leave_out(_parts(member.name), member.size, member.isdir()):
            continue
        if not (member.isreg() or member.isdir()) or member.issparse():
            raise ArchiveFailure(f"something that is neither a file nor a folder: {member.name!r}")
        parts = names.add(member.name, folder=member.isdir())
        tarfile.data_filter(member, folder)
        if member.isdir():
            os.makedirs(os.path.join(folder, *parts), exist_ok=True)
        else:
            _write(tar, member, os.path.join(folder, *parts))


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    content = tar.extractfile(member)
    if content is None:
        raise ArchiveFailure(f"a file without content: {member.name!r}")
    mode = 0o777 if member.mode & 0o100 else 0o666
    with content, open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as target:
        shutil.copyfileobj(content, target, _CHUNK)
        if target.tell() != member.size:
            raise ArchiveFailure(f"it is damaged ({member.name!r} ends too early)")


class _Unzipped:
    """What tarfile reads: forwards only, never more at once or in all than an honest archive has."""

    def __init__(self, archive: BinaryIO, packed: int, max_bytes: int) -> None:
        self._plain = gzip.GzipFile(fileobj=archive, mode="rb")
        self._packed = packed
        self._most = max_bytes + _MOST_BESIDE_CONTENT
        self._position = 0
        self._last = b""

    def read(self, size: int) -> bytes:
        if size < 0:
            raise ArchiveFailure("a header with a size below zero")
        if size > _LONGEST_HEADER:
            raise ArchiveFailure("a header that is longer than any name")
        self._last = self._plain.read(size)
        self._position += len(self._last)
        if self._position > self._most:
            raise ArchiveFailure("more than an archive of allowed size can hold")
        check_ratio(self._position, self._packed)
        return self._last

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        if position < self._position:
            raise ArchiveFailure("a member that begins before the end of another")
        while self._position < position and self.read(min(position - self._position, _CHUNK)):
            pass

    def finish(self) -> None:
        """Raise `ArchiveFailure` unless the archive ended well: zeros at the end, and a right checksum."""
        if any(self._last):
            raise ArchiveFailure("it is damaged (a header that cannot be read)")
        while self.read(_CHUNK):
            pass
