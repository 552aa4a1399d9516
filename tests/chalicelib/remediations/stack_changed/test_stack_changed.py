"""stack_changed: which calls are about the stack, who may make them, what is told when it can't look."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib.events import api_call
from chalicelib.looking import Unseen
from chalicelib.matching import EventPattern
from chalicelib.remediation import Plan, Severity
from chalicelib.remediations.stack_changed import (
    REMEDIATION,
    STACK,
    TRAIL_GROUP_NAME,
    TRAIL_ROLE_NAME,
    blind_to_call,
    decide,
    look,
)
from chalicelib.remediations.stack_changed.alerts import reverting, whose
from chalicelib.remediations.stack_changed.data import DATA_PATTERN
from chalicelib.remediations.stack_changed.grants import GRANTS, VARIABLES
from chalicelib.remediations.stack_changed.parts import touched
from chalicelib.remediations.stack_changed.promise import NotTold, Part, Place, Promise
from chalicelib.remediations.stack_changed.restore import Declared, restore
from chalicelib.triggers import OnEvent
from tests.chalicelib.remediations.cloudtrail_records import (
    ACCOUNT,
    ALICE,
    NOW,
    delivered,
    facts_of,
    only,
    settings,
)

STACK_ID = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/watch/0000-1111"
PLACE = Place(stack_id=STACK_ID)
CONFIGURED = settings(**{STACK: STACK_ID})
PARTS = (
    Part(logical_id="RootLogin", type="AWS::Lambda::Function", physical_id="watch-RootLogin-1"),
    Part(logical_id="RootLoginTrigger1", type="AWS::Events::Rule", physical_id="watch-RootLoginTrigger1-1"),
    *(
        Part(logical_id=each, type="AWS::Events::Rule", physical_id=f"watch-{each}-1")
        for each in ("StackChangedTrigger1", "StackChangedGuard")
    ),
    Part(logical_id="RootLoginRole", type="AWS::IAM::Role", physical_id="watch-RootLoginRole-1"),
    Part(logical_id="TrailStoppedRole", type="AWS::IAM::Role", physical_id="watch-TrailStoppedRole-1"),
    Part(logical_id="TrailGroup", type="AWS::Logs::LogGroup", physical_id="watch-TrailGroup-1"),
    Part(logical_id="Alarm", type="AWS::CloudWatch::Alarm", physical_id="watch-Alarm-1"),
    Part(
        logical_id="RootLoginPolicy",
        type="AWS::Lambda::ResourcePolicy",
        physical_id="watch-RootLoginPolicy-1",
    ),
    Part(logical_id="Key", type="AWS::KMS::Key", physical_id="1234-abcd"),
    Part(
        logical_id="Dead",
        type="AWS::SQS::Queue",
        physical_id=f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/watch-Dead-1",
    ),
    Part(
        logical_id="Mail",
        type="AWS::SNS::Subscription",
        physical_id=f"arn:aws:sns:eu-west-1:{ACCOUNT}:watch-Topic-1:stacks",
    ),
    Part(
        logical_id="Topic",
        type="AWS::SNS::Topic",
        physical_id=f"arn:aws:sns:eu-west-1:{ACCOUNT}:watch-Topic-1",
    ),
)
OURS = {
    "Sid": "ours",
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Condition": {"ArnLike": {"AWS:SourceArn": {"Fn::GetAtt": ["RootLoginTrigger1", "Arn"]}}},
}
ONLY_BY_ACCOUNT = {
    **OURS,
    "Sid": "byAccount",
    "Condition": {"StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}},
}
TEMPLATE = {
    "Resources": {
        "RootLoginTrigger1": {
            "Properties": {
                "EventPattern": {"source": ["aws.signin"]},
                "Targets": [{"Id": "ours", "Arn": "x"}],
            }
        },
        "StackChangedTrigger1": {"Properties": {"EventPattern": {}}},
        "StackChangedGuard": {"Properties": {"EventPattern": {}}},
        "RootLogin": {"Properties": {}},
        "RootLoginRole": {
            "Properties": {
                "ManagedPolicyArns": ["ours"],
                "Policies": [
                    {"PolicyName": "ours"},
                    {"Fn::If": ["Acts", {"PolicyName": "acting"}, {"Ref": "AWS::NoValue"}]},
                ],
            }
        },
        "RootLoginPolicy": {
            "Properties": {
                "ResourceArn": {"Fn::GetAtt": ["RootLogin", "Arn"]},
                "PolicyDocument": {
                    "Statement": [
                        {
                            "Sid": "NobodyElse",
                            "Effect": "Deny",
                            "Condition": {"StringNotLike": "told not here"},
                        },
                        OURS,
                        ONLY_BY_ACCOUNT,
                    ]
                },
            }
        },
    },
    "Conditions": {"Acts": {"Fn::Equals": ["observe", "enforce"]}},
}


def call(name, source="events", parameters=None, **detail):
    """A call of alice's."""
    record = delivered(
        "AWS API Call via CloudTrail",
        f"aws.{source}",
        **{
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "userIdentity": ALICE,
            "requestParameters": parameters,
            **detail,
        },
    )
    (event,) = api_call(record)
    return event


def disabled(name="watch-RootLoginTrigger1-1", **detail):
    return call("DisableRule", parameters={"name": name}, **detail)


