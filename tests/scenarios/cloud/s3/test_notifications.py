"""A bucket tells whether EventBridge is switched on for it."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud import small_worlds as small

ON = {"EventBridgeConfiguration": {}}


def told(s3, name="photos"):
    answer = s3.get_bucket_notification_configuration(Bucket=name)
    return {part: value for part, value in answer.items() if part != "ResponseMetadata"}


@pytest.fixture
def s3():
    with small.world(small.queue()) as world:
        client = world.client(world.user("alice"), "s3")
        client.create_bucket(Bucket="photos")
        yield client


@pytest.mark.slow
def test_a_new_bucket_tells_nobody(s3):
    assert told(s3) == {}


def test_a_bucket_says_that_eventbridge_is_on(s3):
    s3.put_bucket_notification_configuration(Bucket="photos", NotificationConfiguration=ON)

    assert told(s3) == ON


def test_an_empty_configuration_switches_it_off(s3):
    s3.put_bucket_notification_configuration(Bucket="photos", NotificationConfiguration=ON)
    s3.put_bucket_notification_configuration(Bucket="photos", NotificationConfiguration={})

    assert told(s3) == {}


def test_a_bucket_that_is_not_there_is_refused_by_name(s3):
    with pytest.raises(s3.exceptions.NoSuchBucket):
        told(s3, "elsewhere")


CREATED, PUT, REMOVED = "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectRemoved:*"
AMBIGUOUS = "Configuration is ambiguously defined"
UNREACHABLE = "Unable to validate the following destination configurations"  # and nothing before
OVERLAPS = [
    pytest.param((CREATED, "", ""), (PUT, "", ""), AMBIGUOUS, id="one event and all of its kind"),
    pytest.param((PUT, "a/", ""), (PUT, "a/b/", ""), AMBIGUOUS, id="a prefix within the other"),
    pytest.param((PUT, "a/", ".jpg"), (PUT, "", "g"), AMBIGUOUS, id="a suffix within the other"),
    pytest.param((PUT, "a/", ""), (PUT, "b/", ""), UNREACHABLE, id="two prefixes"),
    pytest.param((PUT, "", ".jpg"), (PUT, "", ".png"), UNREACHABLE, id="two suffixes"),
    pytest.param((CREATED, "", ""), (REMOVED, "", ""), UNREACHABLE, id="two kinds of events"),
]


@pytest.mark.parametrize(("one", "other", "words"), OVERLAPS)
def test_configurations_that_one_event_would_meet_are_refused(s3, one, other, words):
    def configuration(event, prefix, suffix):
        rules = [{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]
        arn = f"arn:aws:sqs:{small.HOME}:{small.ACCOUNT}:Heard"
        return {"QueueArn": arn, "Events": [event], "Filter": {"Key": {"FilterRules": rules}}}

    given = {"QueueConfigurations": [configuration(*one), configuration(*other)]}
    with pytest.raises(ClientError) as caught:
        s3.put_bucket_notification_configuration(Bucket="photos", NotificationConfiguration=given)
    assert words in caught.value.response["Error"]["Message"]
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"


def test_a_destination_of_another_service_is_none(s3):
    given = {
        "LambdaFunctionConfigurations": [
            {
                "LambdaFunctionArn": f"arn:aws:logs:{small.HOME}:{small.ACCOUNT}:log-group:trail:*",
                "Events": [CREATED],
            }
        ]
    }
    with pytest.raises(ClientError, match=UNREACHABLE):
        s3.put_bucket_notification_configuration(Bucket="photos", NotificationConfiguration=given)
