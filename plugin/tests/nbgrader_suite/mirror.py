"""nbgrader's tests look into the folders of its own exchange. A mirror shows there what the service holds."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from held import Files, Held
from nbgrader.utils import notebook_hash, parse_utc


@dataclass
class Folders:
    """The folders of one test."""

    exchange: Path
    cache: Path | None
    course: Path | None


@dataclass
class Mirror:
    """Shows what `held` says in the folders of a test, and passes on what the test changes there by hand."""

    held: Held
    me: str
    _shown: dict[Path, str] = field(default_factory=dict)
    _pages: dict[Path, tuple[dict, dict, bytes]] = field(default_factory=dict)

    def show(self, folders: Folders) -> None:
        """Bring the folders up to date."""
        released, submissions = self.held.released(), self.held.submissions()
        wanted = {}
        for one in released:
            course = one["course_id"]
            wanted[folders.exchange / course / "outbound" / one["assignment_id"]] = one
            (folders.exchange / course / "inbound").mkdir(parents=True, exist_ok=True)
        for one in submissions:
            wanted[folders.exchange / one["course_id"] / "inbound" / _name(one)] = one
        if folders.cache:
            for_others = [s for s in submissions if s["submitted_by"] == self.me != s["student"]]
            for one in self.held.own_submissions() + for_others:
                wanted[folders.cache / one["course_id"] / _name(one)] = one
        for folder in set(self._shown) - set(wanted):
            shutil.rmtree(folder)
            del self._shown[folder]
        for folder, one in wanted.items():
            self._show_files(folder, one)
        for one in submissions:
            self._show_feedback(folders, one)

    def pass_on(self, folders: Folders) -> None:
        """Give the service the pages of feedback that the test has changed."""
        for path, (submission, feedback, page) in self._pages.items():
            if path.read_bytes() != page:
                self.held.give_feedback(submission, feedback, path.read_bytes())
                self._pages[path] = (submission, feedback, path.read_bytes())

    def hand_in(self, folders: Folders, course: str, assignment: str) -> None:
        """Hand in what stands in submitted/ of the course, though nobody did."""
        target = {"course_id": course, "assignment_id": assignment}
        for stamp in sorted(folders.course.glob(f"submitted/*/{assignment}/timestamp.txt")):
            student, timestamp = stamp.parts[-3], stamp.read_text()
            if any(_is(one, target, student, timestamp) for one in self.held.submissions()):
                continue
            if not any(one.items() >= target.items() for one in self.held.released()):
                self.held.release(target)
            files = {path.name: path.read_bytes() for path in stamp.parent.iterdir() if path.is_file()}
            self.held.hand_in(target, files, student=student, timestamp=timestamp)

    def _show_files(self, folder: Path, thing: dict) -> None:
        release = thing.get("release")
        version = (release or thing)["id"]
        if self._shown.get(folder) == version:
            return
        _write(folder, self.held.release_files(thing) if release else self.held.submission_files(thing))
        self._shown[folder] = version

    def _show_feedback(self, folders: Folders, submission: dict) -> None:
        folder = folders.exchange / submission["course_id"] / "feedback"
        for feedback in submission["feedback"]:
            page = self.held.feedback_page(submission, feedback)
            path = folder / f"{_hash(folders, submission, feedback['notebook_id'])}.html"
            _write(folder, {path.name: page})
            self._pages[path] = (submission, feedback, page)


def _name(submission: dict) -> str:
    return "+".join(submission[part] for part in ("student", "assignment_id", "timestamp"))


def _is(submission: dict, target: dict, student: str, timestamp: str) -> bool:
    same = submission.items() >= {**target, "student": student}.items()
    return same and parse_utc(submission["timestamp"]) == parse_utc(timestamp)


def _hash(folders: Folders, submission: dict, notebook: str) -> str:
    """The name that nbgrader's exchange would choose, where the test has made the secret for it."""
    for_student = f"submitted/{submission['student']}/{submission['assignment_id']}"
    secret = folders.course / for_student / "submission_secret.txt" if folders.course else None
    if secret and secret.is_file():
        return notebook_hash(secret=secret.read_text(), notebook_id=notebook)
    return f"{submission['id']}-{notebook}"


def _write(folder: Path, files: Files) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
