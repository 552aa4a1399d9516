"""The template: whole, narrow, and deployable as CloudFormation and IAM limit it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase as fnmatch

import pytest

from chalicelib import template as stack
from chalicelib.catalog import CATALOG, RULES
from chalicelib.remediation import Grant, Plan
from chalicelib.remediations.cis_alarms.controls import CIS_CONTROLS
from chalicelib.settings import FUNCTIONS as WOKEN
from chalicelib.stack import LogAlarm, Parameter
from chalicelib.template.archive import archive
from chalicelib.template.parts import DeclaredTwice, logical_id
from chalicelib.triggers import OnEvent, OnLogs, OnQueue, OnSchedule, OnTopic
from scenarios.cloud.authorization.policy import Principal, Request, decide
from scenarios.cloud.cloudformation.transform import translate
from scenarios.packaging import sam as packaging
from tests.chalicelib.runtime.house import Remedy

TEMPLATE = packaging.sam_template("prod")
RESOURCES = TEMPLATE["Resources"]
FUNCTIONS = {name: each for name, each in RESOURCES.items() if each["Type"] == "AWS::Serverless::Function"}
OF_RULES = {logical_id(each.name) for each in RULES}
HANDLING = [
    pytest.param(FUNCTIONS[name], id=name)
    for name in FUNCTIONS
    if name != "APIHandler" and name not in OF_RULES
]

# What Fn::GetAtt may ask of the types we use, by each type's page in the CloudFormation reference.
ATTRIBUTES = {
    "AWS::CloudTrail::Trail": {"Arn", "SnsTopicArn"},
    "AWS::CloudWatch::Alarm": {"Arn"},
    "AWS::CloudWatch::CompositeAlarm": {"Arn"},
    "AWS::DynamoDB::Table": {"Arn", "StreamArn"},
    "AWS::Events::Rule": {"Arn"},
    "AWS::IAM::Role": {"Arn", "RoleId"},
    "AWS::KMS::Key": {"Arn", "KeyId"},
    "AWS::Logs::LogGroup": {"Arn"},
    "AWS::SNS::Topic": {"TopicArn", "TopicName"},
    "AWS::S3::Bucket": {"Arn", "DomainName"},
    "AWS::SQS::Queue": {"Arn", "QueueName", "QueueUrl"},
    "AWS::Serverless::Function": {"Arn"},
    "AWS::Serverless::Api": {"RootResourceId"},
}
IN_TEXT = re.compile(r"\$\{([^!}][^}]*)\}")


def references(value, behind=frozenset()) -> Iterator[tuple[str, str, frozenset]]:
    """Every Ref, GetAtt and Sub: the name, its attribute or "", and the conditions it stands behind."""
    match value:
        case {"Ref": name}:
            yield name, "", behind
        case {"Fn::GetAtt": [name, attribute]}:
            yield name, attribute, behind
        case {"Fn::Sub": [text, names]}:
            yield from ((*found, behind) for found in in_text(text) if found[0] not in names)
            yield from references(names, behind)
        case {"Fn::Sub": text}:
            yield from ((*found, behind) for found in in_text(text))
        case {"Fn::If": [condition, then, otherwise]}:
            yield from references(then, behind | {condition})
            yield from references(otherwise, behind)
        case dict() | list():
            for each in value.values() if isinstance(value, dict) else value:
                yield from references(each, behind)


def in_text(text) -> list[tuple[str, str]]:
    parts = (name.partition(".") for name in IN_TEXT.findall(text))
    return [(resource, attribute) for resource, _, attribute in parts]


def all_references():
    for name, resource in RESOURCES.items():
        condition = resource.get("Condition")
        for found in references(resource, frozenset({condition} if condition else ())):
            yield (name, *found)
    for part in ("Outputs", "Conditions"):
        for found in references(TEMPLATE[part]):
            yield (part, *found)


def statements(value) -> Iterator[dict]:
    """Every statement of every policy in the template."""
    if isinstance(value, dict):
        if "Effect" in value and "Action" in value:
            yield value
        for each in value.values():
            yield from statements(each)
    elif isinstance(value, list):
        for each in value:
            yield from statements(each)


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


# ---- whole ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_reference_names_something_that_exists():
    missing = [
        (where, name, attribute)
        for where, name, attribute, _ in all_references()
        if not name.startswith("AWS::")
        and not (
            attribute in ATTRIBUTES.get(RESOURCES[name]["Type"], set())
            if attribute and name in RESOURCES
            # SAM makes an event source mapping of each queue that wakes a function.
            else not attribute and name in (RESOURCES.keys() | TEMPLATE["Parameters"] | SAMS)
        )
    ]

    assert missing == []


def implied(conditions) -> set[str]:
    """These conditions, and those that each of them is made of by Fn::And."""
    parts = [part for each in conditions for part in TEMPLATE["Conditions"][each].get("Fn::And", ())]
    within = {each["Condition"] for each in parts if "Condition" in each}
    return {*conditions, *(implied(within) if within else ())}


@pytest.mark.slow
def test_what_may_be_absent_is_only_named_behind_its_condition():
    loose = [
        (where, name)
        for where, name, _, behind in all_references()
        if RESOURCES.get(name, {}).get("Condition") not in (None, *implied(behind))
    ]

    assert loose == []


@pytest.mark.slow
def test_every_parameter_and_every_condition_is_used():
    used = {name for _, name, *_ in all_references()}
    text = json.dumps(TEMPLATE)

    assert set(TEMPLATE["Parameters"]) <= used
    for condition in TEMPLATE["Conditions"]:
        assert f'"Condition": "{condition}"' in text or f'"Fn::If": ["{condition}"' in text


def test_every_condition_that_is_asked_is_there():
    asked = set(re.findall(r'"(?:Condition": |Fn::If": \[)"(\w+)"', json.dumps(TEMPLATE)))

    assert asked == set(TEMPLATE["Conditions"])


def test_every_parameter_says_what_it_is_and_has_a_default():
    """So that a first deploy needs no parameter at all."""
    for parameter in TEMPLATE["Parameters"].values():
        assert parameter["Description"].endswith(".")
        assert "Default" in parameter


def test_a_fresh_deploy_observes():
    modes = {name: each for name, each in TEMPLATE["Parameters"].items() if name.endswith("Mode")}

    assert modes
    assert {each["Default"] for each in modes.values()} == {"observe"}
    assert {tuple(each["AllowedValues"]) for each in modes.values()} == {("observe", "approve", "enforce")}


# ---- as AWS limits it ----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_template_can_be_handed_to_cloudformation_as_it_is():
    """A template from a bucket, where the deploy command puts it beside the code, holds 1 MB.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    """
    assert len(json.dumps(TEMPLATE)) < 1_000_000
    # With all that SAM makes; CloudFormation takes 500.
    assert len(translate(TEMPLATE, region="us-east-1")["Resources"]) < 460


@pytest.mark.parametrize("name", [name for name in RESOURCES if RESOURCES[name]["Type"] == "AWS::IAM::Role"])
def test_a_roles_policies_fit(name):
    """All inline policies of a role together: 10,240 characters, white space not counted.

    With every name in them as long as it can be, and the one that lets it act.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    attached = [
        each["Properties"]["PolicyDocument"]
        for each in RESOURCES.values()
        if each["Type"] == "AWS::IAM::Policy" and {"Ref": name} in each["Properties"]["Roles"]
    ]
    own = [each.get("Fn::If", [None, each])[1] for each in RESOURCES[name]["Properties"]["Policies"]]
    documents = [*(each["PolicyDocument"] for each in own), *attached]

    assert (
        sum(len(_as_long_as_can_be(json.dumps(each, separators=(",", ":")))) for each in documents) < 10_240
    )