class Account:
    """An account with one stack: answers what look asks, and denies what it is told to deny."""

    def __init__(self, *, denied=(), operations=(), refactored=(), off=()):
        self.denied = denied
        self.off = off  # the rules that are disabled
        self.operations = operations  # (status, moment) of the stack, the newest first
        self.refactored = refactored  # the stacks that the only refactor is of
        self.asked = []

    def client(self, service, _region=""):
        assert service in ("cloudformation", "events")
        return self

    def get_paginator(self, operation):
        self._ask(operation)
        pages = {
            "list_stack_resources": {"StackResourceSummaries": [self._summary(each) for each in PARTS]},
            "describe_stack_events": {
                "StackEvents": [
                    {"PhysicalResourceId": STACK_ID, "ResourceStatus": status, "Timestamp": moment}
                    for status, moment in self.operations
                ]
            },
        }
        return Pages(pages[operation])

    def describe_stacks(self, **_):
        self._ask("describe_stacks")
        return {"Stacks": [{"Parameters": []}]}

    def describe_stack_refactor(self, **_):
        self._ask("describe_stack_refactor")
        return {"StackIds": list(self.refactored)}

    def describe_rule(self, Name):  # noqa: N803 - boto3's name
        self._ask("describe_rule")
        return {"State": "DISABLED" if Name in self.off else "ENABLED"}

    def get_template(self, **_):
        self._ask("get_template")
        return {"TemplateBody": TEMPLATE}

    def _ask(self, operation):
        self.asked.append(operation)
        if operation in self.denied:
            error = {"Error": {"Code": "AccessDenied", "Message": "no"}}
            raise ClientError(error, operation)

    @staticmethod
    def _summary(part):
        return {
            "LogicalResourceId": part.logical_id,
            "PhysicalResourceId": part.physical_id,
            "ResourceType": part.type,
        }


class Pages:
    """A paginator of one page."""

    def __init__(self, page):
        self.page = page

    def paginate(self, **_):
        return [self.page]


def planned(event, account=None):
    return decide(event, look(account or Account(), event, CONFIGURED), NOW, CONFIGURED)


