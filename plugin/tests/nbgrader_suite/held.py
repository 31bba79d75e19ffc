"""What the service holds, asked past the plugin by a person who teaches all courses of the tests."""

import io
import json
import tarfile
from urllib.parse import quote

import requests

Files = dict[str, bytes]


class Held:
    """The service in the eyes of one `identity`."""

    def __init__(self, base_url: str, identity: dict):
        self._api = base_url + "api/v1/"
        self._session = requests.Session()
        self._session.headers["X-Exchange-User"] = json.dumps(identity)

    def released(self) -> list[dict]:
        """Answer the assignments that are released now, in all courses."""
        return [one for one in self.assignments() if one["status"] == "released"]

    def assignments(self) -> list[dict]:
        """Answer all assignments of all courses."""
        return self._call("GET", "assignments").json()["assignments"]

    def release_files(self, assignment: dict) -> Files:
        """Answer the files of the newest release."""
        return _unpacked(self._call("GET", f"{_path(assignment)}/releases/latest/content").content)

    def submissions(self) -> list[dict]:
        """Answer what instructors see, with its feedback."""
        return self._call("GET", "submissions", params={"feedback": "true"}).json()["submissions"]

    def own_submissions(self) -> list[dict]:
        """Answer what the person handed in."""
        return self._call("GET", "me/submissions").json()["submissions"]

    def submission_files(self, submission: dict) -> Files:
        """Answer the files of one submission as they are when collected, so with its timestamp."""
        url = f"{_path(submission)}/submissions/{submission['id']}/content"
        files = _unpacked(self._call("GET", url).content)
        return {**files, "timestamp.txt": submission["timestamp"].encode()}

    def feedback_page(self, submission: dict, feedback: dict) -> bytes:
        """Answer one page of feedback."""
        return self._call("GET", _feedback_path(submission, feedback)).content

    def give_feedback(self, submission: dict, feedback: dict, page: bytes) -> None:
        """Put another page in the place of one."""
        headers = {"Content-Type": "text/html"}
        self._call("PUT", _feedback_path(submission, feedback), data=page, headers=headers)

    def release(self, assignment: dict) -> None:
        """Release an assignment with nothing in it."""
        self._upload(f"{_path(assignment)}/releases", {}, {})

    def hand_in(self, assignment: dict, files: Files, *, student: str, timestamp: str) -> None:
        """Hand in for a student, with the time at which that was."""
        query = {"student": student, "timestamp": timestamp}
        self._upload(f"{_path(assignment)}/submissions", query, files)

    def _upload(self, path: str, query: dict[str, str], files: Files) -> None:
        headers = {"Content-Type": "application/gzip"}
        self._call("POST", path, params=query, data=_packed(files), headers=headers)

    def _call(self, method: str, path: str, **more) -> requests.Response:
        response = self._session.request(method, self._api + path, timeout=30, **more)
        if response.status_code >= 300:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text[:300]}")
        return response


def _path(thing: dict) -> str:
    return (
        f"courses/{quote(thing['course_id'], safe='')}/assignments/{quote(thing['assignment_id'], safe='')}"
    )


def _feedback_path(submission: dict, feedback: dict) -> str:
    parts = (submission["student"], feedback["timestamp"], feedback["notebook_id"])
    return f"{_path(submission)}/feedback/" + "/".join(quote(part, safe="") for part in parts)


def _packed(files: Files) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def _unpacked(archive: bytes) -> Files:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
