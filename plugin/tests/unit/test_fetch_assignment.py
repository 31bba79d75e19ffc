import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError

from nbexchange.plugin import ExchangeFetchAssignment

from .archives import archive
from .conftest import says


def fetch(server, folder, **more):
    course = CourseDirectory(course_id="bio", assignment_id="ps1")
    ExchangeFetchAssignment(
        coursedir=course, service_url=server.url, assignment_dir=str(folder), **more
    ).start()


def assignment(status):
    return says(200, {"assignments": [{"course_id": "bio", "assignment_id": "ps1", "status": status}]})


def content():
    with archive(("p1.ipynb", b"new"), ("data/a", b"new"), ("data/b", b"new")) as file:
        return says(200, file.read())


def test_what_is_not_released_now_is_not_fetched(server, tmp_path):
    server.answers = [assignment("unreleased"), content()]
    with pytest.raises(ExchangeError, match="ps1 is not released in course bio"):
        fetch(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [{}, {"replace_missing_files": True}])
def test_what_is_in_the_place_of_the_folder_and_none_is_left_alone(server, tmp_path, more):
    (tmp_path / "ps1").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ExchangeError, match="You already have a copy"):
        fetch(server, tmp_path, **more)
    assert (tmp_path / "ps1").is_symlink()
    assert server.requests == []


def test_only_what_is_missing_is_replaced(server, tmp_path):
    (tmp_path / "ps1" / "data").mkdir(parents=True)
    for name in ("p1.ipynb", "data/a"):
        (tmp_path / "ps1" / name).write_text("mine")
    server.answers = [assignment("released"), content()]
    fetch(server, tmp_path, replace_missing_files=True)
    texts = {name: (tmp_path / "ps1" / name).read_text() for name in ("p1.ipynb", "data/a", "data/b")}
    assert texts == {"p1.ipynb": "mine", "data/a": "mine", "data/b": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["ps1"]


@pytest.mark.parametrize(
    ("course", "assignment", "with_course"),
    [
        ("bio", "/escaped", False),
        ("bio", "a/b", False),
        ("bio", "C:x", True),
        ("/escaped", "ps1", True),
        ("a/../b", "ps1", True),
    ],
)
def test_a_name_that_is_no_folder_name_is_refused_before_anything_is_asked(
    server, tmp_path, course, assignment, with_course
):
    fetch = ExchangeFetchAssignment(
        coursedir=CourseDirectory(course_id=course, assignment_id=assignment),
        service_url=server.url,
        assignment_dir=str(tmp_path),
        path_includes_course=with_course,
    )
    with pytest.raises(ExchangeError, match=f"{course}/{assignment} cannot be the name of a folder"):
        fetch.start()
    assert server.requests == []
    assert list(tmp_path.iterdir()) == []
