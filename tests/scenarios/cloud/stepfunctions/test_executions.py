"""Executions: time, tasks and their errors, branches and iterations, the API, events, rules and schedules."""

import json

import pytest

from scenarios.cloud.cloudformation.transform import translate
from scenarios.cloud.cloudtrail.records.user_identity import user_identity
from scenarios.cloud.deployment import ACCOUNT, Deployment
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.cloud.world import World
from tests.sample import in_turn
from tests.scenarios.cloud.functions import function_worlds
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    heard,
    may,
    queue,
    refusal,
    role,
    rule,
    topic,
    total,
    world,
)
from tests.scenarios.cloud.stepfunctions.machine_worlds import (
    MACHINE,
    flow,
    history,
    kept,
    look,
    machine,
    only,
    outcome,
    resources,
    run,
    sends,
    standing,
    start,
)

PASS = {"Type": "Pass"}
SCHEDULED = '{"detail": {"n": "hourly"}}'
FAIL = {"Type": "Fail", "Error": "Broken", "Cause": "no luck"}
READS = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
    "Parameters": {"QueueName": "x"},
}


# ---- time -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "wait",
    [
        {"Seconds": 600},
        {"SecondsPath": "$.seconds"},
        {"Timestamp": "2026-03-02T03:10:00Z"},
        {"TimestampPath": "$.until"},
    ],
)
def test_a_wait_takes_simulated_time(wait):
    definition = flow(Rest={"Type": "Wait", **wait}, Tell=sends("woke"))
    with standing(definition) as each:
        start(each, {"seconds": 600, "until": "2026-03-02T03:10:00Z"})
        each.run(595)
        early = kept(each)
        each.run(10)

        assert (early, kept(each)) == ([], ["woke"])


@pytest.mark.slow
def test_a_machine_has_its_time():
    with standing({**only(Type="Wait", Seconds=600), "TimeoutSeconds": 60}) as each:
        ended = run(each, seconds=100)

        assert (ended["status"], (ended["stopDate"] - ended["startDate"]).total_seconds()) == (
            "TIMED_OUT",
            60,
        )


# ---- tasks ----------------------------------------------------------------------------------------

LOOKS = """
    def look(event, context):
        if event.get("bad"):
            raise KeyError("bad")
        return {"n": event["n"] + 1}
"""
LOOK = arn("lambda", "function:look")
INVOKES = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": LOOK, "Payload.$": "$"},
}


def looking(folder, definition):
    standing_there = {**function_worlds.function(), **resources(definition)}
    return function_worlds.world(function_worlds.code(folder, LOOKS), standing_there)


@pytest.mark.slow
def test_functions_are_invoked_by_their_arn_and_by_the_integration(tmp_path):
    definition = flow(
        Direct={"Type": "Task", "Resource": LOOK, "ResultPath": "$.direct"},
        Invoked={**INVOKES, "ResultSelector": {"n.$": "$.Payload.n"}, "ResultPath": "$.invoked"},
    )
    with looking(tmp_path, definition) as each:
        ended = run(each, {"n": 1})
        kinds = [event["type"] for event in history(each, ended["executionArn"])]

    assert json.loads(ended["output"]) == {"n": 1, "direct": {"n": 2}, "invoked": {"n": 2}}
    assert kinds == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


@pytest.mark.slow
def test_a_functions_error_is_caught_by_its_name_with_its_cause(tmp_path):
    caught = {"ErrorEquals": ["KeyError"], "ResultPath": "$.error", "Next": "Mend"}
    definition = flow(Try={**INVOKES, "Catch": [caught], "End": True}, Mend={**PASS, "OutputPath": "$.error"})
    with looking(tmp_path, definition) as each:
        ended = run(each, {"bad": True})

    error = json.loads(ended["output"])
    assert error["Error"] == "KeyError"
    assert json.loads(error["Cause"])["errorMessage"] == "'bad'"


