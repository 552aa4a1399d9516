"""What was done to somebody's own stack, trail and bucket is told, or it is said that it is not."""

import json

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from tests.sample import in_turn

ACCOUNT, OTHER, REGION = "111122223333", "444455556666", "eu-west-1"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/secops"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/audit"
NAMED = ("--stack-name", f"{STACK}/0b1f7c60-1111-2222-3333-444455556666")
WITH_TRAIL = ("--trail", TRAIL, "--bucket", "audit-bucket", "--group", "audit-group")
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
LEDGER, LOG_FILE = "secops-Ledger-1A2B3C4D5E6F", f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/04/05/x.json.gz"
NOTHING = ()


def record(source, name, asked, account=ACCOUNT, **more):
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{account}:user/mallory",
            "accountId": account,
        },
        "eventTime": "2026-04-05T03:01:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "198.51.100.7",
        "requestParameters": asked,
        "eventID": f"{source}-{name}-{account}-{json.dumps(asked)}",
        "readOnly": False,
        "managementEvent": True,
        "eventType": "AwsApiCall",
        "recipientAccountId": account,
        **more,
    }


def in_bucket(name, **configured):
    return record("s3", name, {"bucketName": "audit-bucket", **configured})


XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
OPEN = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
)
SUSPENDED = {"VersioningConfiguration": {"xmlns": XMLNS, "Status": "Suspended"}, "versioning": ""}
SOON = {"ID": "x", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}, "Status": "Enabled"}
SELECTED = [{"readWriteType": "WriteOnly", "includeManagementEvents": False, "dataResources": []}]

