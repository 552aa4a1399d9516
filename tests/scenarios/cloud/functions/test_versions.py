"""Versions and aliases of a function, invoked by name, by event sources and by other services."""

import json

import pytest

from scenarios.cloud.kernel.faults import PROFILES
from scenarios.runner.imperative import open_world
from tests.sample import in_turn
from tests.scenarios.cloud.functions.function_worlds import (
    LOOK,
    asynchronous,
    code,
    function,
    moments,
    outcomes,
    sends,
    told,
    world,
)
from tests.scenarios.cloud.small_worlds import noted, permission, queue, refusal, rule, total

TELLS = """
    import os

    def look(event, context):
        if event == "fail":
            raise ValueError("no such luck")
        return {
            "arn": context.invoked_function_arn,
            "version": context.function_version,
            "of": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
            "stage": os.environ["STAGE"],
            "stream": context.log_stream_name.split("/")[-1].split("]")[0],
        }
"""


def stage(name):
    return {"Variables": {"STAGE": name}}


@pytest.fixture
def two(tmp_path):
    """A function with two versions and what is not published yet; `live` points to the first."""
    code(tmp_path, TELLS)
    with world(tmp_path, {**function(Environment=stage("first")), **asynchronous()}) as each:
        lambda_ = each.client(each.user("ops"), "lambda")
        lambda_.publish_version(FunctionName="look")
        for name in ("second", "latest"):
            lambda_.update_function_configuration(FunctionName="look", Environment=stage(name))
            if name == "second":
                lambda_.publish_version(FunctionName="look", Description="2")
        lambda_.create_alias(FunctionName="look", Name="live", FunctionVersion="1")
        yield each, lambda_


def ran(lambda_, name="look", event=None, **more):
    answer = lambda_.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return answer["ExecutedVersion"], json.load(answer["Payload"])


