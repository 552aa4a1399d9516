"""CloudTrail Insights: when activity is unusual, what is told of it, and where it goes."""

import gzip
import json
from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.cloudtrail.history.insight_records import (
    CALL_RATE,
    ERROR_RATE,
    Activity,
    insight_record,
    is_unusual,
    subjects,
)
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from tests.scenarios.cloud.small_worlds import HOME, admin, arn, document, heard, queue, rule, trail, world

HOUR = 3600
BOTH = [{"InsightType": CALL_RATE}, {"InsightType": ERROR_RATE}]
HEARS_INSIGHTS = {
    **queue(),
    **rule(pattern={"detail-type": ["AWS Insight via CloudTrail"]}, State="ENABLED"),
}
# Without validation there are no digests to sign, and two days pass quickly.
WATCHED = {**trail(InsightSelectors=BOTH, EnableLogFileValidation=False), **HEARS_INSIGHTS}
WITHOUT = {**trail(EnableLogFileValidation=False), **HEARS_INSIGHTS}


def record(name="CreateQueue", *, at, user="eve", **more):
    return {
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}", "userName": user},
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "sqs.amazonaws.com",
        "eventName": name,
        "awsRegion": HOME,
        "userAgent": "aws-cli",
        "eventID": "e",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        **more,
    }


def create_queues(cloud, count):
    client = admin(cloud, "sqs")
    for number in range(count):
        client.create_queue(QueueName=f"q{number}")


def insights(cloud):
    return [event["detail"] for event in heard(cloud)]


# ---- what counts --------------------------------------------------------------------------------


NOW = datetime.fromisoformat("2026-03-05T03:00:00Z")


@pytest.mark.parametrize(
    ("of", "kinds"),
    [
        pytest.param(record(at=NOW), [CALL_RATE], id="a write"),
        pytest.param(record(at=NOW, readOnly=True), [], id="a read"),
        pytest.param(record(at=NOW, errorCode="AccessDenied"), [CALL_RATE, ERROR_RATE], id="a failed write"),
        pytest.param(
            record(at=NOW, readOnly=True, errorCode="AccessDenied"), [ERROR_RATE], id="a failed read"
        ),
        pytest.param(record(at=NOW, eventCategory="Data"), [], id="a data event"),
        pytest.param(record(at=NOW, eventType="AwsConsoleSignIn"), [], id="no API call"),
    ],
)
def test_what_counts(of, kinds):
    assert [each.kind for each in subjects(of)] == kinds


def calls(*minutes):
    """So many calls in each of these minutes."""
    return [
        record(at=NOW - timedelta(minutes=ago)) for ago, count in enumerate(minutes, 1) for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "before", "expected"),
    [
        pytest.param(9, [], False, id="nine of what was never done"),
        pytest.param(10, [], True, id="ten of what was never done"),
        pytest.param(20, [10], False, id="twice the busiest minute"),
        pytest.param(21, [10], True, id="more than twice the busiest minute"),
        pytest.param(21, [1, 1, 11, 1], False, id="the busiest minute counts, not the average"),
    ],
)
def test_a_minute_is_unusual(count, before, expected):
    assert is_unusual(count, Activity(calls=calls(*before), minutes=10080)) is expected


# ---- the record ---------------------------------------------------------------------------------


