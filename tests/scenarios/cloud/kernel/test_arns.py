"""Parts of what may be an ARN."""

import pytest

from scenarios.cloud.kernel.arns import account_of, region_of, service_of


@pytest.mark.parametrize(
    ("arn", "parts"),
    [
        ("arn:aws:sqs:us-east-1:123456789012:a:b", ("sqs", "us-east-1", "123456789012")),
        ("arn:aws:s3:::bucket", ("s3", "", "")),
        ("arn:aws:sqs", ("", "", "")),
        ("urn:aws:sqs:us-east-1:123456789012:a", ("", "", "")),
        ("", ("", "", "")),
    ],
)
def test_what_is_no_arn_has_no_parts(arn, parts):
    assert (service_of(arn), region_of(arn), account_of(arn)) == parts
