"""Rows about AWS Config: items, deliveries, queries, rules and remediation, asked of the simulated AWS.

Some rows ask one function of it, others tell a small story in a world. A row is taken by the members that its
input has; one that has none of them can't be run.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from scenarios.cloud.config import channel, queries, query_values, remediation
from scenarios.cloud.config.history import kept
from scenarios.cloud.config.items import Found, Item, Relation, Status
from scenarios.cloud.config.managed.all_rules import OF_ITEMS
from scenarios.cloud.config.managed.of_account import RULES as OF_ACCOUNT
from scenarios.cloud.config.managed.verdicts import Subject
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.world import World
from tests.case_forms.judging import Cannot, Verdict
from tests.scenarios.cloud.config.recording_worlds import (
    EVERYTHING,
    files,
    history,
    only,
    recorder,
    recording,
)
from tests.scenarios.cloud.config.test_remediation import (
    DELETES,
    UNUSED,
    exceptions,
    launched,
)
from tests.scenarios.cloud.config.test_remediation import (
    remediation as remediated,
)
from tests.scenarios.cloud.config.test_rules import (
    DAILY,
    ON_CHANGE,
    custom,
    listens,
    managed,
    opened,
    results,
)
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    arrived,
    bucket,
    heard,
    may,
    noted,
    queue,
    refusal,
    role,
    rule,
    world,
)

Row = dict[str, Any]
Given = Mapping[str, Any]
GROUP, INSTANCE, INTERFACE = (
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Instance",
    "AWS::EC2::NetworkInterface",
)
USER = "AWS::IAM::User"


def takes(row: Row) -> bool:
    """Whether the row is about AWS Config."""
    return row.get("area") == "config" and isinstance(row.get("input"), dict)


def judge(row: Row) -> Verdict:
    """Ask the first form whose members the input has."""
    given, expected = row["input"], row["expected"]
    if "rule" in given:
        return _custom(given, expected) if given["rule"] == "custom Lambda" else _managed(given, expected)
    for members, form in _FORMS:
        if members <= given.keys():
            return form(given, expected)
    raise Cannot(f"no form has {', '.join(sorted(given))}")


def _is(got: Any, wanted: Any) -> Verdict:
    return Verdict(got == wanted, json.dumps(got, default=str))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- deliveries ---------------------------------------------------------------------------------


def _history_key(given: Given, expected: Given) -> Verdict:
    at = _moment(given["first and last item"].removesuffix("Z"))
    name = channel.history_name(given["type"], at, at)
    place = (given["account"], given["region"], at, "ConfigHistory", name)
    return _is(channel.file_key(*place, prefix=given.get("prefix") or ""), expected["key"])


def _snapshot_key(given: Given, expected: Given) -> Verdict:
    at, identity = _moment(given["time"].removesuffix("Z")), "2b4f4e4a-0000-4000-8000-000000000000"
    name = channel.snapshot_name(at, identity)
    key = channel.file_key(given["account"], given["region"], at, "ConfigSnapshot", name)
    wanted = re.escape(expected["key matches"]).replace(re.escape("<uuid>"), "[0-9a-f-]{36}")
    return Verdict(re.fullmatch(wanted, key) is not None, key)


def _subject(given: Given, expected: Given) -> Verdict:
    if "compliance" in given["SNS"]:
        told = f"AWS::::Account {ACCOUNT} is COMPLIANT with cloudtrail-enabled in Account {ACCOUNT}"
        subject = channel.subject_of("us-east-2", told)
        ends = subject.endswith(expected["cut with"])
        return Verdict(ends and len(subject) <= expected["Subject length at most"], subject)
    words = channel.item_subject(INSTANCE, "i-..", "Updated", given["account"])
    return _is(channel.subject_of(given["region"], words), expected["Subject"])


def _period(given: Given, expected: Given) -> Verdict:
    kinds = list(given["changes in 6 h"])
    if set(kinds) != {INSTANCE, "AWS::S3::Bucket"}:
        raise Cannot(f"changes of {', '.join(kinds)}")
    resources = recorder(only(*kinds))
    with world(resources) as each:
        each.run(6 * 3600 + 5)
        first = set(files(each, "ConfigHistory"))
        for _ in range(given["changes in 6 h"][INSTANCE]):
            launched(each)
            each.run(1200)
        each.run(6 * 3600)
        keys = set(files(each, "ConfigHistory")) - first
    told = sorted({key.partition("_ConfigHistory_")[2].partition("_")[0] for key in keys})
    return _is(told, expected["history files"])


def _snapshots_and_rules(given: Given, expected: Given) -> Verdict:
    details = {"MessageType": given["rule trigger"]}
    details["MaximumExecutionFrequency"] = given["rule MaximumExecutionFrequency"]
    resources = recorder(only(GROUP)) | custom(details)
    wanted = {"ConfigSnapshotDeliveryProperties": {"DeliveryFrequency": given["deliveryFrequency"]}}
    resources["Channel"]["Properties"] |= wanted
    with world(resources) as each:
        each.run(73 * 3600)
        runs = len(arrived(each))
    return _is(f"{72 // runs} h" if runs else "never", expected["rule runs every"])


# ---- items --------------------------------------------------------------------------------------


def _item() -> Item:
    found = Found(
        type=GROUP,
        id="sg-1",
        arn=arn("ec2", "security-group/sg-1"),
        configuration={"groupId": "sg-1"},
        relations=(Relation("AWS::EC2::VPC", "vpc-1", "Is contained in Vpc"),),
    )
    moment = datetime(2026, 3, 2, 3, tzinfo=UTC)
    return Item(found=found, status=Status.OK, captured=moment, account=ACCOUNT, region=HOME)


def _dialects(_: Given, expected: Given) -> Verdict:
    shown, sent = _item().api(), _item().sent()
    names = {"relationships[].relationshipName": "relationshipName", "relationships[].name": "name"}

    def has(document: Given, name: str) -> bool:
        return names[name] in document["relationships"][0] if name in names else name in document

    right = (
        all(has(shown, name) and not has(sent, name) for name in expected["api only"]),
        all(has(sent, name) and not has(shown, name) for name in expected["event only"]),
        isinstance(shown["configuration"], str) and isinstance(sent["configuration"], dict),
    )
    return Verdict(all(right), str(right))


def _version(given: Given, expected: Given) -> Verdict:
    sent = _item().sent()
    return _is(
        (sent["relatedEvents"], sent["configurationItemVersion"]),
        (expected["relatedEvents"], given["configurationItemVersion"]),
    )


def _resource(given: Given, expected: Given) -> Verdict:
    what = given["resource"]
    if what.startswith("ENI"):
        return _interface(expected)
    if what.startswith("IAM user"):
        return _user(what.rpartition(" ")[2], expected)
    if "evaluated first time" in what:
        return _first_result(expected)
    raise Cannot(what)


def _interface(expected: Given) -> Verdict:
    with recording(group=only(INTERFACE)) as each:
        ec2 = admin(each, "ec2")
        groups = [ec2.create_security_group(GroupName=name, Description="d")["GroupId"] for name in "ab"]
        wanted = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "SecurityGroupIds": groups}
        ec2.run_instances(**wanted)
        each.run(400)
        (interface,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
        item = history(each, INTERFACE, interface["NetworkInterfaceId"])[0]
    shown = json.loads(item["configuration"])
    got = {
        "groups": [sorted(group) for group in shown["groups"]],
        "attachment": sorted(shown["attachment"]),
        "relationships": [one["relationshipName"] for one in item["relationships"]],
    }
    right = (
        got["groups"] == [["groupId", "groupName"]] * 2,
        set(expected["configuration.attachment keys"]) <= set(got["attachment"]),
        got["relationships"] == expected["relationships"],
    )
    return Verdict(all(right), json.dumps(got))


def _user(name: str, expected: Given) -> Verdict:
    with recording(group=EVERYTHING) as each:
        iam = admin(each, "iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [may("s3:*")]})
        policy = iam.create_policy(PolicyName="p", PolicyDocument=document)["Policy"]["Arn"]
        iam.create_group(GroupName="people")
        identity = iam.create_user(UserName=name)["User"]["UserId"]
        iam.add_user_to_group(UserName=name, GroupName="people")
        iam.attach_user_policy(UserName=name, PolicyArn=policy)
        each.run(1200)
        item = history(each, USER, identity)[0]
    got = {key: item[key] for key in ("resourceId", "resourceName", "awsRegion", "availabilityZone")}
    got["relationships"] = [one["relationshipName"] for one in item["relationships"]]
    prefix = expected["resourceId"].rstrip(".")
    return Verdict(
        got["resourceId"].startswith(prefix) and {**got, "resourceId": ""} == {**expected, "resourceId": ""},
        str(got),
    )


def _change_event(given: Given, expected: Given) -> Verdict:
    hears = {**queue(), **rule(pattern={"source": ["aws.config"], "detail-type": [given["event"]]})}
    with recording(hears, group=only(GROUP)) as each:
        each.run(120)
        (event,) = heard(each)
    detail = event["detail"]
    names = set(expected["detail keys"])
    arns = [detail["configurationItem"]["ARN"]]
    return Verdict(
        event["resources"] == arns and set(detail) == names, str((event["resources"], sorted(detail)))
    )


def _retention(given: Given, expected: Given) -> Verdict:
    since = _moment(given["today"]) - timedelta(days=given["retention days"])
    items = [
        Item(found=_item().found, status=Status.OK, captured=_moment(each), account=ACCOUNT, region=HOME)
        for each in sorted(given["items"])
    ]
    shown = [f"{each.captured:%Y-%m-%d}" for each in reversed(kept(items, since))]
    in_period = [day for day in shown if _moment(day) >= since]
    return Verdict(expected["shown"] in (shown, in_period), str(shown))


# ---- recorders and rules ------------------------------------------------------------------------


def _first_result(expected: Given) -> Verdict:
    with recording({**managed("INCOMING_SSH_DISABLED"), **listens()}, group=only(GROUP)) as each:
        each.run(300)
        event = heard(each)[0]
    detail = event["detail"]
    right = (
        all(name in detail for name in expected["detail has"]),
        not any(name in detail for name in expected["detail has_not"]),
        event["resources"] == expected["resources"],
    )
    return Verdict(all(right), json.dumps(event))


def _custom(_: Given, expected: Given) -> Verdict:
    with recording(custom(ON_CHANGE), group=only(GROUP)) as each:
        each.run(300)
        event = arrived(each)[0]
    texts = all(isinstance(json.loads(event[name]), dict) for name in expected["strings holding JSON"])
    right = set(event) == set(expected["keys"]) and event["version"] == expected["version"]
    return Verdict(right and texts, str(sorted(event)))


def _put_rule(given: Given, expected: Given) -> Verdict:
    source = {"Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"}
    wanted = {"ConfigRule": {"ConfigRuleName": "r", "Source": source}}
    if given["PutConfigRule"] == "no recorder":
        with world(queue()) as each:
            return _is(refusal(admin(each, "config").put_config_rule, **wanted), expected["error"])
    with recording(group=only(GROUP)) as each:
        config = admin(each, "config")
        config.put_config_rule(**wanted)
        (made,) = config.describe_config_rules()["ConfigRules"]
    found = made["ConfigRuleId"]
    return Verdict(re.match(expected["ConfigRuleId"], found) is not None, found)


def _start(given: Given, expected: Given) -> Verdict:
    if given["StartConfigurationRecorder"] != "no delivery channel":
        raise Cannot(given["StartConfigurationRecorder"])
    with world({**role("Recorder", "config", may("s3:*")), **bucket()}) as each:
        config = admin(each, "config")
        arn_of_role = f"arn:aws:iam::{ACCOUNT}:role/Recorder"
        config.put_configuration_recorder(ConfigurationRecorder={"roleARN": arn_of_role})
        start = config.start_configuration_recorder
        return _is(refusal(start, ConfigurationRecorderName="default"), expected["error"])


def _recorder(given: Given, expected: Given) -> Verdict:
    if given["recorder"] != "stopped":
        raise Cannot(f"a recorder that is {given['recorder']}")
    hourly = {**DAILY, "MaximumExecutionFrequency": "One_Hour"}
    resources = {**custom(ON_CHANGE, hourly), **managed("INCOMING_SSH_DISABLED", "change")}
    resources |= managed("ROOT_ACCOUNT_MFA_ENABLED", "period", MaximumExecutionFrequency="One_Hour")
    with recording(resources, group=only(GROUP)) as each:
        group = opened(each)
        each.run(600)
        config = admin(each, "config")
        config.stop_configuration_recorder(ConfigurationRecorderName="default")
        before = len(arrived(each))
        admin(each, "ec2").delete_security_group(GroupId=group)
        other = opened(each, "other")
        ran = {"change": results(each, "change"), "period": _evaluated(each, "period")}
        each.run(2 * 3600)
        sent = [json.loads(one["invokingEvent"])["messageType"] for one in arrived(each)[before:]]
        config.start_config_rules_evaluation(ConfigRuleNames=["change"])
        each.run(60)
        after = results(each, "change")
        got = {
            "change rules": "not run" if other not in after else "run",
            "periodic rules": "run" if _evaluated(each, "period") > ran["period"] else "not run",
            "mixed rules": "periodic only" if set(sent) == {"ScheduledNotification"} else str(set(sent)),
            "StartConfigRulesEvaluation": "uses last item" if group in after else "uses none",
            "deletion noticed": group not in after,
        }
    return _is(got, dict(expected))


def _evaluated(each: World, name: str) -> datetime:
    """When a rule ran last."""
    found = admin(each, "config").describe_config_rule_evaluation_status(ConfigRuleNames=[name])
    ran: datetime = found["ConfigRulesEvaluationStatus"][0]["LastSuccessfulEvaluationTime"]
    return ran


def _status(given: Given, expected: Given) -> Verdict:
    if "answer" in expected and given["configurationItemStatus"] == "ResourceDeleted":
        with recording({**managed("INCOMING_SSH_DISABLED"), **listens()}, group=only(GROUP)) as each:
            group = opened(each)
            each.run(400)
            admin(each, "ec2").delete_security_group(GroupId=group)
            each.run(400)
            last = [one["detail"] for one in heard(each) if one["detail"]["resourceId"] == group][-1]
        return _is(last["newEvaluationResult"]["complianceType"], expected["answer"])
    if given["configurationItemStatus"] != "ResourceNotRecorded":
        raise Cannot(given["configurationItemStatus"])
    with recording(group=only(INSTANCE)) as each:
        opened(each)
        each.run(400)
        answer = admin(each, "config").select_resource_config(Expression="SELECT resourceId")
    return _is(bool(answer["Results"]), expected["returned by SelectResourceConfig"])


# ---- managed rules ------------------------------------------------------------------------------


def _managed(given: Given, expected: Given) -> Verdict:
    name = given["rule"]
    if name == "IAM_PASSWORD_POLICY":
        return _password_policy(given, expected)
    made = _MADE.get(name)
    if made is None or name not in OF_ITEMS:
        raise Cannot(f"the rule {name}")
    said = OF_ITEMS[name](Subject(made(given), {})).compliance
    wanted = expected["compliance"]
    if wanted.startswith("not "):
        return Verdict(said != wanted.split()[1], said)
    return Verdict(said == wanted.split()[0], said)


def _found(configuration: Given, supplementary: Given | None = None) -> Found:
    return Found(type="", id="x", arn="", configuration=configuration, supplementary=supplementary or {})


def _instance(given: Given) -> Found:
    return _found({"monitoring": {"state": given["configuration.monitoring.state"]}})


def _group(given: Given) -> Found:
    said = str(given.get("permission") or given.get("group"))
    match = re.match(r"(\w+) (\d+)(?:-(\d+))? from (\S+)", said)
    if match is None:
        if said != "not the default one":
            raise Cannot(said)
        return _found({"groupName": "web", "ipPermissions": [{}], "ipPermissionsEgress": []})
    protocol, first, last, block = match.groups()
    ranges = {"ipv6Ranges": [{"cidrIpv6": block}]} if ":" in block else {"ipv4Ranges": [{"cidrIp": block}]}
    permission = {"ipProtocol": protocol, "fromPort": int(first), "toPort": int(last or first), **ranges}
    return _found({"groupName": "web", "ipPermissions": [permission], "ipPermissionsEgress": []})


def _volume(given: Given) -> Found:
    words = given["volume"]
    attached = [] if "available" in words else [{"instanceId": "i-1"}]
    return _found({"attachments": attached, "encrypted": "unencrypted" not in words})


def _bucket(given: Given) -> Found:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Statement": [statement]}) if given.get("public policy") else None
    grants = [{"grantee": "AllUsers", "permission": "FullControl"}] if given.get("public acl") else []
    block = {
        "blockPublicPolicy": bool(given.get("block public policy")),
        "blockPublicAcls": bool(given.get("block public acl")),
    }
    supplementary = {
        "AccessControlList": json.dumps({"grantList": grants}),
        "BucketPolicy": {"policyText": policy},
        "PublicAccessBlockConfiguration": block,
    }
    return _found({}, supplementary)


_MADE: Mapping[str, Callable[[Given], Found]] = {
    "EC2_INSTANCE_DETAILED_MONITORING_ENABLED": _instance,
    "INCOMING_SSH_DISABLED": _group,
    "RESTRICTED_INCOMING_TRAFFIC": _group,
    "VPC_DEFAULT_SECURITY_GROUP_CLOSED": _group,
    "ENCRYPTED_VOLUMES": _volume,
    "S3_BUCKET_PUBLIC_READ_PROHIBITED": _bucket,
    "S3_BUCKET_PUBLIC_WRITE_PROHIBITED": _bucket,
}


class _Answers:
    """What IAM answers of the account's password policy."""

    account = ACCOUNT

    def __init__(self, policy: Given | None) -> None:
        self._policy = policy

    def unless(self, *_: str) -> Given:
        return {"PasswordPolicy": self._policy} if self._policy is not None else {}


