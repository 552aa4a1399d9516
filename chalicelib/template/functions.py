"""What Chalice leaves out of a function: its triggers, its variables, where its failures go."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.brakes import STACK
from chalicelib.remediation import Grant, Remediation
from chalicelib.settings import (
    ACTS_PER_HOUR,
    APPROVAL_HOURS,
    APPROVALS,
    DEAD_LETTERS,
    FUNCTIONS,
    INSTRUCTION_KEY,
    LEDGER,
    MODE,
    PARAMETERS,
    PUT_OFF_QUEUES,
    PUT_OFF_URL,
    SEAL_KEY,
    TOPIC,
    VALIDATIONS,
)
from chalicelib.stack import (
    HEARTBEAT,
    HEARTBEAT_DETAIL_TYPE,
    HEARTBEAT_SOURCE,
    closed_to_all,
    closed_to_others,
    log_group,
)
from chalicelib.template import parameters
from chalicelib.template.brakes import mode_now
from chalicelib.template.channels import VARIABLES
from chalicelib.template.parts import Template, logical_id, union
from chalicelib.template.policies import acting_grants_of, document
from chalicelib.template.seals import TELLING, seal_key_of
from chalicelib.triggers import OnEvent, OnLogs, OnQueue, OnSchedule, OnTopic, Trigger

OnRule = OnEvent | OnSchedule

# Lambda's runtime, for every interpreter that packages: Amazon Linux 2023, supported to mid-2029.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIME = "python3.13"
TIMEOUT_SECONDS = 50  # Lambda tries again after 60: by then a crashed run's claim has lapsed
HEARTBEAT_TIMEOUT_SECONDS = 30
MEMORY_MB = 256

# One a minute. With none kept, a flood of other functions would look like a way that is broken.
HEARTBEATS_AT_ONCE = 1

Closing = Callable[..., dict[str, Any]]

_DEAD_LETTERS: Template = {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
_KEPT_WHEN_IT_FAILS: Template = {
    "EventInvokeConfig": {
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {
            "OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
        },
    }
}


# People read findings and decide about them; more at once is no person.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
_THROTTLED: Template = {
    "MethodSettings": [
        {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 10, "ThrottlingBurstLimit": 20}
    ]
}
# Who asked for what, and how it was answered; what a request holds isn't logged.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
_FIELDS_LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "who": "$context.identity.userArn",
    "from": "$context.identity.sourceIp",
    "agent": "$context.identity.userAgent",
}
_LOGGED: Template = {
    "AccessLogSetting": {
        "Fn::If": [
            "HasApiAccessLogs",
            {
                "DestinationArn": {"Fn::GetAtt": ["ApiAccessLogGroup", "Arn"]},
                "Format": json.dumps(_FIELDS_LOGGED),
            },
            {"Ref": "AWS::NoValue"},
        ]
    }
}
# As Chalice writes it.
_BY_THE_API: Template = {
    "Principal": "apigateway.amazonaws.com",
    "SourceArn": {
        "Fn::Sub": [
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*",
            {"Api": {"Ref": "RestAPI"}},
        ]
    },
}


def function(remediation: Remediation) -> Template:
    """What Chalice leaves out of a function: its triggers, its variables, where its failures go."""
    name = logical_id(remediation.name)
    variables = {
        LEDGER: {"Ref": "Ledger"},
        TOPIC: {"Ref": "AlertTopic"},
        SEAL_KEY: {"Fn::GetAtt": [seal_key_of(remediation), "Arn"]},
        **VARIABLES,
        **remediation.settings,
    }
    if remediation.acts:
        variables |= {
            MODE: {"Ref": f"{name}Mode"},
            ACTS_PER_HOUR: "10",
            PARAMETERS: {"Fn::Sub": STACK},
            INSTRUCTION_KEY: {"Fn::GetAtt": ["InstructionKey", "Arn"]},
            APPROVALS: {"Ref": parameters.APPROVALS},
            APPROVAL_HOURS: {"Ref": parameters.APPROVAL_HOURS},
        }
    resources: Template = {
        name: {
            "Properties": {
                **bare_function(name, kept=remediation.invoked_asynchronously),
                "Environment": {"Variables": variables},
                **_events(remediation),
            }
        },
        f"{name}LogGroup": log_group(),
        **union(
            *(
                _rule(name, f"{name}Trigger{number}", trigger, DeadLetterConfig=_DEAD_LETTERS)
                for number, trigger in enumerate(remediation.triggers, start=1)
                if isinstance(trigger, OnRule)
            )
        ),
        **invoked_by(name, {**_permissions(remediation), **_own_permissions(name, remediation.resources)}),
    }
    if remediation.acts:
        acting = _attached(name, document(acting_grants_of(remediation)))
        resources[f"{name}ActingPolicy"] = {**acting, "Condition": f"{name}Acts"}
        resources |= mode_now(remediation)
    return resources


def bare_function(name: str, *, kept: bool = True) -> Template:
    """What every function has that answers events; `kept`: what it gives up on is a dead letter."""
    return {
        "Runtime": RUNTIME,
        "Timeout": TIMEOUT_SECONDS,
        "MemorySize": MEMORY_MB,
        "LoggingConfig": {"LogGroup": {"Ref": f"{name}LogGroup"}},
        **_reserved({"Ref": parameters.RESERVED}),
        **(_KEPT_WHEN_IT_FAILS if kept else {}),
    }


def _reserved(at_once: int | Mapping[str, Any]) -> Template:
    """So many of the account's concurrent runs are kept for a function, where the stack's parameter wants it.

    Nobody else's functions can take them, and it gets no more than these.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    chosen = {"Fn::If": ["HasReservedConcurrency", at_once, {"Ref": "AWS::NoValue"}]}
    return {"ReservedConcurrentExecutions": chosen}


