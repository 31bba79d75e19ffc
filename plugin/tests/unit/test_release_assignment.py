import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError

from nbexchange.plugin import ExchangeReleaseAssignment

from .conftest import refusal, says


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("already_released", "Destination already exists, add --force to overwrite: bio ps1"),
        ("key_reused", "Released in the words of the service"),
    ],
)
def test_only_what_is_released_already_asks_for_force(server, tmp_path, reason, words):
    (tmp_path / "release" / "ps1").mkdir(parents=True)
    (tmp_path / "release" / "ps1" / "p1.ipynb").write_text("{}")
    server.answers = [
        says(200, {"assignments": []}),
        says(409, refusal("conflict", reason, "Released in the words of the service")),
    ]
    course = CourseDirectory(course_id="bio", assignment_id="ps1", root=str(tmp_path))
    with pytest.raises(ExchangeError, match=words):
        ExchangeReleaseAssignment(coursedir=course, service_url=server.url).start()
