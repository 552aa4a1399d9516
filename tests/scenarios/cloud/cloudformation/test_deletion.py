"""DeleteStack: what goes, in which order, in whose name, and what stays."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.cloudtrail.records.records import record_of
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.world import World
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    document,
    heard,
    lets,
    may,
    queue,
    role,
    rule,
    world,
)

NAME = "trailwarden"
VIA = "cloudformation.amazonaws.com"
BUCKET = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "kept-files"}}}


def deletes(each, who=None, seconds=60, **more):
    caller = who or each.user("eve")
    each.client(caller, "cloudformation").delete_stack(StackName=NAME, **more)
    each.run(seconds)


def stack(each):
    """The stack's status and the reason for it; its id finds it when it is gone, too."""
    [found] = admin(each, "cloudformation").describe_stacks(StackName=each.home.stack_id)["Stacks"]
    return found["StackStatus"], found.get("StackStatusReason", "")


def statuses(each):
    """The resources' statuses, by logical id."""
    listed = admin(each, "cloudformation").describe_stack_resources(StackName=each.home.stack_id)
    return {found["LogicalResourceId"]: found["ResourceStatus"] for found in listed["StackResources"]}


def recorded(each):
    """Every call, from now on."""
    made = []
    each.calls.after_everything(made.append)
    return made


def forwarded(made):
    return [call for call in made if call.caller.invoked_by]


# ---- what goes ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_resource_goes_after_those_that_need_it():
    with world({**queue(), **rule()}) as each:
        made = recorded(each)
        deletes(each)

        assert stack(each) == ("DELETE_COMPLETE", "")
        assert set(statuses(each).values()) == {"DELETE_COMPLETE"}
        assert admin(each, "sqs").list_queues().get("QueueUrls", []) == []
        assert admin(each, "events").list_rules()["Rules"] == []
    done = [call.operation for call in forwarded(made)]
    assert sorted(done) == ["DeleteQueue", "DeleteRule", "RemoveTargets", "SetQueueAttributes"]
    assert done[-1] == "DeleteQueue"


def test_cloudtrail_names_who_deletes_and_through_which_service():
    with world(queue(by="")) as each:
        made = recorded(each)
        deletes(each)
    [call] = forwarded(made)
    record = record_of(call, REGISTRY.records["sqs"], event_id="e", request_id="r")

    assert (record["eventName"], record["userIdentity"]["userName"]) == ("DeleteQueue", "eve")
    assert record["userIdentity"]["invokedBy"] == record["sourceIPAddress"] == record["userAgent"] == VIA
    assert "tlsDetails" not in record


def test_a_stack_that_is_gone_has_no_name_any_more():
    with world(queue()) as each:
        cloudformation = admin(each, "cloudformation")
        deletes(each)

        with pytest.raises(ClientError, match="does not exist"):
            cloudformation.describe_stacks(StackName=NAME)
        assert cloudformation.describe_stacks()["Stacks"] == []
        deletes(each)
        cloudformation.delete_stack(StackName="nothing")
        assert stack(each) == ("DELETE_COMPLETE", "")


def test_a_resource_that_is_gone_already_counts_as_deleted():
    with world(queue()) as each:
        sqs = admin(each, "sqs")
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="Heard")["QueueUrl"])
        deletes(each)

        assert stack(each) == ("DELETE_COMPLETE", "")


def test_a_deletion_under_way_is_not_begun_again():
    with world(queue(by="")) as each:
        made = recorded(each)
        deletes(each, seconds=0.1)
        assert stack(each)[0] == "DELETE_IN_PROGRESS"
        deletes(each)

    assert len(forwarded(made)) == 1


@pytest.mark.slow
def test_eventbridge_is_told_of_the_stack_and_of_each_resource():
    with world(queue("Gone", by="")) as each:
        hears(each)
        deletes(each, ClientRequestToken="token-1")
        told = heard(each)
    kind = ("CloudFormation Stack Status Change", "CloudFormation Resource Status Change")
    assert [(event["detail-type"], event["detail"]["status-details"]["status"]) for event in told] == [
        (kind[0], "DELETE_IN_PROGRESS"),
        (kind[1], "DELETE_IN_PROGRESS"),
        (kind[1], "DELETE_COMPLETE"),
        (kind[0], "DELETE_COMPLETE"),
    ]
    assert (
        told[1]["detail"].items()
        >= {
            "stack-id": each.home.stack_id,
            "logical-resource-id": "Gone",
            "physical-resource-id": each.home.resources["Gone"].physical_id,
            "resource-type": "AWS::SQS::Queue",
            "client-request-token": "token-1",
        }.items()
    )


def hears(each):
    """A rule and a queue that no stack made hear of CloudFormation's events."""
    with each.calls.muted():
        sqs, events = admin(each, "sqs"), admin(each, "events")
        lets_events = document(lets("events", "sqs:SendMessage"))
        sqs.create_queue(QueueName="Heard", Attributes={"Policy": json.dumps(lets_events)})
        pattern = {"source": ["aws.cloudformation"], "detail-type": [{"prefix": "CloudFormation "}]}
        events.put_rule(Name="watch", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="watch", Targets=[{"Id": "t", "Arn": arn("sqs", "Heard")}])


def _table(**more):
    key = {"AttributeName": "id", "KeyType": "HASH"}
    properties = {
        "TableName": "orders",
        "KeySchema": [key],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties | more}


