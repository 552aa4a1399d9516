"""A rule's own remedy: stop, reboot or terminate an instance, make a snapshot, under the rule's role."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.agent.host_worlds import launch
from tests.scenarios.cloud.small_worlds import admin, arn, document, heard, may, queue, role, trail, world

EC2 = may(["ec2:StopInstances", "ec2:RebootInstances", "ec2:TerminateInstances", "ec2:CreateSnapshot"])


def standing(action, *statements, service="events", more=None, path="$.detail.id"):
    target = {
        "Id": "t",
        "Arn": arn("events", f"target/{action}"),
        "RoleArn": {"Fn::GetAtt": ["acts", "Arn"]},
        "InputPath": path,
        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Dead", "Arn"]}},
    }
    rule = {"Name": "remedy", "EventPattern": {"source": ["watch"]}, "Targets": [target]}
    return {
        **queue("Dead"),
        **role("acts", service, *(statements or (EC2,))),
        "Remedy": {"Type": "AWS::Events::Rule", "Properties": rule},
        **(more or {}),
    }


def put(each, **detail):
    entry = {"Source": "watch", "DetailType": "found", "Detail": json.dumps(detail)}
    admin(each, "events").put_events(Entries=[entry])


def state(each, machine):
    found = admin(each, "ec2").describe_instances(InstanceIds=[machine.instance])
    return found["Reservations"][0]["Instances"][0]["State"]["Name"]


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
@pytest.mark.parametrize(
    ("action", "becomes"), [("stop-instance", "stopped"), ("terminate-instance", "terminated")]
)
def test_the_instance_of_an_event_is_acted_on(action, becomes, faults):
    """API_PutTargets.html lists the EC2 calls among the targets."""
    with world(standing(action), faults=PROFILES[faults]) as each:
        machine = launch(each)
        put(each, id=machine.instance)
        each.run(300)

        assert state(each, machine) == becomes


@pytest.mark.slow
def test_cloudtrail_names_the_rules_role():
    with world(standing("reboot-instance", more=trail())) as each:
        machine = launch(each)
        put(each, id=machine.instance)
        each.run(600)
        [event] = admin(each, "cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "RebootInstances"}]
        )["Events"]

        who = json.loads(event["CloudTrailEvent"])["userIdentity"]
        assert who["sessionContext"]["sessionIssuer"]["userName"] == "acts"
        assert state(each, machine) == "running"


@pytest.mark.slow
def test_a_volume_by_id_or_arn_gets_a_snapshot():
    with world(standing("create-snapshot")) as each:
        ec2 = admin(each, "ec2")
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
        put(each, id=volume)
        put(each, id=arn("ec2", f"volume/{volume}"))
        each.run(60)

        filters = [{"Name": "volume-id", "Values": [volume]}]
        assert len(ec2.describe_snapshots(Filters=filters)["Snapshots"]) == 2


@pytest.mark.slow
def test_a_schedule_takes_a_snapshot_under_awss_own_policy():
    """CloudWatchEventsBuiltInTargetExecutionAccess; eb-create-rule-schedule.html: a volume by the clock."""
    volume = {"AvailabilityZone": "us-east-1a", "Size": 1}
    resources = standing("create-snapshot", may("logs:Nothing"))
    policy = "arn:aws:iam::aws:policy/service-role/CloudWatchEventsBuiltInTargetExecutionAccess"
    resources["acts"]["Properties"]["ManagedPolicyArns"] = [policy]
    del resources["Remedy"]
    with world(resources) as each:
        ec2, events = admin(each, "ec2"), admin(each, "events")
        about = ec2.create_volume(**volume)["VolumeId"]
        events.put_rule(Name="nightly", ScheduleExpression="rate(5 minutes)")
        target = {
            "Id": "t",
            "Arn": arn("events", "target/create-snapshot"),
            "RoleArn": each.home.resources["acts"].attributes["Arn"],
            "Input": json.dumps(about),
        }
        events.put_targets(Rule="nightly", Targets=[target])
        each.run(11 * 60)

        filters = [{"Name": "volume-id", "Values": [about]}]
        assert len(ec2.describe_snapshots(Filters=filters)["Snapshots"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "service", "code"),
    [
        ((may("ec2:Describe*"),), "events", "NO_PERMISSIONS"),
        ((may("ec2:StopInstances", arn("ec2", "instance/i-other")),), "events", "NO_PERMISSIONS"),
    ],
)
def test_what_the_role_may_not_is_not_done(statements, service, code):
    with world(standing("stop-instance", *statements, service=service)) as each:
        machine = launch(each)
        put(each, id=machine.instance)
        each.run(300)

        assert state(each, machine) == "running"
        assert each.queues.attributes(arn("sqs", "Dead"))[0]["ERROR_CODE"] == code


@pytest.mark.parametrize(
    ("given", "code"), [("i-0123456789abcdef0", "SDK_CLIENT_ERROR"), (["i-1"], "INVALID_JSON")]
)
def test_an_id_that_is_none_ends_the_delivery(given, code):
    with world(standing("stop-instance")) as each:
        put(each, id=given)
        each.run(300)

        [found] = each.queues.attributes(arn("sqs", "Dead"))
        assert (found["ERROR_CODE"], found["RETRY_ATTEMPTS"]) == (code, "0")
        assert len(heard(each, "Dead")) == 1


@pytest.mark.slow
def test_a_role_that_trusts_somebody_else_by_now_does_nothing():
    with world(standing("stop-instance")) as each:
        machine = launch(each)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
        admin(each, "iam").update_assume_role_policy(
            RoleName="acts", PolicyDocument=json.dumps(document(trust))
        )
        put(each, id=machine.instance)
        each.run(300)

        assert state(each, machine) == "running"
        assert each.queues.attributes(arn("sqs", "Dead"))[0]["ERROR_CODE"] == "FAILED_TO_ASSUME_ROLE"


def test_another_target_of_that_kind_is_loud():
    with world(standing("dance")) as each:
        put(each, id="i-1")
        with pytest.raises(NotSimulated, match="target/dance"):
            each.run(60)


def test_such_a_target_needs_a_role():
    target = {"Id": "x", "Arn": arn("events", "target/stop-instance"), "Input": '"i-1"'}
    with world(standing("stop-instance")) as each, pytest.raises(ClientError, match="RoleArn is required"):
        admin(each, "events").put_targets(Rule="remedy", Targets=[target])
