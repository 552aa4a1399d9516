"""What a rule finds is mended by runbooks: automatically and by hand, as often as is allowed."""

import json

import pytest

from scenarios.cloud.config.remediation import concurrent, stops_at
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.faults import PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.config.recording_worlds import only, recording
from tests.scenarios.cloud.config.test_rules import closed, managed, opened, results
from tests.scenarios.cloud.small_worlds import admin, arrived, function, may, noted, refusal, role

GROUP, INSTANCE = "AWS::EC2::SecurityGroup", "AWS::EC2::Instance"
UNUSED, MONITORED = "EC2_SECURITY_GROUP_ATTACHED_TO_ENI", "EC2_INSTANCE_DETAILED_MONITORING_ENABLED"
DELETES, STOPS = "AWSConfigRemediation-DeleteUnusedSecurityGroup", "AWS-StopEC2Instance"
CLOSES, MONITORS = "AWS-DisablePublicAccessForSecurityGroup", "AWS-ConfigureCloudWatchOnEC2Instance"


def remediation(document, parameter, *, allowed=("ec2:*", "lambda:*"), rule="rule", **more):
    """A remediation of the rule, and the role under which its runbook acts."""
    parameters = {
        parameter: {"ResourceValue": {"Value": "RESOURCE_ID"}},
        "AutomationAssumeRole": {"StaticValue": {"Values": [{"Fn::GetAtt": ["Mends", "Arn"]}]}},
    }
    properties = {
        "ConfigRuleName": {"Ref": rule},
        "TargetType": "SSM_DOCUMENT",
        "TargetId": document,
        "Parameters": parameters,
        "Automatic": True,
        **more,
    }
    return {
        **role("Mends", "ssm", *(may(each) for each in allowed)),
        "Mend": {"Type": "AWS::Config::RemediationConfiguration", "Properties": properties},
    }


def status(each):
    """The states of the executions by resource."""
    found = admin(each, "config").describe_remediation_execution_status(ConfigRuleName="rule")
    return {one["ResourceKey"]["resourceId"]: one for one in found["RemediationExecutionStatuses"]}


def exceptions(each):
    found = admin(each, "config").describe_remediation_exceptions(ConfigRuleName="rule")
    return {one["ResourceId"]: one.get("Message") for one in found["RemediationExceptions"]}


def launched(each):
    group = admin(each, "ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    wanted = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "SecurityGroupIds": [group]}
    return admin(each, "ec2").run_instances(**wanted)["Instances"][0]["InstanceId"]


def groups(each):
    return {one["GroupId"] for one in admin(each, "ec2").describe_security_groups()["SecurityGroups"]}


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_an_unused_group_is_deleted_under_every_fault(faults):
    resources = {**managed(UNUSED), **remediation(DELETES, "GroupId")}
    with recording(resources, group=only(GROUP), faults=PROFILES[faults]) as each:
        group = opened(each)
        each.run(3600)

        assert group not in groups(each)
        assert group not in results(each)
        assert status(each)[group]["State"] == "SUCCEEDED"


@pytest.mark.slow
def test_an_instance_without_detailed_monitoring_is_stopped():
    resources = {**managed(MONITORED), **remediation(STOPS, "InstanceId")}
    with recording(resources, group=only(INSTANCE)) as each:
        instance = launched(each)
        each.run(900)

        (found,) = admin(each, "ec2").describe_instances(InstanceIds=[instance])["Reservations"][0][
            "Instances"
        ]
        trail = admin(each, "cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "StopInstances"}]
        )["Events"]

    assert found["State"]["Name"] == "stopped"
    stopped_by = json.loads(trail[-1]["CloudTrailEvent"])["userIdentity"]["arn"]
    assert stopped_by.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/Mends/")


@pytest.mark.slow
def test_detailed_monitoring_is_switched_on_and_the_instance_is_compliant_again():
    resources = {**managed(MONITORED), **remediation(MONITORS, "InstanceId")}
    with recording(resources, group=only(INSTANCE)) as each:
        instance = launched(each)
        each.run(900)

        assert results(each) == {instance: "COMPLIANT"}
        assert [one["Name"] for one in status(each)[instance]["StepDetails"]] == ["checkStatus", "monitor"]


@pytest.mark.slow
def test_a_function_is_run_by_a_document_of_ones_own():
    content = {
        "schemaVersion": "0.3",
        "assumeRole": "{{ AutomationAssumeRole }}",
        "parameters": {"AutomationAssumeRole": {"type": "String"}, "Group": {"type": "String"}},
        "mainSteps": [
            {
                "name": "tell",
                "action": "aws:invokeLambdaFunction",
                "inputs": {
                    "FunctionName": "look",
                    "InvocationType": "Event",
                    "Payload": '{"group": "{{ Group }}"}',
                },
            }
        ],
    }
    document = {
        "Type": "AWS::SSM::Document",
        "Properties": {"Name": "tell", "DocumentType": "Automation", "Content": content},
    }
    resources = {
        **managed(UNUSED),
        **function(),
        "Document": document,
        **remediation("tell", "Group"),
    }
    with recording(resources, group=only(GROUP)) as each:
        group = opened(each)
        each.run(600)

        assert {"group": group} in arrived(each)


@pytest.mark.slow
def test_a_remediation_that_fails_is_tried_five_times_within_its_minute_and_then_left():
    resources = {**managed(UNUSED), **remediation(DELETES, "GroupId", allowed=())}
    with recording(resources, group=only(GROUP)) as each:
        group = opened(each)
        each.run(900)
        failed = [words for words in noted(each, "config") if words.startswith(f"remediation of {group}")]

        assert len(failed) == 5
        assert status(each)[group]["State"] == "FAILED"
        assert exceptions(each).keys() >= {group}
        assert group in groups(each)


@pytest.mark.slow
def test_a_fight_with_somebody_ends_after_the_attempts():
    resources = {
        **managed("INCOMING_SSH_DISABLED"),
        **remediation(CLOSES, "GroupId", MaximumAutomaticAttempts=2, RetryAttemptSeconds=86_400),
    }
    with recording(resources, group=only(GROUP)) as each:
        group, ec2 = opened(each), admin(each, "ec2")
        each.run(900)
        for _ in range(3):
            ec2.authorize_security_group_ingress(
                GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
            )
            each.run(900)
            ended = exceptions(each)
            if ended:
                break
        mended = [words for words in noted(each, "config") if words.startswith(f"remediation of {group}")]

        assert len(mended) == 2
        assert ended == {group: "Exceeded the maximum number of automatic remediation attempts"}
        assert results(each)[group] == "NON_COMPLIANT"
        admin(each, "config").delete_remediation_exceptions(
            ConfigRuleName="rule", ResourceKeys=[{"ResourceType": GROUP, "ResourceId": group}]
        )
        assert exceptions(each) == {}


@pytest.mark.slow
def test_near_misses_are_left_alone():
    resources = {**managed("INCOMING_SSH_DISABLED"), **remediation(CLOSES, "GroupId")}
    with recording(resources, group=only(GROUP)) as each:
        group = opened(each)
        closed(each, group)
        admin(each, "ec2").authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="0.0.0.0/0"
        )
        each.run(900)

        assert status(each) == {}
        assert results(each)[group] == "COMPLIANT"


