"""Executions of runbooks: the way through the steps, under which role, and who may start them."""

import json

import pytest

from scenarios.cloud.cloudtrail.records.user_identity import user_identity
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.agent.host_worlds import launch
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
    world,
)
from tests.scenarios.cloud.ssm.automation.runbook_worlds import (
    ROLE,
    api,
    document,
    kept,
    look,
    overheard,
    run,
    runbook,
    sends,
    standing,
    start,
    statuses,
    step,
)

FAILS = api("breaks", "sqs", "GetQueueUrl", {"QueueName": "nowhere"})


def breaks(**more):
    return {**FAILS, **more}


# ---- the way through the steps --------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "sent", "status"),
    [
        pytest.param([sends("one", "1"), sends("two", "2")], ["1", "2"], "Success", id="one after another"),
        pytest.param([sends("one", "1", isEnd=True), sends("two", "2")], ["1"], "Success", id="isEnd"),
        pytest.param(
            [sends("one", "1", nextStep="three"), sends("two", "2"), sends("three", "3")],
            ["1", "3"],
            "Success",
            id="nextStep",
        ),
        pytest.param([breaks(), sends("two", "2")], [], "Failed", id="a failure aborts"),
        pytest.param(
            [breaks(onFailure="Continue"), sends("two", "2")],
            ["2"],
            "Success",
            id="goes on: not critical unless it says so",
        ),
        pytest.param(
            [breaks(onFailure="Continue", isCritical=True), sends("two", "2")],
            ["2"],
            "Failed",
            id="goes on, and was critical",
        ),
        pytest.param(
            [breaks(onFailure="step:three", isCritical=False), sends("two", "2"), sends("three", "3")],
            ["3"],
            "Success",
            id="a failure leads elsewhere",
        ),
        pytest.param(
            [breaks(onFailure="Continue", isEnd=True), sends("two", "2")], [], "Success", id="and ends"
        ),
    ],
)
def test_each_step_says_what_comes_after_it(steps, sent, status):
    with standing(runbook(*steps)) as each:
        execution = run(each)

        assert (kept(each), execution["AutomationExecutionStatus"]) == (sent, status)


@pytest.mark.slow
def test_a_failed_step_says_why_and_is_tried_as_often_as_it_says():
    with standing(runbook(breaks(maxAttempts=3))) as each:
        calls = overheard(each)
        execution = run(each)

    tried = [call for call in calls if call.operation == "GetQueueUrl"]
    assert len(tried) == 3
    why = execution["StepExecutions"][0]["FailureMessage"]
    assert why.startswith("Step fails when it is Execute/Cancelling action. An error occurred")
    assert "AWS.SimpleQueueService.NonExistentQueue" in why
    assert execution["FailureMessage"] == why


