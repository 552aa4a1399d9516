"""Custom resources: a function, or somebody behind a topic, makes what CloudFormation has no type for."""

import json

import pytest

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.web import WebAnswer
from scenarios.runner.imperative import CannotOpen, open_world
from tests.forms.forms import allow, att, one, role, sub
from tests.scenarios.cloud.cloudformation.living import NAME, REFUSED, Stacks, stacks

__all__ = ["stacks"]
# It answers what its properties say, by the module that CloudFormation puts beside code in a template.
CODE = """
import cfnresponse, json

def handler(event, context):
    print(json.dumps({name: event.get(name) for name in
        ("RequestType", "PhysicalResourceId", "ResourceProperties", "OldResourceProperties")}))
    said = event["ResourceProperties"]
    if said.get("Raises") == event["RequestType"]:
        raise RuntimeError("no answer")
    fails = event["RequestType"] in said.get("Fails", "").split()
    status = cfnresponse.FAILED if fails else cfnresponse.SUCCESS
    cfnresponse.send(
        event, context, status, {"Answer": said.get("Answer", "")},
        said.get("Id", "thing"), noEcho=said.get("Hides") == "true", reason="no room" if fails else None)
"""
FUNCTION = {
    "FnRole": role("lambda", allow("logs:*")),
    "Fn": one(
        "AWS::Lambda::Function",
        FunctionName="provider",
        Code={"ZipFile": CODE},
        Handler="index.handler",
        Runtime="python3.12",
        Role=att("FnRole"),
    ),
}


def thing(**more):
    return one("Custom::Thing", ServiceToken=att("Fn"), **more)


def with_thing(**more):
    return {**FUNCTION, "C": thing(**more)}


def asked(stacks):
    """What the function was asked, the oldest first."""
    found = stacks.client("logs").filter_log_events(logGroupName="/aws/lambda/provider")["events"]
    return [json.loads(each["message"]) for each in found if each["message"].startswith('{"RequestType')]


def deeds(stacks):
    return [(each["RequestType"], each["PhysicalResourceId"]) for each in asked(stacks)]


@pytest.mark.slow
def test_a_function_makes_changes_and_deletes_it(stacks):
    outputs = {"Answer": {"Value": att("C", "Answer")}, "Id": {"Value": {"Ref": "C"}}}
    stacks.creates(with_thing(Answer=42, On=True), Outputs=outputs)
    made = {each["OutputKey"]: each["OutputValue"] for each in stacks.found()["Outputs"]}
    stacks.updates(with_thing(Answer=43, On=True), Outputs=outputs)
    changed = {each["OutputKey"]: each["OutputValue"] for each in stacks.found()["Outputs"]}
    stacks.updates(FUNCTION)

    create, update, delete = asked(stacks)
    assert (made, changed) == ({"Answer": "42", "Id": "thing"}, {"Answer": "43", "Id": "thing"})
    assert create["ResourceProperties"]["On"] == "true"
    assert create["PhysicalResourceId"] is None
    assert update["OldResourceProperties"]["Answer"] == "42"
    assert (delete["RequestType"], delete["PhysicalResourceId"]) == ("Delete", "thing")
    assert stacks.status() == "UPDATE_COMPLETE"
    assert set(stacks.there()) == {"Fn", "FnRole"}


@pytest.mark.slow
def test_another_physical_id_is_another_resource_and_the_old_one_goes(stacks):
    stacks.creates(with_thing(Id="one"))
    stacks.updates(with_thing(Id="two"))

    assert deeds(stacks) == [("Create", None), ("Update", "one"), ("Delete", "one")]
    assert stacks.there()["C"] == "two"


@pytest.mark.slow
def test_a_creation_that_fails_is_told_why_and_the_provider_is_asked_to_delete_it(stacks):
    stacks.creates(with_thing(Fails="Create"))

    assert stacks.status() == "ROLLBACK_COMPLETE"
    assert any("Message returned: no room" in why for why in stacks.why())
    assert deeds(stacks) == [("Create", None), ("Delete", "thing")]


@pytest.mark.slow
def test_an_update_that_fails_is_taken_back_by_another_one(stacks):
    stacks.creates(with_thing(Answer="1"))
    stacks.updates(with_thing(Answer="2", Fails="Update"))

    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert [each["ResourceProperties"]["Answer"] for each in asked(stacks)] == ["1", "2", "1"]


@pytest.mark.slow
def test_what_a_failed_update_replaced_is_the_first_one_again(stacks):
    stacks.creates(with_thing(Id="one"))
    stacks.updates({**with_thing(Id="two"), "Refused": {**REFUSED, "DependsOn": "C"}})

    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert deeds(stacks) == [("Create", None), ("Update", "one"), ("Update", "two"), ("Delete", "two")]
    assert stacks.there()["C"] == "one"


