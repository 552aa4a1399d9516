"""Requests that hold no operation: each is refused in a sentence, and nothing of it is obeyed."""

import json

import pytest

from scenarios.serve.bodies import BrokenBody, unpacked
from scenarios.serve.durations import duration
from tests.scenarios.serve.inside import JSON, inside


@pytest.fixture(scope="module")
def aws():
    with inside() as each:
        yield each


def test_a_path_that_is_told_is_told_shortly_and_without_what_a_terminal_obeys(aws):
    aws.answer("nonsense", target="/" + "\x1b[2J" + "a" * 5_000)

    assert len(aws.said[-1]) < 400
    assert "\x1b" not in aws.said[-1]
    assert "\x1b" not in aws.served.holes[-1]


# ---- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\xff\xfe{", id="no text"),
        pytest.param(b"{", id="half of one"),
    ],
)
def test_a_body_that_is_no_object_is_refused(aws, body):
    target = "DynamoDB_20120810.PutItem"
    told = aws.answer("dynamodb", body=body, x_amz_target=target, content_type=JSON)

    assert told.status == 400
    assert json.loads(told.body)["__type"].endswith("Exception")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\r\n-2;\r\n", id="nothing"),
        pytest.param(b"-8;\r\n" * 3, id="backwards"),
        pytest.param(b"2;\r\nab\r\n-c;\r\n", id="backwards behind a chunk, for ever"),
        pytest.param(b"1_0;\r\n", id="a number of Python's"),
        pytest.param(b"5;\r\nhello", id="no end"),
    ],
)
def test_signed_chunks_that_make_no_body_are_refused(body):
    with pytest.raises(BrokenBody):
        unpacked(body)


def test_broken_chunks_are_an_incomplete_body(aws):
    told = aws.answer(
        "s3", "PUT", "/b/k", b"zz;hell", x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    )

    assert (told.status, b"<Code>IncompleteBody</Code>" in told.body) == (400, True)


@pytest.mark.parametrize("text", ["1e5s", "٣m", "-1s", "", "5"])
def test_what_is_no_span_of_time(text):
    with pytest.raises(ValueError, match="no span of time"):
        duration(text)
