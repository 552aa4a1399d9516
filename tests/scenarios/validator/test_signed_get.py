"""A GET signed here is the GET that botocore would sign; anything but a whole 200 is left to the client."""

import socket
from datetime import UTC, datetime
from threading import Thread

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from scenarios.validator.patience import TooSlow
from scenarios.validator.signed_get import SignedGet, signed_headers

SHORT = b"pack"
HOST = "trail-bucket.s3.eu-west-1.amazonaws.com"


@pytest.mark.parametrize("token", [None, "a/session+token="], ids=["of a user", "of a session"])
@pytest.mark.parametrize(
    ("path", "query"),
    [
        pytest.param("/AWSLogs/1/x.json.gz", "", id="plain"),
        pytest.param("/a%20b/%C3%BC~_-.json.gz", "", id="encoded"),
        pytest.param("/", "delimiter=%2F&list-type=2&prefix=a%20b%2F", id="a listing"),
    ],
)
def test_the_signature_is_botocores(token, path, query):
    credentials = Credentials("AKIDEXAMPLE", "secret", token)
    request = AWSRequest(method="GET", url=f"https://{HOST}{path}?{query}")
    request.context["payload_signing_enabled"] = True
    S3SigV4Auth(credentials, "s3", "eu-west-1").add_auth(request)
    now = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    headers = signed_headers(credentials.get_frozen_credentials(), "eu-west-1", HOST, path, now, query)

    assert headers["Authorization"] == request.headers["Authorization"]
    assert headers.get("x-amz-security-token") == token


class Client:
    """As much of an S3 client as is asked: where a bucket is."""

    class meta:  # noqa: N801  # botocore's name
        region_name = "eu-west-1"

    def __init__(self, port):
        self.port = port

    def generate_presigned_url(self, _, parameters):
        return f"http://127.0.0.1:{self.port}/{parameters['Bucket']}/{parameters['Key']}?X-Amz-Signature=0"


class Server:
    """Answers each request with the next of its answers; None closes the connection instead.

    An answer that promises more bytes than it has ends with the connection, too.
    """

    def __init__(self, *answers):
        self.answers, self.connections = list(answers), 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while self.answers:
            connection, _ = self.listening.accept()
            self.connections += 1
            with connection, connection.makefile("rwb") as stream:
                while self.answers and stream.readline():
                    while stream.readline() not in (b"\r\n", b""):
                        pass
                    answer = self.answers.pop(0)
                    if answer is None:
                        break
                    stream.write(answer)
                    stream.flush()
                    if answer.endswith(SHORT):
                        break

    def get(self, times=1):
        ask = SignedGet(Client(self.listening.getsockname()[1]), Credentials("AKIDEXAMPLE", "secret"))
        return [ask("bucket", f"key{number}") for number in range(times)]


def answer(body=b"packed", status="200 OK", *headers):
    lines = "".join(f"{line}\r\n" for line in headers or (f"Content-Length: {len(body)}",))
    return f"HTTP/1.1 {status}\r\nx-amz-meta-Signature: abc\r\n{lines}\r\n".encode() + body


GOOD = (b"packed", {"signature": "abc"})


def test_one_connection_serves_many_objects():
    server = Server(answer(), answer(), answer())

    assert server.get(3) == [GOOD, GOOD, GOOD]
    assert server.connections == 1


@pytest.mark.parametrize(
    "closing",
    [
        pytest.param([answer(), None, answer()], id="without a word"),
        pytest.param(
            [answer(b"packed", "200 OK", "Content-Length: 6", "Connection: close"), answer()], id="announced"
        ),
    ],
)
def test_a_connection_that_was_closed_meanwhile_is_made_anew(closing):
    assert Server(*closing).get(2) == [GOOD, GOOD]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(answer(b"no", "404 Not Found"), id="not found"),
        pytest.param(answer(b"", "301 Moved Permanently"), id="another region"),
        pytest.param(answer(b"", "503 Slow Down"), id="throttled"),
        pytest.param(answer(b"", "200 OK", "Connection: close"), id="without a length"),
        pytest.param(answer(b"", "200 OK", "Content-Length: 99999999999"), id="too long"),
        pytest.param(b"nonsense\r\n\r\n", id="not HTTP"),
    ],
)
def test_what_is_not_a_plain_200_is_left_to_the_client(odd):
    assert Server(odd, answer()).get(2) == [None, GOOD]


def test_a_body_that_ends_early_is_asked_for_once_more_and_then_left_to_the_client():
    short = answer(SHORT, "200 OK", "Content-Length: 6")

    assert Server(short, short).get() == [None]
    assert Server(short, answer()).get() == [GOOD]


def test_a_body_in_chunks_is_read_as_one():
    chunks = b"3\r\npac\r\n3;name=value\r\nked\r\n0\r\n\r\n"
    server = Server(answer(chunks, "200 OK", "Transfer-Encoding: chunked"), answer())

    assert server.get(2) == [GOOD, GOOD]
    assert server.connections == 1


def test_large_bodies_are_whole_and_take_their_room_only_as_long_as_they_are_there():
    large = bytes(range(256)) * 8192
    server = Server(answer(large), answer(large), answer())

    assert server.get(3) == [(large, {"signature": "abc"})] * 2 + [GOOD]


def test_a_key_that_a_path_would_change_is_left_to_the_client():
    ask = SignedGet(Client(9), Credentials("AKIDEXAMPLE", "secret"))

    assert ask("bucket", "a/../b") is None
    assert ask("bucket", "a//b") is None


@pytest.mark.parametrize(
    ("credentials", "proxy", "usable"),
    [
        pytest.param(Credentials("a", "b"), "", True, id="credentials"),
        pytest.param(None, "", False, id="no credentials"),
        pytest.param(Credentials("a", "b"), "http://proxy:3128", False, id="behind a proxy"),
    ],
)
def test_it_is_used_with_credentials_and_without_a_proxy(credentials, proxy, usable, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)

    assert SignedGet.usable(credentials) is usable


def test_silence_on_a_new_connection_is_not_waited_for_twice(monkeypatch):
    monkeypatch.setattr("scenarios.validator.signed_get._READ_SECONDS", 0.05)
    server = Server(b"HTTP/1.1 200 OK\r\n", answer())

    with pytest.raises(TooSlow):
        server.get()

    assert server.connections == 1
