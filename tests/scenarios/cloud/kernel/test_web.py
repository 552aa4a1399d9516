"""Endpoints outside AWS: who answers, what is kept, what is not shown."""

from datetime import UTC, datetime

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.web import Web, WebAnswer, WebRequest, place_of

AT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def request(url, **more):
    return WebRequest(at=AT, by="sns.amazonaws.com", method="POST", url=url, **more)


def test_the_longest_beginning_answers():
    web = Web()
    web.answers("https://a.example/", WebAnswer(status=404))
    web.answers("https://a.example/hooks", lambda asked: WebAnswer(body=asked.body))

    assert web.ask(request("https://a.example/other")).status == 404
    assert web.ask(request("https://a.example/hooks/1", body="b")).body == "b"
    assert [each.url for each in web.requests] == ["https://a.example/other", "https://a.example/hooks/1"]


def test_the_last_word_counts():
    web = Web()
    web.answers("https://a.example/", WebAnswer(status=500))
    web.answers("https://a.example/", WebAnswer(status=200))

    assert web.ask(request("https://a.example/")).status == 200


def test_an_address_that_nobody_speaks_for_is_loud_and_shows_no_secret():
    web = Web()
    with pytest.raises(NotSimulated) as loud:
        web.ask(request("https://robot:hunter2@a.example/x?key=hunter2"))

    assert "https://a.example/x" in str(loud.value)
    assert "hunter2" not in str(loud.value)
    assert web.requests == []


def test_a_request_shows_neither_its_url_nor_its_headers_nor_its_body():
    shown = repr(request("https://a.example/?key=hunter2", headers={"X": "hunter2"}, body="hunter2"))

    assert "hunter2" not in shown


def test_a_place_is_scheme_host_and_path():
    assert place_of("https://u:p@a.example:8443/x/y?q=1#f") == "https://a.example/x/y"
