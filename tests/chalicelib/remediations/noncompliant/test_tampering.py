"""Calls by which a rule lies or falls silent: which are told, of which rules, and how severe."""

import json
from datetime import UTC, datetime

import pytest

from chalicelib.events import api_call
from chalicelib.looking import Unseen
from chalicelib.matching import EventPattern
from chalicelib.remediation import Severity
from chalicelib.remediations.noncompliant.tampering import CALLS, PATTERN, Seen, blind, decide_on_call, look
from chalicelib.remediations.noncompliant.told import BROUGHT, OWN_RULES, TOLD, own_rule
from chalicelib.settings import Settings

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OURS, ROLES = "trailwarden-group_unused", "arn:aws:iam::123456789012:role/trailwarden-"
USER = {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/mallory"}
RULE = {
    "ConfigRuleName": OURS,
    "ConfigRuleId": "config-rule-abc123",
    "ConfigRuleArn": "arn:aws:config:eu-west-1:123456789012:config-rule/config-rule-abc123",
    "Scope": {"ComplianceResourceTypes": ["AWS::EC2::SecurityGroup"]},
    "Source": {
        "Owner": "CUSTOM_LAMBDA",
        "SourceIdentifier": "arn:aws:lambda:eu-west-1:123456789012:function:trailwarden-GroupUnused-1",
        "SourceDetails": [{"MessageType": "ConfigurationItemChangeNotification"}],
    },
}
SETTINGS = Settings(
    topic_arn="", ledger="", values={OWN_RULES: "trailwarden-", TOLD: "restricted-*", BROUGHT: "yes"}
)


class Aws:
    """AWS Config with these rules, or with an error for who asks."""

    def __init__(self, *rules):
        self.rules = rules
        self.exceptions = self

    NoSuchConfigRuleException = KeyError

    def client(self, service, region):
        assert (service, region) == ("config", "eu-west-1")
        return self

    def get_paginator(self, name):
        assert name == "describe_config_rules"
        return self

    def paginate(self, **given):
        asked = given.get("ConfigRuleNames", self.names())
        found = [each for each in self.rules if each["ConfigRuleName"] in asked]
        if given and not found:
            raise KeyError
        return [{"ConfigRules": found[:1]}, {"ConfigRules": found[1:]}]

    def names(self):
        return [each["ConfigRuleName"] for each in self.rules]


def record(name, identity=USER, **parameters):
    return {
        "eventID": "e-1",
        "eventTime": "2026-03-02T12:00:00Z",
        "eventSource": "config.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "userIdentity": identity,
        "requestParameters": parameters,
    }


def called(name, identity=USER, **parameters):
    (event,) = api_call({"detail": record(name, identity, **parameters)})
    return event


def session(role, name):
    arn = f"arn:aws:sts::123456789012:assumed-role/{role}/{name}"
    issuer = {"arn": f"arn:aws:iam::123456789012:role/{role}"}
    return {"type": "AssumedRole", "arn": arn, "sessionContext": {"sessionIssuer": issuer}}


def told(event, *rules):
    plan = decide_on_call(event, look(Aws(*rules), event, SETTINGS), NOON, SETTINGS)
    return plan.alerts[0] if plan.alerts else None


@pytest.mark.parametrize(
    ("name", "identity", "wakes"),
    [
        *((name, USER, True) for name in CALLS),
        ("PutEvaluations", session("trailwarden-GroupUnusedRole-1", "f"), False),
        ("PutEvaluations", session("other", "f"), True),
        ("PutConfigRule", session("trailwarden-GroupUnusedRole-1", "f"), True),
        ("DescribeConfigRules", USER, False),
    ],
)
def test_what_wakes(name, identity, wakes):
    pattern = EventPattern(
        json.loads(json.dumps(PATTERN).replace(json.dumps(_sub(PATTERN)), json.dumps(ROLES)))
    )
    event = {"source": "aws.config", "detail-type": "AWS API Call via CloudTrail"}

    assert pattern.matches({**event, "detail": record(name, identity)}) is wakes
    assert not pattern.matches({**event, "detail": {**record(name, identity), "errorCode": "AccessDenied"}})


def _sub(pattern):
    _, strangers = pattern["detail"]["$or"]
    return strangers["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"][1]["anything-but"]["prefix"]


@pytest.mark.parametrize("given", [{"configRuleName": OURS}, {"configRuleId": "config-rule-abc123"}])
def test_a_rule_that_is_put_is_told_by_whatever_it_is_named(given):
    alert = told(called("PutConfigRule", configRule={**given, "inputParameters": '{"keptNames":"*"}'}), RULE)

    assert (alert.severity, OURS in alert.title) == (Severity.HIGH, True)
    assert ("Parameters", '{"keptNames":"*"}') in alert.facts
    assert ("It asks", RULE["Source"]["SourceIdentifier"]) in alert.facts


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}}, "asks no function"),
        ({"Scope": {"ComplianceResourceTypes": ["AWS::S3::Bucket"]}}, "it is about AWS::S3::Bucket"),
        ({"Scope": {**RULE["Scope"], "ComplianceResourceId": "sg-1"}}, "narrowed by ComplianceResourceId"),
        ({"Source": {**RULE["Source"], "SourceDetails": []}}, "no longer asked about changes"),
    ],
)
def test_what_cloudformation_puts_is_told_where_it_is_not_as_declared(changes, says):
    by_stack = {**USER, "invokedBy": "cloudformation.amazonaws.com"}
    alert = told(called("PutConfigRule", by_stack, configRule={"configRuleName": OURS}), {**RULE, **changes})

    assert (says is None) == (alert is None)
    assert says is None or any(says in fact for label, fact in alert.facts if label == "Not as deployed")