# ---- what stays ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_resource_with_the_deletion_policy_retain_stays():
    kept = {"Bucket": {**BUCKET["Bucket"], "DeletionPolicy": "Retain"}}
    with world({**kept, **queue()}) as each:
        deletes(each)

        assert stack(each) == ("DELETE_COMPLETE", "")
        assert statuses(each)["Bucket"] == "DELETE_SKIPPED"
        assert [found["Name"] for found in admin(each, "s3").list_buckets()["Buckets"]] == ["kept-files"]


@pytest.mark.parametrize(
    ("resources", "fails"),
    [
        pytest.param(BUCKET, "Bucket", id="a bucket that is not empty"),
        pytest.param({"Table": _table(DeletionProtectionEnabled=True)}, "Table", id="a protected table"),
    ],
)
def test_what_can_not_be_deleted_stays_and_fails_the_deletion(resources, fails):
    with world({**resources, **queue(by="")}) as each:
        if fails == "Bucket":
            admin(each, "s3").put_object(Bucket="kept-files", Key="k", Body=b"")
        deletes(each)

        assert stack(each) == (
            "DELETE_FAILED",
            f"The following resource(s) failed to delete: [{fails}]. ",
        )
        assert statuses(each) == {fails: "DELETE_FAILED", "Heard": "DELETE_COMPLETE"}

        deletes(each, RetainResources=[fails])
        assert stack(each) == ("DELETE_COMPLETE", "")
        assert statuses(each)[fails] == "DELETE_SKIPPED"


def test_what_a_resource_that_stays_needs_stays_too():
    under_role = rule(target={"RoleArn": {"Fn::GetAtt": ["Reads", "Arn"]}})
    with world({**role("Reads", "events", may("sqs:*")), **queue(by=""), **under_role}) as each:
        eve = each.user("eve", policies=(document(may("cloudformation:*"), may("iam:*"), may("sqs:*")),))
        deletes(each, eve)

        assert stack(each)[0] == "DELETE_FAILED"
        assert statuses(each) == {
            "Rule": "DELETE_FAILED",
            "Heard": "CREATE_COMPLETE",
            "Reads": "CREATE_COMPLETE",
        }


def test_a_protected_stack_is_not_deleted_until_the_protection_is_taken_off():
    with world(queue()) as each:
        cloudformation = admin(each, "cloudformation")
        cloudformation.update_termination_protection(StackName=NAME, EnableTerminationProtection=True)
        with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
            deletes(each)
        assert cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]["EnableTerminationProtection"]

        cloudformation.update_termination_protection(StackName=NAME, EnableTerminationProtection=False)
        deletes(each)
        assert stack(each)[0] == "DELETE_COMPLETE"


def test_who_may_not_delete_the_stack_deletes_nothing():
    with world(queue()) as each:
        with pytest.raises(ClientError, match="AccessDenied"):
            deletes(each, each.user("eve", policies=(document(may("sqs:*")),)))

        assert set(statuses(each).values()) == {"CREATE_COMPLETE"}


def test_a_policy_may_let_cloudformation_alone_delete_on_somebodys_behalf():
    """Its calls bring aws:CalledVia."""
    called = {"ForAnyValue:StringEquals": {"aws:CalledVia": VIA}}
    through = {**may("sqs:DeleteQueue"), "Condition": called}
    with world(queue(by="")) as each:
        eve = each.user("eve", policies=(document(may("cloudformation:*"), through),))
        url = admin(each, "sqs").get_queue_url(QueueName="Heard")["QueueUrl"]
        with pytest.raises(ClientError, match="AccessDenied"):
            each.client(eve, "sqs").delete_queue(QueueUrl=url)
        deletes(each, eve)

        assert stack(each)[0] == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("resources", "asked", "what"),
    [
        pytest.param({}, {"DeletionMode": "FORCE_DELETE_STACK"}, "DeletionMode", id="by force"),
        pytest.param({"DeletionPolicy": "Snapshot"}, {}, "a snapshot", id="a snapshot"),
    ],
)
def test_what_is_not_simulated_of_a_deletion_is_loud(resources, asked, what):
    made = queue(by="")
    made["Heard"] |= resources
    with world(made) as each, pytest.raises(NotSimulated, match=what):
        deletes(each, **asked)


# ---- everything ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_packaged_stack_can_be_deleted_but_for_its_bucket_its_ledger_and_what_tells_of_it():
    parameters = (("AuditGroups", "yes"), ("AlertEmail", "a@example.com"))
    scenario = Scenario(name="x.y", title="", parameters=parameters, lasts="00:01", when=[], then=[])
    with World(deployment_of(scenario)) as each:
        deletes(each, seconds=120)

        assert stack(each) == ("DELETE_FAILED", "The following resource(s) failed to delete: [Ledger]. ")
        left = {name for name, status in statuses(each).items() if status != "DELETE_COMPLETE"}
        # What tells that the stack is being deleted stays.
        guard = {"StackChangedGuard", "PlainTopic", "PlainTopicPolicy", "PlainSubscription"}
        assert left == {"Ledger", "TrailBucket", *guard}
        assert statuses(each)["TrailBucket"] == "DELETE_SKIPPED"
        assert admin(each, "lambda").list_functions()["Functions"] == []
        assert admin(each, "iam").list_roles()["Roles"] == []
        (rule,) = admin(each, "events").list_rules()["Rules"]
        assert "StackChangedGuard" in rule["Name"]
