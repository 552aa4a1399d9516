"""A bucket tells whether EventBridge is switched on for it."""

import pytest

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
