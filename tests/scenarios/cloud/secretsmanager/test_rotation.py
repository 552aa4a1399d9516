"""Rotation: the four steps, the labels of versions, schedules, and what is refused."""

import json

import pytest

from scenarios.cloud.deployment import ACCOUNT, Deployment
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import NONE, PROFILES
from scenarios.cloud.world import World
from tests.sample import in_turn
from tests.scenarios.cloud.functions.function_worlds import code, function
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    heard,
    may,
    permission,
    queue,
    refusal,
    rule,
    trail,
)

# As AWS's own template of a rotation function goes about it, without a database behind it:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html#OTHER_rotation_templates
ROTATES = """
    import boto3

    def look(event, context):
        client = boto3.client("secretsmanager")
        arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
        stages = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
        if token not in stages:
            raise ValueError("no stage for rotation")
        if "AWSCURRENT" in stages[token]:
            return
        if "AWSPENDING" not in stages[token]:
            raise ValueError("not pending")
        if step == "createSecret":
            current = client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"]
            try:
                client.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
            except client.exceptions.ResourceNotFoundException:
                new = {"SecretString": current + "!", "VersionStages": ["AWSPENDING"]}
                client.put_secret_value(SecretId=arn, ClientRequestToken=token, **new)
        elif step == "testSecret":
            found = client.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
            if found["SecretString"].startswith("bad"):
                raise ValueError("it does not work")
        elif step == "finishSecret":
            (current,) = [each for each, labels in stages.items() if "AWSCURRENT" in labels]
            client.update_secret_version_stage(
                SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
            )
"""
LOOK = arn("lambda", "function:look")
SECRETS = may(
    [
        *("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
        *("secretsmanager:UpdateSecretVersionStage", "logs:CreateLogStream", "logs:PutLogEvents"),
    ]
)


def standing(folder, *, value="first", faults=NONE, allowed=True, heard_of=True, **schedule):
    """A secret, its rotation function, a trail, and a rule that hears what Secrets Manager itself does."""
    own_events = {"source": ["aws.secretsmanager"], "detail-type": ["AWS Service Event via CloudTrail"]}
    secret = {"Name": "db", "SecretString": value}
    resources = {
        **function(statements=(SECRETS,)),
        **(permission("secretsmanager") if allowed else {}),
        **({**trail(), **queue(), **rule(pattern=own_events)} if heard_of else {}),
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": secret},
    }
    if schedule:
        given = {"SecretId": {"Ref": "Secret"}, "RotationLambdaARN": LOOK, **schedule}
        resources["Rotates"] = {
            "Type": "AWS::SecretsManager::RotationSchedule",
            "DependsOn": ["look"],
            "Properties": given,
        }
    deployment = Deployment(
        template=json.dumps({"Resources": resources}), home=HOME, code=code(folder, ROTATES)
    )
    return World(deployment, faults=faults)


def value(each, **which):
    return admin(each, "secretsmanager").get_secret_value(SecretId="db", **which)["SecretString"]


def names(each):
    """What Secrets Manager's own events say, in order."""
    events = sorted(heard(each), key=lambda event: event["detail"]["eventTime"])
    return [event["detail"]["eventName"] for event in events]


@pytest.mark.slow
@pytest.mark.parametrize("profile", in_turn(PROFILES.values(), of=4), ids=str)
def test_a_secret_rotates_by_four_steps_under_every_fault(tmp_path, profile):
    with standing(tmp_path, faults=profile) as each:
        client = admin(each, "secretsmanager")
        made = client.rotate_secret(SecretId="db", RotationLambdaARN=LOOK)
        each.run(1200)

        assert (value(each), value(each, VersionStage="AWSPREVIOUS")) == ("first!", "first")
        described = client.describe_secret(SecretId="db")
        assert "AWSCURRENT" in described["VersionIdsToStages"][made["VersionId"]]
        assert (described["RotationEnabled"], described["RotationLambdaARN"]) == (True, LOOK)


@pytest.mark.slow
def test_the_function_is_handed_secret_token_and_step(tmp_path):
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html."""
    with standing(tmp_path) as each:
        taken = []
        run = each.functions.run
        each.functions.run = lambda invocation: (taken.append(invocation.event), run(invocation))[1]
        made = admin(each, "secretsmanager").rotate_secret(SecretId="db", RotationLambdaARN=LOOK)
        each.run(60)

    assert [event["Step"] for event in taken] == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert {(event["SecretId"], event["ClientRequestToken"]) for event in taken} == {
        (made["ARN"], made["VersionId"])
    }


@pytest.mark.slow
def test_cloudtrail_and_eventbridge_hear_of_a_rotation_in_the_documented_shape(tmp_path):
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html."""
    with standing(tmp_path) as each:
        made = admin(each, "secretsmanager").rotate_secret(SecretId="db", RotationLambdaARN=LOOK)
        each.run(600)
        succeeded = next(e["detail"] for e in heard(each) if e["detail"]["eventName"] == "RotationSucceeded")

        assert set(names(each)) == {"RotationStarted", "RotationSucceeded"}
    assert succeeded["userIdentity"] == {"accountId": ACCOUNT, "invokedBy": "secretsmanager.amazonaws.com"}
    assert (succeeded["eventType"], succeeded["additionalEventData"]) == (
        "AwsServiceEvent",
        {"SecretId": made["ARN"]},
    )


@pytest.mark.slow
def test_a_step_that_fails_is_tried_again_and_at_last_abandoned(tmp_path):
    with standing(tmp_path, value="bad") as each:
        client = admin(each, "secretsmanager")
        client.rotate_secret(SecretId="db", RotationLambdaARN=LOOK)
        each.run(60)
        code_meanwhile = refusal(client.rotate_secret, SecretId="db")
        each.run(3600)

        assert value(each) == "bad"
        assert code_meanwhile == "InvalidRequestException"
        told = names(each)
        assert (told.count("RotationFailed"), told.count("RotationAbandoned")) == (5, 1)


@pytest.mark.slow
def test_a_test_leaves_the_versions_as_they_were(tmp_path):
    with standing(tmp_path) as each:
        client = admin(each, "secretsmanager")
        before = client.describe_secret(SecretId="db")["VersionIdsToStages"]
        client.rotate_secret(SecretId="db", RotationLambdaARN=LOOK, RotateImmediately=False)
        each.run(60)

        assert client.describe_secret(SecretId="db")["VersionIdsToStages"] == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "days", "versions"),
    [
        pytest.param({"AutomaticallyAfterDays": 1}, 2.5, 2, id="days"),
        pytest.param({"ScheduleExpression": "rate(8 hours)"}, 1, 2, id="a rate"),
        pytest.param({"ScheduleExpression": "cron(0 8 3,5 * ? *)"}, 2.5, 1, id="days of the month"),
    ],
)
def test_a_schedule_rotates_again_and_again(tmp_path, rules, days, versions):
    with standing(tmp_path, heard_of=False, RotationRules=rules, RotateImmediatelyOnUpdate=False) as each:
        each.run(days * 86_400)

        assert value(each) == "first" + "!" * versions
        assert admin(each, "secretsmanager").describe_secret(SecretId="db")["RotationRules"] == rules


