"""Folders and files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator


@contextlib.contextmanager
def fresh_folder(target: str) -> Iterator[str]:
    """Give an empty hidden folder beside `target`; what is left of it at the end is removed."""
    folder = _beside(target)
    os.mkdir(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def swap_in(folder: str, target: str) -> None:
    """Make `folder` be `target`, and remove what was there; where this fails, that is back in its place."""
    if not os.path.lexists(target):
        os.rename(folder, target)
        return
    old = _beside(target)
    os.rename(target, old)
    try:
        os.rename(folder, target)
    except BaseException:
        os.rename(old, target)
        raise
    if os.path.isdir(old) and not os.path.islink(old):
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.unlink(old)


def write_file(path: str, content: bytes) -> None:
    """Write a whole file in one step: readers see the old bytes or the new ones."""
    temporary = _beside(path)
    try:
        with open(temporary, "xb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def share_with_group(folder: str) -> None:
    """Let the group write everything in `folder`, as `CourseDirectory.groupshared` wants it."""
    for where, _, names in os.walk(folder):
        # What nbgrader itself does there.
        os.chmod(where, (os.stat(where).st_mode | 0o2770) & 0o2777)  # noqa: S103
        for name in names:
            path = os.path.join(where, name)
            os.chmod(path, (os.stat(path).st_mode | 0o660) & 0o777)


def _beside(target: str) -> str:
    """A new hidden name in the folder of `target`, which is made where it is missing."""
    parent, name = os.path.split(target)
    os.makedirs(parent, exist_ok=True)
    return os.path.join(parent, f".{name[:40]}-{secrets.token_hex(8)}")
