"""`validate-trail` asks a server that would keep it for ever: it ends, exits with 2, and never says "sound".

The bounds are made small here, so that a row takes as long as an answer.
"""

from itertools import count
from time import sleep  # the real one, also where a later test of this process has a world

import pytest

from tests.scenarios.commands.validate import validate

NUMBERS = count()


def page(rows, token=""):
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    told = f"<IsTruncated>{str(bool(token)).lower()}</IsTruncated>{more}{rows}"
    return f"<ListBucketResult>{told}</ListBucketResult>".encode()


def keys(prefix="AWSLogs/", many=10):
    modified = "<LastModified>2024-02-28T23:00:00Z</LastModified>"
    return "".join(f"<Contents><Key>{prefix}{next(NUMBERS)}</Key>{modified}</Contents>" for _ in range(many))


def send(handler, body, *headers, length=None):
    lines = headers or (f"Content-Length: {len(body) if length is None else length}",)
    head = "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", *lines))
    handler.wfile.write(f"{head}\r\n".encode() + body)


def drip(handler, piece, *, most=400):
    for _ in range(most):
        handler.wfile.write(piece)
        sleep(0.05)


def endless_listing(handler):
    send(handler, page(keys(), f"t{next(NUMBERS)}"))


def long_keys(handler):
    send(handler, page(keys("k" * 1000, 20), f"t{next(NUMBERS)}"))


def empty_pages(handler):
    send(handler, page("", f"t{next(NUMBERS)}"))


def repeated_token(handler):
    send(handler, page("", "again"))


def endless_folders(handler):
    rows = "".join(f"<CommonPrefixes><Prefix>f{next(NUMBERS)}/</Prefix></CommonPrefixes>" for _ in range(9))
    send(handler, page(rows, f"t{next(NUMBERS)}"))


def page_of_many_tags(handler):
    send(handler, page("<a/>" * 200_000))


def large_page(handler):
    send(handler, b"<ListBucketResult>", length=1 << 40)


def page_without_an_end(handler):
    send(handler, b"<ListBucketResult>", "Connection: close")
    drip(handler, b" ")


def endless_chunks(handler):
    send(handler, b"", "Transfer-Encoding: chunked")
    drip(handler, b"100000\r\n" + b" " * 0x100000 + b"\r\n", most=20)


def body_longer_than_it_is(handler):
    send(handler, page(""), length=100_000)
    sleep(2)


def body_that_drips(handler):
    send(handler, b"", length=100_000)
    drip(handler, b" ")


def header_that_drips(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-amz-id-2: ")
    drip(handler, b"x")


def error_that_drips(handler):
    handler.wfile.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 100000\r\n\r\n")
    drip(handler, b" ")


def silence(handler):
    sleep(2)


def shorter_than_the_body(handler):
    send(handler, page(""), length=5)


@pytest.fixture
def small_bounds(monkeypatch):
    """Bounds of a thousandth, so that what they stop is stopped soon."""
    for name, value in {
        "patience.PATIENCE_SECONDS": 0.2,
        "signed_get._READ_SECONDS": 0.2,
        "bucket.CALL_SECONDS": 0.5,
        "bucket.MOST_LISTED": 100,
        "bucket.MOST_PAGES": 30,
    }.items():
        monkeypatch.setattr(f"scenarios.validator.{name}", value)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("server", "why"),
    [
        (endless_listing, "there are more than 100 objects or folders"),
        (long_keys, "there are more than 100 objects or folders"),
        (endless_folders, "there are more than 100 objects or folders"),
        (empty_pages, "there are more than 30 pages"),
        (repeated_token, "a page names one before it as the next"),
        (page_of_many_tags, "a page holds too much"),
        (large_page, "a page is larger than 8.0 MB"),
        (page_without_an_end, "a page is larger than 8.0 MB"),
        (endless_chunks, "a page is larger than 8.0 MB"),
        (body_longer_than_it_is, "no answer came"),
        (body_that_drips, "bytes of an answer came in time"),
        (header_that_drips, "bytes of an answer came in time"),
        (error_that_drips, "no whole answer came within 0.5 seconds"),
        (silence, "no answer came"),
        (shorter_than_the_body, ""),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.usefixtures("small_bounds")
def test_a_listing_of_a_hostile_server_ends(endpoint, server, why):
    asked = count()
    endpoint.hostile = lambda handler: (next(asked), server(handler))

    result = validate()

    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert why in result.stderr
    assert "Verdict        sound" not in result.stdout
    assert next(asked) < 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "server", [body_longer_than_it_is, body_that_drips, silence], ids=lambda value: value.__name__
)
@pytest.mark.usefixtures("small_bounds")
def test_objects_of_a_hostile_server_are_not_waited_for(endpoint, server):
    answer = endpoint.get

    def hostile(handler):
        if ".json.gz" in handler.path:
            return server(handler)
        return handler.answer(*answer(handler.path))

    endpoint.hostile = hostile

    result = validate()

    assert result.exit_code == 2, result.output
    assert "Verdict        could not tell" in result.stdout
    assert "not asked again, since" in result.stderr
