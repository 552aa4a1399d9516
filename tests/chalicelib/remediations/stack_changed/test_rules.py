"""What the rules of stack_changed hear: each way in which a call can name a part of the stack."""

import pytest

from chalicelib.matching.events.pattern import EventPattern
from scenarios.cloud.world import World
from scenarios.incidents.stack_changed import DELIVERY_DENIED, SCENARIO
from scenarios.runner.run import deployment_of
from scenarios.runner.words import existing_trail

CHANGE_SET = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/mine/5555-6666"


@pytest.mark.parametrize(
    ("name", "parameters", "heard"),
    [
        ("logs PutAccountPolicy", {"policyName": "x", "policyType": "DATA_PROTECTION_POLICY"}, True),
        ("events PutPermission", {"policy": "{}"}, True),
        ("events RemovePermission", {"eventBusName": "default"}, True),
        ("events PutRule", {"name": "other"}, False),
        ("events UpdateEventBus", {"name": "default"}, True),
        ("events UpdateEventBus", {"name": "other"}, False),
        ("iam PutRolePolicy", {"roleName": "trailwarden-TrailGroupRole-1"}, True),
        ("iam PutRolePolicy", {"roleName": "other"}, False),
        ("account DisableRegion", {"RegionName": "eu-south-1"}, True),
        ("account EnableRegion", {"RegionName": "eu-south-1"}, False),
        (
            "sqs StartMessageMoveTask",
            {"sourceArn": "arn:aws:sqs:us-east-1:1:trailwarden-DeadLetters-1"},
            True,
        ),
        (
            "sqs StartMessageMoveTask",
            {
                "sourceArn": "arn:aws:sqs:us-east-1:1:other",
                "destinationArn": "arn:aws:sqs:us-east-1:1:trailwarden-Validations-1",
            },
            True,
        ),
        (
            "dynamodb RestoreTableToPointInTime",
            {"sourceTableArn": "arn:aws:dynamodb:us-east-1:1:table/trailwarden-L", "targetTableName": "x"},
            True,
        ),
        ("dynamodb CreateGlobalTable", {"globalTableName": "trailwarden-Ledger-1"}, True),
        (
            "monitoring PutAlarmMuteRule",
            {"name": "x", "muteTargets": {"alarmNames": ["trailwarden-A-1"]}},
            True,
        ),
        ("monitoring PutAlarmMuteRule", {"name": "x", "muteTargets": {"alarmNames": ["other"]}}, False),
        (
            "dynamodb ExportTableToPointInTime",
            {"tableArn": "arn:aws:dynamodb:us-east-1:1:table/trailwarden-L"},
            True,
        ),
        (
            "logs AssociateKmsKey",
            {"resourceIdentifier": "arn:aws:logs:us-east-1:1:log-group:trailwarden-x"},
            True,
        ),
        ("logs PutTransformer", {"logGroupIdentifier": "trailwarden-SecureGroup-1"}, True),
        ("logs CreateLogStream", {"logGroupName": "trailwarden-RootLoginLogGroup-1"}, False),
        ("ExecuteChangeSet", {"changeSetName": CHANGE_SET}, True),
        ("ExecuteChangeSet", {"changeSetName": CHANGE_SET, "stackName": "other"}, True),
        ("ExecuteChangeSet", {"changeSetName": "mine", "stackName": "trailwarden"}, True),
        ("ExecuteChangeSet", {"changeSetName": "mine", "stackName": "other"}, False),
        ("ExecuteStackRefactor", {"stackRefactorId": "9c384f70"}, True),
        ("CreateStackRefactor", {"stackDefinitions": [{}, {"stackName": "trailwarden"}]}, True),
        (
            "CreateStackRefactor",
            {
                "resourceMappings": [
                    {"source": {"stackName": "other"}, "destination": {"stackName": "trailwarden"}}
                ]
            },
            True,
        ),
        (
            "CreateStackRefactor",
            {
                "resourceMappings": [
                    {"source": {"stackName": "trailwarden"}, "destination": {"stackName": "other"}}
                ]
            },
            True,
        ),
        (
            "CreateChangeSet",
            {
                "stackName": "other",
                "resourcesToImport": [
                    {
                        "resourceIdentifier": {
                            "StackId": "arn:aws:cloudformation:us-east-1:1:stack/trailwarden/1"
                        }
                    }
                ],
            },
            True,
        ),
        (
            "ImportStacksToStackSet",
            {"stackIds": ["arn:aws:cloudformation:us-east-1:1:stack/trailwarden/1"]},
            True,
        ),
        ("UpdateStack", {"stackName": "arn:aws:cloudformation:us-east-1:1:stack/trailwarden/1"}, True),
        ("RollbackStack", {"stackName": "trailwarden"}, True),
        ("SetStackPolicy", {"stackName": "another"}, False),
        ("DescribeStacks", {"stackName": "trailwarden"}, False),
    ],
)
def test_a_rule_hears_each_way_to_name_a_part(deployed, name, parameters, heard):
    assert hears(deployed, name, parameters) is heard


@pytest.mark.parametrize("part", ["AgentInstalled", "AgentStarted"])
def test_a_rule_hears_of_what_keeps_the_agents_running(deployed, part):
    association = deployed[part].physical_id

    assert hears(deployed, "ssm DeleteAssociation", {"associationId": association})
    assert not hears(deployed, "ssm DeleteAssociation", {"associationId": "1" * 36})


@pytest.mark.slow
def test_a_rule_hears_what_is_done_to_the_log_group_and_role_of_a_trail_that_was_there_before():
    found = parts(DELIVERY_DENIED)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{existing_trail.GROUP}"

    assert hears(found, "iam TagRole", {"roleName": existing_trail.ROLE})
    assert hears(found, "logs PutRetentionPolicy", {"logGroupName": existing_trail.GROUP})
    for field in ("logGroupIdentifier", "resourceIdentifier"):
        for named in (existing_trail.GROUP, arn):
            assert hears(found, "logs PutTransformer", {field: named}), (field, named)
        assert not hears(found, "logs PutTransformer", {field: "others"})


@pytest.fixture(scope="module")
def deployed():
    return parts(SCENARIO)


def parts(scenario):
    """The stack's resources, by logical id."""
    with World(deployment_of(scenario)) as world:
        return world.home.resources


def hears(resources, call, parameters):
    """Whether a rule hears of the call `logs PutTransformer`; without a service it is CloudFormation's."""
    service, _, name = call.rpartition(" ")
    service = service or "cloudformation"
    record = {
        "source": f"aws.{service}",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "readOnly": name.startswith("Describe"),
            "managementEvent": True,
            "requestParameters": parameters,
        },
    }
    patterns = [
        each.properties["EventPattern"]
        for each in resources.values()
        if each.logical_id.startswith("StackChangedTrigger") and "EventPattern" in each.properties
    ]
    return any(EventPattern(each).matches(record) for each in patterns)
