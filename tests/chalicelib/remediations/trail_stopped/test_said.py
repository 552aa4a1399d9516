"""What a record says by itself of the settings that its call made."""

from datetime import UTC, datetime

import pytest

from chalicelib.events import Actor, ApiCallEvent
from chalicelib.remediations.trail_stopped.said import blinded_by, named_by, said_by
from chalicelib.trail.settings.settings import TrailSettings


def event(name, error_code="", **parameters) -> ApiCallEvent:
    return ApiCallEvent(
        key="e-1",
        at=datetime(2026, 3, 2, tzinfo=UTC),
        account="123456789012",
        region="eu-west-1",
        source="cloudtrail.amazonaws.com",
        name=name,
        actor=Actor(type="IAMUser"),
        source_ip="",
        user_agent="",
        error_code=error_code,
        error_message="",
        parameters=parameters,
        response={},
        additional={},
    )


SAID = [
    pytest.param(event("StopLogging"), TrailSettings(logging=False), id="stopped"),
    pytest.param(event("StopLogging", "AccessDenied"), TrailSettings(), id="refused"),
    pytest.param(event("DeleteTrail"), TrailSettings(trail=False, logging=False), id="deleted"),
    pytest.param(
        event("UpdateTrail", isMultiRegionTrail=False, s3BucketName="theirs", snsTopicName="x"),
        TrailSettings(multi_region=False, bucket="theirs"),
        id="updated",
    ),
    pytest.param(event("UpdateTrail", isMultiRegionTrail="no"), TrailSettings(), id="of another shape"),
    pytest.param(
        event("PutBucketPolicy", bucketPolicy={"a": 1}), TrailSettings(policy='{"a":1}'), id="policy"
    ),
    pytest.param(
        event("PutBucketVersioning", VersioningConfiguration={"Status": "Suspended"}),
        TrailSettings(versioning="Suspended"),
        id="versioning",
    ),
    pytest.param(event("PutRetentionPolicy", retentionInDays=1), TrailSettings(retention=1), id="retention"),
    pytest.param(event("PutBucketLifecycle"), TrailSettings(), id="a call that says too little"),
]


@pytest.mark.parametrize(("event", "settings"), SAID)
def test_a_record_says_what_its_call_set(event, settings):
    assert said_by(event) == settings


def test_an_update_names_what_it_changes():
    assert set(named_by(event("UpdateTrail", enableLogging=True, kmsKeyId="k", snsTopicName="x"))) == {
        "kms_key",
        "topic",
    }


@pytest.mark.parametrize(
    ("good", "count"),
    [
        pytest.param(TrailSettings(policy='{"b":1}'), 1, id="another policy than the good one"),
        pytest.param(TrailSettings(policy='{"a":1}'), 0, id="the good one again"),
        pytest.param(TrailSettings(), 0, id="no good one is known"),
    ],
)
def test_another_policy_may_be_what_denies_us_to_look(good, count):
    assert len(blinded_by(event("PutBucketPolicy", bucketPolicy={"a": 1}), good)) == count