@pytest.mark.slow
def test_a_task_is_tried_again_after_growing_pauses():
    retry = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 1.5}
    with standing(only(**READS, Retry=[retry])) as each:
        ended = run(each)
        tried = [event for event in history(each, ended["executionArn"]) if event["type"] == "TaskScheduled"]

    begin = tried[0]["timestamp"]
    assert [(event["timestamp"] - begin).total_seconds() for event in tried] == [0, 3, 7.5]
    assert (ended["status"], ended["error"]) == ("FAILED", "Sqs.QueueDoesNotExistException")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "names", "caught"),
    [
        (READS, ["States.ALL"], True),
        (READS, ["States.TaskFailed"], True),
        (READS, ["Sqs.QueueDoesNotExistException"], True),
        (READS, ["States.Timeout"], False),
    ],
)
def test_a_catcher_catches_what_it_names(error, names, caught):
    catch = [{"ErrorEquals": names, "Next": "Mend"}]
    definition = flow(Try={**error, "Catch": catch, "End": True}, Mend={**PASS, "Result": "mended"})

    assert outcome(definition) == ("mended" if caught else "Sqs.QueueDoesNotExistException")


@pytest.mark.slow
def test_a_fail_state_says_what_it_is_told_to():
    with standing(only(Type="Fail", ErrorPath="$.error", Cause="no luck")) as each:
        ended = run(each, {"error": "Broken"})

    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Broken", "no luck")


@pytest.mark.slow
def test_tables_topics_and_buses_are_reached_by_their_integrations():
    table = {
        "TableName": "Things",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    states = "arn:aws:states:::"
    item = {"TableName": "Things", "Item": {"k": {"S.$": "$.k"}}}
    key = {"TableName": "Things", "Key": {"k": {"S": "1"}}}
    entry = {"Source": "shop", "DetailType": "Sold", "Detail": {"k.$": "$.k"}}
    definition = flow(
        Put={"Type": "Task", "Resource": f"{states}dynamodb:putItem", "Parameters": item, "ResultPath": None},
        Get={
            "Type": "Task",
            "Resource": f"{states}dynamodb:getItem",
            "Parameters": key,
            "ResultPath": "$.found",
            "ResultSelector": {"item.$": "$.Item"},
        },
        Tell={
            "Type": "Task",
            "Resource": f"{states}events:putEvents",
            "Parameters": {"Entries": [entry]},
            "ResultPath": None,
        },
        Mail={
            "Type": "Task",
            "Resource": f"{states}sns:publish",
            "Parameters": {"TopicArn": arn("sns", "Alerts"), "Message": {"k.$": "$.k"}},
            "ResultPath": None,
        },
    )
    besides = {
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        **topic("states"),
        **queue("Shop"),
        **rule("Sold", {"source": ["shop"]}, to="Shop"),
    }
    with standing(definition, besides=besides) as each:
        ended = run(each, {"k": "1"})

        assert json.loads(ended["output"])["found"] == {"item": {"k": {"S": "1"}}}
        assert [event["detail"] for event in heard(each, "Shop")] == [{"k": "1"}]
        assert [mail.text for mail in each.topics.inbox] == ['{"k": "1"}']


@pytest.mark.slow
def test_any_operation_of_awss_api_is_a_task_with_capitalised_names():
    parameters = {"LogGroupName": "/new/group"}
    create = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatchlogs:createLogGroup",
        "Parameters": parameters,
        "ResultPath": None,
    }
    find = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatchlogs:describeLogGroups",
        "Parameters": {"LogGroupNamePrefix": "/new"},
        "ResultSelector": {"name.$": "$.LogGroups[0].LogGroupName"},
    }

    assert outcome(flow(Create=create, Find=find)) == {"name": "/new/group"}


@pytest.mark.slow
def test_parameters_that_an_api_does_not_have_end_the_execution():
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Mend"}]
    bad = {**READS, "Parameters": {"Colour": "red"}, "Catch": catch, "End": True}

    assert outcome(flow(Try=bad, Mend=PASS)) == "States.Runtime"


def test_the_role_makes_the_calls_and_what_it_may_not_do_fails():
    with standing(only(**sends("1")), may("sqs:ReceiveMessage")) as each:
        calls = []
        each.calls.after_everything(calls.append)
        ended = run(each)

        assert kept(each) == []
        assert (ended["status"], ended["error"]) == ("FAILED", "SQS.AmazonSQSException")
        assert "is not authorized to perform: sqs:sendmessage" in ended["cause"].lower()
    (call,) = [call for call in calls if call.operation == "SendMessage"]
    who = user_identity(call.caller, call.moment)
    assert who["sessionContext"]["sessionIssuer"]["userName"] == "flows"
    assert who["invokedBy"] == "states.amazonaws.com"


