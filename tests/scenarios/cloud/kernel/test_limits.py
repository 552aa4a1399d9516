"""The limits of botocore's models, in the words that AWS's services use for them."""

import pytest

from scenarios.cloud.kernel.limits import complaint

MUST = "failed to satisfy constraint: Member must"


@pytest.mark.parametrize(
    ("call", "parameters", "says"),
    [
        pytest.param(
            ("lambda", "PutFunctionEventInvokeConfig"),
            {"MaximumRetryAttempts": 3},
            f"Value '3' at 'maximumRetryAttempts' {MUST} have value less than or equal to 2",
            id="a number",
        ),
        pytest.param(
            ("events", "PutRule"),
            {"Name": "r" * 65},
            f"Value '{'r' * 65}' at 'name' {MUST} have length less than or equal to 64",
            id="a text",
        ),
        pytest.param(
            ("events", "PutRule"),
            {"Name": "r", "State": "ON"},
            f"Value 'ON' at 'state' {MUST} satisfy enum value set: "
            "[ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]",
            id="a choice",
        ),
        pytest.param(
            ("kms", "Encrypt"),
            {"KeyId": "k", "Plaintext": b""},
            f"Value at 'plaintext' {MUST} have length greater than or equal to 1",
            id="a secret",
        ),
        pytest.param(
            ("iam", "CreateLoginProfile"),
            {"Password": "p" * 129},
            f"Value at 'password' {MUST} have length less than or equal to 128",
            id="a password",
        ),
        pytest.param(
            ("events", "PutTargets"),
            {"Rule": "r", "Targets": [{"Id": "a", "Arn": "x"}, {"Id": "a b", "Arn": "x"}]},
            rf"Value 'a b' at 'targets.2.member.id' {MUST} satisfy regular expression pattern: "
            r"[\.\-_A-Za-z0-9]+",
            id="in the second of a list",
        ),
        pytest.param(
            ("ssm", "PutParameter"),
            {"Name": "p", "Value": "v", "Tags": [{"Key": "{", "Value": "v"}]},
            rf"Value '{{' at 'tags.1.member.key' {MUST} satisfy regular expression pattern: "
            r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$",
            id="a pattern with Java's classes",
        ),
    ],
)
def test_a_value_outside_its_limits_is_named_with_its_path(call, parameters, says):
    assert complaint(*call, parameters) == f"1 validation error detected: {says}"


def test_every_value_outside_its_limits_is_named():
    said = complaint("events", "PutRule", {"Name": "a b", "State": "ON"})

    assert said.startswith("2 validation errors detected: Value 'a b' at 'name'")
    assert "; Value 'ON' at 'state'" in said


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        pytest.param(("events", "PutRule"), {"Name": "r", "State": "ENABLED"}, id="within its limits"),
        pytest.param(("events", "PutRule"), {"Name": 7}, id="of another type, as botocore says itself"),
        pytest.param(
            ("ssm", "PutParameter"),
            {"Name": "p", "Value": "v", "Tags": [{"Key": "Größe 1", "Value": "v"}]},
            id="letters and blanks of any language",
        ),
        pytest.param(
            ("dynamodb", "PutItem"),
            {"TableName": "t", "Item": {"a": {"M": {"b": {"L": [{"S": "c"}]}}}}},
            id="shapes within themselves",
        ),
        pytest.param(("sts", "GetCallerIdentity"), {}, id="no parameters"),
    ],
)
def test_nothing_is_said_of_the_others(call, parameters):
    assert complaint(*call, parameters) is None
