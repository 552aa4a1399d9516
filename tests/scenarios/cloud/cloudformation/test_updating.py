"""UpdateStack and change sets: what is changed in place, replaced, added, removed, and taken back."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.world import World
from tests.scenarios.cloud.small_worlds import document, lets

NAME = "app"
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 40}}
SLOWER = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 90}}
REFUSED = {
    "Type": "AWS::Lambda::EventInvokeConfig",
    "DependsOn": "Queue",
    "Properties": {"FunctionName": "nobody", "Qualifier": "$LATEST", "MaximumRetryAttempts": 0},
}
IAM = ["CAPABILITY_NAMED_IAM"]


@pytest.fixture
def world():
    with World(Deployment(template="")) as each:
        yield each


def asks(world, service="cloudformation"):
    return world.client(world.user("ann"), service)


def creates(world, resources, **sections):
    body = json.dumps({"Resources": resources, **sections})
    asks(world).create_stack(StackName=NAME, TemplateBody=body, Capabilities=IAM)
    world.run(60)
    assert found(world)["StackStatus"] == "CREATE_COMPLETE"


def updates(world, resources, *, parameters=(), **sections):
    body = json.dumps({"Resources": resources, **sections})
    asks(world).update_stack(StackName=NAME, TemplateBody=body, Capabilities=IAM, Parameters=list(parameters))
    world.run(60)


def found(world):
    [stack] = asks(world).describe_stacks(StackName=NAME)["Stacks"]
    return stack


def resources(world):
    listed = asks(world).list_stack_resources(StackName=NAME)["StackResourceSummaries"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}


def happened(world, *, since):
    events = [
        (event["LogicalResourceId"], event["ResourceStatus"])
        for event in reversed(asks(world).describe_stack_events(StackName=NAME)["StackEvents"])
    ]
    return events[events.index((NAME, since)) :]


def timeout(world):
    url = resources(world)["Queue"]
    told = asks(world, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    return told["Attributes"]["VisibilityTimeout"]


# ---- what is changed ----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_property_is_changed_on_what_stands(world):
    creates(world, {"Queue": QUEUE})
    before = resources(world)
    updates(world, {"Queue": SLOWER})

    assert (resources(world), timeout(world)) == (before, "90")
    assert happened(world, since="UPDATE_IN_PROGRESS") == [
        (NAME, "UPDATE_IN_PROGRESS"),
        ("Queue", "UPDATE_IN_PROGRESS"),
        ("Queue", "UPDATE_COMPLETE"),
        (NAME, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        (NAME, "UPDATE_COMPLETE"),
    ]


@pytest.mark.slow
def test_what_a_parameter_changes_is_changed_and_what_it_leaves_alone_is_not_touched(world):
    declared = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Seconds"}}},
        "Topic": {"Type": "AWS::SNS::Topic"},
    }
    parameters = {"Seconds": {"Type": "Number", "Default": 40}}
    creates(world, declared, Parameters=parameters)
    asks(world).update_stack(
        StackName=NAME,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Seconds", "ParameterValue": "90"}],
    )
    world.run(60)

    assert timeout(world) == "90"
    assert [name for name, _ in happened(world, since="UPDATE_IN_PROGRESS")].count("Topic") == 0


@pytest.mark.slow
def test_what_can_not_be_changed_is_replaced_and_the_old_one_is_deleted_last(world):
    def declared(name):
        return {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}},
            "Told": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Value": {"Ref": "Queue"}},
            },
        }

    creates(world, declared("first"))
    updates(world, declared("second"))
    value = asks(world, "ssm").get_parameter(Name=resources(world)["Told"])["Parameter"]["Value"]

    assert [url.rsplit("/", 1)[-1] for url in asks(world, "sqs").list_queues()["QueueUrls"]] == ["second"]
    assert value == resources(world)["Queue"]
    statuses = happened(world, since="UPDATE_IN_PROGRESS")
    assert statuses.index(("Told", "UPDATE_COMPLETE")) < statuses.index(("Queue", "DELETE_IN_PROGRESS"))


def test_a_replaced_resource_without_a_name_of_its_own_gets_another_one(world):
    def declared(path):
        trust = document({**lets("lambda", "sts:AssumeRole"), "Resource": []})
        del trust["Statement"][0]["Resource"]
        return {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": trust, "Path": path},
            }
        }

    creates(world, declared("/a/"))
    before = resources(world)["Role"]
    updates(world, declared("/b/"))
    names = [each["RoleName"] for each in asks(world, "iam").list_roles()["Roles"]]

    assert names == [resources(world)["Role"]]
    assert names != [before]


def test_what_the_template_adds_is_made_and_what_it_drops_is_deleted_unless_it_is_retained(world):
    kept = {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"}
    creates(world, {"Old": {"Type": "AWS::SQS::Queue"}, "Kept": kept})
    was = resources(world)
    updates(world, {"New": {"Type": "AWS::SQS::Queue"}})
    there = set(asks(world, "sqs").list_queues()["QueueUrls"])

    assert there == {was["Kept"], resources(world)["New"]}
    assert set(resources(world)) == {"New"}
    assert ("Kept", "DELETE_SKIPPED") in happened(world, since="UPDATE_IN_PROGRESS")


def test_a_stack_that_was_there_before_the_world_began_is_updated_under_the_same_names():
    template = json.dumps({"Resources": {"Queue": QUEUE}})
    with World(Deployment(template=template)) as world:
        before = world.home.resources["Queue"].physical_id
        asks(world).update_stack(
            StackName="trailwarden", TemplateBody=json.dumps({"Resources": {"Queue": SLOWER}})
        )
        world.run(60)

        assert asks(world, "sqs").list_queues()["QueueUrls"] == [before]


# ---- what fails ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_when_one_change_fails_those_before_it_are_taken_back(world):
    creates(world, {"Queue": QUEUE})
    updates(world, {"Queue": SLOWER, "New": {"Type": "AWS::SNS::Topic"}, "Refused": REFUSED})

    assert found(world)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert timeout(world) == "40"
    assert set(resources(world)) == {"Queue"}
    assert asks(world, "sns").list_topics()["Topics"] == []
    assert ("Refused", "CREATE_FAILED") in happened(world, since="UPDATE_IN_PROGRESS")


@pytest.mark.slow
def test_a_replacement_is_taken_back_by_having_the_old_one_again(world):
    def queue(name):
        return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}

    creates(world, {"Queue": queue("first")})
    updates(world, {"Queue": queue("second"), "Refused": REFUSED})

    assert [url.rsplit("/", 1)[-1] for url in asks(world, "sqs").list_queues()["QueueUrls"]] == ["first"]
    assert resources(world)["Queue"].endswith("/first")


def test_a_resource_with_a_name_of_its_own_can_not_be_replaced_under_that_name(world):
    def role(path):
        trust = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
        given = {"RoleName": "same", "Path": path, "AssumeRolePolicyDocument": trust}
        return {"Type": "AWS::IAM::Role", "Properties": given}

    creates(world, {"Role": role("/a/")})
    with pytest.raises(ClientError, match="custom-named resource requires replacing"):
        updates(world, {"Role": role("/b/")})


def test_a_resource_stays_of_its_type(world):
    creates(world, {"One": QUEUE})
    with pytest.raises(ClientError, match="Update of resource type is not permitted"):
        updates(world, {"One": {"Type": "AWS::SNS::Topic"}})


def test_an_update_that_changes_nothing_is_refused(world):
    creates(world, {"Queue": QUEUE})
    with pytest.raises(ClientError, match="No updates are to be performed"):
        updates(world, {"Queue": {**QUEUE, "DeletionPolicy": "Retain"}})


def test_no_update_begins_while_another_is_under_way(world):
    creates(world, {"Queue": QUEUE})
    body = json.dumps({"Resources": {"Queue": SLOWER}})
    asks(world).update_stack(StackName=NAME, TemplateBody=body)
    with pytest.raises(ClientError, match="is in UPDATE_IN_PROGRESS state and can not be updated"):
        asks(world).update_stack(
            StackName=NAME, TemplateBody=json.dumps({"Resources": {"Other": {"Type": "AWS::SNS::Topic"}}})
        )


def test_a_change_in_place_that_is_not_simulated_is_loud_before_anything_is_done(world):
    def alias(key):
        properties = {"AliasName": "alias/one", "TargetKeyId": {"Ref": key}}
        return {
            key: {"Type": "AWS::KMS::Key"},
            "Alias": {"Type": "AWS::KMS::Alias", "Properties": properties},
        }

    creates(world, {"Queue": QUEUE, **alias("Key")})
    with pytest.raises(NotSimulated, match="AWS::KMS::Alias in place"):
        updates(world, {"Queue": SLOWER, **alias("Other")})
    assert timeout(world) == "40"


# ---- change sets --------------------------------------------------------------------------------


def change_set(world, resources, kind="UPDATE"):
    body = json.dumps({"Resources": resources})
    made = asks(world).create_change_set(
        StackName=NAME, ChangeSetName="next", ChangeSetType=kind, TemplateBody=body
    )
    world.run(10)
    return made["Id"]


def test_a_change_set_of_a_new_stack_makes_nothing_until_it_is_executed(world):
    arn = change_set(world, {"Queue": QUEUE}, "CREATE")
    reviewed = found(world)["StackStatus"]
    nothing_yet = asks(world, "sqs").list_queues().get("QueueUrls", [])
    told = asks(world).describe_change_set(ChangeSetName=arn)
    asks(world).execute_change_set(ChangeSetName=arn)
    world.run(60)

    assert (reviewed, nothing_yet) == ("REVIEW_IN_PROGRESS", [])
    assert (told["Status"], told["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert found(world)["StackStatus"] == "CREATE_COMPLETE"
    assert timeout(world) == "40"


def test_a_change_set_says_what_would_be_done_and_does_it(world):
    creates(world, {"Queue": QUEUE, "Old": {"Type": "AWS::SNS::Topic"}})
    change_set(world, {"Queue": SLOWER, "New": {"Type": "AWS::SNS::Topic"}})
    told = asks(world).describe_change_set(ChangeSetName="next", StackName=NAME)
    changes = [each["ResourceChange"] for each in told["Changes"]]
    asks(world).execute_change_set(ChangeSetName="next", StackName=NAME)
    world.run(60)

    assert [(each["Action"], each["LogicalResourceId"], each.get("Replacement")) for each in changes] == [
        ("Add", "New", None),
        ("Modify", "Queue", "False"),
        ("Remove", "Old", None),
    ]
    assert set(resources(world)) == {"New", "Queue"}
    assert timeout(world) == "90"
    assert asks(world).list_change_sets(StackName=NAME)["Summaries"] == []


def test_a_change_set_without_changes_has_failed_in_awss_words(world):
    creates(world, {"Queue": QUEUE})
    arn = change_set(world, {"Queue": QUEUE})
    told = asks(world).describe_change_set(ChangeSetName=arn)
    with pytest.raises(ClientError) as refused:
        asks(world).execute_change_set(ChangeSetName=arn)

    assert told["Status"] == "FAILED"
    assert told["StatusReason"].startswith("The submitted information didn't contain changes.")
    assert refused.value.response["Error"]["Code"] == "InvalidChangeSetStatus"


def test_a_change_set_can_be_deleted_and_is_unknown_then(world):
    creates(world, {"Queue": QUEUE})
    arn = change_set(world, {"Queue": SLOWER})
    asks(world).delete_change_set(ChangeSetName=arn)
    with pytest.raises(ClientError) as refused:
        asks(world).describe_change_set(ChangeSetName=arn)

    assert refused.value.response["Error"]["Code"] == "ChangeSetNotFound"


def test_a_change_set_is_obsolete_when_the_stack_was_updated_since(world):
    creates(world, {"Queue": QUEUE})
    arn = change_set(world, {"Queue": SLOWER})
    updates(world, {"Queue": QUEUE, "New": {"Type": "AWS::SNS::Topic"}})
    told = asks(world).describe_change_set(ChangeSetName=arn)
    with pytest.raises(ClientError) as refused:
        asks(world).execute_change_set(ChangeSetName=arn)

    assert (told["Status"], told["ExecutionStatus"]) == ("CREATE_COMPLETE", "OBSOLETE")
    assert refused.value.response["Error"]["Code"] == "InvalidChangeSetStatus"
    assert timeout(world) == "40"


def test_a_change_set_goes_with_its_stack_and_brings_it_not_back(world):
    arn = change_set(world, {"Queue": QUEUE}, "CREATE")
    asks(world).delete_stack(StackName=NAME)
    world.run(60)
    with pytest.raises(ClientError) as refused:
        asks(world).execute_change_set(ChangeSetName=arn)

    assert refused.value.response["Error"]["Code"] == "ChangeSetNotFound"


def test_no_change_set_is_made_of_a_stack_that_can_not_be_updated(world):
    body = json.dumps({"Resources": {"Queue": QUEUE, "Refused": REFUSED}})
    asks(world).create_stack(StackName=NAME, TemplateBody=body)
    world.run(60)

    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        change_set(world, {"Queue": SLOWER})


# ---- the stack's own outputs, tags and parameters -----------------------------------------------


def test_outputs_alone_are_updated(world):
    creates(world, {"Queue": QUEUE})
    updates(world, {"Queue": QUEUE}, Outputs={"Where": {"Value": {"Ref": "Queue"}}})

    assert found(world)["StackStatus"] == "UPDATE_COMPLETE"
    assert found(world)["Outputs"] == [{"OutputKey": "Where", "OutputValue": resources(world)["Queue"]}]


def test_tags_alone_are_updated(world):
    creates(world, {"Queue": QUEUE})
    tags = [{"Key": "team", "Value": "blue"}]
    asks(world).update_stack(StackName=NAME, UsePreviousTemplate=True, Tags=tags)
    world.run(60)

    assert (found(world)["StackStatus"], found(world)["Tags"]) == ("UPDATE_COMPLETE", tags)


def waits(default, **more):
    declared = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Seconds"}}}
    return {"Queue": declared}, {"Seconds": {"Type": "Number", "Default": default, **more}}


PREVIOUS = [{"ParameterKey": "Seconds", "UsePreviousValue": True}]


@pytest.mark.slow
def test_a_previous_value_is_the_old_default_where_none_was_given(world):
    (old, before), (new, after) = waits(40), waits(90)
    creates(world, old, Parameters=before)
    updates(world, {**new, "New": {"Type": "AWS::SNS::Topic"}}, parameters=PREVIOUS, Parameters=after)
    kept = timeout(world)
    updates(world, new, Parameters=after)

    assert (kept, timeout(world)) == ("40", "90")


def test_there_is_no_previous_value_of_a_new_parameter(world):
    declared, parameters = waits(90)
    creates(world, {"Queue": QUEUE})

    with pytest.raises(ClientError, match="a parameter key not in the previous template"):
        updates(world, declared, parameters=PREVIOUS, Parameters=parameters)


def test_a_value_that_is_not_to_be_echoed_is_not_told_by_a_change_set(world):
    declared, parameters = waits(40, NoEcho=True)
    body = json.dumps({"Resources": declared, "Parameters": parameters})
    given = [{"ParameterKey": "Seconds", "ParameterValue": "77"}]
    made = asks(world).create_change_set(
        StackName=NAME, ChangeSetName="next", ChangeSetType="CREATE", TemplateBody=body, Parameters=given
    )
    told = asks(world).describe_change_set(ChangeSetName=made["Id"])

    assert told["Parameters"] == [{"ParameterKey": "Seconds", "ParameterValue": "****"}]


# ---- what a failed update leaves ----------------------------------------------------------------


@pytest.mark.slow
def test_a_stack_whose_update_failed_and_stays_so_is_deleted_with_all_it_has(world):
    creates(world, {"Queue": QUEUE, "Old": {"Type": "AWS::SNS::Topic"}})
    body = json.dumps({"Resources": {"Queue": SLOWER, "Refused": REFUSED}})
    asks(world).update_stack(StackName=NAME, TemplateBody=body, DisableRollback=True)
    world.run(60)
    failed = found(world)["StackStatus"]
    asks(world).delete_stack(StackName=NAME)
    world.run(60)

    assert failed == "UPDATE_FAILED"
    assert asks(world, "sns").list_topics()["Topics"] == []
    assert asks(world).describe_stacks()["Stacks"] == []


@pytest.mark.parametrize(("policy", "stay"), [("Retain", 1), ("RetainExceptOnCreate", 0), ("Delete", 0)])
def test_what_an_update_added_and_takes_back_stays_where_it_is_to_be_retained(world, policy, stay):
    creates(world, {"Queue": QUEUE})
    new = {"Type": "AWS::SNS::Topic", "DeletionPolicy": policy}
    refused = {**REFUSED, "DependsOn": ["Queue", "New"]}
    updates(world, {"Queue": QUEUE, "New": new, "Refused": refused})

    assert (found(world)["StackStatus"], set(resources(world))) == ("UPDATE_ROLLBACK_COMPLETE", {"Queue"})
    assert len(asks(world, "sns").list_topics()["Topics"]) == stay
