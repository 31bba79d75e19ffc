"""One call as an instructor makes it, timed without the start of Python.

`plugin_child.py collect|collect-one-at-a-time|release-feedback JSON`, with `service`, `headers`, `course`,
`assignment` and the `folder` of the course; prints `{"seconds": ...}`.
"""

import io
import json
import sys
import tarfile
import time
from pathlib import Path

import requests
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from nbexchange.plugin import ExchangeCollect, ExchangeReleaseFeedback


def plugin(kind, told):
    """Make one of nbgrader's exchange classes that are the plugin's; its `start` does it all."""
    [(header, value)] = told["headers"].items()
    config = Config()
    config.CourseDirectory.update(
        root=told["folder"], course_id=told["course"], assignment_id=told["assignment"]
    )
    config.Exchange.update(
        service_url=told["service"], api_plugin_class="nbexchange.plugin.auth.HeaderCredentials"
    )
    config.HeaderCredentials.update(header=header, value=value)
    return kind(coursedir=CourseDirectory(config=config), config=config).start


def one_at_a_time(told):
    """Collect as the plugin of nbexchange 1.x did: one after the other, each over a connection of its own."""
    course, assignment = told["course"], told["assignment"]
    submitted = Path(told["folder"]) / "submitted"

    def get(path, **query):
        answer = requests.get(
            f"{told['service']}/services/nbexchange/api/v1/{path}",
            params=query,
            headers=told["headers"],
            timeout=60,
        )
        answer.raise_for_status()
        return answer

    def collect():
        query = {"course_id": course, "assignment_id": assignment, "latest": "true", "limit": 5000}
        for one in get("submissions", **query).json()["submissions"]:
            folder = submitted / one["student"] / assignment
            folder.mkdir(parents=True)
            place = f"courses/{course}/assignments/{assignment}/submissions/{one['id']}/content"
            with tarfile.open(fileobj=io.BytesIO(get(place).content), mode="r:gz") as archive:
                archive.extractall(folder, filter="data")
            (folder / "timestamp.txt").write_text(one["timestamp"])

    return collect


CALLS = {
    "collect": lambda told: plugin(ExchangeCollect, told),
    "collect-one-at-a-time": one_at_a_time,
    "release-feedback": lambda told: plugin(ExchangeReleaseFeedback, told),
}

if __name__ == "__main__":
    call = CALLS[sys.argv[1]](json.loads(sys.argv[2]))
    began = time.perf_counter()
    call()
    print(json.dumps({"seconds": time.perf_counter() - began}))
