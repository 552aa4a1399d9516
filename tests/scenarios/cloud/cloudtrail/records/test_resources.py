"""Which resources a call touched, as a record says it."""

import pytest

from tests.scenarios.cloud.cloudtrail.records.real_calls import ACCOUNT, REGION, called, denied, recorded

ANOTHER_ROLE = "arn:aws:iam::444455556666:role/admin"
RESOURCES = [
    pytest.param(
        called("sts", "AssumeRole", RoleArn=ANOTHER_ROLE, RoleSessionName="s"),
        [{"accountId": "444455556666", "type": "AWS::IAM::Role", "ARN": ANOTHER_ROLE}],
        id="a role of another account",
    ),
    pytest.param(
        denied(called("sts", "AssumeRole", RoleArn=ANOTHER_ROLE, RoleSessionName="s"), "AccessDenied"),
        None,
        id="none for a role that was refused",
    ),
    pytest.param(
        called("lambda", "Invoke", FunctionName="f"),
        [
            {
                "accountId": ACCOUNT,
                "type": "AWS::Lambda::Function",
                "ARN": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f",
            },
        ],
        id="a function that was invoked",
    ),
    pytest.param(
        called("lambda", "DeleteFunction", FunctionName="f"), None, id="none for one that was deleted"
    ),
    pytest.param(
        called(
            "sqs", "SendMessage", QueueUrl=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/q", MessageBody="m"
        ),
        [{"accountId": ACCOUNT, "type": "AWS::SQS::Queue", "ARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}],
        id="a queue",
    ),
    pytest.param(
        called("kinesis", "PutRecord", StreamName="s", Data=b"d", PartitionKey="p"),
        [
            {
                "accountId": ACCOUNT,
                "type": "AWS::Kinesis::Stream",
                "ARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s",
            },
        ],
        id="a stream",
    ),
    pytest.param(
        called("events", "PutEvents", Entries=[{"Source": "a"}, {"Source": "b"}, {"EventBusName": "own"}]),
        [
            {"type": "AWS::Events::EventBus", "ARN": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"},
            {"type": "AWS::Events::EventBus", "ARN": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/own"},
        ],
        id="each bus once, without an account",
    ),
    pytest.param(
        called("ssm", "GetParameters", Names=["/a/b"]),
        [{"accountId": ACCOUNT, "ARN": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/a/b"}],
        id="parameters, without a type",
    ),
]


@pytest.mark.parametrize(("call", "expected"), RESOURCES)
def test_the_resources_that_a_call_touched(call, expected):
    assert recorded(call).get("resources") == expected
