"""A key goes when its waiting period ends."""

import pytest

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel import moto_secrets
from tests.scenarios.cloud.small_worlds import admin, heard, queue, rule, world

DAY = 24 * 3600
HEARS = {**queue(), **rule(pattern={"source": ["aws.kms"]})}


@pytest.mark.slow
def test_a_key_is_deleted_after_its_waiting_period_and_told():
    with world(HEARS) as cloud:
        kms = admin(cloud, "kms")
        key = kms.create_key()["KeyMetadata"]
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        cloud.run(7 * DAY - 60)
        before = heard(cloud)
        cloud.run(120)

        (event,) = heard(cloud)
        gone = moto_secrets.kms_key(key["KeyId"], ACCOUNT, "us-east-1")

    assert before == []
    assert gone is None
    assert event["detail-type"] == "KMS CMK Deletion"
    assert event["detail"] == {"key-id": key["KeyId"]}
    assert event["resources"] == [key["Arn"]]


@pytest.mark.slow
def test_a_cancelled_deletion_leaves_the_key():
    with world(HEARS) as cloud:
        kms = admin(cloud, "kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        kms.cancel_key_deletion(KeyId=key)
        cloud.run(8 * DAY)

        assert heard(cloud) == []
        assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