def _as_long_as_can_be(document):
    longest = {"AWS::Partition": 10, "AWS::Region": 14, "AWS::AccountId": 12, "AWS::StackName": 24}
    arn, name = 150, 64
    return re.sub(
        r"\$\{([\w:.]+)\}|Fn::GetAtt|Ref",
        lambda found: "x" * longest.get(found[1], arn if "Arn" in found[0] or "Get" in found[0] else name),
        document,
    )


SAMS = {
    f"{function}{event}"
    for function, each in RESOURCES.items()
    for event in each["Properties"].get("Events", ())
}


# ---- functions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [pytest.param(each, id=name) for name, each in FUNCTIONS.items()])
def test_a_function_ends_before_lambda_tries_again(function):
    """After a minute: a crashed run's claim must have lapsed by then."""
    assert function["Properties"]["Timeout"] <= 50


@pytest.mark.parametrize("function", [pytest.param(each, id=name) for name, each in FUNCTIONS.items()])
def test_a_function_is_pinned_and_logs_to_a_group_that_forgets(function):
    properties = function["Properties"]
    group = RESOURCES[properties["LoggingConfig"]["LogGroup"]["Ref"]]

    assert properties["Runtime"] == stack.RUNTIME
    assert properties["Architectures"] == ["arm64"]
    assert group["Type"] == "AWS::Logs::LogGroup"
    assert group["Properties"]["RetentionInDays"] == 365


