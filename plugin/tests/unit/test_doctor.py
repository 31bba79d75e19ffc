import pytest
from traitlets.config import Config

from nbexchange.plugin.doctor import examine

from .conftest import says

ME = {"name": "ada", "org_id": 1, "courses": [{"course_id": "bio", "role": "Student"}]}


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("JUPYTERHUB_API_TOKEN", "NBEX_TOKEN", "NAAS_JWT"):
        monkeypatch.delenv(name, raising=False)


def found(server, about, course="", assignment=""):
    config = Config()
    config.Exchange.service_url = server.url
    return next(one for one in examine(config, course, assignment) if one.about == about)


def test_an_assignment_that_was_unreleased_is_told_as_such(server):
    one = {"course_id": "bio", "assignment_id": "ps1", "status": "unreleased", "fetched_at": None}
    server.answers = [says(200, ME), says(200, {"assignments": [one]})]
    finding = found(server, "assignment ps1", "bio", "ps1")
    assert (finding.ok, finding.found) == (False, "not released now")


def test_who_sends_no_credentials_is_told_which_there_are(server):
    finding = found(server, "credentials")
    assert (finding.ok, finding.found) == (False, "none")
    assert "NBEX_TOKEN" in finding.advice


@pytest.mark.parametrize(
    ("variable", "told"), [("NBEX_TOKEN", "Authorization"), ("NAAS_JWT", "the cookie noteable_auth")]
)
def test_credentials_are_told_by_name_only(server, monkeypatch, variable, told):
    monkeypatch.setenv(variable, "secret")
    assert found(server, "credentials").found == told


def test_who_is_in_no_course_is_told(server):
    server.answers = [says(200, {**ME, "courses": []})]
    finding = found(server, "courses")
    assert (finding.ok, finding.found) == (False, "you are in no course")