STOPPED = record("cloudtrail", "StopLogging", {"name": TRAIL})
DATA = {"managementEvent": False, "eventCategory": "Data"}
PUT_KEY_POLICY = record(
    "kms", "PutKeyPolicy", {"keyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY}", "policyName": "default"}
)
# Each with what is told where stack and trail are named: words of an alert by its severity.
OF_THE_STACK = [
    (record("dynamodb", "DeleteTable", {"tableName": LEDGER}), "CRITICAL", "the table Ledger was deleted"),
    (
        record(
            "sns",
            "SetTopicAttributes",
            {
                "topicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:secops-AlertTopic-aB3dE6gH9jK2",
                "attributeName": "P",
            },
        ),
        "CRITICAL",
        "the topic AlertTopic was changed",
    ),
    (record("events", "DeleteRule", {"name": "secops-TrailStoppedTrigger1"}), "CRITICAL", "was deleted"),
    (
        record("events", "DisableRule", {"name": "secops-StackChangedGuard-AB12CD34EF56"}),
        "CRITICAL",
        "the rule StackChangedGuard was disabled",
    ),
    (
        record(
            "sqs",
            "PurgeQueue",
            {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/secops-DeadLetters-1A2B3C4D5E6F"},
        ),
        "CRITICAL",
        "the queue DeadLetters was emptied",
    ),
    (
        record(
            "dynamodb",
            "PutItem",
            {"tableName": LEDGER},
            **DATA,
            resources=[{"ARN": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{LEDGER}"}],
        ),
        "CRITICAL",
        "the table Ledger was written to by hand",
    ),
    (
        record("cloudformation", "DeleteStack", {"stackName": NAMED[1]}),
        "CRITICAL",
        "the stack secops is being deleted",
    ),
]
OF_THE_TRAIL = [
    (in_bucket("PutBucketVersioning", **SUSPENDED), "HIGH", "(PutBucketVersioning)"),
    (in_bucket("PutBucketLifecycle", LifecycleConfiguration={"Rule": SOON}), "HIGH", "(PutBucketLifecycle)"),
    (
        in_bucket("PutBucketPublicAccessBlock", PublicAccessBlockConfiguration=OPEN),
        "HIGH",
        "(PutBucketPublicAccessBlock)",
    ),
    (
        in_bucket("PutBucketNotification", NotificationConfiguration={"xmlns": XMLNS}),
        "HIGH",
        "(PutBucketNotification)",
    ),
    (
        record(
            "s3",
            "DeleteObject",
            {"bucketName": "audit-bucket", "key": LOG_FILE},
            **DATA,
            responseElements={"x-amz-delete-marker": "true", "x-amz-version-id": "v2"},
        ),
        "CRITICAL",
        "a delete marker hides it",
    ),
    (
        record(
            "s3",
            "DeleteObject",
            {"bucketName": "audit-bucket", "key": LOG_FILE.replace("x.", "y."), "versionId": "v1"},
            **DATA,
        ),
        "CRITICAL",
        "was permanently deleted, no version is left",
    ),
    (
        record(
            "cloudtrail",
            "UpdateTrail",
            {"name": TRAIL, "kmsKeyId": f"arn:aws:kms:{REGION}:{OTHER}:key/{KEY}"},
        ),
        "HIGH",
        "audit was changed",
    ),
    (
        record("cloudtrail", "UpdateTrail", {"name": "audit", "s3BucketName": "mallorys"}),
        "CRITICAL",
        "audit was changed",
    ),
    (
        record("cloudtrail", "PutEventSelectors", {"trailName": "audit", "eventSelectors": SELECTED}),
        "CRITICAL",
        "What the audit trail audit records was changed",
    ),
    (STOPPED, "CRITICAL", "Logging of the audit trail audit was stopped"),
    (record("logs", "DeleteLogGroup", {"logGroupName": "audit-group"}), "CRITICAL", "log group"),
    (in_bucket("DeleteBucketPolicy"), "CRITICAL", "(DeleteBucketPolicy)"),
    (in_bucket("DeleteBucket"), "CRITICAL", "The bucket of the audit trail audit was deleted"),
    # The bucket is gone already, which the simulated one is then, too.
    (
        record("s3", "DeleteObject", {"bucketName": "audit-bucket", "key": f"{LOG_FILE}z"}, **DATA),
        "CRITICAL",
        "was deleted",
    ),
]
ALL = [each for each, _, _ in OF_THE_STACK + OF_THE_TRAIL] + [PUT_KEY_POLICY]


def replayed(records, *options):
    """The alerts about each record, with severities; what was said at the end; the exit code."""
    text = "".join(json.dumps(each) + "\n" for each in records)
    result = CliRunner().invoke(main, ["replay", "-", "--format", "json", *options], input=text)
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["eventID"] for each in told] == [each["eventID"] for each in records]
    alerts = [
        [(alert["severity"], alert["title"]) for plan in each["plans"] for alert in plan["alerts"]]
        for each in told
    ]
    return alerts, result.stderr, result.exit_code, told


@pytest.fixture(scope="module")
def named():
    """All records, where stack and trail are named."""
    return replayed(ALL, *NAMED, *WITH_TRAIL)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "severity", "words"),
    [
        pytest.param(number, *expected, id=f"{number}-{asked['eventName']}")
        for number, (asked, *expected) in enumerate(OF_THE_STACK + OF_THE_TRAIL)
    ],
)
def test_what_was_done_to_ones_own_parts_is_told(named, number, severity, words):
    alerts = named[0][number]

    assert [alert for alert in alerts if alert[0] == severity and words in alert[1]], alerts


def test_what_is_told_has_the_records_own_names(named):
    *_, told = named
    everything = json.dumps(told)

    assert "123456789012" not in everything
    assert f"table/{LEDGER}" in everything or LEDGER in everything
    assert "secops-AlertTopic-aB3dE6gH9jK2" in everything
    (purged,) = (each for each in told if each["eventName"] == "PurgeQueue")
    assert purged["fired"] == ["stack_changed"]


def test_an_id_that_nobody_named_is_said_to_be_unsaid(named):
    _, said, code, told = named

    # A key's new policy is told of any key, and this one is not in the simulated account.
    assert told[-1]["fired"] == ["key_deletion_scheduled"]
    assert "1 of the records is about keys or other ids that may be your stack's (kms 1)" in said
    assert code == 0


@pytest.mark.slow
def test_a_list_of_the_stacks_parts_tells_ids(tmp_path):
    file = tmp_path / "parts.json"
    listed = {
        "StackResources": [
            {
                "StackName": "secops",
                "StackId": NAMED[1],
                "LogicalResourceId": "AlertKey",
                "PhysicalResourceId": KEY,
                "ResourceType": "AWS::KMS::Key",
            }
        ]
    }
    file.write_text(json.dumps(listed))

    alerts, said, _, told = replayed([PUT_KEY_POLICY], "--stack-resources", str(file))

    assert alerts == [[("CRITICAL", "Trailwarden itself: the key AlertKey got another policy")]]
    assert said == ""
    assert KEY in json.dumps(told[0]["plans"])