@pytest.mark.slow
def test_what_takes_its_data_changes_with_it_and_only_then(stacks):
    queue = one("AWS::SQS::Queue", QueueName=sub("q-${C.Answer}"))
    stacks.creates({**with_thing(Answer="1"), "Q": queue})
    stacks.updates({**with_thing(Answer="1", More="x"), "Q": queue})
    same = stacks.there()["Q"]
    stacks.updates({**with_thing(Answer="2", More="x"), "Q": queue})

    assert (same.rpartition("/")[2], stacks.there()["Q"].rpartition("/")[2]) == ("q-1", "q-2")


@pytest.mark.slow
def test_a_function_that_never_answers_fails_when_the_time_is_over(stacks):
    stacks.creates(with_thing(Raises="Create", ServiceTimeout=30), given={"OnFailure": "DO_NOTHING"})

    assert stacks.status() == "CREATE_FAILED"
    assert any("did not receive a response from your custom resource" in why for why in stacks.why())


@pytest.mark.slow
def test_by_default_it_has_an_hour(stacks):
    stacks.creates(with_thing(Raises="Create"), given={"OnFailure": "DO_NOTHING"})
    stacks.world.run(58 * 60)
    waiting = stacks.status()
    stacks.world.run(3 * 60)

    assert (waiting, stacks.status()) == ("CREATE_IN_PROGRESS", "CREATE_FAILED")


@pytest.mark.slow
def test_secret_data_is_used_and_not_shown(stacks):
    outputs = {"Answer": {"Value": att("C", "Answer")}}
    queue = one("AWS::SQS::Queue", QueueName=sub("q-${C.Answer}"))
    stacks.creates({**with_thing(Answer="42", Hides=True), "Q": queue}, Outputs=outputs)

    assert [each["OutputValue"] for each in stacks.found()["Outputs"]] == ["*****"]
    assert stacks.there()["Q"].endswith("/q-42")


@pytest.mark.slow
def test_who_may_not_invoke_the_function_makes_no_such_resource(stacks):
    denied = {"Effect": "Deny", "Action": "lambda:InvokeFunction", "Resource": "*"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    world = stacks.world
    bob = world.user("bob", policies=({"Version": "2012-10-17", "Statement": [everything, denied]},))
    given = {"StackName": NAME, "TemplateBody": json.dumps({"Resources": with_thing()})}
    world.client(bob, "cloudformation").create_stack(**given, Capabilities=["CAPABILITY_NAMED_IAM"])
    world.run(60)

    assert any("lambda:InvokeFunction" in why for why in stacks.why())
    assert stacks.status() == "ROLLBACK_COMPLETE"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param("[]", "no JSON object", id="a list"),
        pytest.param(
            {"Status": "SUCCESS", "PhysicalResourceId": "x" * 1025}, "Invalid PhysicalResourceId", id="id"
        ),
        pytest.param({"Status": "SUCCESS"}, "Invalid PhysicalResourceId", id="no id"),
        pytest.param(
            {"Status": "FINE", "PhysicalResourceId": "x"}, "neither SUCCESS nor FAILED", id="status"
        ),
        pytest.param({"Status": "FAILED"}, "without a Reason", id="no reason"),
        pytest.param(
            {"Status": "SUCCESS", "PhysicalResourceId": "x", "RequestId": "another"},
            "RequestId",
            id="not echoed",
        ),
        pytest.param(
            {"Status": "SUCCESS", "PhysicalResourceId": "x", "Data": {"a": "b" * 4096}}, "too long", id="long"
        ),
    ],
)
def test_an_answer_that_is_none_fails_the_resource(stacks, answer, says):
    answers(stacks, answer)

    assert any(says in why for why in stacks.why()), stacks.why()