@pytest.mark.parametrize(
    ("name", "more", "version", "of"),
    [
        ("look", {}, "$LATEST", "latest"),
        ("look", {"Qualifier": "$LATEST"}, "$LATEST", "latest"),
        ("look", {"Qualifier": "2"}, "2", "second"),
        ("look", {"Qualifier": "live"}, "1", "first"),
        ("look:live", {}, "1", "first"),
        (f"{LOOK}:2", {}, "2", "second"),
    ],
)
def test_a_version_runs_as_it_was_published(two, name, more, version, of):
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html."""
    _, lambda_ = two

    executed, answer = ran(lambda_, name, **more)

    assert executed == version
    assert (answer["version"], answer["of"], answer["stage"]) == (version, version, of)
    assert answer["stream"] == f"[{version}"


def test_the_context_has_the_arn_by_which_it_was_invoked(two):
    _, lambda_ = two

    assert ran(lambda_, Qualifier="live")[1]["arn"] == f"{LOOK}:live"


def test_what_is_not_there_is_not_found(two):
    _, lambda_ = two

    for qualifier in ("3", "dead"):
        code_ = refusal(lambda_.invoke, FunctionName="look", Qualifier=qualifier)
        assert code_ == "ResourceNotFoundException"


def test_nothing_new_publishes_no_version_and_no_number_comes_again(two):
    """https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html."""
    _, lambda_ = two

    assert lambda_.publish_version(FunctionName="look")["Version"] == "3"
    assert lambda_.publish_version(FunctionName="look")["Version"] == "3"
    lambda_.delete_function(FunctionName="look", Qualifier="3")
    lambda_.update_function_configuration(FunctionName="look", Environment=stage("later"))
    assert lambda_.publish_version(FunctionName="look")["Version"] == "4"


@pytest.mark.slow
def test_an_alias_with_weights_sends_the_same_part_to_each_for_the_same_seed(two):
    """A tenth to the second one: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html."""
    each, lambda_ = two
    lambda_.update_alias(
        FunctionName="look", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}}
    )

    versions = [ran(lambda_, Qualifier="live")[0] for _ in range(60)]

    assert versions.count("2") == 3  # as seed 1 draws
    each.run(60)
    by_version = {"FunctionName": "look", "Resource": "look:live", "ExecutedVersion": "2"}
    assert total(each, "AWS/Lambda", "Invocations", **by_version) == 3
    assert total(each, "AWS/Lambda", "Invocations", FunctionName="look", Resource="look:live") == 60


@pytest.mark.parametrize(
    ("weights", "version", "refused"),
    [
        ({"2": 0.1}, "$LATEST", "InvalidParameterValueException"),
        ({"$LATEST": 0.1}, "1", "ValidationException"),
        ({"1": 0.1, "2": 0.1}, "1", "InvalidParameterValueException"),
        ({"7": 0.1}, "1", "ResourceNotFoundException"),
    ],
)
def test_weights_that_lambda_refuses(two, weights, version, refused):
    _, lambda_ = two
    given = {"FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": weights}}

    assert refusal(lambda_.create_alias, FunctionName="look", Name="more", **given) == refused


def test_versions_of_two_roles_share_no_alias(two):
    each, lambda_ = two
    other = each.client(each.user("ops"), "iam").create_role(
        RoleName="other", AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]["Arn"]
    lambda_.update_function_configuration(FunctionName="look", Role=other)
    lambda_.publish_version(FunctionName="look")
    given = {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"3": 0.5}}}

    assert refusal(lambda_.create_alias, FunctionName="look", Name="more", **given) == (
        "InvalidParameterValueException"
    )


TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def test_an_alias_has_settings_for_its_events_and_its_destination_names_it(two):
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html."""
    each, lambda_ = two
    target = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:Failures"}}
    lambda_.put_function_event_invoke_config(
        FunctionName="look", Qualifier="live", MaximumRetryAttempts=0, DestinationConfig=target
    )

    sends(each, "fail", f"{LOOK}:live")

    [record] = [json.loads(each) for each in each.queues.bodies(target["OnFailure"]["Destination"])]
    assert record["requestContext"]["functionArn"] == f"{LOOK}:live"
    assert record["responseContext"]["executedVersion"] == "1"
    assert lambda_.get_function_event_invoke_config(FunctionName="look")["DestinationConfig"] == target
    lambda_.delete_function_event_invoke_config(FunctionName="look", Qualifier="live")
    assert (
        refusal(lambda_.get_function_event_invoke_config, FunctionName="look", Qualifier="live")
        == "ResourceNotFoundException"
    )


@pytest.mark.slow
def test_a_permission_on_the_function_does_not_open_its_alias_nor_the_other_way_round(two):
    """https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html."""
    each, lambda_ = two
    events = each.client(each.user("ops"), "events")
    events.put_rule(Name="watch", EventPattern=json.dumps({"source": ["mine"]}))
    targets = [{"Id": name, "Arn": arn} for name, arn in (("f", LOOK), ("a", f"{LOOK}:live"))]
    events.put_targets(Rule="watch", Targets=targets)
    lambda_.add_permission(
        FunctionName=f"{LOOK}:live",
        StatementId="watch",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )

    events.put_events(Entries=[{"Source": "mine", "DetailType": "it", "Detail": "{}"}])
    each.run(5)

    assert [one["arn"] for one in outcomes(each)] == [f"{LOOK}:live"]
    assert refusal(lambda_.get_policy, FunctionName="look") == "ResourceNotFoundException"
    [statement] = json.loads(lambda_.get_policy(FunctionName="look", Qualifier="live")["Policy"])["Statement"]
    assert statement["Resource"] == f"{LOOK}:live"


@pytest.mark.slow
def test_a_function_without_concurrency_stops_its_alias_too(two):
    _, lambda_ = two
    lambda_.put_function_concurrency(FunctionName="look", ReservedConcurrentExecutions=0)

    assert refusal(lambda_.invoke, FunctionName="look", Qualifier="live") == "TooManyRequestsException"


# ---- in a template ------------------------------------------------------------------------------

