import pytest
from traitlets.config import Config

from nbexchange.plugin import Exchange, auth

VARIABLES = ("JUPYTERHUB_API_TOKEN", "NBEX_TOKEN", "NAAS_JWT", "NBEX_USER_HEADER", "NBEX_SERVICE_URL")


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NBEX_SERVICE_URL", "https://exchange.example.org/")


def called(config=None, kind=None):
    exchange = Exchange(config=config or Config())
    return (kind or exchange.api_plugin_class)(parent=exchange).prep_api_call("api/v1/me")


@pytest.mark.parametrize(
    ("variables", "cookies", "headers"),
    [
        ((), {}, {}),
        (("NAAS_JWT",), {"noteable_auth": "naas_jwt"}, {}),
        (("NAAS_JWT", "NBEX_TOKEN"), {}, {"Authorization": "Bearer nbex_token"}),
        (VARIABLES[:3], {}, {"Authorization": "token jupyterhub_api_token"}),
    ],
)
def test_what_the_environment_has_is_used(monkeypatch, variables, cookies, headers):
    for name in variables:
        monkeypatch.setenv(name, f" {name.lower()}\n")
    assert called() == ("https://exchange.example.org/services/nbexchange/api/v1/me", cookies, headers)


def test_the_environment_is_read_at_every_call(monkeypatch):
    exchange = Exchange(config=Config())
    credentials = exchange.api_plugin_class(parent=exchange)
    assert credentials.headers() == {}
    monkeypatch.setenv("NBEX_TOKEN", "later")
    assert credentials.headers() == {"Authorization": "Bearer later"}


def test_credentials_take_settings():
    config = Config()
    config.BearerCredentials.token = "mine"
    assert called(config, auth.BearerCredentials)[2] == {"Authorization": "Bearer mine"}
    config.HeaderCredentials.value = '{"name": "zo\u00eb"}'
    assert called(config, auth.HeaderCredentials)[2] == {"X-Exchange-User": '{"name": "zo\u00eb"}'.encode()}


def test_a_class_of_the_site_needs_only_prep_api_call():
    class Mine:
        def __init__(self, parent):
            self.parent = parent

        def prep_api_call(self, path):
            return f"{self.parent.service_url}/{path}", None, None

    config = Config()
    config.Exchange.api_plugin_class = Mine
    assert called(config)[0] == "https://exchange.example.org//api/v1/me"