@pytest.mark.parametrize(
    "function", [each for each in HANDLING if each.id not in ("TrailValidation", "Heartbeat")]
)
def test_what_a_function_could_not_handle_is_kept(function):
    configured = function["Properties"]["EventInvokeConfig"]
    dead_letters = {"Fn::GetAtt": ["DeadLetters", "Arn"]}

    assert configured["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": dead_letters}
    assert configured["MaximumRetryAttempts"] == 2


def test_what_a_rule_could_not_hand_over_to_a_function_is_kept():
    targets = {
        name: [
            each
            for each in rule["Properties"]["Targets"]
            if each["Arn"].get("Fn::GetAtt", [""])[0] in FUNCTIONS
        ]
        for name, rule in RESOURCES.items()
        if rule["Type"] == "AWS::Events::Rule" and name != "HeartbeatTrigger1"
    }
    kept = {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}

    assert sum(map(len, targets.values())) > 20
    assert [
        name for name, every in targets.items() if any(each["DeadLetterConfig"] != kept for each in every)
    ] == []


def test_a_rule_of_a_function_comes_after_its_policy():
    """Else it loses what happens in between, such as the rest of the stack's own creation."""
    wakes = [name for name in RESOURCES if re.fullmatch(r"\w+Trigger\d+", name)]
    rules = [name for name in wakes if RESOURCES[name]["Type"] == "AWS::Events::Rule"]

    assert len(rules) > 20
    for name in wakes:
        (function,) = [each for each in FUNCTIONS if re.fullmatch(rf"{each}Trigger\d+", name)]
        assert RESOURCES[name]["DependsOn"] == [f"{function}Policy"]
    for name in rules:
        assert RESOURCES[name]["Properties"]["Name"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}


def test_what_a_function_could_not_handle_of_a_queue_is_the_queues_to_keep():
    function = FUNCTIONS["TrailValidation"]["Properties"]

    assert {trigger["Type"] for trigger in function["Events"].values()} == {"SQS"}
    assert "EventInvokeConfig" not in function
    assert RESOURCES["Validations"]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["DeadLetters", "Arn"]
    }


