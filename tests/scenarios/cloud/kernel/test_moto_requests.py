"""A request that takes the shorter road through moto is answered as on the long one."""

import json
from io import BytesIO
from types import SimpleNamespace

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from moto import mock_aws
from moto.core import botocore_stubber
from moto.core.base_backend import BackendDict
from moto.core.parse import JSONParser
from moto.core.request import Request
from moto.core.serialize import AttributePickerContext, JSONSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.moto_api._internal.moto_random import MotoRandom

from scenarios.cloud.kernel import moto_hooks, moto_requests, moto_state

JSON_HEADERS = {
    "X-Amz-Target": b"DynamoDB_20120810.PutItem",
    "Content-Type": "application/x-amz-json-1.0",
    "User-Agent": "Boto3/1 md/Botocore#1",
    "Content-Length": "999",
    "Transfer-Encoding": "chunked",
    "x-amz-meta-a-b": "1",
}
REQUESTS = [
    pytest.param(
        "POST", "https://dynamodb.us-east-1.amazonaws.com/", JSON_HEADERS, b'{"a": "\xc3\xa9"}', id="json"
    ),
    pytest.param(
        "POST", "https://sns.eu-west-1.amazonaws.com/", {}, "Action=Publish&Message=%2B", id="query"
    ),
    pytest.param("POST", "http://localhost:5000/", {"Host": "localhost:5000"}, b"{}", id="a port"),
    pytest.param("POST", "https://sns.us-east-1.amazonaws.com/", {}, b"", id="no body"),
    pytest.param(
        "PUT", "https://b.s3.amazonaws.com/a%20b/c%2Fd?x=%20+", {"x-amz-meta-a_b": "1"}, b"x", id="s3"
    ),
    pytest.param("POST", "https://b.s3.amazonaws.com/?delete", {}, b"<Delete/>", id="a query string"),
    pytest.param("GET", "https://b.s3.amazonaws.com/?versions&prefix=a%2F%C3%BC", {}, None, id="no body"),
    pytest.param("GET", "https://b.s3.amazonaws.com//a/%C3%BC%2B", {"range": b"bytes=0-1"}, b"", id="utf-8"),
    pytest.param("GET", "https://b.s3.amazonaws.com/a?", {}, b"", id="an empty query"),
    pytest.param("GET", "https://b.s3.amazonaws.com/a b+(c)", {}, b"", id="not encoded"),
    pytest.param("PUT", "https://b.s3.amazonaws.com/a", {"Content-Length": "0"}, b"", id="told to be empty"),
    pytest.param(
        "POST",
        "https://b.s3.amazonaws.com/a",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"",
        id="an empty form",
    ),
    pytest.param(
        "PUT",
        "https://b.s3.amazonaws.com/a",
        {"x-amz-trailer": "x-amz-checksum-crc32"},
        lambda: AwsChunkedWrapper(
            BytesIO(b"x"), checksum_cls=Crc32Checksum, checksum_name="x-amz-checksum-crc32"
        ),
        id="in chunks",
    ),
]


def described(request):
    """All of a request that a responder could notice."""
    environ = {name: value for name, value in request.environ.items() if name.isupper()}
    return (
        environ,
        request.environ["wsgi.url_scheme"],
        request.raw_url,
        request.url,
        sorted(request.headers),
        request.get_data(),
    )


@pytest.mark.parametrize(("method", "url", "headers", "body"), REQUESTS)
def test_a_request_is_the_one_that_werkzeug_puts_together(method, url, headers, body):
    given = body if callable(body) else lambda: body
    alone = described(Request.from_primitives(method, url, headers, given()))

    assert described(moto_requests._request(Request, method, url, headers, given())) == alone


@pytest.mark.parametrize(
    ("url", "service", "method"),
    [
        ("https://dynamodb.eu-west-1.amazonaws.com/", "dynamodb", "POST"),
        ("https://sqs.us-east-1.amazonaws.com/123456789012/q", "sqs", "POST"),
        ("https://bucket.s3.amazonaws.com/some/key.json?versionId=1", "s3", "GET"),
        ("https://s3.eu-west-1.amazonaws.com/bucket/key", "s3", "GET"),
        ("https://iam.amazonaws.com/", "iam", "POST"),
        ("https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/f", "lambda", "GET"),
    ],
)
def test_a_url_is_answered_by_whom_moto_alone_asks(url, service, method, monkeypatch):
    asked = []
    with mock_aws():
        way = moto_requests.way_of(url.partition("?")[0])
        urls = {
            url: lambda *_, answer=answer: asked.append(answer) or (200, {}, "")
            for url, answer in way.backends["123456789012"][way.region].urls.items()
        }
        monkeypatch.setattr(type(way.backends["123456789012"][way.region]), "urls", urls)
        request = botocore_stubber.AWSPreparedRequest(method, url, {}, b"", stream_output=False)
        botocore_stubber.BotocoreStubber().process_request(request)

    assert way.backends.service_name == service
    assert asked == [way.answer]