@pytest.mark.slow
def test_by_hand_it_runs_for_who_asks_and_exceptions_hold_automatic_ones_back():
    resources = {**managed(UNUSED), **remediation(DELETES, "GroupId", Automatic=False)}
    with recording(resources, group=only(GROUP)) as each:
        config, group = admin(each, "config"), opened(each)
        each.run(600)
        untouched = group in groups(each)
        keys = [{"resourceType": GROUP, "resourceId": group}]
        config.start_remediation_execution(ConfigRuleName="rule", ResourceKeys=keys)
        queued = status(each)[group]["State"]
        each.run(60)
        done = status(each)[group]["State"]
        config.put_remediation_exceptions(
            ConfigRuleName="rule",
            ResourceKeys=[{"ResourceType": GROUP, "ResourceId": "sg-1"}],
            Message="ours",
        )

        assert (untouched, queued, done) == (True, "QUEUED", "SUCCEEDED")
        assert exceptions(each) == {"sg-1": "ours"}


def test_a_rule_with_a_remediation_stays_and_what_is_refused_of_one():
    resources = {**managed(UNUSED), **remediation(DELETES, "GroupId", Automatic=False)}
    with recording(resources, group=only(GROUP)) as each:
        config = admin(each, "config")
        (known,) = config.describe_remediation_configurations(ConfigRuleNames=["rule"])[
            "RemediationConfigurations"
        ]
        in_use = refusal(config.delete_config_rule, ConfigRuleName="rule")
        wanted = {"ConfigRuleName": "rule", "TargetType": "SSM_DOCUMENT", "TargetId": DELETES}
        without_role = refusal(
            config.put_remediation_configurations, RemediationConfigurations=[{**wanted, "Automatic": True}]
        )
        no_rule = refusal(
            config.put_remediation_configurations,
            RemediationConfigurations=[{**wanted, "ConfigRuleName": "none"}],
        )
        config.delete_remediation_configuration(ConfigRuleName="rule")
        gone = refusal(config.describe_remediation_execution_status, ConfigRuleName="rule")
        config.delete_config_rule(ConfigRuleName="rule")

    assert known["TargetId"] == DELETES
    assert in_use == "ResourceInUseException"
    assert without_role == no_rule == "InvalidParameterValueException"
    assert gone == "NoSuchRemediationConfigurationException"


def test_how_many_run_at_once_and_when_too_many_have_failed():
    assert stops_at(10, 40) == 5
    assert stops_at(10, None) == 6
    assert (concurrent(100, None), concurrent(3, None), concurrent(10, 25)) == (10, 1, 3)