WAITS = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {
        "QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/Kept",
        "MessageBody": {"token.$": "$$.Task.Token"},
    },
}


@pytest.mark.slow
def test_a_task_token_is_waited_for_until_somebody_sends_success():
    with standing(only(**WAITS)) as each:
        execution = start(each)
        each.run(5000)
        client, token = admin(each, "stepfunctions"), json.loads(kept(each)[0])["token"]
        waiting = look(each, execution)["status"]
        client.send_task_success(taskToken=token, output='{"ok": true}')
        each.run(5)

        assert (waiting, look(each, execution)["output"]) == ("RUNNING", '{"ok":true}')
        assert refusal(client.send_task_success, taskToken=token, output="{}") == "TaskTimedOut"


@pytest.mark.slow
def test_a_token_that_fails_or_is_forgotten_fails_the_task():
    with standing(only(**WAITS, TimeoutSeconds=300, HeartbeatSeconds=100)) as each:
        client, ends = admin(each, "stepfunctions"), []
        for said in ("fail", "heartbeat", "nothing"):
            execution = start(each)
            each.run(60)
            token = json.loads(kept(each)[-1])["token"]
            if said == "fail":
                client.send_task_failure(taskToken=token, error="Refused", cause="no")
            if said == "heartbeat":
                client.send_task_heartbeat(taskToken=token)
            each.run(70)
            ends.append(look(each, execution).get("error"))

    assert ends == ["Refused", None, "States.HeartbeatTimeout"]


# ---- branches and iterations ----------------------------------------------------------------------


@pytest.mark.slow
def test_branches_go_on_side_by_side_and_their_outputs_keep_their_order():
    slow, quick = flow(A={"Type": "Wait", "Seconds": 30}, B={**PASS, "Result": "slow"}), only(Type="Pass")
    with standing(only(Type="Parallel", Branches=[slow, quick])) as each:
        ended = run(each, "quick")

    assert json.loads(ended["output"]) == ["slow", "quick"]
    assert 30 <= (ended["stopDate"] - ended["startDate"]).total_seconds() < 31


def test_a_branch_that_fails_stops_the_others_and_the_state_catches_it():
    catch = [{"ErrorEquals": ["Broken"], "Next": "Mend"}]
    waits = flow(A={"Type": "Wait", "Seconds": 30}, B=sends("never"))
    parallel = {"Type": "Parallel", "Branches": [waits, only(**FAIL)], "Catch": catch, "End": True}
    with standing(flow(Both=parallel, Mend=PASS)) as each:
        ended = run(each)

        assert json.loads(ended["output"]) == {"Error": "Broken", "Cause": "no luck"}
        assert kept(each) == []


