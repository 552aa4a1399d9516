"""The fixture `world`: the simulated AWS for tests that are written as steps."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import START
from scenarios.runner.imperative import CannotOpen, open_world
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert
from tests.project import PROJECT

ROOT = Actor(name="root", address="203.0.113.7")
TOPIC = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}}
NAMED = {"Parameters": {"Name": {"Type": "String", "AllowedPattern": "[a-z]+"}}, "Resources": TOPIC}
YAML = """
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Name: {Type: String}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub "${Name}-topic"
"""
SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Look:
    Type: AWS::Serverless::Function
    Properties:
      {FunctionName: look, Handler: app.look, Runtime: python3.13, CodeUri: ./}
"""


@pytest.mark.slow
def test_what_a_person_does_is_noticed_told_and_remembered(world):
    world.client("ann", "dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    world.client(world.user("ann"), "dynamodb").delete_table(TableName="orders")
    assert world.inbox == ()

    world.run(minutes=5)

    told = [message.attributes["remediation"] for message in world.inbox if message.attributes]
    assert told == ["table_deleted"]
    alarms = [message.subject.split("-")[:2] for message in world.inbox if not message.attributes]
    assert alarms == [['ALARM: "trailwarden', "HeartbeatAlarm"], ['OK: "trailwarden', "HeartbeatAlarm"]]
    assert "user/ann" in world.inbox[0].text
    assert [(entry.remediation, entry.outcome) for entry in world.ledger] == [("table_deleted", Outcome.TOLD)]
    actions = [moment.words for moment in world.timeline if moment.kind == "action"]
    assert actions == ["ann calls dynamodb CreateTable", "ann calls dynamodb DeleteTable"]
    assert [moment.kind for moment in world.timeline if moment.kind in ("action", "mail")][-1] == "mail"


@pytest.mark.slow
def test_time_stands_still_until_it_is_let_pass(world):
    assert world.now == START

    world.run(hours=1, minutes=2, seconds=3)

    # A function may be running at the end, and ends first.
    assert 3723 <= (world.now - START).total_seconds() < 3724
    assert datetime.now(UTC) == world.now
    with pytest.raises(ValueError, match="time can't go back, by 0:01:00"):
        world.run(minutes=-1)


@pytest.mark.slow
def test_the_words_of_scenarios_serve_too(world):
    world.do(ROOT.signs_in(mfa=False))
    world.run(minutes=2)

    world.expect(alert("root_login", "CRITICAL", "203.0.113.7"))
    with pytest.raises(AssertionError, match="root_login tells LOW: 0 instead of 1"):
        world.expect(alert("root_login", "LOW"))
    assert [moment.words for moment in world.timeline if moment.kind == "action"] == [
        "root signs in to the console from 203.0.113.7 without MFA"
    ]


@pytest.mark.slow
def test_who_may_not_is_refused_as_on_aws(world):
    nobody = world.client(world.user("bob", policies=()), "sqs")

    with pytest.raises(ClientError, match="AccessDenied"):
        nobody.create_queue(QueueName="q")
    assert world.timeline[-1].words == "bob calls sqs CreateQueue, and is refused: AccessDenied"


@pytest.mark.world(template=NAMED, parameters={"Name": "mine"}, start="2027-01-01T00:00:00+00:00")
class TestOfItsOwnTemplate:
    def test_the_marker_says_what_it_starts_with(self, world):
        assert world.physical_id("Topic").endswith(":mine")
        assert world.now == datetime(2027, 1, 1, tzinfo=UTC)

    @pytest.mark.world(parameters={"Name": "other"})
    def test_the_nearest_marker_holds(self, world):
        assert world.physical_id("Topic").endswith(":other")
        assert world.now == datetime(2027, 1, 1, tzinfo=UTC)

    def test_there_is_a_ledger_in_trailwardens_own_stack_only(self, world):
        with pytest.raises(LookupError, match="its template has no table Ledger; leave `template` out"):
            _ = world.ledger


@pytest.mark.world(template="empty", regions=("eu-west-1",))
def test_an_account_may_be_empty(world):
    queues = world.client("ann", "sqs")

    assert "QueueUrls" not in queues.list_queues()
    assert queues.create_queue(QueueName="q")["QueueUrl"].startswith("https://sqs.eu-west-1.")
    world.run(hours=1)
    with pytest.raises(LookupError, match="no resource Topic; there are none at all"):
        world.physical_id("Topic")
    with pytest.raises(LookupError, match="has no ledger"):
        _ = world.ledger


@pytest.mark.slow
def test_a_seed_decides_what_is_left_to_chance():
    def told(seed):
        with open_world(seed=seed) as world:
            world.do(ROOT.signs_in(mfa=False))
            world.run(minutes=3)
            return [(moment.at, moment.words) for moment in world.timeline]

    first = told(7)

    assert told(7) == first
    assert told(8) != first


@pytest.mark.slow
def test_a_template_is_text_a_file_or_a_mapping(tmp_path):
    path = tmp_path / "template.json"
    path.write_text(json.dumps(NAMED))
    one_line = "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: line}}}"
    given = [YAML, json.dumps(NAMED), path, str(path), NAMED]

    def name(template):
        with open_world(template=template, parameters={"Name": "mine"}) as world:
            return world.physical_id("Topic").rpartition(":")[2]

    assert [name(each) for each in given] == ["mine-topic", "mine", "mine", "mine", "mine"]
    with open_world(template=one_line) as world:
        assert world.physical_id("Topic").endswith(":line")


@pytest.mark.slow
def test_functions_of_a_sam_template_run_the_code_that_is_named(tmp_path):
    (tmp_path / "app.py").write_text("def look(event, context):\n    return {'seen': event['name']}\n")

    with open_world(template=SAM, code=tmp_path) as world:
        asked = {"FunctionName": "look", "InvocationType": "Event", "Payload": b'{"name": "x"}'}
        world.client("ann", "lambda").invoke(**asked)
        world.run(seconds=5)

        (ran,) = [moment for moment in world.timeline if moment.kind == "ran"]
        assert ran.facts["outcome"] == {"seen": "x"}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        pytest.param(
            {"parameters": {"Nope": 1}}, "Parameters: Nope do not exist in the template", id="unknown"
        ),
        pytest.param({"template": NAMED}, "Parameters.Name: the parameter must have a value", id="missing"),
        pytest.param(
            {"template": NAMED, "parameters": {"Name": "A1"}}, "'A1' does not match the allowed", id="pattern"
        ),
        pytest.param({"template": "nosuch.yaml"}, "the template nosuch.yaml can't be read", id="no file"),
        pytest.param({"template": "{"}, "the template is no JSON", id="no JSON"),
        pytest.param({"template": "a: 1\na: 2\n"}, "the template, line 1: Duplicate found 'a'", id="no YAML"),
        pytest.param({"template": "- a\n- b\n"}, "the template is no template", id="a list"),
        pytest.param({"template": {"Resources": {}}}, "At least one Resources member", id="no resources"),
        pytest.param({"start": "monday"}, "'monday' is not a time like", id="no time"),
        pytest.param({"start": "2027-01-01"}, "has no time zone: add +00:00", id="no time zone"),
        pytest.param({"faults": "rain"}, "there is no fault profile 'rain'", id="faults"),
        pytest.param({"regions": ("mars-1",)}, "region mars-1: AWS has none of this name", id="no region"),
        pytest.param({"regions": "mars-1"}, "region mars-1: AWS has none of this name", id="one region"),
        pytest.param({"start": 5}, "start 5 is not a time like", id="a number as time"),
        pytest.param({"faults": ["late"]}, "there is no fault profile ['late']", id="a list of faults"),
        pytest.param({"parameters": [1]}, "parameters [1] are no mapping", id="a list of parameters"),
        pytest.param({"code": "nosuch"}, "there is no folder nosuch to import", id="no folder of code"),
        pytest.param({"regions": ()}, "one region at least", id="regions"),
    ],
)
def test_what_can_be_no_world_is_told_in_one_sentence(asked, sentence):
    with pytest.raises(CannotOpen) as told, open_world(**asked):
        pass

    assert sentence in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.slow
def test_the_readmes_example_passes_as_it_stands(tmp_path, inner_pytest):
    text = (PROJECT / "README.md").read_text()
    (example,) = [block for block in text.split("```")[1::2] if "pytest.mark.world" in block]
    path = tmp_path / "test_example.py"
    path.write_text("import pytest\n" + example.removeprefix("python\n"))

    assert inner_pytest(["-p", "scenarios.runner.pytest_plugin", str(path)]) == pytest.ExitCode.OK