@pytest.mark.slow
def test_without_names_nothing_is_told_of_them_and_they_are_proposed():
    alerts, said, *_ = replayed(ALL)

    assert {title for each in alerts for _, title in each if "Trailwarden itself" in title} == set()
    assert f"if it is yours, name it: --stack-name {STACK}\n" in said
    assert f"name yours, such as --trail {TRAIL}" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "why"),
    # Each has a stack of its own made.
    in_turn(
        [
            pytest.param(
                STACK.replace(REGION, "eu-west-2"),
                f"parts of another stack like yours; if it is yours, name it: --stack-name {STACK}",
                id="another region",
            ),
            pytest.param(
                STACK.replace(ACCOUNT, OTHER),
                f"None of the records is of account {OTHER}, which you named; they are of {ACCOUNT}",
                id="another account",
            ),
            pytest.param(
                STACK.replace("secops", "trailwarden"),
                f"name it: --stack-name {STACK}",
                id="another name",
            ),
        ],
        of=3,
    ),
)
def test_a_wrong_name_is_told(wrong, why):
    """Otherwise all would seem to be well."""
    _, said, *_ = replayed(ALL[:2], "--stack-name", wrong)

    assert why in said


@pytest.mark.slow
def test_a_trail_without_its_bucket_and_group_says_what_is_not_told():
    _, said, *_ = replayed([STOPPED], "--trail", TRAIL)

    assert said.count("What was done to the trail's bucket and log group is not told") == 1


# ---- somebody who would have it say that all is well ---------------------------------------------


@pytest.mark.slow
def test_names_of_another_accounts_trail_and_group_are_not_ours():
    """Such as a member of an organization that delivers to the same bucket."""
    theirs = [
        record("cloudtrail", name, {"name": "audit"}, account=OTHER)
        for name in ("DeleteTrail", "StartLogging")
    ]
    group = record("logs", "DeleteLogGroup", {"logGroupName": "audit-group"}, account=OTHER)
    table = record("dynamodb", "DeleteTable", {"tableName": LEDGER}, account=OTHER)
    changed = record("cloudtrail", "UpdateTrail", {"name": "audit", "isMultiRegionTrail": False})

    alerts, *_, told = replayed([STOPPED, *theirs, group, table, changed], *NAMED, *WITH_TRAIL)

    assert [[title for _, title in each if "audit" in title or "itself" in title] for each in alerts] == [
        ["Logging of the audit trail audit was stopped"],
        [],
        [],
        [],
        [],
        ["The audit trail audit was changed"],
    ]
    (plan,) = told[-1]["plans"]
    assert [call["operation"] for call in plan["calls"]] == ["update_trail", "start_logging"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "before",
    [
        record("cloudtrail", "DescribeTrails", {}, readOnly=True),
        record("cloudtrail", "UpdateTrail", {"name": "another"}),
        record("cloudtrail", "StopLogging", {"name": "another"}),
    ],
    ids=lambda each: f"{each['eventName']} {each['requestParameters']}",
)
def test_a_record_with_the_id_of_another_one_hides_nothing(before):
    alerts, said, _, (_, told, again) = replayed_as_one([before, STOPPED, STOPPED])

    assert alerts[1] == [("CRITICAL", "Logging of the audit trail audit was stopped")]
    assert (told["duplicate"], again["duplicate"]) == (False, True)
    assert "1 record has the eventID of another one and says something else" in said


def replayed_as_one(records):
    return replayed([{**each, "eventID": "one"} for each in records], *WITH_TRAIL)


@pytest.mark.slow
def test_what_can_not_be_done_to_the_simulated_trail_is_told():
    """The handler then sees the trail as it was, and says that it is no weaker."""
    odd = in_bucket("PutBucketLifecycle", LifecycleConfiguration={"Rule": {"Status": "Odd"}})

    alerts, said, code, (told,) = replayed([odd], *WITH_TRAIL)

    assert alerts[0][0][1].startswith("No weaker by now")
    assert "PutBucketLifecycleConfiguration" in told["failed"]["the simulated AWS"]
    assert "told of the trail as it was before" in said
    assert code == 2