# As https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
INLINE = """
def handler(event, context):
    print(context.invoked_function_arn.split(":")[-1], sorted(event)[0])
    if "Records" in event and "fail" in str(event):
        raise ValueError("no such luck")
    return context.function_version
"""
SAM = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Look": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "InlineCode": INLINE,
                "Handler": "index.handler",
                "Runtime": "python3.12",
                "AutoPublishAlias": "live",
                "Events": {
                    "Rate": {"Type": "Schedule", "Properties": {"Schedule": "rate(5 minutes)"}},
                    "Queue": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Orders", "Arn"]}}},
                    "Topic": {"Type": "SNS", "Properties": {"Topic": {"Ref": "Told"}}},
                },
            },
        },
        "Orders": {"Type": "AWS::SQS::Queue"},
        "Told": {"Type": "AWS::SNS::Topic"},
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_an_alias_that_sam_publishes_reads_the_queue_and_hears_rule_and_topic(faults):
    with open_world(template=SAM, faults=faults) as each:
        each.client("ann", "sqs").send_message(QueueUrl=each.physical_id("Orders"), MessageBody="one")
        each.client("ann", "sns").publish(TopicArn=each.physical_id("Told"), Message="two")
        each.run(minutes=14)

        logged = set(told(each.simulated))
        assert {"live Records", "live account"} <= logged, logged
        assert not any(one.startswith("trailwarden") for one in logged)
        assert set(outcomes(each.simulated)) == {"1"}
        assert noted(each.simulated, "lost") == []
        assert each.simulated.queues.bodies("arn:aws:sqs:us-east-1:123456789012:Orders") == []


def versions(stage_name, alias):
    """A stack with two versions; the alias has one of them."""
    publish = {"FunctionName": {"Ref": "look"}, "Description": stage_name}
    named = {"FunctionName": {"Ref": "look"}, "Name": "live", **alias}
    return {
        "Resources": {
            **function(Environment=stage(stage_name)),
            "One": {"Type": "AWS::Lambda::Version", "Properties": publish, "DeletionPolicy": "Retain"},
            "Live": {"Type": "AWS::Lambda::Alias", "Properties": named},
            **queue("Heard", by=""),
            **permission("events", "Live"),
            **rule("Watch", {"source": ["mine"]}, target={"Id": "t", "Arn": {"Ref": "Live"}}),
        }
    }


@pytest.mark.slow
def test_a_stack_that_changes_its_version_moves_its_alias():
    first = versions("first", {"FunctionVersion": {"Fn::GetAtt": ["One", "Version"]}})
    second = versions("second", {"FunctionVersion": {"Fn::GetAtt": ["Two", "Version"]}})
    second["Resources"]["Two"] = second["Resources"].pop("One")
    with open_world(template="empty") as each:
        cloudformation, lambda_ = each.client("ann", "cloudformation"), each.client("ann", "lambda")
        given = {"StackName": "app", "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        for one in (first, second):
            del one["Resources"]["look"]["Properties"]["Code"]
            text = "import os\ndef look(event, context): return os.environ['STAGE']"
            one["Resources"]["look"]["Properties"] |= {"Code": {"ZipFile": text}, "Handler": "index.look"}
        cloudformation.create_stack(TemplateBody=json.dumps(first), **given)
        each.run(minutes=5)
        assert ran(lambda_, Qualifier="live") == ("1", "first")
        cloudformation.update_stack(TemplateBody=json.dumps(second), **given)
        each.run(minutes=5)

        assert ran(lambda_, Qualifier="live") == ("2", "second")
        assert ran(lambda_, Qualifier="1") == ("1", "first")
        each.client("ann", "events").put_events(
            Entries=[{"Source": "mine", "DetailType": "it", "Detail": "{}"}]
        )
        each.run(minutes=1)
        assert outcomes(each.simulated)[-1] == "second"
        cloudformation.delete_stack(StackName="app")
        each.run(minutes=5)
        assert refusal(lambda_.get_function, FunctionName="look") == "ResourceNotFoundException"
        assert moments(each.simulated, "failed") == []