@pytest.mark.parametrize(
    "event",
    [
        called("PutConfigRule", configRule={"configRuleName": "mine"}),
        called("PutConfigRule", configRule={"configRuleArn": "arn:aws:config:::config-rule/other"}),
        called("DeleteEvaluationResults", configRuleName="mine"),
        called("PutRemediationConfigurations", remediationConfigurations=[{"configRuleName": "mine"}]),
        called("PutEvaluations", session("any", "trailwarden-GroupUnused-1")),
        called("PutEvaluations", testMode=True),
        called("DescribeConfigRules"),
    ],
)
def test_what_is_no_business_of_ours_is_not_told(event):
    assert told(event, {**RULE, "ConfigRuleName": "mine"}, RULE) is None


@pytest.mark.parametrize(
    ("name", "parameters", "severity", "by_stack"),
    [
        ("DeleteEvaluationResults", {"configRuleName": "restricted-ssh"}, "MEDIUM", "MEDIUM"),
        ("PutExternalEvaluation", {"configRuleName": OURS, "externalEvaluation": {}}, "HIGH", "HIGH"),
        ("PutRemediationExceptions", {"configRuleName": OURS, "resourceKeys": ["x", {}]}, "MEDIUM", "MEDIUM"),
        ("DeleteRemediationConfiguration", {"configRuleName": OURS}, "HIGH", "LOW"),
        (
            "PutRemediationConfigurations",
            {"remediationConfigurations": ["x", {"configRuleName": OURS}]},
            "HIGH",
            "LOW",
        ),
    ],
)
def test_each_call_is_told_and_quieter_where_the_stack_made_it(name, parameters, severity, by_stack):
    stack = {**USER, "invokedBy": "cloudformation.amazonaws.com"}

    assert told(called(name, **parameters)).severity.value == severity
    assert told(called(name, stack, **parameters)).severity.value == by_stack


def test_a_stranger_who_puts_results_is_told_once_a_day():
    result = {
        "complianceResourceType": "AWS::EC2::Instance",
        "complianceResourceId": "i-1",
        "complianceType": "COMPLIANT",
    }
    alert = told(called("PutEvaluations", evaluations=[result]), RULE)

    assert alert.severity is Severity.HIGH
    assert ("Results", "AWS::EC2::Instance i-1 COMPLIANT") in alert.facts
    assert (alert.quiet.subject, alert.quiet.seconds) == (f"results/{USER['arn']}", 24 * 3600)


@pytest.mark.parametrize(
    ("event", "concerns"),
    [
        (called("PutConfigRule", configRule={"configRuleId": "config-rule-abc123"}), True),
        (called("PutConfigRule", configRule={"configRuleName": OURS}), True),
        (called("PutConfigRule", configRule={"configRuleName": "mine"}), False),
        (called("PutEvaluations"), True),
        (called("PutEvaluations", testMode=True), False),
    ],
)
def test_what_could_not_be_looked_at_is_told_where_it_may_be_ours(event, concerns):
    seen = blind(event, Unseen(why="denied"), SETTINGS)

    assert seen.concerns is concerns
    assert [each.severity for each in decide_on_call(event, seen, NOON, SETTINGS).alerts] == [
        Severity.HIGH
    ] * concerns


def test_where_no_rule_is_told_of_nothing_is_asked():
    nothing = Settings(topic_arn="", ledger="", values={OWN_RULES: "t-", TOLD: "none", BROUGHT: "no"})
    event = called("PutEvaluations")

    assert look(None, event, nothing) == blind(event, Unseen(why="denied"), nothing) == Seen()


@pytest.mark.parametrize("name", ["", "__init__", "no_such", "group_unused.x", "../x", "a\0b"])
def test_a_rule_that_is_only_named_like_ours_is_none_of_ours(name):
    assert own_rule(f"trailwarden-{name}", SETTINGS) is None