def test_where_nobody_answers_moto_says_so():
    request = SimpleNamespace(url="https://nowhere.us-east-1.amazonaws.com/")

    assert moto_requests._process_request(botocore_stubber.BotocoreStubber(), request)[0] == 404


def test_the_state_of_an_account_is_reset_with_all_others():
    with moto_hooks.moto_without_physics(0):
        before = moto_state.backend("sqs", "111111111111", "us-east-1")
        again = moto_state.backend("sqs", "111111111111", "us-east-1")
        BackendDict.reset()
        after = moto_state.backend("sqs", "111111111111", "us-east-1")

        assert again is before
        assert after is not before
        assert any(each.service_name == "sqs" for each in BackendDict._instances)


def test_what_a_service_makes_in_another_while_all_are_reset_is_reset_with_the_next():
    """Moto's list is emptied after the last reset, but what was made meanwhile stays."""
    with moto_hooks.moto_without_physics(0):
        made = moto_state.backend("sqs", "123456789012", "us-east-1")
        BackendDict._instances.clear()

    with moto_hooks.moto_without_physics(0):
        assert moto_state.backend("sqs", "123456789012", "us-east-1") is made
        BackendDict.reset()

        assert moto_state.backend("sqs", "123456789012", "us-east-1") is not made


class Table:
    """An object whose class lends its name to a member."""

    arn = "found"


@pytest.mark.parametrize("made", [dict, Table], ids=["a dictionary", "an object"])
def test_a_member_is_looked_for_under_the_names_that_moto_tries(made):
    shape = get_service_model("dynamodb").operation_model("DescribeTable").output_shape.members["Table"]
    picker = XFormedAttributePicker()
    for key, member in shape.members.items():
        member.parent = shape
        context = AttributePickerContext(obj=made(), key=key, shape=member)
        alone = list(dict.fromkeys(moto_requests._possible_keys(picker, context)))

        assert [list(moto_requests._keys_of_member(picker, context)) for _ in range(2)] == [alone] * 2


ANSWERS = [
    {"Table": {"TableName": "t", "table_arn": "x", "ItemCount": None, "KeySchema": []}},
    {"Items": [{"a": {"S": "1"}}, {"b": {"M": {"c": {"NULL": True}}}}], "Count": 2},
    {},
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_member_of_a_dictionary_is_what_moto_alone_finds_in_it(answer):
    model = get_service_model("dynamodb")
    operation = model.operation_model("DescribeTable" if "Table" in answer else "Query")
    found = []
    for serializer in (JSONSerializer(operation, value_picker=XFormedAttributePicker()) for _ in range(3)):
        look = moto_requests._get_value if not found else moto_requests._member_of
        for key, shape in operation.output_shape.members.items():
            shape.parent = operation.output_shape
            with moto_hooks.moto_without_physics(0):  # names are kept inside only
                found.append((key, look(serializer, answer, key, shape)))
    size = len(operation.output_shape.members)

    assert found[size : 2 * size] == found[:size] == found[2 * size :]


@pytest.mark.parametrize("asked", [{}, {"length": 52}, {"include_digits": False}, {"lower_case": True}])
def test_a_drawn_text_is_the_one_that_moto_alone_draws(asked):
    alone = MotoRandom(7)
    shorter = MotoRandom(7)

    expected = [alone.get_random_string(**asked) for _ in range(3)]

    assert [moto_requests._random_string(shorter, **asked) for _ in range(3)] == expected
    assert shorter.getstate() == alone.getstate()


def test_who_signs_stands_in_the_header_and_a_presigned_url_is_signed():
    request = AWSRequest("POST", "https://sqs.us-east-1.amazonaws.com/", data=b"{}")
    config = Config(signature_version="s3v4")
    s3 = boto3.client("s3", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b", config=config)

    with moto_hooks.moto_without_physics(0):
        SigV4Auth(Credentials("AKIA", "secret"), "sqs", "us-east-1").add_auth(request)
        presigned = s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})

    assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA/")
    assert request.headers["X-Amz-Date"]
    assert "X-Amz-Signature=" in presigned
    assert f"X-Amz-Signature={'0' * 64}" not in presigned


@pytest.mark.parametrize(
    "body",
    [
        {"Key": {"pk": {"S": "a"}, "b": {"B": "YQ=="}}, "TableName": "t"},
        {"Key": {"l": {"L": [{"M": {"x": {"NS": ["1"]}}}, {"NULL": True}]}, "two": {"S": "a", "N": "1"}}},
        {"Key": {"new": {"X": "a"}, "none": {"S": None}}},
        {"TableName": "t"},
        {"TableName": None},
        {"Unknown": "t"},
        {"ExpressionAttributeNames": {"#a": "a"}},
    ],
)
def test_a_request_with_values_of_one_key_is_read_as_moto_alone_reads_it(body):
    shape = get_service_model("dynamodb").operation_model("GetItem")

    def read():
        told = {"body": json.dumps(body), "headers": {}, "method": "POST", "url_path": "/", "values": {}}
        return JSONParser(shape).parse(told)

    alone = read()
    with moto_hooks.moto_without_physics(1, ()):
        parsed = read()

    assert parsed == alone
    assert list(parsed) == list(alone)
