"""Delivery streams to HTTP endpoints: the request, what counts as taken, tries again, and the bucket."""

import base64
import json

import pytest

from scenarios.cloud.firehose.http_endpoint import accepted, records_in
from scenarios.cloud.kernel.web import NO_CONNECTION, WebAnswer
from tests.scenarios.cloud.firehose.stream_worlds import URL, objects, put, sent
from tests.scenarios.cloud.small_worlds import noted, total, world

STREAM = "arn:aws:firehose:us-east-1:123456789012:deliverystream/lake"


def takes(cloud):
    cloud.setting.web.answers(URL, lambda request: accepted(request, cloud.clock.now))


@pytest.mark.slow
def test_a_batch_is_one_request_as_the_page_says():
    with world(sent()) as cloud:
        takes(cloud)
        put(cloud, b"one\n", b"two\n")
        cloud.run(90)

        (request,) = cloud.setting.web.requests
        assert (request.method, request.url, records_in(request)) == ("POST", URL, [b"one\n", b"two\n"])
        identity = request.headers["X-Amz-Firehose-Request-Id"]
        assert request.headers == {
            "Content-Type": "application/json",
            "X-Amz-Firehose-Protocol-Version": "1.0",
            "X-Amz-Firehose-Request-Id": identity,
            "X-Amz-Firehose-Source-Arn": STREAM,
            "X-Amz-Firehose-Access-Key": "secret",
            "X-Amz-Firehose-Common-Attributes": '{"commonAttributes": {"team": "sec"}}',
        }
        assert json.loads(request.body)["requestId"] == identity
        assert objects(cloud) == []
        assert total(cloud, "AWS/Firehose", "DeliveryToHttpEndpoint.Records", DeliveryStreamName="lake") == 2


@pytest.mark.slow
def test_all_of_it_goes_to_the_bucket_too_where_that_is_wanted():
    with world(sent(S3BackupMode="AllData")) as cloud:
        takes(cloud)
        put(cloud, b"one\n")
        cloud.run(90)

        assert [body for _, body in objects(cloud)] == [b"one\n"]


def answered(**changes):
    """An answer that is right, but for these."""

    def answer(request):
        right = {"requestId": request.headers["X-Amz-Firehose-Request-Id"], "timestamp": 1}
        given = {"status": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(right)}
        return WebAnswer(**{**given, **changes})

    return answer


INVALID = "HttpEndpoint.InvalidResponseFromDestination"
TROUBLES = {
    "an error": (answered(status=503, body='{"errorMessage": "full"}'), "HttpEndpoint.DestinationException"),
    "202": (answered(status=202), "HttpEndpoint.DestinationException"),
    "a redirect": (answered(status=301), "HttpEndpoint.DestinationException"),
    "no connection": (answered(status=NO_CONNECTION), "HttpEndpoint.ConnectionFailed"),
    "too slow": (answered(seconds=181), "HttpEndpoint.RequestTimeout"),
    "another request": (answered(body='{"requestId": "x", "timestamp": 1}'), INVALID),
    "no timestamp": (answered(body='{"requestId": "x"}'), INVALID),
    "no JSON": (answered(body="ok"), INVALID),
    "no type": (answered(headers={}), INVALID),
}


@pytest.mark.parametrize(("answer", "code"), TROUBLES.values(), ids=TROUBLES)
def test_what_is_not_taken_is_tried_again_and_then_kept_in_the_bucket(answer, code):
    with world(sent(RetryOptions={"DurationInSeconds": 10})) as cloud:
        cloud.setting.web.answers(URL, answer)
        put(cloud, b"one\n")
        cloud.run(120)

        ids = {each.headers["X-Amz-Firehose-Request-Id"] for each in cloud.setting.web.requests}
        ((key, body),) = objects(cloud)
        kept = json.loads(body)
        assert (len(cloud.setting.web.requests), len(ids)) == (4, 1)
        assert key.startswith("http-endpoint-failed/")
        assert (kept["attemptsMade"], kept["errorCode"]) == (4, code)
        assert base64.b64decode(kept["rawData"]) == b"one\n"


def test_an_endpoint_that_comes_back_in_time_gets_it():
    with world(sent()) as cloud:
        cloud.setting.web.answers(URL, answered(status=500))
        put(cloud, b"one\n")
        cloud.run(65)
        takes(cloud)
        cloud.run(60)

        assert objects(cloud) == []
        assert any("1 to its endpoint" in each for each in noted(cloud, "delivered"))


def test_what_is_too_large_is_neither_tried_again_nor_kept():
    with world(sent()) as cloud:
        cloud.setting.web.answers(URL, answered(status=413))
        put(cloud, b"one\n")
        cloud.run(600)

        assert len(cloud.setting.web.requests) == 1
        assert objects(cloud) == []
        assert noted(cloud, "lost") == ["lake: the endpoint can't take a request that is so large"]
