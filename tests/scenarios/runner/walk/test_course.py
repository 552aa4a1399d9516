"""What a walk keeps of a call."""

import pytest

from scenarios.runner.walk.course import but_for_tokens


@pytest.mark.parametrize(
    ("service", "operation", "given", "kept"),
    [
        ("guardduty", "CreateDetector", {"ClientToken": "c577ee9c", "Enable": True}, {"Enable": True}),
        ("macie2", "EnableMacie", {"clientToken": "7a7622ce"}, {}),
        # The next page's token is AWS's own, and not drawn.
        ("s3", "ListObjectsV2", {"ContinuationToken": "a"}, {"ContinuationToken": "a"}),
    ],
)
def test_a_call_is_kept_without_the_tokens_that_botocore_draws(service, operation, given, kept):
    assert but_for_tokens(service, operation, given) == kept