def test_dead_letters_are_kept_as_long_as_sqs_can():
    assert RESOURCES["DeadLetters"]["Properties"]["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("function", HANDLING)
def test_a_function_is_told_what_its_settings_need(function):
    variables = function["Properties"]["Environment"]["Variables"]

    assert variables["TRAILWARDEN_LEDGER"] == {"Ref": "Ledger"}
    assert variables["TRAILWARDEN_TOPIC_ARN"] == {"Ref": "AlertTopic"}


# Values that CloudFormation would refuse in a variable: they must be text, or become it.
@pytest.mark.parametrize("function", [pytest.param(each, id=name) for name, each in FUNCTIONS.items()])
def test_a_functions_variables_are_text_or_references(function):
    for value in function["Properties"].get("Environment", {}).get("Variables", {}).values():
        assert isinstance(value, str | dict)


@pytest.mark.parametrize(
    ("trigger", "kind", "properties"),
    [
        pytest.param(
            OnLogs(log_group="SecureGroup", pattern="x"),
            "AWS::Logs::SubscriptionFilter",
            {
                "LogGroupName": {"Ref": "SecureGroup"},
                "FilterPattern": "x",
                "DestinationArn": {"Fn::GetAtt": ["Remedy", "Arn"]},
            },
            id="logs",
        ),
        pytest.param(
            OnTopic(topic="Siren", only={"state": ["ALARM"]}),
            "AWS::SNS::Subscription",
            {
                "TopicArn": {"Ref": "Siren"},
                "Protocol": "lambda",
                "Endpoint": {"Fn::GetAtt": ["Remedy", "Arn"]},
                "FilterPolicy": {"state": ["ALARM"]},
                "FilterPolicyScope": "MessageBody",
            },
            id="topic",
        ),
    ],
)
def test_a_trigger_becomes_a_subscription(trigger, kind, properties):
    made = Remedy(Plan.nothing())
    remedy = replace(made.remediation, ways=(made.way(trigger),))

    resources = stack.fragment([remedy])["Resources"]

    assert resources["RemedyTrigger1"]["Type"] == kind
    assert resources["RemedyTrigger1"]["Properties"] == properties


def test_a_queue_becomes_sams_word_for_it():
    made = Remedy(Plan.nothing())
    remedy = replace(made.remediation, ways=(made.way(OnQueue(queue="Jobs", batch=5)),))

    resources = stack.fragment([remedy])["Resources"]

    assert "RemedyTrigger1" not in resources
    assert resources["Remedy"]["Properties"]["Events"]["Trigger1"] == {
        "Type": "SQS",
        "Properties": {"Queue": {"Fn::GetAtt": ["Jobs", "Arn"]}, "BatchSize": 5},
    }


@pytest.mark.parametrize(
    ("trigger", "properties"),
    [
        pytest.param(OnEvent(pattern={"source": ["a"]}), {"EventPattern": {"source": ["a"]}}, id="event"),
        pytest.param(
            OnSchedule(expression="rate(1 hour)"), {"ScheduleExpression": "rate(1 hour)"}, id="schedule"
        ),
    ],
)
def test_a_trigger_becomes_a_rule(trigger, properties):
    made = Remedy(Plan.nothing())
    remedy = replace(made.remediation, ways=(made.way(trigger),))

    resources = stack.fragment([remedy])["Resources"]

    assert "Events" not in resources["Remedy"]["Properties"]
    assert resources["RemedyTrigger1"]["Properties"].items() >= properties.items()
    assert resources["RemedyTrigger1"]["Properties"]["Targets"][0]["Arn"] == {"Fn::GetAtt": ["Remedy", "Arn"]}


def test_who_can_act_has_a_mode_and_a_policy_that_comes_with_it():
    grants = (Grant(action="dynamodb:CreateTable", resource="${Ledger.Arn}", acting=True),)
    made = stack.fragment([replace(Remedy(Plan.nothing()).remediation, grants=grants)])

    looking, acting = made["Resources"]["RemedyRole"]["Properties"]["Policies"]
    variables = made["Resources"]["Remedy"]["Properties"]["Environment"]["Variables"]
    assert looking["PolicyName"] == "RemedyRolePolicy"  # as Chalice calls it
    assert "dynamodb:CreateTable" not in str(looking)
    condition, policy, otherwise = acting["Fn::If"]
    assert (condition, otherwise) == ("RemedyActs", {"Ref": "AWS::NoValue"})
    assert "dynamodb:CreateTable" in str(policy)
    assert "RemedyActingPolicy" not in made["Resources"]
    assert variables["TRAILWARDEN_MODE"] == {"Ref": "RemedyMode"}
    assert made["Conditions"]["RemedyActs"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "RemedyMode"}, "observe"]}]
    }


def test_what_a_remediation_declares_stands_in_the_stack():
    bus = {"Type": "AWS::Events::EventBus"}
    threshold = Parameter(name="Most", type="Number", default="3", minimum=1, description="So many.")
    burst = LogAlarm(
        name="Burst",
        log_group={"Ref": "Group"},
        pattern="x",
        metric="Burst",
        namespace="N",
        threshold=threshold.ref,
        period_seconds=60,
        description="Many.",
        notifies=("Siren",),
    )
    made = stack.fragment(
        [
            replace(
                Remedy(Plan.nothing()).remediation,
                parameters=(threshold,),
                conditions={"Loud": True},
                alarms=(burst,),
                resources={"Siren": bus},
                outputs={"SirenArn": {"Value": {"Ref": "Siren"}}},
            )
        ]
    )

    assert made["Parameters"]["Most"] == {
        "Type": "Number",
        "Default": "3",
        "MinValue": 1,
        "Description": "So many.",
    }
    assert made["Conditions"]["Loud"]
    assert made["Resources"]["Siren"] == bus
    assert made["Resources"]["BurstFilter"]["Properties"]["FilterPattern"] == "x"
    assert made["Resources"]["BurstAlarm"]["Properties"]["Threshold"] == {"Ref": "Most"}
    assert made["Resources"]["BurstAlarm"]["Properties"]["AlarmActions"] == [{"Ref": "Siren"}]
    assert made["Outputs"]["SirenArn"] == {"Value": {"Ref": "Siren"}}


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        pytest.param({"resources": {"Ledger": {}}}, "Ledger", id="what the stack has already"),
        pytest.param({"resources": {"Siren": {}}}, "Siren", id="what another remediation has"),
        pytest.param({"outputs": {"LedgerName": {}}}, "LedgerName", id="an output"),
        pytest.param({"conditions": {"OwnTrail": {}}}, "OwnTrail", id="a condition"),
        pytest.param(
            {"parameters": (Parameter(name="AlertEmail", default="", description="Where."),)},
            "AlertEmail",
            id="a parameter",
        ),
    ],
)
def test_nothing_is_declared_twice(declared, name):
    first, second = (Remedy(Plan.nothing(), name=name).remediation for name in ("first", "second"))

    with pytest.raises(DeclaredTwice, match=f"declared twice: {name}"):
        stack.fragment([replace(first, resources={"Siren": {}}), replace(second, **declared)])