def answers(stacks, answer):
    """Somebody behind a topic answers this."""
    stacks.world.setting.web.answers("https://provider.example/", WebAnswer(status=200))
    topic = one("AWS::SNS::Topic", Subscription=[{"Protocol": "sqs", "Endpoint": att("Q")}])
    allowed = one(
        "AWS::SQS::QueuePolicy",
        Queues=[{"Ref": "Q"}],
        PolicyDocument={
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "sqs:SendMessage",
                "Resource": att("Q"),
            },
        },
    )
    thing = {**one("AWS::CloudFormation::CustomResource", ServiceToken={"Ref": "T"}), "DependsOn": "P"}
    stacks.creates(
        {"T": topic, "Q": one("AWS::SQS::Queue"), "P": allowed, "C": thing}, given={"OnFailure": "DO_NOTHING"}
    )
    queue = stacks.there()["Q"]
    [message] = stacks.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(message["Body"])
    request = json.loads(told["Message"])
    if isinstance(answer, dict):
        answer = {**{name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")}, **answer}
    said = stacks.world.api.fetch(None, "PUT", request["ResponseURL"], body=answer)
    stacks.world.run(10)
    return request, said


def test_somebody_behind_a_topic_makes_it(stacks):
    request, said = answers(stacks, {"Status": "SUCCESS", "PhysicalResourceId": "hand-made"})

    assert said.status == 200
    assert (request["RequestType"], request["ResourceType"]) == (
        "Create",
        "AWS::CloudFormation::CustomResource",
    )
    assert (stacks.status(), stacks.there()["C"]) == ("CREATE_COMPLETE", "hand-made")


def test_its_provider_stays_the_same(stacks):
    stacks.creates(with_thing())
    other = {**FUNCTION["Fn"], "Properties": {**FUNCTION["Fn"]["Properties"], "FunctionName": "other"}}
    moved = one("Custom::Thing", ServiceToken=att("Other"))
    with pytest.raises(Exception, match="Modifying service token is not allowed"):
        stacks.updates({**FUNCTION, "Other": other, "C": moved})


# ---- in a world's own stack -----------------------------------------------------------------------


@pytest.mark.slow
def test_a_stack_that_stands_as_its_world_begins_has_it():
    template = {
        "Resources": {**with_thing(Answer="42"), "Q": one("AWS::SQS::Queue", QueueName=sub("${C.Answer}"))}
    }
    with open_world(template=template) as world:
        assert world.physical_id("Q").endswith("/42")
        world.client("ann", "cloudformation").delete_stack(StackName="trailwarden")
        world.run(minutes=1)
        assert deeds(Stacks(world.simulated)) == [("Create", None), ("Delete", "thing")]


def test_a_stack_that_can_not_be_made_says_why_with_the_functions_own_words():
    template = {"Resources": with_thing(Raises="Create", ServiceTimeout=5)}
    with (
        pytest.raises(CannotOpen, match=r"C \(Custom::Thing\).*did not receive a response.*no answer"),
        open_world(template=template),
    ):
        pass


@pytest.mark.parametrize(
    ("resource", "says"),
    [
        pytest.param(one("Custom::Thing"), "ServiceToken", id="no provider"),
        pytest.param(one("Custom::Thing", ServiceToken="me"), "does not match", id="no ARN"),
        pytest.param(
            one("Custom::Thing", ServiceToken=f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"),
            "same Region",
            id="another region",
        ),
        pytest.param(
            one("Custom::Thing", ServiceToken=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"),
            "Function not found",
            id="no function",
        ),
        pytest.param(
            one("Custom::Thing!", ServiceToken=""), "the name of a custom resource's type", id="name"
        ),
        pytest.param(
            one("Custom::Thing", ServiceToken="", ServiceTimeout=3601),
            "between 1 and 3600",
            id="an hour at most",
        ),
    ],
)
def test_what_is_refused_when_it_is_made(resource, says):
    if resource.get("Properties", {}).get("ServiceToken") == "":
        resource["Properties"]["ServiceToken"] = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    with pytest.raises(CannotOpen, match=says), open_world(template={"Resources": {"C": resource}}):
        pass


# ---- what functions send --------------------------------------------------------------------------

SENDS = """
import http.client, json, urllib.request, urllib3

def handler(event, context):
    request = urllib.request.Request(event["url"], b"one", {"X-A": "b"}, method="POST")
    with urllib.request.urlopen(request, timeout=5) as answer:
        first = answer.status, answer.read().decode()
    second = urllib3.request("GET", event["url"] + "?q=1")
    third = http.client.HTTPSConnection("api.example", 8443)
    third.request("GET", "/x", iter([b"a", b"bc"]), encode_chunked=True)
    return [first, [second.status, second.data.decode()], third.getresponse().status]
"""


def sends(stacks, url):
    provider = FUNCTION["Fn"]["Properties"]
    stacks.creates(
        {
            **FUNCTION,
            "Fn": one("AWS::Lambda::Function", **{**provider, "Code": {"ZipFile": SENDS}, "Timeout": 30}),
        }
    )
    answer = stacks.client("lambda").invoke(
        FunctionName="provider", Payload=json.dumps({"url": url}).encode()
    )
    return json.loads(answer["Payload"].read())


@pytest.mark.slow
def test_a_functions_requests_go_to_the_webs_endpoints(stacks):
    web = stacks.world.setting.web
    web.answers("https://api.example/", lambda request: WebAnswer(body=f"{request.method} {request.body}"))
    web.answers("https://api.example:8443/", WebAnswer(status=418))

    assert sends(stacks, "https://api.example/v1") == [[200, "POST one"], [200, "GET "], 418]
    assert [each.body for each in web.requests] == ["one", "", "abc"]


@pytest.mark.slow
def test_an_address_that_nobody_speaks_for_is_loud(stacks):
    with pytest.raises(NotSimulated, match=r"what https://nobody.example/ answers: nobody said it"):
        sends(stacks, "https://nobody.example/")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(WebAnswer(status=0), "URLError", id="nothing answers"),
        pytest.param(WebAnswer(seconds=6), "TimeoutError", id="too late"),
    ],
)
def test_a_request_can_fail_as_on_the_web(stacks, answer, error):
    stacks.world.setting.web.answers("https://api.example/", answer)

    assert sends(stacks, "https://api.example/")["errorType"] == error