@pytest.mark.slow
def test_a_schedule_of_a_stack_rotates_at_once_and_can_be_cancelled(tmp_path):
    with standing(tmp_path, heard_of=False, RotationRules={"AutomaticallyAfterDays": 1}) as each:
        each.run(600)
        rotated = value(each)
        admin(each, "secretsmanager").cancel_rotate_secret(SecretId="db")
        each.run(2 * 86_400)

        assert (rotated, value(each)) == ("first!", "first!")
        assert not admin(each, "secretsmanager").describe_secret(SecretId="db")["RotationEnabled"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "InvalidRequestException"),
        ({"RotationLambdaARN": LOOK + "s"}, "ResourceNotFoundException"),
        (
            {"RotationLambdaARN": LOOK, "RotationRules": {"ScheduleExpression": "daily"}},
            "InvalidParameterException",
        ),
        (
            {
                "RotationLambdaARN": LOOK,
                "RotationRules": {"ScheduleExpression": "rate(4 hours)", "AutomaticallyAfterDays": 1},
            },
            "InvalidParameterException",
        ),
    ],
)
def test_what_cannot_rotate_is_refused(tmp_path, asked, code):
    with standing(tmp_path) as each:
        assert refusal(admin(each, "secretsmanager").rotate_secret, SecretId="db", **asked) == code


@pytest.mark.slow
def test_a_function_that_secrets_manager_may_not_invoke_is_refused(tmp_path):
    with standing(tmp_path, allowed=False) as each:
        client = admin(each, "secretsmanager")

        assert refusal(client.rotate_secret, SecretId="db", RotationLambdaARN=LOOK) == "AccessDeniedException"


def test_who_may_rotate_must_be_allowed_to_invoke_the_function(tmp_path):
    policy = {"Version": "2012-10-17", "Statement": [may("secretsmanager:RotateSecret")]}
    with standing(tmp_path) as each:
        client = each.client(each.user("poor", policies=[policy]), "secretsmanager")

        assert refusal(client.rotate_secret, SecretId="db", RotationLambdaARN=LOOK) == "AccessDeniedException"
        with pytest.raises(NotSimulated, match="nowhere"):
            client.rotate_secret(SecretId="nowhere", RotationLambdaARN=LOOK)
