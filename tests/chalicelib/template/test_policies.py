import json
from dataclasses import replace

import pytest

from chalicelib.catalog import CATALOG
from chalicelib.counting import COUNTING
from chalicelib.http.routes import GRANTS as HTTP_GRANTS
from chalicelib.ledger.grants import on_ledger
from chalicelib.ledger.table import Kind
from chalicelib.remediation import Grant, Plan
from chalicelib.template.parts import logical_id
from chalicelib.template.policies import MANY, acting_grants_of, document, grants_of, policies
from chalicelib.triggers import OnQueue
from tests.chalicelib.runtime.house import Remedy

REMEDY = Remedy(Plan.nothing())
BARE = REMEDY.remediation
LOOKS = Grant(action="dynamodb:ListBackups", resource="*", because="ListBackups takes no resource")
ACTS = Grant(action="dynamodb:CreateTable", resource="${Tables}", acting=True)


def actions(grants, service) -> list[str]:
    return [grant.action.split(":")[1] for grant in grants if grant.action.startswith(f"{service}:")]


def on_keys(grants) -> dict[str, list[str]]:
    """What is granted on each partition of the ledger."""
    found = {}
    for grant in grants:
        if grant.resource == "${Ledger.Arn}":
            (key,) = grant.leading_keys
            found.setdefault(key, []).append(grant.action.removeprefix("dynamodb:"))
    return found


TELLS = {
    "claim#remedy": ["PutItem", "DeleteItem"],
    "finding#remedy": ["GetItem", "PutItem"],
    "quiet#remedy": ["PutItem"],
    "flood#remedy": ["GetItem", "PutItem"],
}


@pytest.mark.parametrize(
    ("remediation", "ledger"),
    [
        pytest.param(BARE, {}, id="tells"),
        pytest.param(
            replace(BARE, ways=(replace(BARE.ways[0], sightings=lambda _: ()),)),
            {"sighting#remedy#*": ["BatchWriteItem", "Query"]},
            id="counts",
        ),
        pytest.param(
            replace(BARE, ways=(replace(BARE.ways[0], remembers=lambda *_: None),)),
            {"state#remedy": ["Query", "PutItem"], "finding#remedy": ["GetItem", "PutItem", "Query"]},
            id="remembers",
        ),
        pytest.param(
            replace(BARE, grants=(ACTS,)),
            {"finding#remedy": ["GetItem", "PutItem", "Query"], "acts#remedy": ["Query"]},
            id="acts",
        ),
        pytest.param(
            replace(BARE, ways=(*BARE.ways, COUNTING)),
            {"flood#remedy": ["GetItem", "PutItem", "Query"]},
            id="tells what floods left over",
        ),
    ],
)
def test_a_function_may_do_on_its_own_keys_of_the_ledger_what_the_runtime_does(remediation, ledger):
    assert on_keys(grants_of(remediation)) == TELLS | ledger


@pytest.mark.parametrize("remediation", CATALOG, ids=lambda each: each.name)
def test_no_function_reaches_another_ones_keys(remediation):
    """Anchors and validations have no owner in their keys; one function each asks for them."""
    grants = (*grants_of(remediation), *acting_grants_of(remediation))
    unowned = {"trail_digest": {"anchor#*"}, "trail_validation": {"request", "validation", "validation#*"}}
    others = [
        key
        for key in on_keys(grants)
        if key.split("#")[1:2] != [remediation.name] and key not in unowned.get(remediation.name, ())
    ]

    assert others == []


def test_leading_keys_are_a_condition_that_a_request_without_a_key_does_not_meet():
    made = document(on_ledger(Kind.CLAIM, "remedy", "PutItem") + on_ledger(Kind.QUIET, "remedy", "PutItem"))

    assert made["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem"],
            "Resource": {"Fn::Sub": "${Ledger.Arn}"},
            "Condition": {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["claim#remedy", "quiet#remedy"]},
                "Null": {"dynamodb:LeadingKeys": "false"},
            },
        }
    ]


