"""Requests that are broken, or meant to break something: an answer of one sentence, and the world goes on."""

import json
import socket
import time

import pytest

from tests.scenarios.serve.inside import JSON

_SIGNED = (
    "Authorization: AWS4-HMAC-SHA256 Credential=ann/20260302/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=unread\r\n"
)
_HOST = "Host: localhost\r\n"
_PRESIGNED = (
    "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ann/20260302/us-east-1/s3/aws4_request"
    "&X-Amz-Date=20260302T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=x&X-Amz-Expires="
)


# ---- what is no request ---------------------------------------------------------------------------


def sent(endpoint, text):
    """What comes back on a connection of its own."""
    host, port = endpoint.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(text.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode("latin-1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("\x00\xff\r\n\r\n", "Bad request syntax", id="no HTTP"),
        pytest.param("GET / HTTP/9.9\r\n\r\n", "Invalid HTTP version", id="another version"),
        pytest.param(f"GET /{'a' * 70_000} HTTP/1.1\r\n{_HOST}\r\n", "", id="a long line"),
        pytest.param(f"POST / HTTP/1.1\r\n{_HOST}Content-Length: -5\r\n\r\n", "400", id="a length below 0"),
        pytest.param(f"POST / HTTP/1.1\r\n{_HOST}Content-Length: 99999999999\r\n\r\n", "413", id="too long"),
        pytest.param(f"POST / HTTP/1.1\r\n{_HOST}Content-Length: 9\r\n\r\nab", "too soon", id="too short"),
        *(
            pytest.param(
                f"POST / HTTP/1.1\r\n{_HOST}Transfer-Encoding: chunked\r\n\r\n{chunks}",
                says,
                id=f"chunk {chunks!r}",
            )
            for chunks, says in (
                ("zz\r\n", "no size of a chunk"),
                ("-1\r\n", "no size of a chunk"),
                ("+5\r\nhello\r\n", "no size of a chunk"),
                ("5\r\nab", "too soon"),
                ("2\r\nabc\r\n0\r\n\r\n", "behind its size"),
                ("ffffffffff\r\n", "413"),
            )
        ),
    ],
)
def test_what_is_no_request_ends_its_own_connection_alone(empty, text, says):
    told = sent(empty, text)

    assert says in told
    assert "<html" not in told
    assert "Traceback" not in told
    assert empty.get("/_world/health")["status"] == "ok"


# ---- addresses and bodies ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (_PRESIGNED + "9" * 30, b"less than a week"),
        (_PRESIGNED + "700000", b"less than a week"),
        ("/b/k?AWSAccessKeyId=ann&Signature=x&Expires=" + "9" * 20, b"no Expires"),
    ],
)
def test_a_url_that_is_good_for_longer_than_there_is_time_is_refused(empty, url, says):
    told = sent(empty, f"GET {url} HTTP/1.1\r\n{_HOST}Connection: close\r\n\r\n")

    assert says in told.encode()


# ---- the world's own side -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", "[" * 100_000),
        ("clock", {"advance": "9" * 400 + "d"}),
        ("clock", {"advance": "400d"}),
        ("deploy", {"template": 5}),
        ("deploy", {"template": "/tmp", "code": []}),
        ("emit", {"source": 1, "detail-type": "t", "detail": {}}),
        ("emit", {"source": "s", "detail-type": "t", "detail": {}, "bus": []}),
        ("emit", {"source": "s", "detail-type": "t", "detail": {}, "region": "mars-1"}),
        ("emit", {"source": "s", "detail-type": "t", "detail": {}, "resources": "r"}),
    ],
)
def test_what_the_world_is_not_asked_for_is_one_sentence(empty, path, body):
    text = body if isinstance(body, str) else json.dumps(body)
    length = f"Content-Length: {len(text)}\r\n"
    told = sent(empty, f"POST /_world/{path} HTTP/1.1\r\n{_HOST}{length}Connection: close\r\n\r\n{text}")

    assert " 400 " in told.splitlines()[0], told
    assert set(json.loads(told.partition("\r\n\r\n")[2])) == {"message"}


# ---- clients that are slow, or gone -----------------------------------------------------------------


def test_clients_that_say_half_of_a_request_hold_up_nobody(empty):
    host, port = empty.url.removeprefix("http://").split(":")
    slow = [socket.create_connection((host, int(port)), timeout=20) for _ in range(50)]
    for each in slow:
        each.sendall(f"POST / HTTP/1.1\r\n{_HOST}Content-Length: 1000\r\n\r\nx".encode())
    began = time.monotonic()
    assert empty.get("/_world/health")["status"] == "ok"
    took = time.monotonic() - began
    for each in slow:
        each.close()

    assert took < 5


@pytest.mark.slow
def test_a_message_is_not_handed_to_a_poll_whose_client_is_gone(empty):
    sqs = empty.client("sqs")
    url = sqs.create_queue(QueueName="left")["QueueUrl"]
    asked = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20})
    host, port = empty.url.removeprefix("http://").split(":")
    before = empty.get("/_world/health")["requests"]
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        signed = _SIGNED.replace("dynamodb", "sqs")
        kind = f"Content-Type: {JSON}\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
        head = f"POST / HTTP/1.1\r\n{_HOST}{signed}{kind}Content-Length: {len(asked)}\r\n\r\n"
        connection.sendall((head + asked).encode())
        while empty.get("/_world/health")["requests"] < before + 2:
            time.sleep(0.01)
    sqs.send_message(QueueUrl=url, MessageBody="for another")

    assert [each["Body"] for each in sqs.receive_message(QueueUrl=url)["Messages"]] == ["for another"]
