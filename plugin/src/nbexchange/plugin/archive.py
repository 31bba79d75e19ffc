"""What an archive of ours may hold. The same rules when it is packed and when it is unpacked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .failures import ArchiveFailure

MAX_MEMBERS = 100_000
# Text compresses to a tenth, zeros to a thousandth: nobody has more than this much of the latter by accident.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 100 * 1024 * 1024

_LONGEST_PATH = 4096
_DEEPEST = 100

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass
class Caps:
    """Counts what an archive holds, and stops at what is too much."""

    max_bytes: int
    members: int = 0
    content: int = 0

    def add(self, size: int) -> None:
        """Count one member of `size` bytes. Raises `ArchiveFailure`."""
        self.members += 1
        self.content += size
        if self.members > MAX_MEMBERS:
            raise ArchiveFailure(f"more than {MAX_MEMBERS} files and folders")
        if self.content > self.max_bytes:
            raise ArchiveFailure(f"more than {self.max_bytes} bytes of files")


def check_ratio(unpacked: int, packed: int) -> None:
    """Raise `ArchiveFailure` for what grows like no honest work does."""
    if unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * max(packed, 1):
        raise ArchiveFailure(f"it unpacks to more than {MAX_RATIO} times its size")


class Names:
    """The names of one archive: each safe below a folder on any system, and no two of them the same there."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[str, bool]] = {}

    def add(self, name: str, *, folder: bool) -> tuple[str, ...]:
        """Take `name`, which is separated by `/`; answer its parts, none for the top folder itself.

        Raises `ArchiveFailure` for a name that leads elsewhere, or that meets another one: also where they
        differ only in case or in how accents are written. A folder may come twice.
        """
        parts = safe_parts(name)
        if not parts:
            if folder:
                return parts
            raise ArchiveFailure(f"a file without a name ({name!r})")
        for depth in range(1, len(parts)):
            self._take(parts[:depth], folder=True)
        self._take(parts, folder=folder)
        return parts

    def _take(self, parts: tuple[str, ...], *, folder: bool) -> None:
        path = "/".join(parts)
        key = unicodedata.normalize("NFC", path).casefold()
        known = self._taken.get(key)
        if known is None:
            self._taken[key] = (path, folder)
        elif not folder or known != (path, True):
            raise ArchiveFailure(f"two things in one place: {known[0]!r} and {path!r}")


def safe_parts(name: str) -> tuple[str, ...]:
    """Answer the parts of a relative path. Raises `ArchiveFailure` where it would lead out of its folder."""
    if "\0" in name or "\\" in name or name.startswith("/") or _DRIVE.match(name):
        raise ArchiveFailure(f"a name that could lead elsewhere: {name!r}")
    if len(name) > _LONGEST_PATH or name.count("/") > _DEEPEST:
        raise ArchiveFailure(f"a path that is too long: {name[:60]!r}...")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise ArchiveFailure(f"a name that could lead elsewhere: {name!r}")
    return parts


def safe_name(name: str) -> bool:
    """Whether `name` can be that of one file or folder, on any system."""
    try:
        return safe_parts(name) == (name,)
    except ArchiveFailure:
        return False