def test_what_is_granted_under_a_condition_is_a_statement_of_its_own():
    wide = Grant(action="iam:DetachUserPolicy", resource="*")
    only = (("ArnEquals", "iam:PolicyARN", "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"),)

    made = document([wide, replace(wide, action="iam:AttachUserPolicy", only=only)])

    assert made["Statement"] == [
        {"Effect": "Allow", "Action": ["iam:DetachUserPolicy"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["iam:AttachUserPolicy"],
            "Resource": "*",
            "Condition": {
                "ArnEquals": {
                    "iam:PolicyARN": {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"}
                }
            },
        },
    ]


def test_every_function_may_log_tell_and_hand_over_what_it_could_not_handle():
    granted = {grant.action: grant.resource for grant in grants_of(BARE)}

    assert granted["logs:PutLogEvents"] == granted["logs:CreateLogStream"] == "${RemedyLogGroup.Arn}"
    assert granted["sns:Publish"] == "${AlertTopic}"
    assert granted["kms:GenerateDataKey"] == granted["kms:Decrypt"] == "${AlertKey.Arn}"
    assert granted["sqs:SendMessage"] == "${DeadLetters.Arn}"


def test_a_function_that_reads_a_queue_may_do_what_lambdas_poller_does():
    reading = replace(BARE, ways=(REMEDY.way(OnQueue(queue="Jobs")),))

    granted = [grant for grant in grants_of(reading) if grant.resource == "${Jobs.Arn}"]

    assert actions(granted, "sqs") == ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]
    assert actions(grants_of(BARE), "sqs") == ["SendMessage"]  # to the dead letters
    assert "SendMessage" not in actions(grants_of(reading), "sqs")  # a queue keeps its own


def test_what_acts_is_granted_apart_and_so_is_counting_acts():
    remediation = replace(BARE, grants=(LOOKS, ACTS))

    assert LOOKS in grants_of(remediation)
    assert ACTS not in grants_of(remediation)
    acting = acting_grants_of(remediation)
    assert on_keys(acting[:2]) == {"acts#remedy": ["Query", "PutItem"]}
    assert [(grant.action, grant.resource.partition(":parameter")[2]) for grant in acting[2:-2]] == [
        ("ssm:GetParameters", "/${AWS::StackName}/kill-switch"),
        ("ssm:GetParameters", "/${AWS::StackName}/modes/remedy"),
    ]
    assert on_keys(acting[-2:-1]) == {"instruction#remedy": ["Query"]}
    assert acting[-1] == ACTS


def test_a_policy_has_a_statement_for_each_resource_and_names_no_action_twice():
    made = document(
        [
            Grant(action="s3:GetObject", resource="${TrailBucket.Arn}/*"),
            LOOKS,
            Grant(action="s3:GetObjectVersion", resource="${TrailBucket.Arn}/*"),
            Grant(action="s3:GetObject", resource="${TrailBucket.Arn}/*"),
        ]
    )

    assert made == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                "Resource": {"Fn::Sub": "${TrailBucket.Arn}/*"},
            },
            {"Effect": "Allow", "Action": ["dynamodb:ListBackups"], "Resource": "*"},
        ],
    }


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("TrailGroupName", "OwnTrail"),
        ("TrailArn", "OwnTrail"),
        ("TrailRoleName", "OwnTrail"),
        ("WatchedBucketName", "OwnBucket"),
        ("TrailBucketName", "OwnBucket"),  # a trail of the stack's may deliver to an archive account
    ],
)
def test_a_resource_of_a_trail_is_the_stacks_own_or_the_one_that_was_there(name, condition):
    made = document([Grant(action="s3:GetObject", resource=f"x/${{{name}}}/y")])

    text, names = made["Statement"][0]["Resource"]["Fn::Sub"]
    assert text == f"x/${{{name}}}/y"
    assert list(names) == [name]
    assert names[name]["Fn::If"][0] == condition


@pytest.mark.parametrize(
    ("name", "logical"),
    [
        pytest.param("root_login", "RootLogin", id="two words"),
        pytest.param("x", "X", id="one letter"),
        pytest.param("s3_bucket_opened", "S3BucketOpened", id="with a digit"),
    ],
)
def test_a_functions_logical_id_is_the_one_chalice_gives_it(name, logical):
    assert logical_id(name) == logical


def test_every_function_has_a_policy_and_nobody_else():
    assert set(policies(CATALOG)) == {remediation.name for remediation in CATALOG} | {
        "api_handler",
        "heartbeat",
    }


def test_the_http_side_reads_the_ledger_asks_for_validations_and_nothing_else():
    (logs, queue, letters, *ledger) = policies(CATALOG)["api_handler"]["Statement"]

    assert logs["Resource"] == {"Fn::Sub": "${APIHandlerLogGroup.Arn}"}
    assert queue["Action"] == ["sqs:SendMessage"]
    assert letters["Action"] == [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
    ]
    assert letters["Resource"] == {"Fn::Sub": "${DeadLetters.Arn}"}
    reached = {
        each["Action"][0]: set(next(iter(each["Condition"]["ForAllValues:StringLike"].values())))
        for each in ledger
    }
    assert reached == {
        "dynamodb:Query": {"finding#*", "request", "validation", "validation#*"},
        "dynamodb:GetItem": {"finding#*", "request", "validation"},
        "dynamodb:PutItem": {"request", "instruction#*"},
    }


ALL = {
    **{each.name: (*grants_of(each), *acting_grants_of(each)) for each in CATALOG},
    "HTTP": tuple(HTTP_GRANTS),
}


@pytest.mark.parametrize("function", ALL)
def test_a_wide_grant_says_why_it_can_not_be_narrower(function):
    grants = ALL[function]

    assert grants
    assert [grant for grant in grants if "*" in grant.action] == []
    assert [grant for grant in grants if "*" in grant.resource and not grant.because] == []


@pytest.mark.parametrize("remediation", CATALOG, ids=lambda each: each.name)
def test_nothing_is_granted_twice(remediation):
    granted = [(each.action, each.resource, each.leading_keys, each.only) for each in remediation.grants]

    assert len(granted) == len(set(granted))


def test_policies_are_json():
    assert json.loads(json.dumps(policies(CATALOG))) == policies(CATALOG)


@pytest.mark.parametrize(("count", "statements"), [(MANY, 1), (MANY - 1, MANY - 1)])
def test_many_resources_that_take_the_same_actions_share_a_statement(count, statements):
    resources = [f"arn:aws:kms:us-east-1:111122223333:key/{number}" for number in range(count)]
    made = document(
        Grant(action=action, resource=each)
        for each in resources
        for action in ("kms:EnableKey", "kms:CancelKeyDeletion")
    )

    allowed = [
        (action, resource)
        for each in made["Statement"]
        for action in each["Action"]
        for resource in (each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]])
    ]
    assert len(made["Statement"]) == statements
    assert sorted(allowed) == sorted(
        (action, each) for each in resources for action in ("kms:EnableKey", "kms:CancelKeyDeletion")
    )