def _password_policy(given: Given, expected: Given) -> Verdict:
    view: Any = _Answers(given["account password policy"])
    ((_, _, said),) = OF_ACCOUNT["IAM_PASSWORD_POLICY"](view, {})
    return _is(said.compliance, expected["compliance"])


def _relations(given: Given, expected: Given) -> Verdict:
    """A group's related resources by the ids that stand there."""
    kinds = {"eni": INTERFACE, "i": INSTANCE, "vpc": "AWS::EC2::VPC"}
    related = tuple(Relation(kinds[each.partition("-")[0]], each, "") for each in given["relationships ids"])
    found = Found(type=GROUP, id="sg-1", arn="", configuration={}, relations=related)
    return _is(OF_ITEMS[UNUSED](Subject(found, {})).compliance, expected["compliance"])


# ---- queries ------------------------------------------------------------------------------------


def _predicate(given: Given, expected: Given) -> Verdict:
    try:
        queries.parse(f"SELECT resourceId WHERE {given['predicate']}")
    except query_values.InvalidExpression as refused:
        return Verdict(not expected["allowed"], str(refused))
    return Verdict(expected["allowed"], "allowed")


def _query(given: Given, expected: Given) -> Verdict:
    query = queries.parse(given["query"])
    if "columns" in expected:
        return _is([each.name for each in query.columns], expected["columns"])
    found = query.answer([{"configuration": given["resource"]}])
    return _is(bool(found), expected["returned"])