# ---- which calls ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "part"),
    [
        (disabled(), "RootLoginTrigger1"),
        (call("RemoveTargets", parameters={"rule": "watch-RootLoginTrigger1-1"}), "RootLoginTrigger1"),
        (call("X", "lambda", {"functionName": "watch-RootLogin-1"}), "RootLogin"),
        (call("X", "lambda", {"functionName": "watch-RootLogin-1:live"}), "RootLogin"),
        (call("X", "lambda", {"functionName": f"{ACCOUNT}:function:watch-RootLogin-1"}), "RootLogin"),
        (
            call(
                "X",
                "lambda",
                {"functionName": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:watch-RootLogin-1"},
            ),
            "RootLogin",
        ),
        (call("X", "kms", {"keyId": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234-abcd"}), "Key"),
        (call("X", "sqs", {"queueUrl": f"https://queue.amazonaws.com/{ACCOUNT}/watch-Dead-1"}), "Dead"),
        (call("X", "sns", {"subscriptionArn": f"{PARTS[-1].physical_id}:0000"}), "Topic"),
        (call("X", "logs", {"logGroupIdentifier": "watch-TrailGroup-1"}), "TrailGroup"),
        (call("X", "cloudformation", {"stackName": "watch"}), "watch"),
        (call("X", "cloudformation", {"stackName": STACK_ID}), "watch"),
        (call("X", "cloudformation", {"stackName": STACK_ID.replace("0000", "older")}), "watch"),
        (call("X", "cloudformation", {"stackIds": ["other", STACK_ID]}), "watch"),
        (call("X", "cloudformation", {"stackDefinitions": [{"stackName": "watch"}]}), "watch"),
        (call("X", "cloudformation", {"resourceMappings": [{"source": {"stackName": "watch"}}]}), "watch"),
        (
            call(
                "X", "cloudformation", {"resourcesToImport": [{"resourceIdentifier": {"StackId": STACK_ID}}]}
            ),
            "watch",
        ),
        (call("X", "ssm", {"name": "/watch/kill-switch"}), "/watch/kill-switch"),
        (call("X", "ssm", {"names": ["/other/a", "/watch/modes/x"]}), "/watch/modes/x"),
        (call("UpdateEventBus", "events", {"name": "default"}), "default"),
        (call("PutPermission", "events", {"policy": "{}"}), "default"),
        (call("PutPermission", "events"), "default"),
        (call("RemovePermission", "events", {"eventBusName": "default"}), "default"),
        (
            call(
                "PutPermission",
                "events",
                {"eventBusName": f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default"},
            ),
            "default",
        ),
        (call("PutAccountPolicy", "logs", {"policyName": "x", "policyType": "A"}), "A"),
        (call("X", "logs", {"resourceIdentifier": "watch-TrailGroup-1"}), "TrailGroup"),
        (
            call(
                "StartMessageMoveTask", "sqs", {"sourceArn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:watch-Dead-1"}
            ),
            "Dead",
        ),
        (
            call(
                "PutAlarmMuteRule",
                "monitoring",
                {"name": "x", "muteTargets": {"alarmNames": ["watch-Alarm-1"]}},
            ),
            "Alarm",
        ),
    ],
)
def test_a_call_names_a_part_in_its_services_own_way(event, part):
    assert [each.logical_id for each in touched(event, PARTS, PLACE)] == [part]


# ---- a spoke in another region ----------------------------------------------------------------------

THERE = {"awsRegion": "us-east-1"}
SPOKES = "watch-spoke-RootLoginForward-1AB"


def test_a_rule_of_a_spoke_that_is_disabled_is_told_with_the_command_that_enables_it():
    alert = only(planned(disabled(SPOKES, **THERE)))

    assert alert.severity is Severity.CRITICAL
    assert alert.title == "Trailwarden itself: the spoke's rule RootLoginForward was disabled"
    assert facts_of(alert)["Spoke's rule"] == SPOKES
    assert "reach Trailwarden no more" in facts_of(alert)["What that means"]
    assert facts_of(alert)["Put back with"] == f"aws events enable-rule --name {SPOKES} --region us-east-1"


def test_a_spoke_whose_role_was_changed_is_put_back_by_its_own_stack():
    event = call("DeleteRolePolicy", "iam", {"roleName": "watch-spoke-ForwardRole-1AB"}, **THERE)

    alert = only(planned(event))

    assert alert.severity is Severity.CRITICAL
    assert "--stack-name watch-spoke " in facts_of(alert)["Put everything back with"]


def test_an_attempt_at_a_spoke_is_told():
    refused = f"not authorized: on resource: arn:aws:events:us-east-1:{ACCOUNT}:rule/{SPOKES}"
    event = call("DisableRule", errorCode="AccessDenied", errorMessage=refused, **THERE)

    assert only(planned(event)).severity is Severity.MEDIUM


def test_what_cloudformation_does_to_a_spoke_is_counted_and_what_it_takes_away_is_counted_apart():
    by_cloudformation = {"userIdentity": {**ALICE, "invokedBy": "cloudformation.amazonaws.com"}, **THERE}
    put = only(planned(call("PutRule", parameters={"name": SPOKES}, **by_cloudformation)))
    gone = only(planned(call("DeleteRule", parameters={"name": SPOKES}, **by_cloudformation)))

    assert (put.severity, put.flood.subject) == (Severity.HIGH, f"deployed:{ALICE['arn']}")
    assert (gone.severity, gone.flood.subject) == (Severity.CRITICAL, f"taken away:{ALICE['arn']}")


@pytest.mark.parametrize(
    "event",
    [
        disabled(SPOKES, awsRegion="eu-west-1"),  # at home there is no spoke
        disabled(f"my-{SPOKES}", **THERE),
        disabled("watch-spoke-RootLogin-1AB", **THERE),
        call("X", "iam", {"roleName": "other-ForwardRole-1AB"}, **THERE),
    ],
)
def test_what_only_looks_like_a_spoke_is_left_alone(event):
    assert planned(event) == Plan.nothing()


def confirmed(subscription):
    topic = PARTS[-1].physical_id
    return call(
        "ConfirmSubscription",
        "sns",
        {"topicArn": topic},
        responseElements={"subscriptionArn": f"{topic}:{subscription}"},
    )


def test_a_reader_whom_the_stack_names_may_confirm():
    assert planned(confirmed("stacks")) == Plan.nothing()


def test_anybody_else_who_confirms_is_a_reader_more():
    alert = only(planned(confirmed("strangers")))

    assert alert.severity is Severity.MEDIUM
    assert alert.title == "Trailwarden itself: the topic Topic got one more reader"


@pytest.mark.parametrize(
    "event",
    [
        disabled("watch-RootLoginTrigger1-12"),
        disabled("my-watch-RootLoginTrigger1-1"),
        disabled("watch-RootLogin-1"),  # a function's name, and no rule's
        call("X", "cloudformation", {"stackName": "watch-dev"}),
        call("X", "cloudformation", {"stackName": STACK_ID.replace("watch", "watch-dev")}),
        call("X", "cloudformation", {"stackName": STACK_ID.replace("eu-west-1", "eu-west-2")}),
        call("X", "cloudformation", {"stackDefinitions": [{"stackName": "other"}, "watch", None]}),
        call("X", "ssm", {"name": "/watch-dev/kill-switch"}),
        call("X", "lambda", {"functionName": None}),
        call("X", "sns", {"topicArn": ["watch", 1]}),
        call("X", "ec2", {"name": "watch-RootLogin-1"}),
        call("PutPermission", "events", {"eventBusName": "other", "policy": "{}"}),
        call("PutRule", "events", {"name": "other", "eventBusName": "other"}),
        call("PutAlarmMuteRule", "monitoring", {"name": "x", "muteTargets": {"alarmNames": ["another"]}}),
        call("X"),
    ],
)
def test_a_call_about_anything_else_is_left_alone(event):
    assert touched(event, PARTS, PLACE) == ()
    assert planned(event).empty


def test_what_is_left_alone_costs_one_question():
    account = Account()

    planned(disabled("another"), account)

    assert account.asked == ["list_stack_resources"]


# ---- who --------------------------------------------------------------------------------------------


def by_cloudformation(**more):
    return disabled(userIdentity={**ALICE, "invokedBy": "cloudformation.amazonaws.com"}, **more)


BEFORE, AFTER = NOW - timedelta(minutes=9), NOW + timedelta(minutes=9)


@pytest.mark.parametrize(
    ("operations", "told"),
    [
        pytest.param([("UPDATE_IN_PROGRESS", BEFORE)], False, id="under way"),
        pytest.param([("UPDATE_COMPLETE", AFTER), ("UPDATE_IN_PROGRESS", BEFORE)], False, id="over by now"),
        pytest.param([("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", BEFORE)], False, id="clearing up"),
        pytest.param([("UPDATE_COMPLETE", BEFORE)], True, id="over before"),
        pytest.param([("UPDATE_IN_PROGRESS", AFTER)], True, id="begun after"),
        pytest.param([], True, id="nothing is known"),
    ],
)
def test_what_cloudformation_does_is_its_own_only_while_it_is_at_work_on_this_stack(operations, told):
    assert planned(by_cloudformation(), Account(operations=operations)).empty is not told


def test_what_cloudformation_begins_with_the_whole_stack_is_no_step_of_it():
    """A stack may be made a part of another one, which then updates it."""
    nested = {**ALICE, "invokedBy": "cloudformation.amazonaws.com"}
    event = call("UpdateStack", "cloudformation", {"stackName": STACK_ID}, userIdentity=nested)
    at_work = Account(operations=[("UPDATE_IN_PROGRESS", event.at)])

    assert only(planned(event, at_work)).title == "Trailwarden itself: the stack watch is being deployed"


# ---- calls that don't name the stack they set to work ------------------------------------------------

CHANGE_SET = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:changeSet/mine/5555-6666"
REFACTOR = {"stackRefactorId": "9c384f70-4e07-4ed7-a65d-fee5eb430841"}


@pytest.mark.parametrize(
    ("operations", "told"),
    [
        pytest.param([("UPDATE_IN_PROGRESS", timedelta(seconds=2))], True, id="this stack began then"),
        pytest.param(
            [
                ("UPDATE_COMPLETE", timedelta(seconds=90)),
                ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", timedelta(seconds=80)),
                ("UPDATE_IN_PROGRESS", timedelta(seconds=-1)),
            ],
            True,
            id="and is done by now",
        ),
        pytest.param([("UPDATE_COMPLETE", timedelta(seconds=2))], False, id="it was done then"),
        pytest.param([("UPDATE_IN_PROGRESS", timedelta(minutes=-9))], False, id="it began long before"),
        pytest.param([("UPDATE_IN_PROGRESS", timedelta(minutes=9))], False, id="it began long after"),
        pytest.param([], False, id="another stack's"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"stackName": "other"}, {"stackName": ""}], ids=str)
def test_a_change_set_by_its_arn_is_told_where_this_stack_began_just_then(operations, told, more):
    event = call("ExecuteChangeSet", "cloudformation", {"changeSetName": CHANGE_SET, **more})
    then = Account(operations=[(status, event.at + after) for status, after in operations])

    plan = planned(event, then)

    assert [each.severity for each in plan.alerts] == ([Severity.HIGH] if told else [])


def test_it_is_told_the_trails_group_and_role_whosever_trail_it_is():
    told = {name: VARIABLES[name] for name in (TRAIL_GROUP_NAME, TRAIL_ROLE_NAME)}

    assert told == {
        TRAIL_GROUP_NAME: {"Fn::If": ["OwnTrail", {"Ref": "TrailGroup"}, {"Ref": "ExistingTrailGroup"}]},
        TRAIL_ROLE_NAME: {"Fn::If": ["OwnTrail", {"Ref": "TrailGroupRole"}, {"Ref": "ExistingTrailRole"}]},
    }


def test_whose_a_refactor_is_may_be_asked():
    assert "cloudformation:DescribeStackRefactor" in {grant.action for grant in GRANTS if not grant.acting}


@pytest.mark.parametrize("of", [(STACK_ID, "other"), ("other",)])
def test_a_refactor_is_told_where_it_is_of_this_stack(of):
    event = call("ExecuteStackRefactor", "cloudformation", REFACTOR)

    plan = planned(event, Account(refactored=of))

    assert [each.severity for each in plan.alerts] == ([Severity.CRITICAL] if STACK_ID in of else [])


@pytest.mark.parametrize(
    ("event", "denied"),
    [
        (call("ExecuteStackRefactor", "cloudformation", REFACTOR), "describe_stack_refactor"),
        (call("ExecuteChangeSet", "cloudformation", {"changeSetName": CHANGE_SET}), "describe_stack_events"),
    ],
    ids=lambda each: str(getattr(each, "name", "")),
)
def test_where_it_can_not_be_asked_whose_it_is_it_is_told(event, denied):
    alert = only(planned(event, Account(denied=(denied,))))

    assert alert.severity in (Severity.HIGH, Severity.CRITICAL)
    assert "no" in facts_of(alert)["Could not look"]


def test_a_refused_call_about_the_stack_by_its_name_is_told():
    """IAM asks about any stack of that name, and the record of a refused call has no parameters."""
    refusal = (
        f"not authorized to perform: x on resource: arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/watch/*"
    )
    event = call("UpdateStack", "cloudformation", errorCode="AccessDenied", errorMessage=refusal)

    assert only(planned(event)).severity is Severity.MEDIUM


def by_the_role(name):
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    issuer = {"sessionIssuer": {"type": "Role", "arn": arn}}
    return {"type": "AssumedRole", "arn": arn.replace("iam", "sts"), "sessionContext": issuer}


def test_a_call_by_a_role_of_our_own_functions_is_critical_whatever_it_does():
    event = call(
        "EnableRule",
        parameters={"name": "watch-RootLoginTrigger1-1"},
        userIdentity=by_the_role("watch-RootLoginRole-1"),
    )

    alert = only(planned(event))

    assert alert.severity is Severity.CRITICAL
    assert facts_of(alert)["Who that is"] == "the role of root_login, Trailwarden's own"


@pytest.mark.parametrize(
    ("name", "role", "told"),
    [
        pytest.param("PutRetentionPolicy", "watch-TrailStoppedRole-1", False, id="as it is planned"),
        pytest.param("PutDataProtectionPolicy", "watch-TrailStoppedRole-1", True, id="never planned"),
        pytest.param("DeleteRetentionPolicy", "watch-RootLoginRole-1", True, id="by another function"),
        pytest.param("DeleteLogGroup", "stranger", False, id="trail_stopped tells that"),
    ],
)
def test_what_the_runtime_or_trail_stopped_looks_after_is_left_to_them(name, role, told):
    event = call(name, "logs", {"logGroupName": "watch-TrailGroup-1"}, userIdentity=by_the_role(role))

    assert planned(event).empty is not told


# ---- what is done to all of the account --------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "severity", "command"),
    [
        pytest.param(
            call("PutAccountPolicy", "logs", {"policyName": "a b", "policyType": "DATA_PROTECTION_POLICY"}),
            Severity.CRITICAL,
            "aws logs delete-account-policy --policy-name 'a b' --policy-type DATA_PROTECTION_POLICY",
            id="every log is masked",
        ),
        pytest.param(
            call("PutAccountPolicy", "logs", {"policyName": "a", "policyType": "SUBSCRIPTION_FILTER_POLICY"}),
            Severity.HIGH,
            "aws logs delete-account-policy --policy-name a --policy-type SUBSCRIPTION_FILTER_POLICY",
            id="every log is read",
        ),
        pytest.param(
            call("PutAccountPolicy", "logs", {"policyName": "a", "policyType": "OF_NEXT_YEAR"}),
            Severity.CRITICAL,
            "aws logs delete-account-policy --policy-name a --policy-type OF_NEXT_YEAR",
            id="nobody knows yet",
        ),
        pytest.param(
            call(
                "PutAlarmMuteRule",
                "monitoring",
                {"name": "m", "muteTargets": {"alarmNames": ["watch-Alarm-1"]}},
            ),
            Severity.CRITICAL,
            "aws cloudwatch delete-alarm-mute-rule --alarm-mute-rule-name m",
            id="an alarm is muted",
        ),
        pytest.param(
            call("PutPermission", "events", {"policy": '{"Statement": {"Sid": "no", "Effect": "Deny"}}'}),
            Severity.CRITICAL,
            "aws events remove-permission --statement-id no",
            id="the bus takes no events",
        ),
        pytest.param(
            call("PutPermission", "events", {"statementId": "all", "principal": "*"}),
            Severity.HIGH,
            "aws events remove-permission --statement-id all",
            id="the bus takes everybody's events",
        ),
    ],
)
def test_what_silences_by_way_of_the_account_is_told_with_the_command_against_it(event, severity, command):
    plan = planned(event)

    assert only(plan).severity is severity
    assert facts_of(only(plan))["Take it away with"] == f"{command} --region {event.region}"
    assert plan.calls == ()


@pytest.mark.parametrize(
    ("name", "parameters", "told"),
    [
        ("PutDataProtectionPolicy", {"logGroupIdentifier": "older"}, True),
        (
            "PutDataProtectionPolicy",
            {"logGroupIdentifier": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:older"},
            True,
        ),
        (
            "AssociateKmsKey",
            {"resourceIdentifier": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:older"},
            True,
        ),
        ("DeleteLogStream", {"logGroupName": "older"}, True),
        ("DeleteLogGroup", {"logGroupName": "older"}, False),
        ("DeleteLogStream", {"logGroupName": "another"}, False),
    ],
)
def test_the_trails_group_is_watched_though_it_was_there_before(name, parameters, told):
    given = settings(**{STACK: STACK_ID, TRAIL_GROUP_NAME: "older"})
    event = call(name, "logs", parameters)

    plan = decide(event, look(Account(), event, given), NOW, given)

    assert plan.empty is not told
    assert plan.calls == ()


@pytest.mark.parametrize(
    ("name", "role", "means"),
    [
        ("PutRolePolicy", "delivery", "The trail may write no more to its log group"),
        ("DeleteRole", "delivery", "The trail may write no more to its log group"),
        ("PutRolePolicy", "watch-RootLoginRole-1", "root_login may send no alerts any more"),
        ("PutRolePolicy", "another", ""),
    ],
)
def test_the_trails_role_is_watched_though_it_was_there_before(name, role, means):
    given = settings(**{STACK: STACK_ID, TRAIL_ROLE_NAME: "delivery"})
    event = call(name, "iam", {"roleName": role, "policyName": "x"})

    plan = decide(event, look(Account(), event, given), NOW, given)

    assert plan.empty is (means == "")
    if means:
        (told,) = plan.alerts
        assert told.severity is Severity.CRITICAL
        assert dict(told.facts)["What that means"].startswith(means)
    assert bool(plan.calls) is (role.startswith("watch-"))


@pytest.mark.parametrize("field", ["RegionName", "regionName"])
def test_a_region_that_is_switched_off_is_told_whichever_it_is(field):
    event = call("DisableRegion", "account", {field: "eu-south-1"})

    told = only(planned(event))

    assert told.severity is Severity.CRITICAL
    assert told.title.endswith("the region eu-south-1 is being switched off")


# ---- what is put back: the template decides, never the event's words ---------------------------------


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (
            call("AddPermission", "lambda", {"functionName": "watch-RootLogin-1"}),
            ("statementId", "StatementId"),
        ),
        (call("AttachRolePolicy", "iam", {"roleName": "watch-RootLoginRole-1"}), ("policyArn", "PolicyArn")),
        (call("PutRolePolicy", "iam", {"roleName": "watch-RootLoginRole-1"}), ("policyName", "PolicyName")),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_forged_event_takes_nothing_away_that_was_deployed(event, names):
    said, asked = names
    takes = {
        name: planned(replace(event, parameters={**event.parameters, said: name})).calls
        for name in ("NobodyElse", "ours", "mine")
    }

    (call_made,) = takes["mine"]
    assert call_made.parameters[asked] == "mine"
    assert takes["ours"] == ()
    assert said != "statementId" or takes["NobodyElse"] == ()


def test_the_policy_that_acts_is_a_strangers_where_the_mode_is_observe():
    put = {"roleName": "watch-RootLoginRole-1", "policyName": "acting"}

    (taken,) = planned(call("PutRolePolicy", "iam", put)).calls

    assert (taken.operation, taken.parameters["PolicyName"]) == ("delete_role_policy", "acting")


@pytest.mark.parametrize(
    ("statement", "condition"),
    [
        ("ours", {"SourceArn": f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/watch-RootLoginTrigger1-1"}),
        ("byAccount", {"SourceAccount": ACCOUNT}),
    ],
)
def test_a_statement_that_was_taken_out_of_a_functions_policy_is_put_back(statement, condition):
    named = {"functionName": "watch-RootLogin-1", "statementId": statement}

    (back,) = planned(call("RemovePermission20150331v2", "lambda", named)).calls

    assert (back.service, back.operation) == ("lambda", "add_permission")
    assert back.parameters == {
        "FunctionName": "watch-RootLogin-1",
        "StatementId": statement,
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        **condition,
    }
    assert back.undo is None


@pytest.mark.parametrize(
    ("statement", "done"),
    [("NobodyElse", "lets somebody in"), ("strange", "lost a permission")],
)
def test_a_statement_that_no_call_puts_back_is_told(statement, done):
    named = {"functionName": "watch-RootLogin-1", "statementId": statement}

    plan = planned(call("RemovePermission20150331v2", "lambda", named))

    assert not plan.calls
    assert only(plan).severity is Severity.CRITICAL
    assert done in only(plan).title


def test_a_deployed_target_is_not_taken_away():
    put = {"rule": "watch-RootLoginTrigger1-1", "targets": [{"id": "ours"}, {"id": "mine"}]}

    removed, back = planned(call("PutTargets", parameters=put)).calls

    assert removed.parameters["Ids"] == ["mine"]
    assert back.parameters["Targets"] == [{"Id": "ours", "Arn": "x"}]


def test_what_is_put_back_is_put_back_where_the_stack_is():
    forged = disabled(recipientAccountId="999988887777", awsRegion="eu-west-3")

    (made,) = planned(forged).calls

    assert (made.account, made.region) == (PLACE.account, PLACE.region)


# ---- how it is told ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "severity"),
    [("AccessDenied", Severity.MEDIUM), ("ResourceNotFoundException", Severity.LOW)],
)
def test_what_failed_is_told_less_loudly_and_counted(code, severity):
    refusal = (
        f"not authorized: on resource: arn:aws:events:eu-west-1:{ACCOUNT}:rule/watch-RootLoginTrigger1-1"
    )
    event = call("DisableRule", errorCode=code, errorMessage=refusal)
    account = Account()

    plan = planned(event, account)

    assert only(plan).severity is severity
    assert only(plan).flood.subject == f"refused:{event.principal}"
    assert plan.calls == ()
    assert account.asked == ["list_stack_resources"]


def test_what_a_protection_stopped_was_tried_in_earnest():
    why = "Stack [watch] cannot be deleted while TerminationProtection is enabled"
    event = call(
        "DeleteStack",
        "cloudformation",
        {"stackName": "watch"},
        errorCode="ValidationException",
        errorMessage=why,
    )

    assert only(planned(event)).severity is Severity.MEDIUM
    assert "a protection held" in only(planned(event)).title


@pytest.mark.parametrize(
    "denied", [("list_stack_resources",), ("get_template",), ("describe_stacks",)], ids=lambda each: each[0]
)
def test_what_could_not_be_read_is_told_no_less_severely(denied):
    plan = planned(disabled(), Account(denied=denied))

    assert only(plan).severity is Severity.CRITICAL
    assert "no" in facts_of(only(plan))["Could not look"]
    assert plan.calls == ()
    assert facts_of(only(plan))["Put everything back with"] == reverting(PLACE)


GUARDED, GUARD = (f"watch-{each}-1" for each in ("StackChangedTrigger1", "StackChangedGuard"))


@pytest.mark.parametrize(("touched_rule", "other"), [(GUARDED, GUARD), (GUARD, GUARDED)])
def test_of_two_rules_that_watch_each_other_the_second_one_is_switched_on_with_the_first(touched_rule, other):
    plan = planned(disabled(touched_rule), Account(off=(touched_rule, other)))

    said, also = plan.alerts
    assert touched_rule in facts_of(said)["Rule"]
    assert also.severity is Severity.CRITICAL
    assert facts_of(also)["Rule"] == other
    assert [call.parameters["Name"] for call in plan.calls] == [touched_rule, other]


def test_a_rule_that_is_off_is_looked_for_only_where_one_was_touched_that_alone_hears_of_it():
    account = Account(off=(GUARD, GUARDED))

    assert len(planned(disabled(), account).alerts) == 1
    assert "describe_rule" not in account.asked
    assert len(planned(disabled(GUARDED), Account()).alerts) == 1


def test_a_rule_that_may_not_be_looked_at_is_told():
    said = only(planned(disabled(GUARDED), Account(denied=("describe_rule",))))

    assert "the rule that watches this one" in facts_of(said)["Could not look"]


def test_without_a_look_the_event_itself_is_told():
    event = disabled()

    plan = decide(event, blind_to_call(event, Unseen(why="throttled"), CONFIGURED), NOW, CONFIGURED)

    assert only(plan).severity is Severity.CRITICAL
    assert "watch-RootLoginTrigger1-1" in only(plan).title


def test_a_call_that_nobody_knows_yet_is_grave():
    event = call("HideRule", parameters={"name": "watch-RootLoginTrigger1-1"})

    assert only(planned(event)).severity is Severity.HIGH


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("TrailStoppedTrigger1", "trail_stopped"),
        ("TrailGroup", "Trailwarden"),
        ("APIHandlerLogGroup", "api_handler"),
    ],
)
def test_a_part_belongs_to_the_remediation_that_it_is_named_after(part, name):
    functions = ("RootLogin", "TrailStopped", "APIHandler")

    assert whose(Part(logical_id=part, type="", physical_id=""), functions) == name


# ---- what was deployed ------------------------------------------------------------------------------


def promise(properties, **more):
    template = {"Resources": {"RootLogin": {"Properties": properties}}, **more}
    parameters = {"Names": "a,b", "Mode": "observe"}
    return Promise(template=template, parameters=parameters, parts=PARTS, place=PLACE)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"Ref": "Key"}, "1234-abcd"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Fn::GetAtt": ["Key", "Arn"]}, f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234-abcd"),
        ({"Fn::GetAtt": "RootLoginRole.Arn"}, f"arn:aws:iam::{ACCOUNT}:role/watch-RootLoginRole-1"),
        (
            {"Fn::Sub": "${AWS::StackName}-${!x}-${Key}-${Dead.QueueName}"},
            "watch-${x}-1234-abcd-watch-Dead-1",
        ),
        ({"Fn::Sub": ["${a}b", {"a": {"Ref": "Mode"}}]}, "observeb"),
        ({"Fn::Join": [",", {"Ref": "Names"}]}, "a,b"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "x,y"]}]}, "y"),
        ({"Fn::If": ["Observes", "yes", "no"]}, "yes"),
        ([{"Fn::If": ["Acts", "x", {"Ref": "AWS::NoValue"}]}, 1], [1]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": True}, {"b": True}),
    ],
)
def test_a_value_of_the_template_is_resolved_as_cloudformation_does(value, told):
    conditions = {
        "Observes": {"Fn::Equals": [{"Ref": "Mode"}, "observe"]},
        "Acts": {"Fn::And": [{"Fn::Not": [{"Condition": "Observes"}]}, {"Condition": "Observes"}]},
    }
    assert promise({"X": value}, Conditions=conditions, **_LIST).of(PARTS[0]) == {"X": told}