@pytest.mark.slow
def test_a_map_goes_through_its_items_as_many_at_once_as_it_may():
    each_item = flow(A={"Type": "Wait", "Seconds": 10}, B=PASS)
    definition = only(
        Type="Map",
        ItemsPath="$.items",
        MaxConcurrency=2,
        ItemSelector={"n.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "by.$": "$.by"},
        ItemProcessor=each_item,
        ResultPath="$.done",
        OutputPath="$.done",
    )
    with standing(definition) as each:
        ended = run(each, {"items": ["a", "b", "c"], "by": 7})

    assert json.loads(ended["output"]) == [{"n": n, "at": at, "by": 7} for at, n in enumerate("abc")]
    assert 20 <= (ended["stopDate"] - ended["startDate"]).total_seconds() < 21


@pytest.mark.slow
def test_the_names_of_an_older_map_are_understood():
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html names both fields."""
    definition = only(
        Type="Map",
        Iterator=only(Type="Pass", Parameters={"v.$": "$.x"}),
        Parameters={"x.$": "$$.Map.Item.Value"},
    )

    assert outcome(definition, [1, 2]) == [{"v": 1}, {"v": 2}]
    assert outcome(definition, {"a": 1}) == "States.Runtime"


# ---- the API --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_name_is_an_executions_once():
    with standing(only(Type="Wait", Seconds=100)) as each:
        client = admin(each, "stepfunctions")
        one, same = (start(each, {"n": 1}, name="first") for _ in range(2))

        assert one == same == arn("states", "execution:flow:first")
        code = refusal(client.start_execution, stateMachineArn=MACHINE, name="first", input="{}")
        assert code == "ExecutionAlreadyExists"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"stateMachineArn": MACHINE + "s"}, "StateMachineDoesNotExist"),
        ({"stateMachineArn": "flow"}, "InvalidArn"),
        ({"input": "{"}, "InvalidExecutionInput"),
    ],
)
def test_what_cannot_be_started_is_refused(asked, code):
    with standing(only(**PASS)) as each:
        given = {"stateMachineArn": MACHINE} | asked
        assert refusal(admin(each, "stepfunctions").start_execution, **given) == code


def test_a_stopped_execution_does_nothing_more():
    with standing(flow(Rest={"Type": "Wait", "Seconds": 600}, Tell=sends("woke"))) as each:
        client, execution = admin(each, "stepfunctions"), start(each)
        each.run(60)
        client.stop_execution(executionArn=execution, error="Enough", cause="no more")
        each.run(1200)

        ended = look(each, execution)
        assert (ended["status"], ended["error"], kept(each)) == ("ABORTED", "Enough", [])
        assert history(each, execution)[-1]["type"] == "ExecutionAborted"
        listed = client.list_executions(stateMachineArn=MACHINE, statusFilter="ABORTED")["executions"]
        assert [found["executionArn"] for found in listed] == [execution]
        assert refusal(client.describe_execution, executionArn=execution + "x") == "ExecutionDoesNotExist"


def test_who_starts_it_needs_the_right_and_who_makes_it_passes_the_role():
    policy = {"Version": "2012-10-17", "Statement": [may("states:CreateStateMachine")]}
    with standing(only(**PASS)) as each:
        client = each.client(each.user("poor", policies=[policy]), "stepfunctions")
        definition = json.dumps(only(**PASS))
        given = {"name": "new", "definition": definition}
        flows = f"arn:aws:iam::{ACCOUNT}:role/flows"

        assert refusal(client.start_execution, stateMachineArn=MACHINE) == "AccessDeniedException"
        assert refusal(client.create_state_machine, roleArn=flows, **given) == "AccessDeniedException"
        made = admin(each, "stepfunctions")
        nobody = flows.replace("flows", "nobody")
        assert refusal(made.create_state_machine, roleArn=nobody, **given) == "AccessDeniedException"
        taken = {**given, "name": "flow", "definition": json.dumps(only(Type="Succeed"))}
        assert refusal(made.create_state_machine, roleArn=flows, **taken) == "StateMachineAlreadyExists"


@pytest.mark.slow
def test_an_express_workflow_answers_its_caller_and_keeps_no_history():
    definition = flow(
        Rest={"Type": "Wait", "Seconds": 5}, Both={"Type": "Parallel", "Branches": [only(**PASS)] * 2}
    )
    with standing(definition, StateMachineType="EXPRESS") as each:
        client = admin(each, "stepfunctions")
        answer = client.start_sync_execution(stateMachineArn=MACHINE, input='{"n": 1}')

        assert (answer["status"], answer["output"]) == ("SUCCEEDED", '[{"n":1},{"n":1}]')
        assert 5 <= (answer["stopDate"] - answer["startDate"]).total_seconds() < 6
        assert (
            refusal(client.describe_execution, executionArn=answer["executionArn"]) == "ExecutionDoesNotExist"
        )
        each.run(10)
        assert heard(each) == []


@pytest.mark.slow
def test_a_machine_without_an_end_is_ended_by_its_history():
    endless = {"StartAt": "A", "States": {"A": {**PASS, "Next": "A"}}}
    with standing(endless) as each:
        ended = run(each, seconds=300)

        assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
        assert "maximum number of history events (25000)" in ended["cause"]


# ---- events, rules, schedules ---------------------------------------------------------------------


@pytest.mark.slow
def test_eventbridge_hears_of_beginning_and_end_in_the_documented_shape():
    """https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html."""
    with standing(only(Type="Wait", Seconds=2)) as each:
        execution = start(each, {}, name="execution-name")
        each.run(60)
        began, ended = sorted(heard(each), key=lambda event: event["time"])
        counted = total(each, "AWS/States", "ExecutionsSucceeded", StateMachineArn=MACHINE)

    assert (began["detail-type"], began["resources"]) == (
        "Step Functions Execution Status Change",
        [execution],
    )
    assert began["detail"] == {
        "executionArn": execution,
        "stateMachineArn": MACHINE,
        "name": "execution-name",
        "status": "RUNNING",
        "startDate": 1772420400000,
        "stopDate": None,
        "input": "{}",
        "output": None,
        "inputDetails": {"included": True},
        "outputDetails": None,
        "error": None,
        "cause": None,
    }
    assert (ended["detail"]["status"], ended["detail"]["output"]) == ("SUCCEEDED", "{}")
    assert ended["detail"]["stopDate"] == 1772420402010
    assert counted == 1


def started_by_a_rule(*allowed):
    target = {
        "Arn": {"Ref": "Flow"},
        "RoleArn": {"Fn::GetAtt": ["starts", "Arn"]},
        "InputPath": "$.detail",
    }
    return {
        **resources(only(**sends("$.n"))),
        **role("starts", "events", *(allowed or (may("states:StartExecution", MACHINE),))),
        **rule("Starts", {"source": ["shop"]}, target=target),
    }


@pytest.mark.parametrize("profile", in_turn(PROFILES.values(), of=4), ids=str)
def test_a_rule_starts_a_machine_under_every_fault(profile):
    with world(started_by_a_rule(), faults=profile) as each:
        entry = {"Source": "shop", "DetailType": "Sold", "Detail": '{"n": "7"}'}
        admin(each, "events").put_events(Entries=[entry])
        each.run(120)

        assert set(kept(each)) == {"7"}
        assert len(kept(each)) == (2 if profile.duplicates else 1)


@pytest.mark.slow
def test_a_rule_whose_role_may_not_start_it_starts_nothing():
    with world(started_by_a_rule(may("states:StopExecution"))) as each:
        admin(each, "events").put_events(
            Entries=[{"Source": "shop", "DetailType": "Sold", "Detail": '{"n": "7"}'}]
        )
        each.run(120)

        assert kept(each) == []


@pytest.mark.slow
def test_a_schedule_starts_a_machine():
    scheduled = {
        "Name": "Starts",
        "ScheduleExpression": "at(2026-03-02T03:05:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": {"Ref": "Flow"},
            "RoleArn": {"Fn::GetAtt": ["plans", "Arn"]},
            "Input": '{"n": "8"}',
        },
    }
    besides = {
        **role("plans", "scheduler", may("states:StartExecution", MACHINE)),
        "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": scheduled},
    }
    with standing(only(**sends("$.n")), besides=besides) as each:
        each.run(400)

        assert kept(each) == ["8"]


@pytest.mark.slow
def test_a_serverless_machine_is_started_by_the_events_that_its_template_names():
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html."""
    properties = {
        "Name": "flow",
        "Definition": only(**sends("$.detail.n")),
        "DefinitionSubstitutions": {"Nothing": "x"},
        "Policies": [{"Statement": [may("sqs:SendMessage")]}],
        "Events": {
            "Sold": {"Type": "EventBridgeRule", "Properties": {"Pattern": {"source": ["shop"]}}},
            "Daily": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 hour)", "Input": SCHEDULED}},
        },
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            **queue("Kept", by=""),
            "Flow": {"Type": "AWS::Serverless::StateMachine", "Properties": properties},
        },
    }
    plain = json.dumps(translate(template, region="us-east-1"))
    with World(Deployment(template=plain, home="us-east-1")) as each:
        entry = {"Source": "shop", "DetailType": "Sold", "Detail": '{"n": "9"}'}
        admin(each, "events").put_events(Entries=[entry])
        each.run(4000)

        assert kept(each) == ["9", "hourly"]


def test_what_waits_for_work_of_others_is_loud():
    with standing(only(**PASS)) as each, pytest.raises(NotSimulated, match="CreateActivity"):
        admin(each, "stepfunctions").create_activity(name="a")
    assert machine(only(**PASS))
