"""What wakes a function, and who may: its rules, subscriptions and queues, and its own policy."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib.remediation import Remediation
from chalicelib.stack import closed_to_others
from chalicelib.template.parts import Template, logical_id, union
from chalicelib.triggers import OnEvent, OnLogs, OnQueue, OnSchedule, OnTopic, Trigger

Closing = Callable[..., dict[str, Any]]

_DEAD_LETTERS: Template = {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}


def woken(remediation: Remediation) -> Template:
    """What wakes a remediation's function, and the function's policy, which lets it."""
    name = logical_id(remediation.name)
    triggers = {f"{name}{suffix}": trigger for suffix, trigger in _numbered(remediation)}
    may = {each: says for each, trigger in triggers.items() if (says := _permission(each, trigger))}
    return union(
        *(_woken(name, each, trigger) for each, trigger in triggers.items()),
        invoked_by(name, {**may, **_by_own_rules(name, remediation.resources)}),
    )


def queues(remediation: Remediation) -> Template:
    """The queues that wake a function: SAM makes an event source mapping of each."""
    said = {name: _queue(trigger) for name, trigger in _numbered(remediation) if isinstance(trigger, OnQueue)}
    return {"Events": said} if said else {}


def invoked_by(function: str, permissions: Mapping[str, Any], closed: Closing = closed_to_others) -> Template:
    """A function's whole policy: what these permissions say, by the ids of their statements, and nobody else.

    `OnlyIf` in one: the stack's condition under which its rule is there.

    `closed`: whom else it turns away. A permission (AWS::Lambda::Permission) can't deny, and AWS advises
    against both on one function, so the stack has none.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-resourcepolicy.html
    """
    arn = {"Fn::GetAtt": [function, "Arn"]}
    allowed = [_where_there(each, _as_statement(name, each, arn)) for name, each in permissions.items()]
    turned_away = closed("lambda:InvokeFunction", "lambda:InvokeAsync", on=arn)
    return {
        f"{function}Policy": {
            "Type": "AWS::Lambda::ResourcePolicy",
            "Properties": {
                "ResourceArn": arn,
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [*allowed, turned_away]},
            },
        }
    }


def _where_there(says: Mapping[str, Any], statement: Template) -> Template:
    """A rule that is not there lets nobody in: somebody else could make one of its name."""
    there = says.get("OnlyIf")
    return {"Fn::If": [there, statement, {"Ref": "AWS::NoValue"}]} if there else statement


def _as_statement(sid: str, says: Mapping[str, Any], function: Mapping[str, Any]) -> Template:
    """What Lambda adds to a function's policy for a permission, in its own spelling."""
    conditions: Template = {}
    if "SourceAccount" in says:
        conditions["StringEquals"] = {"AWS:SourceAccount": says["SourceAccount"]}
    if "SourceArn" in says:
        conditions["ArnLike"] = {"AWS:SourceArn": says["SourceArn"]}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": says["Principal"]},
        "Action": "lambda:InvokeFunction",
        "Resource": function,
        **({"Condition": conditions} if conditions else {}),
    }


def _numbered(remediation: Remediation) -> Iterator[tuple[str, Trigger]]:
    """`Trigger1` is the first."""
    return ((f"Trigger{number}", each) for number, each in enumerate(remediation.triggers, start=1))


def _permission(name: str, trigger: Trigger) -> Template:
    match trigger:
        case OnEvent():
            return by_rule(name)
        case OnSchedule(condition=condition):
            return {**by_rule(name), "OnlyIf": condition}
        case OnLogs(log_group=group):
            group_arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Name}:*"
            named = {"Fn::Sub": [group_arn, {"Name": {"Ref": group}}]}
            return {"Principal": "logs.amazonaws.com", "SourceArn": named}
        case OnTopic(topic=topic):
            return {"Principal": "sns.amazonaws.com", "SourceArn": {"Ref": topic}}
        case OnQueue():
            return {}  # Lambda itself reads the queue, under the function's role


def rule_that_wakes(function: str, rule: str, trigger: OnEvent | OnSchedule, **target: Any) -> Template:
    """A rule that wakes a function. It comes last, behind the function's policy.

    A rule that stands before it may wake the function loses its events: EventBridge doesn't try again then,
    and the stack's own creation is full of events that its rules wait for. SAM would make the rule first,
    since the permission names it. So the rule has a name that is known before it is there.
    """
    match trigger:
        case OnEvent(pattern=pattern, state=state):
            wakes, condition = {"EventPattern": pattern, **({"State": state} if trigger.reads else {})}, ""
        case OnSchedule(expression=expression, condition=condition):
            wakes = {"ScheduleExpression": expression}
    return {
        rule: {
            "Type": "AWS::Events::Rule",
            **({"Condition": condition} if condition else {}),
            "DependsOn": [f"{function}Policy"],
            "Properties": {
                "Name": {"Fn::Sub": f"${{AWS::StackName}}-{rule}"},
                **wakes,
                "Targets": [
                    {"Id": f"{rule}LambdaTarget", "Arn": {"Fn::GetAtt": [function, "Arn"]}, **target}
                ],
            },
        },
    }


def by_rule(rule: str) -> Template:
    """That a rule of the stack's, by its logical id, wakes a function."""
    arn = (
        f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/${{AWS::StackName}}-{rule}"
    )
    return {"Principal": "events.amazonaws.com", "SourceArn": {"Fn::Sub": arn}}


def _by_own_rules(function: str, resources: Mapping[str, Any]) -> Template:
    """Who wakes a function by a rule that a remediation declares itself, by the rules' logical ids."""
    arn = {"Fn::GetAtt": [function, "Arn"]}
    return {
        name: {"Principal": "events.amazonaws.com", "SourceArn": {"Fn::GetAtt": [name, "Arn"]}}
        for name, each in resources.items()
        if each.get("Type") == "AWS::Events::Rule"
        and any(target["Arn"] == arn for target in each["Properties"]["Targets"])
    }


def _woken(function: str, name: str, trigger: Trigger) -> Template:
    """What wakes a function by a trigger, under that logical id; SAM connects it to a queue.

    SAM would make the others, too, each with a permission beside it.
    """
    match trigger:
        case OnEvent() | OnSchedule():
            return rule_that_wakes(function, name, trigger, DeadLetterConfig=_DEAD_LETTERS)
        case OnLogs(log_group=group, pattern=pattern):
            kind = "AWS::Logs::SubscriptionFilter"
            properties: Template = {
                "LogGroupName": {"Ref": group},
                "FilterPattern": pattern,
                "DestinationArn": {"Fn::GetAtt": [function, "Arn"]},
            }
        case OnTopic(topic=topic, only=policy):
            kind = "AWS::SNS::Subscription"
            wanted = {"FilterPolicy": policy, "FilterPolicyScope": "MessageBody"} if policy else {}
            properties = {
                "Protocol": "lambda",
                "Endpoint": {"Fn::GetAtt": [function, "Arn"]},
                "TopicArn": {"Ref": topic},
                **wanted,
            }
        case OnQueue():
            return {}
    # CloudWatch Logs asks whether it may wake the function, and a topic's first message may be lost.
    return {name: {"Type": kind, "DependsOn": [f"{function}Policy"], "Properties": properties}}


def _queue(trigger: OnQueue) -> Template:
    scaling = {"ScalingConfig": {"MaximumConcurrency": trigger.at_once}} if trigger.at_once else {}
    queue = {"Fn::GetAtt": [trigger.queue, "Arn"]}
    return {"Type": "SQS", "Properties": {"Queue": queue, "BatchSize": trigger.batch, **scaling}}