# ---- remediation --------------------------------------------------------------------------------


def _error_percentage(given: Given, expected: Given) -> Verdict:
    stops = remediation.stops_at(given["resources"], given["ErrorPercentage"])
    return _is(stops, expected["stops new executions at error"])


def _attempts(given: Given, expected: Given) -> Verdict:
    limits = {name: given[name] for name in ("MaximumAutomaticAttempts", "RetryAttemptSeconds")}
    resources = {**managed(UNUSED), **remediated(DELETES, "GroupId", allowed=(), **limits)}
    with recording(resources, group=only(GROUP)) as each:
        group = opened(each)
        each.run(1800)
        failed = [line for line in noted(each, "config") if line.startswith(f"remediation of {group}")]
        put = group in exceptions(each)
    more = len(failed) > given["MaximumAutomaticAttempts"]
    right = put and more is expected["sixth automatic run"]
    return Verdict(right, f"{len(failed)} failed, an exception: {put}")


_FORMS: tuple[tuple[set[str], Callable[[Given, Given], Verdict]], ...] = (
    ({"first and last item"}, _history_key),
    ({"SNS"}, _subject),
    ({"account", "region", "time"}, _snapshot_key),
    ({"changes in 6 h"}, _period),
    ({"rule trigger", "deliveryFrequency"}, _snapshots_and_rules),
    ({"configurationItem"}, _dialects),
    ({"configurationItemVersion"}, _version),
    ({"configurationItemStatus"}, _status),
    ({"retention days"}, _retention),
    ({"query"}, _query),
    ({"predicate"}, _predicate),
    ({"resource"}, _resource),
    ({"event"}, _change_event),
    ({"PutConfigRule"}, _put_rule),
    ({"StartConfigurationRecorder"}, _start),
    ({"recorder"}, _recorder),
    ({"relationships ids"}, _relations),
    ({"ErrorPercentage"}, _error_percentage),
    ({"MaximumAutomaticAttempts"}, _attempts),
)