def _attached(function: str, policy: Mapping[str, Any]) -> Template:
    """A policy on a function's role, beside the one Chalice writes: lists in a template can't be extended."""
    return {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "more",
            "PolicyDocument": policy,
            "Roles": [{"Ref": f"{function}Role"}],
        },
    }


def invoked_by(function: str, permissions: Mapping[str, Any], closed: Closing = closed_to_others) -> Template:
    """A function's whole policy: what its permissions say, by their logical ids, and nobody else.

    `closed`: whom else it turns away.

    A permission can't deny, so there is the policy; SAM and Chalice write permissions, so there are these.
    AWS advises against both on one function, since the policy, which comes last, replaces what they added.
    Here it replaces it by the same, under the same ids; a test holds that.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-resourcepolicy.html
    """
    arn = {"Fn::GetAtt": [function, "Arn"]}
    allowed = [_as_statement(name, each, arn) for name, each in permissions.items()]
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


def _as_statement(permission: str, says: Mapping[str, Any], function: Mapping[str, Any]) -> Template:
    """What Lambda adds to a function's policy for a permission, in its own spelling."""
    conditions: Template = {}
    if "SourceAccount" in says:
        conditions["StringEquals"] = {"AWS:SourceAccount": says["SourceAccount"]}
    if "SourceArn" in says:
        conditions["ArnLike"] = {"AWS:SourceArn": says["SourceArn"]}
    return {
        "Sid": {"Fn::GetAtt": [permission, "Id"]},
        "Effect": "Allow",
        "Principal": {"Service": says["Principal"]},
        "Action": says.get("Action", "lambda:InvokeFunction"),
        "Resource": function,
        **({"Condition": conditions} if conditions else {}),
    }


def _permissions(remediation: Remediation) -> Template:
    """What the permissions for a function's triggers say, ours and those that SAM makes, by logical id."""
    name = logical_id(remediation.name)
    made = {
        f"{name}Trigger{number}": _permission(f"{name}Trigger{number}", trigger)
        for number, trigger in enumerate(remediation.triggers, start=1)
    }
    return {f"{trigger}Permission": says for trigger, says in made.items() if says}


def _permission(name: str, trigger: Trigger) -> Template:
    match trigger:
        case OnEvent() | OnSchedule():
            return _by_rule(name)
        case OnLogs(log_group=group):
            group_arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Name}:*"
            named = {"Fn::Sub": [group_arn, {"Name": {"Ref": group}}]}
            return {"Principal": "logs.amazonaws.com", "SourceArn": named}
        case OnTopic(topic=topic):
            return {"Principal": "sns.amazonaws.com", "SourceArn": {"Ref": topic}}
        case OnQueue():
            return {}  # Lambda itself reads the queue, under the function's role


def _rule(function: str, rule: str, trigger: OnEvent | OnSchedule, **target: Any) -> Template:
    """A rule that wakes a function, and its permission. The rule comes last, behind the function's policy.

    A rule that stands before it may wake the function loses its events: EventBridge doesn't try again then,
    and the stack's own creation is full of events that its rules wait for. SAM would make the rule first,
    since the permission names it. So the rule has a name that is known before it is there.
    """
    wakes: Template = (
        {"EventPattern": trigger.pattern}
        if isinstance(trigger, OnEvent)
        else {"ScheduleExpression": trigger.expression}
    )
    return {
        rule: {
            "Type": "AWS::Events::Rule",
            "DependsOn": [f"{function}Policy"],
            "Properties": {
                "Name": {"Fn::Sub": f"${{AWS::StackName}}-{rule}"},
                **wakes,
                "Targets": [
                    {"Id": f"{rule}LambdaTarget", "Arn": {"Fn::GetAtt": [function, "Arn"]}, **target}
                ],
            },
        },
        f"{rule}Permission": lambda_permission(function, _by_rule(rule)),
    }


def lambda_permission(function: str, says: Mapping[str, Any]) -> Template:
    """The permission to invoke a function; `says`: who may, and from where."""
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": function},
            **says,
        },
    }


def _by_rule(rule: str) -> Template:
    arn = (
        f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/${{AWS::StackName}}-{rule}"
    )
    return {"Principal": "events.amazonaws.com", "SourceArn": {"Fn::Sub": arn}}