def test_who_can_not_act_has_neither():
    made = stack.fragment([Remedy(Plan.nothing()).remediation])

    assert "RemedyMode" not in made["Parameters"]
    assert "RemedyRole" not in made["Resources"]


def test_what_acts_on_a_key_of_the_stack_has_a_policy_beside_its_role():
    """The key's policy names the role, so the role's own policies can't name the key."""
    grants = tuple(
        Grant(action="kms:EnableKey", resource=key, acting=True)
        for key in ("${RemedySealKey.Arn}", "arn:${AWS::Partition}:kms:${AWS::Region}:1:key/${AlertKey}")
    )
    made = stack.fragment([replace(Remedy(Plan.nothing()).remediation, grants=grants)])["Resources"]

    assert "kms:EnableKey" not in str(made["RemedyRole"])
    assert made["RemedyActingPolicy"]["Condition"] == "RemedyActs"
    assert made["RemedyActingPolicy"]["Properties"]["Roles"] == [{"Ref": "RemedyRole"}]
    assert str(made["RemedyActingPolicy"]).count("kms:EnableKey") == 2


# ---- who may do what -----------------------------------------------------------------------------


def test_no_policy_allows_an_action_by_wildcard():
    """Except in the keys' own policies: by the first nobody is ever locked out of changing the key, and the
    second is what AWS's page asks for a service that publishes to an encrypted topic. A seal's key gives the
    account what AWS's console gives a key's administrators, and no way to make a seal.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html,
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    wide = [
        (statement.get("Sid"), action)
        for statement in statements(RESOURCES)
        for action in as_list(statement["Action"])
        if "*" in action and statement.get("Sid") != "TheAccountManagesIt"
    ]

    assert wide == [
        ("TheAccountDelegatesToItsPolicies", "kms:*"),
        ("AlarmsTellTheTopic", "kms:GenerateDataKey*"),
    ]


def test_the_ledger_is_not_deleted_by_the_way():
    assert RESOURCES["Ledger"]["Properties"]["DeletionProtectionEnabled"] is True


SEAL_KEYS = {name: each for name, each in RESOURCES.items() if name.endswith("SealKey")}


def test_a_seal_is_made_by_its_function_alone():
    """Who may act has a key of its own; the others share one. The account may do anything but make a seal."""
    makers = {}
    for name, key in SEAL_KEYS.items():
        managing, making = key["Properties"]["KeyPolicy"]["Statement"]
        makers[name] = [role["Fn::GetAtt"][0] for role in making["Principal"]["AWS"]]
        allowed = managing["Action"]
        assert making["Action"] == "kms:GenerateMac"
        assert not any(
            fnmatch(f"kms:{each}", one) for one in allowed for each in ("GenerateMac", "CreateGrant")
        )
        assert any(fnmatch("kms:PutKeyPolicy", one) for one in allowed)

    acting = {f"{logical_id(each.name)}Role" for each in CATALOG if each.acts}
    assert {tuple(roles) for name, roles in makers.items() if name != "TellingSealKey"} == {
        (one,) for one in acting
    }
    telling = {f"{logical_id(each.name)}Role" for each in CATALOG} - acting
    assert set(makers["TellingSealKey"]) == telling | {"HeartbeatRole"}


EVERY_KEY = {*SEAL_KEYS, "InstructionKey"}


def test_what_a_person_asked_for_is_checked_by_every_function_that_acts():
    _, _, checking = RESOURCES["InstructionKey"]["Properties"]["KeyPolicy"]["Statement"]

    assert (checking["Effect"], checking["Action"]) == ("Allow", "kms:VerifyMac")
    assert {role["Fn::GetAtt"][0] for role in checking["Principal"]["AWS"]} == {
        f"{logical_id(each.name)}Role" for each in CATALOG if each.acts
    }


@pytest.mark.parametrize("rule", ["StackChangedTrigger5", "WatchForward5"])
def test_what_is_done_to_any_key_of_the_stack_is_noticed(rule):
    detail = RESOURCES[rule]["Properties"]["EventPattern"]["detail"]
    (named,) = [each["requestParameters"] for each in detail["$or"] if "requestParameters" in each]

    assert {each["suffix"]["Ref"] for each in named["keyId"]} == EVERY_KEY | {"AlertKey"}


def test_each_key_of_seals_and_of_instructions_can_be_enabled_again():
    _, again = RESOURCES["StackChangedActingPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    arn = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/"

    assert again["Action"] == ["kms:EnableKey", "kms:CancelKeyDeletion"]
    assert {each["Fn::Sub"] for each in again["Resource"]} == {f"{arn}${{{key}}}" for key in EVERY_KEY}


@pytest.mark.parametrize("policy", ["ChatPolicy", "SecurityHubPolicy"])
def test_every_function_of_a_remediation_may_tell_on_each_channel(policy):
    roles = RESOURCES[policy]["Properties"]["Roles"]

    assert {role["Ref"] for role in roles} == {f"{logical_id(each.name)}Role" for each in CATALOG}


# What AWS's console lets a key's administrators do, but for grants: these would hand out what they may not.
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
MANAGING = [
    *("kms:Cancel*", "kms:Delete*", "kms:Describe*", "kms:Disable*", "kms:Enable*", "kms:Get*", "kms:List*"),
    *("kms:Put*", "kms:Schedule*", "kms:TagResource", "kms:UntagResource", "kms:Update*"),
]


@pytest.mark.parametrize("key", [*SEAL_KEYS, "InstructionKey"])
def test_the_account_manages_each_key_of_seals_and_of_instructions(key):
    managing = RESOURCES[key]["Properties"]["KeyPolicy"]["Statement"][0]

    assert managing["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert sorted(managing["Action"]) == MANAGING
    assert managing["Effect"] == "Allow"


def test_nobody_is_allowed_anything_by_a_wildcard_principal():
    assert [
        statement
        for statement in statements(RESOURCES)
        if statement["Effect"] == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"})
    ] == []


def test_services_may_act_only_for_this_account():
    """A service acts for every customer: without a condition, for another's trail or alarm too.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    loose = [
        statement["Sid"]
        for name in ("AlertTopicPolicy", "DeadLettersPolicy", "TrailBucketPolicy")
        for statement in statements(RESOURCES[name])
        if statement["Effect"] == "Allow"
        and not {"aws:SourceAccount", "aws:SourceArn"} & set(statement["Condition"].get("StringEquals", {}))
    ]

    assert loose == []


