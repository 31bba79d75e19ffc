"""A folder becomes a gzipped tar. The same files give the same bytes, whoever packs them and when."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import quote

from .archive import Caps, Names, check_ratio
from .failures import ArchiveFailure, PlainFailure
from .transfer import LocalFile

_LEVEL = 6
_LONGEST_QUERY = 12_000

# As for shutil.copytree: given a folder and the names in it, answers the names to leave out.
Ignore = Callable[[str, "list[str]"], "list[str]"]
Warn = Callable[[str], None]


@dataclass(frozen=True)
class Packed(LocalFile):
    """A packed folder. `notebooks` are those at its top, without extension, sorted."""

    notebooks: tuple[str, ...]


def pack(folder: str, ignore: Ignore, *, max_bytes: int, warn: Warn) -> Packed:
    """Pack what is in `folder` into a temporary file, which the caller closes.

    Links are followed, as nbgrader follows them; what cannot be packed is left out and told to `warn`. Raises
    `PlainFailure` where the archive would be larger than `max_bytes`, or nobody could unpack it.
    """
    target = tempfile.TemporaryFile(prefix="nbexchange-")  # noqa: SIM115
    try:
        hashed = _Hashed(target)
        # The largest thing that we send is also the largest that we unpack.
        caps = Caps(max_bytes)
        with gzip.GzipFile("", "wb", _LEVEL, fileobj=hashed, mtime=0) as packed:
            notebooks = _fill(packed, folder, _Walk(ignore, warn), caps)
        if hashed.size > max_bytes:
            raise ArchiveFailure(f"it is {hashed.size} bytes large, and {max_bytes} are allowed")
        check_ratio(caps.content, hashed.size)
        _check_named(notebooks)
    except ArchiveFailure as failure:
        target.close()
        raise PlainFailure(f"{folder} cannot be packed: {failure}.") from failure
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return Packed(target, hashed.size, hashed.digest.hexdigest(), notebooks)


def _check_named(notebooks: tuple[str, ...]) -> None:
    """The notebooks are named in the address of the upload, and no server takes addresses of any length."""
    if sum(len(f"&notebook={quote(name, safe='', errors='replace')}") for name in notebooks) > _LONGEST_QUERY:
        raise ArchiveFailure(
            f"it has {len(notebooks)} notebooks at its top, too many to name; move some into a folder"
        )


def _fill(packed: gzip.GzipFile, folder: str, walk: _Walk, caps: Caps) -> tuple[str, ...]:
    names = Names()
    notebooks = []
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, name, is_folder in walk.below(folder, "", ()):
            names.add(name, folder=is_folder)
            if is_folder:
                caps.add(0)
                tar.addfile(_member(name, tarfile.DIRTYPE, 0o755, 0))
            else:
                _add_file(tar, path, name, caps)
                if "/" not in name and name.endswith(".ipynb"):
                    notebooks.append(name.removesuffix(".ipynb"))
    return tuple(sorted(notebooks))


def _add_file(tar: tarfile.TarFile, path: str, name: str, caps: Caps) -> None:
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        caps.add(status.st_size)
        mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
        tar.addfile(_member(name, tarfile.REGTYPE, mode, status.st_size), file)


def _member(name: str, kind: bytes, mode: int, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size = kind, mode, size
    return member


class _Walk:
    """The files and folders below a folder, sorted, without what is ignored."""

    def __init__(self, ignore: Ignore, warn: Warn) -> None:
        self._ignore = ignore
        self._warn = warn

    def below(self, folder: str, prefix: str, above: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
        """Answer path, name in the archive, and whether it is a folder. `above`: real paths on the way."""
        real = os.path.realpath(folder)
        if real in above:
            self._warn(f"Left out, because the link leads back to where it is: {folder}")
            return
        found = sorted(os.listdir(folder))
        ignored = set(self._ignore(folder, found))
        for entry in found:
            if entry in ignored:
                continue
            path, name = os.path.join(folder, entry), prefix + entry
            kind = _kind(path)
            if kind == stat.S_IFDIR:
                yield path, name, True
                yield from self.below(path, name + "/", (*above, real))
            elif kind == stat.S_IFREG:
                yield path, name, False
            else:
                self._warn(f"Left out, because it is neither a file nor a folder: {path}")


def _kind(path: str) -> int | None:
    """What is at the end of all links; None where a link leads nowhere."""
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


class _Hashed(io.RawIOBase):
    """Counts and hashes what passes."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.size = 0
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self._target.write(data)
        size = memoryview(data).nbytes
        self.size += size
        return size
