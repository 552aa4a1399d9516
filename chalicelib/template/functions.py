"""What Chalice leaves out of a function: its triggers, its variables, where its failures go."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.brakes import STACK
from chalicelib.config_rule import ConfigRule
from chalicelib.references import NAMESPACE, TRAIL_GROUP
from chalicelib.remediation import Grant, Remediation
from chalicelib.settings import (
    ACTS_PER_HOUR,
    APPROVAL_HOURS,
    APPROVALS,
    DEAD_LETTERS,
    FUNCTIONS,
    INSTRUCTION_KEY,
    LEDGER,
    METRICS,
    MODE,
    PARAMETERS,
    PUT_OFF_QUEUES,
    PUT_OFF_URL,
    SEAL_KEY,
    TOPIC,
    TRAIL_GROUP_NAME,
    VALIDATIONS,
)
from chalicelib.stack import (
    HEARTBEAT,
    HEARTBEAT_DETAIL_TYPE,
    HEARTBEAT_SOURCE,
    closed_to_all,
    log_group,
)
from chalicelib.template import parameters
from chalicelib.template.brakes import mode_now
from chalicelib.template.channels import VARIABLES
from chalicelib.template.parts import Template, logical_id, union
from chalicelib.template.policies import acting_grants_of, document, grants_of
from chalicelib.template.seals import TELLING, seal_key_of
from chalicelib.template.waking import by_rule, invoked_by, queues, rule_that_wakes, woken
from chalicelib.triggers import OnEvent

# Lambda's runtime, for every interpreter that packages: Amazon Linux 2023, supported to mid-2029.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIME = "python3.13"
TIMEOUT_SECONDS = 50  # Lambda tries again after 60: by then a crashed run's claim has lapsed
HEARTBEAT_TIMEOUT_SECONDS = 30
MEMORY_MB = 256

# One a minute. With none kept, a flood of other functions would look like a way that is broken.
HEARTBEATS_AT_ONCE = 1

_KEY_OF_THE_STACK = re.compile(r"\$\{\w+Key(\.Arn)?\}")

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
        METRICS: {"Fn::Sub": NAMESPACE},
        TRAIL_GROUP_NAME: TRAIL_GROUP,
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
                **queues(remediation),
            }
        },
        f"{name}LogGroup": log_group(),
        **woken(remediation),
    }
    return union(resources, _acting(remediation), mode_now(remediation)) if remediation.acts else resources


def _acting(remediation: Remediation) -> Template:
    """What lets a function act, where its mode says so: a second policy in its role.

    Chalice writes the first one, and a list in a template can't be extended, so both are said here. A role's
    own policy can't name a key whose policy names the role: that would be a circle. So what the function may
    do with the stack's keys is a resource beside the role.
    """
    name = logical_id(remediation.name)
    grants = acting_grants_of(remediation)
    on_keys = [grant for grant in grants if _KEY_OF_THE_STACK.search(grant.resource)]
    acting = {
        "PolicyName": "acting",
        "PolicyDocument": document(grant for grant in grants if grant not in on_keys),
    }
    policies = [
        {"PolicyName": f"{name}RolePolicy", "PolicyDocument": document(grants_of(remediation))},
        {"Fn::If": [f"{name}Acts", acting, {"Ref": "AWS::NoValue"}]},
    ]
    beside = {"Condition": f"{name}Acts", **_attached(name, document(on_keys))}
    return {
        f"{name}Role": {"Properties": {"Policies": policies}},
        **({f"{name}ActingPolicy": beside} if on_keys else {}),
    }


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


def _attached(function: str, policy: Mapping[str, Any], name: str = "more") -> Template:
    """A policy on a function's role, beside the one Chalice writes: lists in a template can't be extended."""
    return {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": name,
            "PolicyDocument": policy,
            "Roles": [{"Ref": f"{function}Role"}],
        },
    }


def http(remediations: Sequence[Remediation], rules: Sequence[ConfigRule] = ()) -> Template:
    """The HTTP side's function: it reads the ledger, notes what people ask, and wakes who does it.

    `rules`: their functions are there under a condition, and get again what they gave up on.

    Only a request wakes it. Its leave to wake the others is a policy of its own: the others' variables name
    the key whose policy names its role, so that role can't name them.
    """
    named = _named([each.name for each in remediations])
    with_rules = ",".join((named, _named([each.name for each in rules])))
    queues = {
        each.name: each.settings[PUT_OFF_URL]["Ref"] for each in remediations if PUT_OFF_URL in each.settings
    }
    put_off = ",".join(f"{name}=${{{queue}}}" for name, queue in queues.items())
    return {
        "APIHandlerWakingPolicy": _attached("ApiHandler", document(_waking(remediations))),
        **_waking_rules(rules),
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
                        FUNCTIONS: {
                            "Fn::If": [parameters.HAS_RULES, {"Fn::Sub": with_rules}, {"Fn::Sub": named}]
                        }
                        if rules
                        else {"Fn::Sub": named},
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
        **invoked_by("APIHandler", {"RestAPI": _BY_THE_API}, closed_to_all),
    }


def _waking_rules(rules: Sequence[ConfigRule]) -> Template:
    if not rules:
        return {}
    policy = _attached("ApiHandler", document(_waking(rules)), "rules")
    return {"APIHandlerWakingRulesPolicy": {"Condition": parameters.HAS_RULES, **policy}}


def _named(names: Iterable[str]) -> str:
    """`root_login=${RootLogin},...`, for Fn::Sub."""
    return ",".join(f"{name}=${{{logical_id(name)}}}" for name in names)


def _waking(of: Iterable[Remediation | ConfigRule]) -> list[Grant]:
    return [
        Grant(action="lambda:InvokeFunction", resource=f"${{{logical_id(each.name)}.Arn}}") for each in of
    ]


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
        **rule_that_wakes(name, f"{name}Trigger1", beats),
        **invoked_by(name, {f"{name}Trigger1": by_rule(f"{name}Trigger1")}),
    }