def _own_permissions(function: str, resources: Mapping[str, Any]) -> Template:
    """What those permissions for a function say that a remediation declares itself."""
    of_function = ({"Ref": function}, {"Fn::GetAtt": [function, "Arn"]})
    return {
        name: each["Properties"]
        for name, each in resources.items()
        if each.get("Type") == "AWS::Lambda::Permission" and each["Properties"]["FunctionName"] in of_function
    }


def _events(remediation: Remediation) -> Template:
    """The triggers that SAM makes something of."""
    said = {
        f"Trigger{number}": _event(trigger)
        for number, trigger in enumerate(remediation.triggers, start=1)
        if not isinstance(trigger, OnRule)
    }
    return {"Events": said} if said else {}


def _event(trigger: OnLogs | OnTopic | OnQueue) -> Template:
    """SAM's word for a trigger; permission and subscription are made from it."""
    match trigger:
        case OnLogs(log_group=group, pattern=pattern):
            return {
                "Type": "CloudWatchLogs",
                "Properties": {"LogGroupName": {"Ref": group}, "FilterPattern": pattern},
            }
        case OnTopic(topic=topic, only=policy):
            wanted = {"FilterPolicy": policy, "FilterPolicyScope": "MessageBody"} if policy else {}
            return {"Type": "SNS", "Properties": {"Topic": {"Ref": topic}, **wanted}}
        case OnQueue(queue=queue, batch=batch, at_once=at_once):
            scaling = {"ScalingConfig": {"MaximumConcurrency": at_once}} if at_once else {}
            return {
                "Type": "SQS",
                "Properties": {"Queue": {"Fn::GetAtt": [queue, "Arn"]}, "BatchSize": batch, **scaling},
            }


def http(remediations: Sequence[Remediation]) -> Template:
    """The HTTP side's function: it reads the ledger, notes what people ask, and wakes who does it.

    Only a request wakes it. Its leave to wake the others is a policy of its own: the others' variables name
    the key whose policy names its role, so that role can't name them.
    """
    functions = [logical_id(each.name) for each in remediations]
    waking = [Grant(action="lambda:InvokeFunction", resource=f"${{{name}.Arn}}") for name in functions]
    named = ",".join(
        f"{each.name}=${{{function}}}" for each, function in zip(remediations, functions, strict=True)
    )
    queues = {
        each.name: each.settings[PUT_OFF_URL]["Ref"] for each in remediations if PUT_OFF_URL in each.settings
    }
    put_off = ",".join(f"{name}=${{{queue}}}" for name, queue in queues.items())
    return {
        "APIHandlerWakingPolicy": _attached("ApiHandler", document(waking)),
        "APIHandler": {
            "Properties": {
                "Runtime": RUNTIME,
                "Timeout": TIMEOUT_SECONDS,
                "MemorySize": MEMORY_MB,
                "Environment": {
                    "Variables": {
                        LEDGER: {"Ref": "Ledger"},
                        VALIDATIONS: {"Ref": "Validations"},
                        DEAD_LETTERS: {"Ref": "DeadLetters"},
                        INSTRUCTION_KEY: {"Fn::GetAtt": ["InstructionKey", "Arn"]},
                        FUNCTIONS: {"Fn::Sub": named},
                        PUT_OFF_QUEUES: {"Fn::Sub": put_off} if queues else "",
                    }
                },
                "LoggingConfig": {"LogGroup": {"Ref": "APIHandlerLogGroup"}},
                **_reserved({"Ref": parameters.RESERVED}),
            }
        },
        "APIHandlerLogGroup": log_group(),
        "RestAPI": {"Properties": {**_THROTTLED, **_LOGGED}},
        "ApiAccessLogGroup": {"Condition": "HasApiAccessLogs", **log_group()},
        # Who asks is a field of what API Gateway hands over. So not even an operator hands over anything.
        **invoked_by("APIHandler", {"APIHandlerInvokePermission": _BY_THE_API}, closed_to_all),
    }


def heartbeat_function() -> Template:
    """What Chalice leaves out of the heartbeat's function.

    What it gives up on is kept nowhere: that a heartbeat is missing says enough.
    """
    name = logical_id(HEARTBEAT)
    beats = OnEvent(pattern={"source": [HEARTBEAT_SOURCE], "detail-type": [HEARTBEAT_DETAIL_TYPE]})
    return {
        name: {
            "Properties": {
                "Runtime": RUNTIME,
                "Timeout": HEARTBEAT_TIMEOUT_SECONDS,
                "MemorySize": MEMORY_MB,
                "Environment": {
                    "Variables": {
                        LEDGER: {"Ref": "Ledger"},
                        TOPIC: {"Ref": "AlertTopic"},
                        SEAL_KEY: {"Fn::GetAtt": [TELLING, "Arn"]},
                    }
                },
                "LoggingConfig": {"LogGroup": {"Ref": f"{name}LogGroup"}},
                **_reserved(HEARTBEATS_AT_ONCE),
                "EventInvokeConfig": {"MaximumRetryAttempts": 0},
            }
        },
        f"{name}LogGroup": log_group(),
        **_rule(name, f"{name}Trigger1", beats),
        **invoked_by(name, {f"{name}Trigger1Permission": _by_rule(f"{name}Trigger1")}),
    }