def test_the_record_has_the_documented_form():
    (subject,) = subjects(record(at=NOW))
    role = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session"}
    burst = [record(at=NOW) for _ in range(12)] + [record(at=NOW, userIdentity=role)] * 3

    told = insight_record(
        subject,
        "Start",
        at=NOW,
        insight=Activity(calls=burst, minutes=1),
        baseline=Activity(calls=[record(at=NOW, user="bob")], minutes=10080),
        account=ACCOUNT,
        event_id="e1",
        shared_id="s1",
    )

    average = 0.0000992063
    assert told == {
        "eventVersion": "1.11",
        "eventTime": "2026-03-05T03:00:00Z",
        "awsRegion": HOME,
        "eventID": "e1",
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": ACCOUNT,
        "sharedEventID": "s1",
        "insightDetails": {
            "state": "Start",
            "eventSource": "sqs.amazonaws.com",
            "eventName": "CreateQueue",
            "insightType": CALL_RATE,
            "insightContext": {
                "statistics": {
                    "baseline": {"average": average},
                    "insight": {"average": 15.0},
                    "insightDuration": 1,
                    "baselineDuration": 10080,
                },
                "attributions": [
                    {
                        "attribute": "userIdentityArn",
                        "insight": [
                            {"value": f"arn:aws:iam::{ACCOUNT}:user/eve", "average": 12.0},
                            {"value": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy", "average": 3.0},
                        ],
                        "baseline": [{"value": f"arn:aws:iam::{ACCOUNT}:user/bob", "average": average}],
                    },
                    {
                        "attribute": "userAgent",
                        "insight": [{"value": "aws-cli", "average": 15.0}],
                        "baseline": [{"value": "aws-cli", "average": average}],
                    },
                    {
                        "attribute": "errorCode",
                        "insight": [{"value": "null", "average": 15.0}],
                        "baseline": [{"value": "null", "average": average}],
                    },
                ],
            },
        },
        "eventCategory": "Insight",
    }


def test_five_of_each_attribute_are_told_the_busiest_first():
    (subject,) = subjects(record(at=NOW))
    burst = [record(at=NOW, user=f"u{number}") for number in range(7) for _ in range(number + 1)]

    told = insight_record(
        subject,
        "Start",
        at=NOW,
        insight=Activity(calls=burst, minutes=1),
        baseline=Activity(calls=[], minutes=10080),
        account=ACCOUNT,
        event_id="e",
        shared_id="s",
    )

    users = told["insightDetails"]["insightContext"]["attributions"][0]
    assert [each["value"].rpartition("/")[2] for each in users["insight"]] == ["u6", "u5", "u4", "u3", "u2"]
    assert users["baseline"] == []


# ---- from calls to events -----------------------------------------------------------------------


@pytest.mark.slow
def test_a_burst_of_writes_is_told_when_it_starts_and_when_it_ends():
    with world(WATCHED) as cloud:
        cloud.run(36 * HOUR)
        began = cloud.clock.now
        create_queues(cloud, 12)
        cloud.run(60)
        create_queues(cloud, 14)
        cloud.run(HOUR)

        start, end = sorted(insights(cloud), key=lambda each: each["eventTime"])
        states = [each["insightDetails"]["state"] for each in (start, end)]
        assert states == ["Start", "End"]
        assert start["sharedEventID"] == end["sharedEventID"]
        assert start["eventID"] != end["eventID"]
        assert datetime.fromisoformat(start["eventTime"]) == began
        assert datetime.fromisoformat(end["eventTime"]) == began + timedelta(minutes=2)
        context = end["insightDetails"]["insightContext"]["statistics"]
        assert context["insight"] == {"average": 13.0}
        assert context["insightDuration"] == 2
        assert start["insightDetails"]["insightContext"]["statistics"]["insight"] == {"average": 12.0}


@pytest.mark.slow
def test_it_goes_to_its_own_log_files_the_log_group_and_the_history():
    with world(WATCHED) as cloud:
        cloud.run(36 * HOUR)
        create_queues(cloud, 12)
        cloud.run(HOUR)

        told = insights(cloud)
        (key, *_), records = _files(cloud)
        assert key.startswith(f"AWSLogs/{ACCOUNT}/CloudTrail-Insight/{HOME}/2026/03/03/")
        assert sorted(each["eventID"] for each in records) == sorted(each["eventID"] for each in told)
        lines = admin(cloud, "logs").filter_log_events(logGroupName="trail")["events"]
        grouped = [json.loads(line["message"]) for line in lines]
        assert [each for each in grouped if each["eventCategory"] == "Insight"]
        look_up = admin(cloud, "cloudtrail").lookup_events
        named = [{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}]
        found = look_up(EventCategory="insight", LookupAttributes=named)["Events"]
        assert {each["EventId"] for each in found} == {each["eventID"] for each in told}
        others = {event["EventId"] for event in look_up()["Events"]}
        assert not others & {each["eventID"] for each in told}


def _files(cloud):
    with cloud.calls.muted():
        client = admin(cloud, "s3")
        listed = client.list_objects_v2(
            Bucket="tw-logs", Prefix=f"AWSLogs/{ACCOUNT}/CloudTrail-Insight/"
        ).get("Contents", ())
        keys = [each["Key"] for each in listed]
        bodies = [client.get_object(Bucket="tw-logs", Key=key)["Body"].read() for key in keys]
    return keys, [each for body in bodies for each in json.loads(gzip.decompress(body))["Records"]]


@pytest.mark.slow
def test_a_burst_of_denials_is_told_by_its_error_code():
    with world(WATCHED) as cloud:
        cloud.run(36 * HOUR)
        mallory = cloud.client(cloud.user("mallory", policies=(document(),)), "dynamodb")
        for _ in range(12):
            with pytest.raises(ClientError, match="AccessDenied"):
                mallory.list_tables()
        cloud.run(HOUR)

        start, _ = sorted(insights(cloud), key=lambda each: each["eventTime"])
        details = start["insightDetails"]
        assert details["insightType"] == ERROR_RATE
        assert (details["eventName"], details["errorCode"]) == ("ListTables", "AccessDenied")
        (code,) = [
            each for each in details["insightContext"]["attributions"] if each["attribute"] == "errorCode"
        ]
        assert code["insight"] == [{"value": "AccessDenied", "average": 12.0}]


@pytest.mark.slow
def test_what_was_as_busy_within_seven_days_is_not_told():
    with world(WATCHED) as cloud:
        cloud.run(36 * HOUR)
        for ago in (timedelta(days=5), timedelta(days=8)):
            for _ in range(12):
                cloud.trail.deliver(record(at=cloud.clock.now - ago))
        create_queues(cloud, 20)
        cloud.run(HOUR)

        assert insights(cloud) == []


@pytest.mark.slow
def test_nothing_is_told_in_the_first_36_hours():
    with world(WATCHED) as cloud:
        cloud.run(35 * HOUR)
        create_queues(cloud, 12)
        cloud.run(HOUR)

        assert insights(cloud) == []


@pytest.mark.slow
def test_nothing_is_told_where_no_trail_has_insights():
    with world(WITHOUT) as cloud:
        cloud.run(36 * HOUR)
        create_queues(cloud, 12)
        cloud.run(HOUR)

        assert insights(cloud) == []


@pytest.mark.slow
def test_switching_insights_on_begins_the_36_hours_and_knows_what_was_before():
    with world(WITHOUT) as cloud:
        create_queues(cloud, 12)
        admin(cloud, "cloudtrail").put_insight_selectors(TrailName="main", InsightSelectors=BOTH)
        cloud.run(36 * HOUR)
        create_queues(cloud, 20)
        cloud.run(120)
        create_queues(cloud, 41)
        cloud.run(HOUR)

        start, _ = sorted(insights(cloud), key=lambda each: each["eventTime"])
        statistics = start["insightDetails"]["insightContext"]["statistics"]
        assert statistics["insight"] == {"average": 41.0}
        assert statistics["baseline"] == {"average": round(32 / 10080, 10)}


# ---- put and told -------------------------------------------------------------------------------


def put(cloud, *kinds, **more):
    selectors = [{"InsightType": kind, **more} for kind in kinds]
    return admin(cloud, "cloudtrail").put_insight_selectors(TrailName="main", InsightSelectors=selectors)


def test_insight_selectors_are_told_as_they_were_put():
    with world(WITHOUT) as cloud:
        client = admin(cloud, "cloudtrail")
        answer = put(cloud, CALL_RATE)
        told = client.get_insight_selectors(TrailName="main")

        for each in (answer, told):
            assert each["TrailARN"] == arn("cloudtrail", "trail/main")
            assert each["InsightSelectors"] == [{"InsightType": CALL_RATE}]
        assert client.get_trail(Name="main")["Trail"]["HasInsightSelectors"] is True


def test_an_empty_list_switches_insights_off():
    with world(WATCHED) as cloud:
        put(cloud)

        with pytest.raises(ClientError, match="InsightNotEnabledException"):
            admin(cloud, "cloudtrail").get_insight_selectors(TrailName="main")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("selectors", "kind", "why"),
    [
        pytest.param([], "ApiSpeedInsight", "is not valid", id="no such type"),
        pytest.param([{"ReadWriteType": "ReadOnly"}], CALL_RATE, "must log write", id="a trail of reads"),
    ],
)
def test_insights_that_aws_refuses(selectors, kind, why):
    with world({**trail(EventSelectors=selectors), **HEARS_INSIGHTS}) as cloud:
        with pytest.raises(ClientError, match="InvalidInsightSelectorsException") as refused:
            put(cloud, kind)

        assert why in str(refused.value)


def test_a_trail_of_reads_may_look_at_errors():
    with world({**trail(EventSelectors=[{"ReadWriteType": "ReadOnly"}]), **HEARS_INSIGHTS}) as cloud:
        assert put(cloud, ERROR_RATE)["InsightSelectors"]


def test_insights_on_data_events_are_not_simulated():
    with world(WITHOUT) as cloud, pytest.raises(NotSimulated, match="Insights on data events"):
        put(cloud, CALL_RATE, EventCategories=["Data"])


def test_a_template_whose_trail_logs_no_writes_can_have_no_call_rate():
    broken = trail(EventSelectors=[{"ReadWriteType": "ReadOnly"}], InsightSelectors=BOTH)
    with pytest.raises(InvalidTemplate, match="must log write"), world(broken):
        pass