@pytest.mark.slow
def test_outputs_of_steps_parameters_and_system_variables_go_into_inputs():
    content = runbook(
        api(
            "reads",
            "sqs",
            "GetQueueAttributes",
            {"QueueUrl": "{{ Url }}", "AttributeNames": ["QueueArn"]},
            outputs=[{"Name": "Arn", "Selector": "$.Attributes.QueueArn", "Type": "String"}],
        ),
        sends("tells", "{{ reads.Arn }} in {{ global:REGION }} on {{ global:DATE_TIME }}"),
        parameters={"Url": {"type": "String"}},
        outputs=["reads.Arn"],
    )
    with standing(content) as each:
        execution = run(each, Url=[f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/Kept"])

        assert kept(each) == [f"{arn('sqs', 'Kept')} in us-east-1 on 2026-03-02_03.00.00"]
        assert execution["Outputs"] == {"reads.Arn": [arn("sqs", "Kept")]}
        inputs = execution["StepExecutions"][0]["Inputs"]
        assert json.loads(inputs["AttributeNames"]) == ["QueueArn"]


@pytest.mark.slow
def test_a_parameter_keeps_its_type_where_it_stands_alone():
    content = runbook(
        api("makes", "sqs", "CreateQueue", {"QueueName": "New", "Attributes": "{{ About }}"}),
        parameters={"About": {"type": "StringMap"}},
    )
    with standing(content) as each:
        execution = run(each, About=['{"DelaySeconds": "7"}'])

        assert execution["AutomationExecutionStatus"] == "Success"
        made = admin(each, "sqs").get_queue_attributes(QueueUrl="New", AttributeNames=["DelaySeconds"])
    assert made["Attributes"]["DelaySeconds"] == "7"


# ---- actions --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_sleep_takes_simulated_time():
    with standing(runbook(step("rests", "sleep", {"Duration": "PT10M"}), sends("tells", "woke"))) as each:
        identity = start(each)
        each.run(595)
        early = kept(each)
        each.run(10)

        assert (early, kept(each)) == ([], ["woke"])
        assert statuses(look(each, identity)) == [("rests", "Success"), ("tells", "Success")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("choice", "given", "sent"),
    [
        ({"StringEquals": "a"}, "a", "yes"),
        ({"StringEquals": "a"}, "b", "no"),
        ({"StartsWith": "ab"}, "abc", "yes"),
        ({"EndsWith": "ab"}, "abc", "no"),
        ({"Contains": "b"}, "abc", "yes"),
        ({"EqualsIgnoreCase": "A"}, "a", "yes"),
        ({"NumericGreater": 3}, "4", "yes"),
        ({"NumericLesserOrEquals": 3}, "4", "no"),
        ({"BooleanEquals": True}, "true", "yes"),
    ],
)
def test_a_branch_goes_where_its_choice_leads(choice, given, sent):
    choices = [{"NextStep": "says_yes", "Variable": "{{ Given }}", **choice}]
    content = runbook(
        step("asks", "branch", {"Choices": choices, "Default": "says_no"}),
        sends("says_yes", "yes", isEnd=True),
        sends("says_no", "no"),
        parameters={"Given": {"type": "String"}},
    )
    with standing(content) as each:
        run(each, Given=[given])

        assert kept(each) == [sent]


@pytest.mark.slow
def test_choices_are_joined_and_turned_round():
    def is_(value):
        return {"Variable": "{{ Given }}", "StringEquals": value}

    both = {"NextStep": "says_yes", "And": [{"Not": is_("a")}, {"Or": [is_("b"), is_("c")]}]}
    content = runbook(
        step("asks", "branch", {"Choices": [both]}, isEnd=True),
        sends("says_yes", "yes"),
        parameters={"Given": {"type": "String"}},
    )
    with standing(content) as each:
        for given in ("a", "b", "d"):
            run(each, Given=[given])

        assert kept(each) == ["yes"]


@pytest.mark.slow
def test_an_assertion_fails_on_another_value_and_a_wait_ends_with_the_value():
    asked = {
        "Service": "sqs",
        "Api": "GetQueueAttributes",
        "QueueUrl": "Kept",
        "AttributeNames": ["DelaySeconds"],
        "PropertySelector": "$.Attributes.DelaySeconds",
        "DesiredValues": ["5"],
    }
    content = runbook(
        step("insists", "assertAwsResourceProperty", asked, onFailure="Continue"),
        step("waits", "waitForAwsResourceProperty", asked),
    )
    with standing(content) as each:
        identity = start(each)
        each.run(100)
        waiting = statuses(look(each, identity))
        admin(each, "sqs").set_queue_attributes(QueueUrl="Kept", Attributes={"DelaySeconds": "5"})
        each.run(30)

        assert waiting == [("insists", "Failed"), ("waits", "InProgress")]
        assert statuses(look(each, identity))[1] == ("waits", "Success")


@pytest.mark.slow
def test_a_wait_is_over_with_its_time():
    asked = {
        "Service": "sqs",
        "Api": "ListQueues",
        "PropertySelector": "$.QueueUrls[9]",
        "DesiredValues": ["x"],
    }
    with standing(runbook(step("waits", "waitForAwsResourceProperty", asked, timeoutSeconds=100))) as each:
        execution = run(each, 200)

    assert statuses(execution) == [("waits", "TimedOut")]
    took = execution["ExecutionEndTime"] - execution["ExecutionStartTime"]
    assert (execution["AutomationExecutionStatus"], took.total_seconds()) == ("TimedOut", 100.5)


@pytest.mark.slow
def test_a_function_is_invoked_and_its_answer_is_an_output(tmp_path):
    folder = function_worlds.code(
        tmp_path,
        """
        def look(event, context):
            if event["n"] > 1:
                raise ValueError("too many")
            return {"n": event["n"] + 1}
        """,
    )
    content = runbook(
        step("asks", "invokeLambdaFunction", {"FunctionName": "look", "InputPayload": {"n": "{{ Number }}"}}),
        sends("tells", "{{ asks.Payload }}"),
        parameters={"Number": {"type": "Integer"}},
    )
    resources = {
        **function_worlds.function(),
        **document(content),
        **queue("Kept", by=""),
        **role("mends", "ssm", may("*")),
    }
    with function_worlds.world(folder, resources) as each:
        run(each, Number=["1"])
        failed = run(each, Number=["2"])

        assert kept(each) == ['{"n": 2}']
    assert "too many" in failed["StepExecutions"][0]["FailureMessage"]


def approval(**more):
    named = {"Approvers": ["alice"], "Message": "stop it?", "NotificationArn": arn("sns", "Alerts"), **more}
    return runbook(step("asks", "approve", named), sends("acts", "done"))


@pytest.mark.slow
def test_people_are_asked_and_one_that_is_named_approves():
    with standing(approval(), **topic("ssm", mail="on-call@example.com")) as each:
        identity = start(each)
        each.run(10)
        (mail,) = each.topics.inbox
        waiting = statuses(look(each, identity))
        mallory = each.client(each.user("mallory"), "ssm")
        said = {"AutomationExecutionId": identity, "SignalType": "Approve"}
        code = refusal(mallory.send_automation_signal, **said)
        admin(each, "ssm").send_automation_signal(**said, Payload={"Comment": ["go on"]})
        each.run(10)

        assert waiting == [("asks", "Waiting")]
        assert code == "InvalidAutomationSignalException"
        assert kept(each) == ["done"]
        assert mail.text == "stop it?"
        decisions = look(each, identity)["StepExecutions"][0]["Outputs"]["ApproverDecisions"]
        assert json.loads(decisions[0])["comments"] == "go on"


@pytest.mark.slow
def test_who_rejects_ends_it_and_nobody_is_waited_for_without_an_end():
    with standing(approval(), **topic("ssm")) as each:
        identity = start(each)
        each.run(10)
        admin(each, "ssm").send_automation_signal(AutomationExecutionId=identity, SignalType="Reject")
        forgotten = start(each)
        each.run(8 * 24 * 3600)

        assert kept(each) == []
        assert statuses(look(each, identity)) == [("asks", "Failed")]
        assert statuses(look(each, forgotten)) == [("asks", "TimedOut")]


# ---- who, and in whose name -----------------------------------------------------------------------


def test_calls_are_made_by_the_role_and_recorded_as_systems_managers():
    with standing(runbook(sends("tells", "1"))) as each:
        calls = overheard(each)
        identity = start(each)
        each.run(10)

    (call,) = [call for call in calls if call.operation == "SendMessage"]
    who = user_identity(call.caller, call.moment)
    assert who["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/mends/Automation-{identity}"
    assert (who["type"], who["invokedBy"]) == ("AssumedRole", "ssm.amazonaws.com")
    assert call.caller.source_ip == "ssm.amazonaws.com"


@pytest.mark.parametrize(("passed_on", "status"), [("false", "Success"), ("true", "Failed")])
def test_to_iam_a_session_on_the_role_is_no_call_on_somebodys_behalf(passed_on, status):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html."""
    condition = {"Bool": {"aws:ViaAWSService": passed_on}}
    with standing(runbook(sends("tells", "1")), {**may("*"), "Condition": condition}) as each:
        assert run(each)["AutomationExecutionStatus"] == status


@pytest.mark.slow
def test_without_a_role_they_are_made_with_the_rights_of_who_started_it():
    content = runbook(sends("tells", "1"))
    del content["assumeRole"]
    poor = {"Version": "2012-10-17", "Statement": [may("ssm:StartAutomationExecution")]}
    with standing(content) as each:
        calls = overheard(each)
        started = run(each)
        client = each.client(each.user("poor", policies=[poor]), "ssm")
        refused = client.start_automation_execution(DocumentName="Mend")["AutomationExecutionId"]
        each.run(10)

        assert started["AutomationExecutionStatus"] == "Success"
        assert (
            "is not authorized to perform: sqs:sendmessage" in look(each, refused)["FailureMessage"].lower()
        )
    (call, _) = [call for call in calls if call.operation == "SendMessage"]
    assert call.caller.arn.endswith("user/alice")
    assert call.caller.invoked_by == "ssm.amazonaws.com"


@pytest.mark.slow
def test_what_the_role_may_not_do_fails_the_step():
    with standing(runbook(sends("tells", "1")), may("sqs:ReceiveMessage")) as each:
        execution = run(each)

        assert "AccessDenied" in execution["FailureMessage"]
        assert kept(each) == []


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        pytest.param([may("ssm:*")], "AccessDeniedException", id="no right to pass the role"),
        pytest.param([may("iam:PassRole")], "AccessDeniedException", id="no right to start"),
        pytest.param(
            [may("ssm:StartAutomationExecution", arn("ssm", "document/Other")), may("iam:PassRole")],
            "AccessDeniedException",
            id="another document",
        ),
    ],
)
def test_who_starts_it_needs_the_document_and_the_role(statements, code):
    policy = {"Version": "2012-10-17", "Statement": statements}
    with standing(runbook(sends("tells", "1"))) as each:
        client = each.client(each.user("poor", policies=[policy]), "ssm")

        assert refusal(client.start_automation_execution, DocumentName="Mend") == code


PASSES = {
    "Effect": "Allow",
    "Action": "iam:PassRole",
    "Resource": ROLE,
    "Condition": {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}},
}


def test_the_role_is_passed_to_systems_manager():
    allowed = [
        may("ssm:StartAutomationExecution", arn("ssm", "document/Mend")),
        may("ssm:StartAutomationExecution", arn("ssm", "automation-execution/*")),
        PASSES,
    ]
    policy = {"Version": "2012-10-17", "Statement": allowed}
    with standing(runbook(sends("tells", "1"))) as each:
        each.client(each.user("poor", policies=[policy]), "ssm").start_automation_execution(
            DocumentName="Mend"
        )
        each.run(10)

        assert kept(each) == ["1"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DocumentName": "Nowhere"}, "AutomationDefinitionNotFoundException"),
        ({"DocumentVersion": "7"}, "AutomationDefinitionVersionNotFoundException"),
        ({"Parameters": {"Role": [ROLE]}}, "InvalidAutomationExecutionParametersException"),
        ({"Parameters": {"Number": ["7"], "Other": ["x"]}}, "InvalidAutomationExecutionParametersException"),
        ({"Parameters": {"Number": ["seven"]}}, "InvalidAutomationExecutionParametersException"),
        ({"Parameters": {"Number": ["8"]}}, "InvalidAutomationExecutionParametersException"),
        (
            {"Parameters": {"Number": ["7"], "Role": [ROLE.replace("mends", "nobodys")]}},
            "InvalidAutomationExecutionParametersException",
        ),
    ],
)
def test_what_cannot_be_started_is_refused(asked, code):
    content = runbook(sends("tells", "1"), parameters={"Number": {"type": "Integer", "allowedValues": [7]}})
    with standing(content) as each:
        given = {"DocumentName": "Mend", "Parameters": {"Number": ["7"]}} | asked

        assert refusal(admin(each, "ssm").start_automation_execution, **given) == code


def test_a_client_token_starts_one_execution():
    token = "8f14e45f-ceea-467f-a1c5-0d1b0b2a1c11"
    with standing(runbook(sends("tells", "1"))) as each:
        client = admin(each, "ssm")
        made = [client.start_automation_execution(DocumentName="Mend", ClientToken=token) for _ in range(2)]
        each.run(10)

        assert made[0]["AutomationExecutionId"] == made[1]["AutomationExecutionId"]
        assert kept(each) == ["1"]


# ---- the rest of the API --------------------------------------------------------------------------


def test_a_stopped_execution_does_nothing_more():
    with standing(runbook(step("rests", "sleep", {"Duration": "PT10M"}), sends("tells", "woke"))) as each:
        client, identity = admin(each, "ssm"), start(each)
        each.run(60)
        client.stop_automation_execution(AutomationExecutionId=identity)
        each.run(1200)

        stopped = look(each, identity)
        assert kept(each) == []
        assert (stopped["AutomationExecutionStatus"], statuses(stopped)) == (
            "Cancelled",
            [("rests", "Cancelled")],
        )
        code = refusal(client.stop_automation_execution, AutomationExecutionId=identity)
        assert code == "InvalidAutomationStatusUpdateException"


@pytest.mark.slow
def test_executions_are_listed_with_the_newest_first():
    with standing(runbook(sends("tells", "1"))) as each:
        ids = [run(each)["AutomationExecutionId"] for _ in range(3)]
        client = admin(each, "ssm")
        listed = client.describe_automation_executions(
            Filters=[{"Key": "ExecutionStatus", "Values": ["Success"]}], MaxResults=2
        )
        steps = client.describe_automation_step_executions(AutomationExecutionId=ids[0])

        found = [each["AutomationExecutionId"] for each in listed["AutomationExecutionMetadataList"]]
        assert (found, "NextToken" in listed) == (ids[:0:-1], True)
        assert [each["StepName"] for each in steps["StepExecutions"]] == ["tells"]
        code = refusal(client.get_automation_execution, AutomationExecutionId="0" * 36)
        assert code == "AutomationExecutionNotFoundException"


@pytest.mark.slow
def test_more_executions_at_once_than_aws_runs_are_loud():
    with standing(runbook(step("rests", "sleep", {"Duration": "PT10M"}))) as each:
        for _ in range(100):
            start(each)
        with pytest.raises(NotSimulated, match="more than 100 executions"):
            start(each)
        each.run(700)

        assert run(each)["AutomationExecutionStatus"] == "InProgress"


@pytest.mark.slow
def test_a_new_version_runs_once_it_is_the_default():
    with standing(runbook(sends("tells", "1"))) as each:
        client = admin(each, "ssm")
        second = json.dumps(runbook(sends("tells", "2")))
        client.update_document(Name="Mend", Content=second, DocumentVersion="$LATEST")
        before = run(each)["DocumentVersion"]
        client.start_automation_execution(DocumentName="Mend", DocumentVersion="$LATEST")
        client.update_document_default_version(Name="Mend", DocumentVersion="2")
        after = run(each)["DocumentVersion"]

        assert (before, after, kept(each)) == ("1", "2", ["1", "2", "2"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schemaVersion": "2.2"}, "schema version"),
        ({"mainSteps": []}, "at least one step"),
        ({"mainSteps": [step("x1", "sleep")] * 1}, "3 to 128"),
        ({"mainSteps": [step("rests", "sleeps")]}, "not supported"),
        ({"mainSteps": [step("rests", "sleep"), step("rests", "sleep")]}, "Duplicate step name"),
        ({"mainSteps": [step("rests", "sleep", nextStep="nowhere")]}, "which is no step"),
        ({"mainSteps": [step("rests", "sleep", retries=1)]}, "Unexpected parameter"),
        ({"parameters": {"P": {"type": "Text"}}}, "is none"),
    ],
)
def test_a_document_that_is_no_runbook_is_refused_at_both_doors(change, why):
    content = {**runbook(sends("tells", "1")), **change}
    if "parameters" in change:
        content.pop("assumeRole")
    with standing(runbook(sends("tells", "1"))) as each:
        given = {"Name": "Bad", "Content": json.dumps(content), "DocumentType": "Automation"}
        assert refusal(admin(each, "ssm").create_document, **given) == "InvalidDocumentContent"
    with pytest.raises(InvalidTemplate, match=why), standing(content):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("action", ["executeScript", "runCommand", "createStack"])
def test_an_action_that_is_not_simulated_says_so(action):
    with (
        standing(runbook(step("acts", action))) as each,
        pytest.raises(NotSimulated, match=f"{action}.*acts"),
    ):
        run(each)


# ---- EventBridge ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_eventbridge_hears_of_steps_and_of_the_execution_in_the_documented_shape():
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html."""
    with standing(runbook(step("rests", "sleep", {"Duration": "PT2.63S"}))) as each:
        identity = start(each)
        each.run(30)
        events = heard(each)

    resources = [arn("ssm", f"automation-execution/{identity}"), arn("ssm", "automation-definition/Mend:1")]
    assert all(event["resources"] == resources for event in events)
    by_status = {
        (event["detail-type"].split()[2], event["detail"]["Status"]): event["detail"] for event in events
    }
    assert by_status.keys() == {
        (what, status) for what in ("Execution", "Step") for status in ("InProgress", "Success")
    }
    assert by_status["Step", "Success"] == {
        "ExecutionId": identity,
        "Definition": "Mend",
        "DefinitionVersion": 1.0,
        "Status": "Success",
        "EndTime": "Mar 2, 2026 3:00:03 AM",
        "StartTime": "Mar 2, 2026 3:00:00 AM",
        "Time": 2630.0,
        "StepName": "rests",
        "Action": "aws:sleep",
    }
    assert by_status["Execution", "Success"]["ExecutedBy"] == f"arn:aws:iam::{ACCOUNT}:user/alice"


def mending(*events_may, **more):
    """A rule that has each instance stopped that starts, by AWS's own runbook under a role of its own."""
    target = {
        "Arn": f"arn:aws:ssm:us-east-1:{ACCOUNT}:automation-definition/AWS-StopEC2Instance:$DEFAULT",
        "RoleArn": {"Fn::GetAtt": ["starts", "Arn"]},
        "InputTransformer": {
            "InputPathsMap": {"instance": "$.detail.instance-id"},
            "InputTemplate": f'{{"InstanceId": [<instance>], "AutomationAssumeRole": ["{ROLE}"]}}',
        },
    }
    pattern = {"source": ["aws.ec2"], "detail": {"state": ["running"]}}
    return {
        **queue(),
        **role("starts", "events", *(events_may or (may("ssm:StartAutomationExecution"), PASSES))),
        **role("mends", "ssm", may(["ec2:StopInstances", "ec2:DescribeInstanceStatus"])),
        **rule("Stops", pattern, target=target),
        **more,
    }


@pytest.mark.slow
@pytest.mark.parametrize("profile", in_turn(PROFILES.values(), of=4), ids=str)
def test_a_rule_has_a_runbook_stop_an_instance_under_every_fault(profile):
    with world(mending(), faults=profile) as each:
        calls = overheard(each)
        machine = launch(each)
        each.run(300)

        assert each.instances.state(machine) == "stopped"
    started = [call for call in calls if call.operation == "StartAutomationExecution"]
    assert {call.caller.invoked_by for call in started} == {"events.amazonaws.com"}
    assert {call.caller.name for call in calls if call.operation == "StopInstances"} == {"mends"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "allowed",
    [
        pytest.param([may("ssm:SendCommand"), PASSES], id="no right to start it"),
        pytest.param([may("ssm:StartAutomationExecution")], id="no right to pass the role"),
    ],
)
def test_a_rule_whose_role_may_not_start_it_stops_nothing(allowed):
    with world(mending(*allowed)) as each:
        machine = launch(each)
        each.run(300)

        assert each.instances.state(machine) == "running"


@pytest.mark.slow
def test_parameters_that_a_runbook_does_not_take_become_a_dead_letter():
    resources = mending()
    target = resources["Stops"]["Properties"]["Targets"][0]
    target["InputTransformer"]["InputTemplate"] = '{"Instance": [<instance>]}'
    target["DeadLetterConfig"] = {"Arn": {"Fn::GetAtt": ["Dead", "Arn"]}}
    with world({**resources, **queue("Dead")}) as each:
        machine = launch(each)
        each.run(300)
        (message,) = admin(each, "sqs").receive_message(QueueUrl="Dead", MessageAttributeNames=["All"])[
            "Messages"
        ]

        assert each.instances.state(machine) == "running"
        assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "SDK_CLIENT_ERROR"


@pytest.mark.slow
def test_a_schedule_starts_a_runbook_by_its_universal_target():
    scheduled = {
        "Name": "Mends",
        "ScheduleExpression": "at(2026-03-02T03:05:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": "arn:aws:scheduler:::aws-sdk:ssm:startAutomationExecution",
            "RoleArn": {"Fn::GetAtt": ["plans", "Arn"]},
            "Input": '{"DocumentName": "Mend"}',
        },
    }
    more = {
        **role("plans", "scheduler", may("ssm:StartAutomationExecution"), PASSES),
        "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": scheduled},
    }
    with standing(runbook(sends("tells", "1")), **more) as each:
        each.run(400)

        assert kept(each) == ["1"]