_LIST = {"Parameters": {"Names": {"Type": "CommaDelimitedList"}}}


@pytest.mark.parametrize(
    "value", [{"Ref": "Gone"}, {"Fn::GetAtt": ["Topic", "Else"]}, {"Fn::ImportValue": "x"}]
)
def test_what_only_the_service_knows_is_not_told(value):
    with pytest.raises(NotTold):
        promise({"X": value}).of(PARTS[0])


def test_no_pattern_is_longer_than_a_rule_takes_with_a_long_stack_name():
    patterns = [str(each.pattern) for each in REMEDIATION.triggers if isinstance(each, OnEvent)]

    grown = [each.replace("${AWS::StackName}", "s" * 40).replace("{'Ref': '", "u" * 30) for each in patterns]

    assert max(map(len, grown)) < 2_048


# ---- use by hand ----------------------------------------------------------------------------------

_NAMES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "watch",
}
QUEUE_ARN = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:watch-Dead-1"
OUR_ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/watch-RootLoginRole-1/watch-RootLogin-1"


def resolved(value):
    if isinstance(value, list):
        return [resolved(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Sub" in value:
        text = value["Fn::Sub"]
        for name, given in _NAMES.items():
            text = text.replace(f"${{{name}}}", given)
        return text
    return {name: resolved(each) for name, each in value.items()}


def sent(arn=QUEUE_ARN, identity=ALICE, **detail):
    """A message that alice sent."""
    return delivered(
        "AWS API Call via CloudTrail",
        "aws.sqs",
        **{
            "eventSource": "sqs.amazonaws.com",
            "eventName": "SendMessage",
            "userIdentity": identity,
            "managementEvent": False,
            "readOnly": False,
            "resources": [{"accountId": ACCOUNT, "type": "AWS::SQS::Queue", "ARN": arn}],
            **detail,
        },
    )


@pytest.mark.parametrize(
    ("raw", "heard"),
    [
        pytest.param(sent(), True, id="somebody"),
        pytest.param(sent(identity={"type": "AWSAccount", "accountId": "9"}), True, id="another account"),
        pytest.param(sent(errorCode="AccessDenied", requestParameters=None), True, id="refused"),
        pytest.param(sent(identity={"type": "AssumedRole", "arn": OUR_ROLE}), False, id="our own role"),
        pytest.param(
            sent(identity={"type": "AWSService", "invokedBy": "events.amazonaws.com"}), False, id="a service"
        ),
        pytest.param(sent(readOnly=True), False, id="a look"),
        pytest.param(sent(QUEUE_ARN.replace("watch-", "orders-")), False, id="another queue"),
    ],
)
def test_use_by_hand_is_heard_but_for_our_own_roles_and_services_which_would_wake_us_for_ever(raw, heard):
    assert EventPattern(resolved(DATA_PATTERN)).matches(raw) == heard


def used(raw):
    """What is planned for a data event."""
    (event,) = api_call(raw)
    way = REMEDIATION.way_of(raw)
    assert way.on.pattern == DATA_PATTERN
    facts = way.look(Account(), event, CONFIGURED)
    return way.decide(event, facts, NOW, CONFIGURED)


def test_a_message_sent_by_hand_is_told_with_who_and_counted_by_kind_and_part():
    (alert,) = used(sent()).alerts

    assert (alert.severity, alert.title) == (
        Severity.HIGH,
        "Trailwarden itself: the queue Dead got a message",
    )
    assert dict(alert.facts)["Who"] == ALICE["arn"]
    assert alert.flood.subject == f"used:{ALICE['arn']}:SendMessage:Dead"


def test_a_refused_use_says_by_its_resources_what_it_was_after():
    (alert,) = used(sent(errorCode="AccessDenied", errorMessage="no", requestParameters=None)).alerts

    assert alert.severity is Severity.MEDIUM
    assert alert.title == "Trailwarden itself: an attempt at the queue Dead (SendMessage): AWS refused"


def test_a_part_of_a_stack_of_a_like_name_is_none_of_ours():
    assert not used(sent(QUEUE_ARN.replace("watch-Dead-1", "watch-dev-Dead-1"))).alerts


@pytest.mark.parametrize(
    ("part", "event", "field"),
    [
        (
            "Topic",
            call("SetTopicAttributes", source="sns", parameters={"attributeName": "KmsMasterKeyId"}),
            "AttributeValue",
        ),
        (
            "RootLogin",
            call(
                "UpdateFunctionConfiguration20150331v2", source="lambda", parameters={"kMSKeyArn": "theirs"}
            ),
            "KMSKeyArn",
        ),
    ],
)
def test_a_strangers_key_is_taken_away_from_what_was_deployed_without_one(part, event, field):
    (found,) = (each for each in PARTS if each.logical_id == part)
    (made,) = restore(event, PLACE, found, Declared(properties={}))

    assert made.parameters[field] == ""


@pytest.mark.parametrize(
    ("name", "parameters", "deployed", "made"),
    [
        pytest.param(
            "PutFunctionConcurrency20171031",
            {"reservedConcurrentExecutions": 0},
            {},
            ("delete_function_concurrency", None),
            id="paused, and nothing reserved",
        ),
        pytest.param(
            "PutFunctionConcurrency20171031",
            {"reservedConcurrentExecutions": 1},
            {"ReservedConcurrentExecutions": "10"},
            ("put_function_concurrency", 10),
            id="limited below what is reserved",
        ),
        pytest.param(
            "DeleteFunctionConcurrency20171031",
            {},
            {"ReservedConcurrentExecutions": "10"},
            ("put_function_concurrency", 10),
            id="the reservation taken away",
        ),
        pytest.param("DeleteFunctionConcurrency20171031", {}, {}, None, id="as deployed"),
    ],
)
def test_a_function_keeps_as_many_runs_as_were_deployed(name, parameters, deployed, made):
    (function,) = (each for each in PARTS if each.logical_id == "RootLogin")
    calls = restore(
        call(name, source="lambda", parameters=parameters), PLACE, function, Declared(properties=deployed)
    )

    found = [(each.operation, each.parameters.get("ReservedConcurrentExecutions")) for each in calls]
    assert found == ([made] if made else [])


FILTER = {"heartbeat": [{"exists": False}]}
DEAD = {"deadLetterTargetArn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:watch-Dead-1"}


@pytest.mark.parametrize(
    ("changed", "deployed", "made"),
    [
        pytest.param("FilterPolicy", {"FilterPolicy": FILTER}, {"FilterPolicy": FILTER}, id="another filter"),
        pytest.param("FilterPolicy", {}, {"FilterPolicy": {}}, id="a filter where there was none"),
        pytest.param(
            "FilterPolicyScope",
            {"FilterPolicy": FILTER},
            {"FilterPolicy": FILTER, "FilterPolicyScope": "MessageAttributes"},
            id="another scope than SNS's own",
        ),
        pytest.param(
            "FilterPolicyScope",
            {"FilterPolicy": FILTER, "FilterPolicyScope": "MessageBody"},
            {"FilterPolicy": FILTER, "FilterPolicyScope": "MessageBody"},
            id="another scope than was deployed",
        ),
        pytest.param("FilterPolicyScope", {}, {"FilterPolicy": {}}, id="a scope and a filter, of theirs"),
        pytest.param("RawMessageDelivery", {}, {"RawMessageDelivery": False}, id="raw"),
        pytest.param(
            "RawMessageDelivery",
            {"RawMessageDelivery": "true"},
            {"RawMessageDelivery": True},
            id="raw no more",
        ),
        pytest.param(
            "RedrivePolicy", {"RedrivePolicy": DEAD}, {"RedrivePolicy": DEAD}, id="other dead letters"
        ),
        pytest.param("RedrivePolicy", {}, {}, id="dead letters of theirs"),
        pytest.param("SubscriptionRoleArn", {"SubscriptionRoleArn": "ours"}, {}, id="a role"),
    ],
)
def test_a_subscription_delivers_as_it_was_deployed(changed, deployed, made):
    arn = f"arn:aws:sns:eu-west-1:{ACCOUNT}:watch-Topic-1:77"
    part = Part(logical_id="Mail", type="AWS::SNS::Subscription", physical_id=arn)
    event = call("SetSubscriptionAttributes", source="sns", parameters={"attributeName": changed})
    found = [each.parameters for each in restore(event, PLACE, part, Declared(properties=deployed))]

    values = {each["AttributeName"]: each["AttributeValue"] for each in found}
    assert all(each["SubscriptionArn"] == arn for each in found)
    texts = {"MessageAttributes", "MessageBody"}
    assert {name: value if value in texts else json.loads(value) for name, value in values.items()} == made
    assert list(values) == list(made)