HOME = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "111111111111",
    "AWS::StackName": "trailwarden",
    "TrailBucket.Arn": "arn:aws:s3:::trail-bucket",
}


def resolved(value):
    if isinstance(value, list):
        return [resolved(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Sub" in value:
        return IN_TEXT.sub(lambda found: HOME[found[1]], value["Fn::Sub"])
    if "Fn::GetAtt" in value:
        return HOME[".".join(value["Fn::GetAtt"])]
    return {name: resolved(each) for name, each in value.items()}


CLOUDTRAIL = Principal(services=("cloudtrail.amazonaws.com",))
ADMINISTRATOR = Principal(account="111111111111", arn="arn:aws:iam::111111111111:user/admin")
ROOT = Principal(account="111111111111", arn="arn:aws:iam::111111111111:root")
THIS_TRAIL = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/trailwarden-trail"
FROM_THIS_TRAIL = {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": THIS_TRAIL}
IN_ITS_PLACE = "AWSLogs/111111111111/CloudTrail/eu-west-1/2026/03/02/a.json.gz"


@pytest.mark.parametrize(
    ("who", "key", "context", "may"),
    [
        pytest.param(CLOUDTRAIL, IN_ITS_PLACE, FROM_THIS_TRAIL, True, id="CloudTrail, for this trail"),
        pytest.param(
            CLOUDTRAIL,
            IN_ITS_PLACE,
            FROM_THIS_TRAIL | {"aws:SourceArn": THIS_TRAIL.replace("111111111111", "222222222222")},
            False,
            id="CloudTrail, for somebody else's",
        ),
        pytest.param(
            CLOUDTRAIL,
            IN_ITS_PLACE,
            FROM_THIS_TRAIL | {"aws:SourceArn": f"{THIS_TRAIL}-2"},
            False,
            id="CloudTrail, for another trail of ours",
        ),
        pytest.param(CLOUDTRAIL, "AWSLogs/222222222222/x", FROM_THIS_TRAIL, False, id="in another's place"),
        pytest.param(CLOUDTRAIL, "elsewhere", FROM_THIS_TRAIL, False, id="outside the trail's place"),
        pytest.param(ADMINISTRATOR, IN_ITS_PLACE, FROM_THIS_TRAIL, False, id="an administrator"),
        pytest.param(ROOT, IN_ITS_PLACE, FROM_THIS_TRAIL, False, id="root"),
        pytest.param(ADMINISTRATOR, "elsewhere", {}, False, id="an administrator, anywhere"),
        pytest.param(
            Principal(services=("config.amazonaws.com",)), IN_ITS_PLACE, FROM_THIS_TRAIL, False, id="Config"
        ),
    ],
)
def test_nobody_but_cloudtrail_writes_to_the_trails_bucket(who, key, context, may):
    policy = resolved(RESOURCES["TrailBucketPolicy"]["Properties"]["PolicyDocument"])
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    request = Request(
        principal=who, action="s3:PutObject", resource=f"arn:aws:s3:::trail-bucket/{key}", context=context
    )

    assert decide(request, [] if who.services else [everything], policy).allowed == may


def test_the_trails_bucket_is_closed_versioned_and_outlives_the_stack():
    bucket = RESOURCES["TrailBucket"]

    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_trail_sees_every_region_and_can_be_validated():
    properties = RESOURCES["Trail"]["Properties"]

    for switch in (
        "IsLogging",
        "IsMultiRegionTrail",
        "IncludeGlobalServiceEvents",
        "EnableLogFileValidation",
    ):
        assert properties[switch] is True
    after = RESOURCES["Trail"]["Metadata"]["After"]
    assert after["Fn::If"][:2] == ["OwnBucket", {"Ref": "TrailBucketPolicy"}]


def test_the_trail_records_who_uses_our_own_parts_but_for_our_own_roles():
    selectors = RESOURCES["Trail"]["Properties"]["AdvancedEventSelectors"]["Fn::If"][1]
    ours = {"Fn::Sub": "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/${AWS::StackName}-"}
    ends = {
        "AWS::DynamoDB::Table": "table/",
        "AWS::Lambda::Function": "function:",
        "AWS::SNS::Topic": "",
        "AWS::SQS::Queue": "",
    }
    found = {}
    for each in selectors[1:]:
        fields = {field.pop("Field"): field for field in map(dict, each["FieldSelectors"])}
        (kind,) = fields["resources.type"]["Equals"]
        found[kind] = fields["resources.ARN"], fields["userIdentity.arn"]

    assert found == {
        kind: (
            {
                "StartsWith": [
                    {
                        "Fn::Sub": f"arn:${{AWS::Partition}}:{kind.split('::')[1].lower()}"
                        f":${{AWS::Region}}:${{AWS::AccountId}}:{end}${{AWS::StackName}}-"
                    }
                ]
            },
            {"NotStartsWith": [ours]},
        )
        for kind, end in ends.items()
    }


@pytest.mark.parametrize("name", ["TrailGroup", "TrailGroupRole", "Trail"])
def test_who_has_a_trail_gets_no_second_one(name):
    assert RESOURCES[name]["Condition"] == "OwnTrail"


@pytest.mark.parametrize("name", ["TrailBucket", "TrailBucketPolicy"])
def test_who_has_a_trail_or_an_archive_gets_no_bucket(name):
    assert RESOURCES[name]["Condition"] == "OwnBucket"
    assert {"Condition": "OwnTrail"} in TEMPLATE["Conditions"]["OwnBucket"]["Fn::And"]


def test_logs_and_digests_are_locked_and_what_is_old_and_large_is_still_read_at_once():
    """Archive classes that need a restore first would take the files out of reach of validation."""
    properties = RESOURCES["TrailBucket"]["Properties"]
    retention = properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    (rule,) = properties["LifecycleConfiguration"]["Rules"]

    assert properties["ObjectLockEnabled"] is True
    assert retention == {"Mode": {"Ref": "TrailLock"}, "Days": {"Ref": "TrailLockDays"}}
    assert TEMPLATE["Parameters"]["TrailLock"]["Default"] == "GOVERNANCE"
    assert rule["Transitions"] == [
        {"StorageClass": "GLACIER_IR", "TransitionInDays": {"Ref": "TrailArchiveDays"}}
    ]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": {"Ref": "TrailOldVersionsDays"}}
    assert "ExpirationInDays" not in rule


def test_old_versions_outlive_their_lock():
    defaults = {name: each["Default"] for name, each in TEMPLATE["Parameters"].items()}

    assert int(defaults["TrailOldVersionsDays"]) > int(defaults["TrailLockDays"])


def test_groups_for_auditors_come_only_where_they_are_asked_for():
    groups = {name: each for name, each in RESOURCES.items() if each["Type"] == "AWS::IAM::Group"}

    assert {each["Condition"] for each in groups.values()} == {"HasAuditGroups"}
    assert TEMPLATE["Parameters"]["AuditGroups"]["Default"] == "no"
    assert json.dumps(groups["AuditAdministrators"]).count("AWSCloudTrail_FullAccess") == 1
    assert json.dumps(groups["Auditors"]).count("AWSCloudTrail_ReadOnlyAccess") == 1


def test_an_archive_is_the_same_bucket_under_the_same_policy_for_another_accounts_trail():
    made = archive()["Resources"]
    own, other = (each["Properties"] for each in (RESOURCES["TrailBucket"], made["ArchiveBucket"]))
    policy = made["ArchiveBucketPolicy"]["Properties"]["PolicyDocument"]
    (_, writes, nobody, lists, reads) = policy["Statement"]

    assert other == {name: value for name, value in own.items() if name != "NotificationConfiguration"}
    assert made["ArchiveBucket"]["DeletionPolicy"] == "Retain"
    assert writes["Condition"]["StringEquals"]["aws:SourceArn"] == {"Ref": "TrailArn"}
    assert writes["Resource"] == {"Fn::Sub": "${ArchiveBucket.Arn}/AWSLogs/${WatchedAccount}/*"}
    assert nobody["Effect"] == "Deny"
    assert (lists["Action"], reads["Action"]) == ("s3:ListBucketVersions", "s3:GetObject")


def test_alerts_are_encrypted_with_a_key_that_alarms_may_use():
    (delegates, alarms) = RESOURCES["AlertKey"]["Properties"]["KeyPolicy"]["Statement"]

    assert RESOURCES["AlertTopic"]["Properties"]["KmsMasterKeyId"] == {"Ref": "AlertKey"}
    assert delegates["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Action"] == ["kms:GenerateDataKey*", "kms:Decrypt"]


# ---- the HTTP side -------------------------------------------------------------------------------

DEFINITION = RESOURCES["RestAPI"]["Properties"]["DefinitionBody"]
ROUTES = [
    pytest.param(path, method, id=f"{method.upper()} {path}")
    for path, methods in DEFINITION["paths"].items()
    for method in methods
]


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_every_route_but_health_needs_iam(path, method):
    operation = DEFINITION["paths"][path][method]

    assert operation.get("security", []) == ([] if path == "/health" else [{"sigv4": []}])


def test_the_signature_that_routes_need_is_iams():
    assert DEFINITION["securityDefinitions"]["sigv4"]["x-amazon-apigateway-authtype"] == "awsSigv4"


@pytest.mark.parametrize("control", CIS_CONTROLS, ids=lambda control: control.name)
def test_an_alarm_of_the_benchmark_tells_its_end_where_its_beginning_is_told(control):
    said = RESOURCES[f"{control.name}Alarm"]["Properties"]
    ends = [] if control.alerted_by else [{"Ref": "CisTopic"}]

    assert said.get("OKActions", []) == ends
    assert {"Ref": "CisTopic"} in said["AlarmActions"]


@pytest.mark.parametrize(
    ("policy", "woken", "condition"),
    [("APIHandlerWakingPolicy", CATALOG, None), ("APIHandlerWakingRulesPolicy", RULES, "HasConfigRules")],
)
def test_the_http_side_may_wake_each_function_and_knows_it_by_its_name(policy, woken, condition):
    resource = RESOURCES[policy]
    granted = resource["Properties"]["PolicyDocument"]["Statement"]
    known = json.dumps(RESOURCES["APIHandler"]["Properties"]["Environment"]["Variables"][WOKEN])

    assert resource.get("Condition") == condition
    assert resource["Properties"]["Roles"] == [{"Ref": "ApiHandlerRole"}]
    assert all((each["Effect"], each["Action"]) == ("Allow", ["lambda:InvokeFunction"]) for each in granted)
    assert {arn["Fn::Sub"] for each in granted for arn in as_list(each["Resource"])} == {
        f"${{{logical_id(each.name)}.Arn}}" for each in woken
    }
    for each in woken:
        assert f"{each.name}=${{{logical_id(each.name)}}}" in known


def test_nothing_of_the_local_stage_is_deployed():
    assert "/scenarios" not in json.dumps(DEFINITION)
    assert "TRAILWARDEN_ATTACH" not in json.dumps(TEMPLATE)


def test_every_remediation_of_the_catalogue_is_in_the_template():
    handlers = {function["Properties"]["Handler"] for function in FUNCTIONS.values()}

    names = {each.name for each in (*CATALOG, *RULES)} | {"heartbeat"}
    assert handlers == {f"app.{name}_handler" for name in names} | {"app.app"}
