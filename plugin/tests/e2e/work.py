"""Work and feedback as they come and go past the plugin, and archives that no honest client packs."""

import io
import tarfile
from pathlib import Path

from .conftest import Classroom, Person


def handed_in(classroom: Classroom, person: Person, content: str | bytes = "{}", **query) -> dict:
    """Hand in ps1 as whoever this is, a notebook or a whole archive; answer the receipt."""
    archive = content if isinstance(content, bytes) else tar(("p1.ipynb", content))
    answer = person.api(
        "POST",
        f"courses/{classroom.course}/assignments/ps1/submissions",
        params={"notebook": ["p1"], **query},
        data=archive,
        headers={"Content-Type": "application/gzip"},
    )
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def tar(*members: tuple[str, str]) -> bytes:
    """Pack files, given name and content; the same name may come twice."""
    return tar_of(*((tarfile.TarInfo(name), content) for name, content in members))


def tar_of(*members: tuple[tarfile.TarInfo, str]) -> bytes:
    """Pack members of any kind."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for info, content in members:
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return target.getvalue()


def special(name: str, kind: bytes, link: str = "") -> tuple[tarfile.TarInfo, str]:
    """A member that is no regular file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, ""


def collected(classroom: Classroom, student: str) -> tuple[str, str]:
    """Answer notebook and timestamp of what the teacher has of a student."""
    folder = classroom.teacher.folder / "submitted" / student / "ps1"
    return (folder / "p1.ipynb").read_text(), (folder / "timestamp.txt").read_text()


def write_feedback(classroom: Classroom, student: str, receipt: dict, html: str) -> None:
    """Put feedback where nbgrader would generate it."""
    folder = classroom.teacher.folder / "feedback" / student / "ps1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "p1.html").write_text(html)
    (folder / "timestamp.txt").write_text(receipt["timestamp"])


def page_of(student: Person, receipt: dict) -> Path:
    """Where feedback on a submission is when the student has fetched it."""
    return student.folder / "ps1" / "feedback" / receipt["timestamp"] / "p1.html"


def files_below(folder: Path) -> dict[Path, bytes]:
    """Answer all files, but for nbgrader's own settings and databases."""
    own = ("nbgrader_config.py", "gradebook.db")
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name not in own}


def write(folder: Path, *names: str, content: str = "x") -> None:
    """Write files with the same content below a folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
