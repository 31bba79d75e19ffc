import os
import socket
import time

import pytest
import requests

from nbexchange.plugin import client as client_module
from nbexchange.plugin.client import Client, path_of
from nbexchange.plugin.failures import PlainFailure, ServiceFailure
from nbexchange.plugin.session import session

from .conftest import Server, hangs, refusal, resets, says, trickles


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("a b", "a%20b"),
        ("a+b", "a%2Bb"),
        ("50%", "50%25"),
        ("%2e%2e", "%252e%252e"),
        ("a/b", "a%2Fb"),
        ('it\'s "x" & y?#', "it%27s%20%22x%22%20%26%20y%3F%23"),
        ("\U0001f600", "%F0%9F%98%80"),
        ("caf\u00e9", "caf%C3%A9"),
        ("cafe\u0301", "cafe%CC%81"),
    ],
)
def test_names_arrive_as_they_are(server, name, encoded):
    server.answers = [says(200, {})]
    server.client().get(path_of("courses", name), [("course_id", name)])
    assert server.requests[0].path == f"/base/api/v1/courses/{encoded}?course_id={encoded}"


@pytest.mark.parametrize("name", ["", ".", "..", "\udce4"])
def test_names_that_no_path_can_carry_are_refused(name):
    with pytest.raises(PlainFailure):
        path_of("courses", name)


def test_a_list_is_read_page_after_page(server):
    server.answers = [
        says(200, {"things": [{"id": 1}], "next": "a b"}),
        says(200, {"things": [{"id": 2}], "next": None}),
    ]
    assert [one["id"] for one in server.client().items("things", "things", [("x", "y")])] == [1, 2]
    assert [request.path for request in server.requests] == [
        "/base/api/v1/things?x=y&limit=5000",
        "/base/api/v1/things?x=y&limit=5000&cursor=a%20b",
    ]


@pytest.mark.parametrize("answer", [{}, {"things": {"id": 1}}, {"things": None}])
@pytest.mark.parametrize("how", ["items", "whole"])
def test_a_list_that_is_none_is_told(server, answer, how):
    server.answers = [says(200, answer)]
    with pytest.raises(ServiceFailure, match="holds no things: is it older than this plugin"):
        list(getattr(server.client(), how)("things", "things"))


def test_one_connection_is_kept(server):
    server.answers = [says(200, {})]
    for _ in range(3):
        server.client().get("me")
    assert len({request.peer for request in server.requests}) == 1


def test_a_broken_connection_is_tried_once_more(server):
    server.answers = [resets, says(200, {"name": "ada"})]
    assert server.client().get("me") == {"name": "ada"}
    server.answers = [resets]
    server.requests.clear()
    with pytest.raises(ServiceFailure, match="cannot be reached: check the network"):
        server.client().get("me")
    assert len(server.requests) == 2


def test_what_was_removed_before_the_connection_broke_is_removed(server):
    gone = says(404, refusal("not_found", "not_your_submission", "You have no such submission."))
    server.answers = [resets, gone]
    server.client().delete("me/submissions/1")
    server.answers = [gone]
    with pytest.raises(ServiceFailure, match="no such submission"):
        server.client().delete("me/submissions/1")


def test_what_is_gone_when_it_is_asked_for_again_is_told(server):
    server.answers = [resets, says(404, refusal("not_found", "no_submission", "There is no submission."))]
    with pytest.raises(ServiceFailure, match="There is no submission"):
        server.client().get("submissions/1")


def test_an_address_that_is_not_there_removes_nothing(server):
    nothing = says(404, refusal("not_found", "no_address", "There is nothing at this address."))
    server.answers = [resets, nothing]
    with pytest.raises(ServiceFailure, match="nothing at this address"):
        server.client().delete("me/submissions/1")


def test_a_service_that_names_a_time_is_asked_again_then_or_not_at_all(server):
    busy = refusal("unavailable", "restarting", "The service is being restarted.")
    server.answers = [says(503, busy, Retry_After="1"), says(200, {"name": "ada"})]
    begun = time.monotonic()
    assert server.client(seconds=60).get("me") == {"name": "ada"}
    assert time.monotonic() - begun >= 1
    server.answers = [says(503, busy, Retry_After="100")]
    server.requests.clear()
    with pytest.raises(ServiceFailure, match="being restarted"):
        server.client(seconds=60).get("me")
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [hangs(3), trickles], ids=["silence", "a trickle"])
def test_a_call_takes_no_longer_than_it_may(server, answer):
    server.answers = [answer]
    begun = time.monotonic()
    with pytest.raises(ServiceFailure, match="did not answer in time"):
        server.client(seconds=0.4).get("me")
    assert time.monotonic() - begun < 2
    assert len(server.requests) == 1


