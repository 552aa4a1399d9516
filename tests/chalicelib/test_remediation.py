import json
from dataclasses import FrozenInstanceError, replace

import pytest

from chalicelib.remediation import Asked, Call, Grant, Plan, Quiet
from tests.chalicelib.runtime.house import Remedy, alert, creates

PLANS = [
    pytest.param(Plan.nothing(), id="nothing"),
    pytest.param(Plan.alert(alert(facts=(("Who", "x"), ("Who", "y")), advice="Ask.")), id="an alert"),
    pytest.param(Plan.alert(alert(quiet=Quiet(subject="s", seconds=60)), alert()), id="two, one quiet"),
    pytest.param(Plan.alert(alert(asks=(Asked("who-signed-in"), Asked("x", "y")))), id="questions"),
    pytest.param(Plan.alert(alert(), calls=[creates("a"), creates("b", undo=None, already=())]), id="calls"),
    pytest.param(Plan.alert(alert(), calls=[creates("a", undo=creates("b"))]), id="an undo with an undo"),
]


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_comes_back_from_json_as_it_was(plan):
    assert Plan.from_json(json.loads(json.dumps(plan.as_json()))) == plan


@pytest.mark.parametrize(
    ("plan", "empty"),
    [
        pytest.param(Plan.nothing(), True, id="nothing"),
        pytest.param(Plan.alert(alert()), False, id="only a word"),
        pytest.param(Plan(calls=(creates("a"),)), False, id="only a deed"),
    ],
)
def test_a_plan_without_word_or_deed_is_empty(plan, empty):
    assert plan.empty == empty


def test_a_plan_can_not_be_changed_after_it_was_decided():
    with pytest.raises(FrozenInstanceError):
        Plan.nothing().calls = ()


@pytest.mark.parametrize(
    ("grants", "acts"),
    [
        pytest.param((), False, id="nothing granted"),
        pytest.param((Grant(action="dynamodb:ListBackups", resource="*"),), False, id="looks"),
        pytest.param(
            (
                Grant(action="dynamodb:ListBackups", resource="*"),
                Grant(action="dynamodb:CreateTable", resource="*", acting=True),
            ),
            True,
            id="looks and acts",
        ),
    ],
)
def test_whether_it_can_act_is_told_by_its_grants(grants, acts):
    assert replace(Remedy(Plan.nothing()).remediation, grants=grants).acts == acts


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "command"),
    [
        pytest.param(
            "s3",
            "put_bucket_versioning",
            {"Bucket": "logs", "VersioningConfiguration": {"Status": "Enabled"}},
            "aws s3api put-bucket-versioning --bucket logs --versioning-configuration "
            '\'{"Status": "Enabled"}\' --region us-east-1',
            id="S3",
        ),
        pytest.param(
            "cloudtrail",
            "update_trail",
            {"Name": "audit", "IsMultiRegionTrail": True, "EnableLogFileValidation": False},
            "aws cloudtrail update-trail --is-multi-region-trail --no-enable-log-file-validation "
            "--name audit --region us-east-1",
            id="switches",
        ),
        pytest.param(
            "config",
            "start_configuration_recorder",
            {"ConfigurationRecorderName": "default"},
            "aws configservice start-configuration-recorder --configuration-recorder-name default "
            "--region us-east-1",
            id="AWS Config",
        ),
        pytest.param(
            "dynamodb",
            "delete_table",
            {"TableName": "file:///etc/passwd; reboot"},
            "no command: the AWS CLI would take the value of --table-name for a file or a page to read",
            id="the name of a file",
        ),
        pytest.param(
            "logs",
            "put_retention_policy",
            {"logGroupName": "it's", "retentionInDays": 365},
            "aws logs put-retention-policy --log-group-name 'it'\"'\"'s' --retention-in-days 365 "
            "--region us-east-1",
            id="a hostile name",
        ),
    ],
)
def test_a_call_can_be_pasted_into_a_shell(service, operation, parameters, command):
    call = Call(service=service, operation=operation, parameters=parameters, account="1", region="us-east-1")

    assert call.command == command
