import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError

from nbexchange.plugin import ExchangeFetchAssignment


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