def test_a_slow_answer_is_not_waited_for_twice(monkeypatch):
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 0.3)
    asked = []

    def prepare(path):
        asked.append(path)
        return f"http://127.0.0.1:{full.getsockname()[1]}/{path}", {}, {}

    # Nobody takes what waits, so that whoever comes next is not even told to go.
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(ServiceFailure, match="did not answer in time"):
            Client(prepare, 60).get("me")
        for one in waiting:
            one.close()
    assert len(asked) == 1


def test_a_service_that_is_not_there_is_told_in_one_line():
    stopped = Server()
    stopped.stop()
    with pytest.raises(ServiceFailure) as caught:
        stopped.client().get("me")
    assert stopped.url in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_redirect_is_not_followed(server):
    other = Server()
    try:
        other.answers = [says(200, {})]
        server.answers = [says(302, Location=f"{other.url}/hub/login")]
        with pytest.raises(ServiceFailure, match="elsewhere"):
            server.client(headers={"Authorization": "token secret"}).get("me")
        assert other.requests == []
    finally:
        other.stop()


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "Too strange."),
        (
            401,
            "The exchange does not know you; check your token (JUPYTERHUB_API_TOKEN or NBEX_TOKEN): "
            "Too strange.",
        ),
        (403, "The exchange refuses: Too strange."),
        (409, "Too strange."),
        (507, "Too strange."),
    ],
)
def test_what_the_service_says_is_passed_on(server, status, text):
    server.answers = [says(status, refusal("x", "y", "Too\nstrange."))]
    with pytest.raises(ServiceFailure) as caught:
        server.client().get("me")
    assert str(caught.value) == text
    assert (caught.value.status, caught.value.code, caught.value.reason) == (status, "x", "y")


@pytest.mark.parametrize(
    "answer",
    [
        says(404, b"<html>nothing here</html>", Content_Type="text/html; charset=utf-8"),
        says(200, b"<html>please sign in</html>", Content_Type="text/html"),
        says(200, b'["a list"]', Content_Type="application/json"),
        says(500, b'{"error": true}', Content_Type="application/json"),
    ],
)
def test_what_is_no_nbexchange_service_is_recognised(server, answer):
    server.answers = [answer]
    with pytest.raises(ServiceFailure, match=r"is no nbexchange service .* check c\.Exchange\.service_url"):
        server.client().get("me")


def test_a_proxy_without_a_service_behind_it_means_try_again(server):
    server.answers = [says(502, b"<html>bad gateway</html>", Content_Type="text/html")]
    with pytest.raises(ServiceFailure, match="is not available") as caught:
        server.client().get("me")
    assert caught.value.temporary


def test_credentials_with_line_breaks_are_told_plainly(server):
    with pytest.raises(ServiceFailure, match="one line of plain text"):
        server.client(headers={"Authorization": "token a\nb"}).get("me")


def test_a_netrc_does_not_replace_our_credentials(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.answers = [says(200, {})]
    server.client(headers={"Authorization": "token mine"}).get("me")
    assert server.requests[0].headers["Authorization"] == "token mine"


def test_cookies_of_one_call_do_not_go_with_the_next(server):
    server.answers = [says(200, {}, Set_Cookie="who=ada")]
    server.client().get("me")
    server.client().get("me")
    assert "Cookie" not in server.requests[1].headers
    assert isinstance(session(), requests.Session)
    assert len(session().cookies) == 0


def test_a_process_that_forked_has_connections_of_its_own():
    mine = session()
    child = os.fork()
    if child == 0:
        os._exit(0 if session() is not mine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert session() is mine


def test_an_identity_differs_by_person_and_service_and_tells_neither():
    def identity(url="https://a.example", cookies=None, headers=None):
        return Client(lambda path: (url + path, cookies or {}, headers or {}), 5).identity()

    mine = {"Authorization": "Bearer secret"}
    seen = [
        identity(headers=mine),
        identity(headers={"Authorization": "Bearer other"}),
        identity(cookies={"noteable_auth": "secret"}),
        identity("https://b.example", headers=mine),
        identity(),
    ]
    assert len(set(seen)) == len(seen)
    assert identity(headers=mine) == seen[0]
    assert not any(word in one for one in seen for word in ("secret", "Bearer", "example", "noteable"))
