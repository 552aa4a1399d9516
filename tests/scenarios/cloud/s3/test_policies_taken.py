"""What S3 refuses of a bucket's policy beside its grammar."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud import small_worlds as small

BUCKET, OBJECTS = "arn:aws:s3:::photos", "arn:aws:s3:::photos/*"


@pytest.fixture(scope="module")
def s3():
    with small.world(small.queue()) as world:
        client = world.client(world.user("alice"), "s3")
        client.create_bucket(Bucket="photos")
        yield client


def put(s3, action, resource):
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
    s3.put_bucket_policy(Bucket="photos", Policy=json.dumps(small.document(statement)))


@pytest.mark.parametrize(
    ("action", "resource", "words"),
    [
        ("s3:GetObject", "arn:aws:s3:::elsewhere/*", "Policy has invalid resource"),
        ("s3:GetObject", [OBJECTS, "arn:aws:sqs:::photos"], "Policy has invalid resource"),
        ("s3:GetObject", BUCKET, "Action does not apply to any resource(s) in statement"),
        (["s3:GetObject", "s3:ListBucket"], OBJECTS, "Action does not apply to any resource(s) in statement"),
    ],
)
def test_a_policy_about_something_else_is_refused(s3, action, resource, words):
    with pytest.raises(ClientError) as caught:
        put(s3, action, resource)

    assert caught.value.response["Error"] == {"Code": "MalformedPolicy", "Message": words}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        (["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS]),
        ("s3:*", OBJECTS),
        (["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::photos*"),
    ],
)
def test_a_policy_about_the_bucket_and_its_objects_is_taken(s3, action, resource):
    put(s3, action, resource)
    statement = json.loads(s3.get_bucket_policy(Bucket="photos")["Policy"])["Statement"]

    assert [(each["Action"], each["Resource"]) for each in statement] == [(action, resource)]
