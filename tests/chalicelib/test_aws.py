"""The way to AWS: how long a function may wait for a service that doesn't answer."""

import boto3

from chalicelib.aws import Aws
from chalicelib.template.functions import TIMEOUT_SECONDS

# botocore's standard mode waits at most 1, then 2 seconds before it tries again.
WAITED_BETWEEN_SECONDS = 1 + 2


def test_a_service_that_hangs_leaves_a_function_fifteen_seconds_to_say_so():
    config = Aws(boto3.Session("key", "secret", region_name="eu-west-1")).client("logs").meta.config

    hangs_seconds = config.retries["total_max_attempts"] * config.read_timeout
    assert config.retries["mode"] == "standard"
    assert hangs_seconds + WAITED_BETWEEN_SECONDS <= TIMEOUT_SECONDS - 15
