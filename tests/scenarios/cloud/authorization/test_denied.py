"""How each service says no, in code, words and status."""

import botocore.session
import pytest

from scenarios.cloud.authorization.denied import access_denied
from scenarios.cloud.authorization.policy import Principal, Request, decide
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.services import REGISTRY

ALICE = Caller(kind=CallerKind.IAM_USER, account="111111111111", arn="arn:aws:iam::111111111111:user/alice")
TABLE = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:alerts"
QUEUE = "arn:aws:sqs:eu-west-1:111111111111:dead"
INSTANCE = "arn:aws:ec2:eu-west-1:111111111111:instance/i-1"
KEY = "arn:aws:kms:eu-west-1:111111111111:key/1-2"
ROLE = "arn:aws:iam::111111111111:role/warden"


def words(action: str, on: str, policy: str = "identity-based policy", opening: str = "") -> str:
    return (
        f"{opening}User: {ALICE.arn} is not authorized to perform: {action}{on} "
        f"because no {policy} allows the {action} action"
    )


def denied(service, operation, caller, action, resource, because):  # noqa: PLR0917 - as it is told
    how = REGISTRY.actions.denial(service, operation)
    return access_denied(how, operation, caller, action=action, resource=resource, because=because)


NO = [
    pytest.param(
        ("dynamodb", "DeleteTable", "dynamodb:DeleteTable", TABLE),
        ("AccessDeniedException", words("dynamodb:DeleteTable", f" on resource: {TABLE}"), 400),
        id="a service that speaks JSON",
    ),
    pytest.param(
        ("s3", "GetObject", "s3:GetObject", "arn:aws:s3:::b/k"),
        ("AccessDenied", words("s3:GetObject", ' on resource: "arn:aws:s3:::b/k"'), 403),
        id="S3 quotes the resource",
    ),
    pytest.param(
        ("s3", "HeadObject", "s3:GetObject", "arn:aws:s3:::b/k"),
        ("403", "Forbidden", 403),
        id="a head has no body",
    ),
    pytest.param(
        ("cloudwatch", "PutMetricData", "cloudwatch:PutMetricData", "*"),
        ("AccessDenied", words("cloudwatch:PutMetricData", " on resource: *"), 403),
        id="an action that knows no resource",
    ),
    pytest.param(
        ("sns", "Publish", "sns:Publish", TOPIC),
        ("AuthorizationError", words("SNS:Publish", f" on resource: {TOPIC}"), 403),
        id="SNS writes itself in capitals",
    ),
    pytest.param(
        ("sqs", "SendMessage", "sqs:SendMessage", QUEUE),
        ("AccessDenied", words("sqs:sendmessage", f" on resource: {QUEUE}"), 403),
        id="SQS writes in lower case",
    ),
    pytest.param(
        ("ec2", "StopInstances", "ec2:StopInstances", INSTANCE),
        (
            "UnauthorizedOperation",
            words(
                "ec2:StopInstances",
                f" on resource: {INSTANCE}",
                opening="You are not authorized to perform this operation. ",
            ),
            403,
        ),
        id="EC2 says it twice",
    ),
    pytest.param(
        ("lambda", "CreateFunction", "iam:PassRole", ROLE),
        ("AccessDeniedException", words("iam:PassRole", f" on resource: {ROLE}"), 403),
        id="another service's action",
    ),
    pytest.param(
        ("kms", "Decrypt", "kms:Decrypt", KEY),
        (
            "AccessDeniedException",
            words("kms:Decrypt", " on the resource associated with this ciphertext", "resource-based policy"),
            400,
        ),
        id="KMS keeps the key to itself",
    ),
    pytest.param(
        ("sts", "AssumeRole", "sts:AssumeRole", ROLE),
        (
            "AccessDenied",
            f"User: {ALICE.arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
            403,
        ),
        id="STS doesn't tell what is missing",
    ),
]


@pytest.mark.parametrize(("call", "expected"), NO)
def test_a_service_says_no_in_its_own_way(call, expected):
    service, operation, action, resource = call
    principal = Principal.of(ALICE)
    decision = decide(Request(principal=principal, action=action, resource=resource), [])

    assert denied(service, operation, ALICE, action, resource, decision.because) == expected


def test_an_explicit_deny_is_named_as_one():
    because = "an explicit deny in an identity-based policy"

    denial = denied("logs", "DeleteLogGroup", ALICE, "logs:DeleteLogGroup", "*", because)

    assert denial.message == (
        f"User: {ALICE.arn} is not authorized to perform: logs:DeleteLogGroup on resource: * "
        "with an explicit deny in an identity-based policy"
    )


def test_a_service_that_calls_is_named_by_its_name():
    events = Caller(kind=CallerKind.AWS_SERVICE, account="111111111111", service="events.amazonaws.com")

    message = denied("sqs", "SendMessage", events, "sqs:SendMessage", QUEUE, "no").message

    assert message.startswith("User: events.amazonaws.com is not authorized")


# SQS and CloudWatch moved to JSON and kept the codes of their query days.
@pytest.mark.parametrize(
    "service", sorted(set(REGISTRY.actions.services) - {"sns", "ec2", "sqs", "cloudwatch"})
)
def test_the_code_is_that_of_the_protocol_the_service_speaks(service):
    metadata = botocore.session.get_session().get_service_model(service).metadata
    protocols = metadata.get("protocols", [metadata["protocol"]])

    how = REGISTRY.actions.denial(service, "Any")

    code = "AccessDeniedException" if {"json", "rest-json"} & set(protocols) else "AccessDenied"
    assert (how.code, how.status) == (code, 400 if "json" in protocols else 403)


def test_a_service_without_rows_says_no_as_its_protocol_does():
    code, message, status = denied("glue", "GetTable", ALICE, "glue:GetTable", "*", "no")

    assert (code, status) == ("AccessDeniedException", 400)
    assert "glue:GetTable" in message
