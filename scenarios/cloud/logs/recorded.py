"""How CloudTrail records CloudWatch Logs.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/logging_cw_api_calls_cwl.html
"""

from scenarios.cloud.kernel.recorded import Recorded

RECORDED = Recorded(
    service="logs",
    api_version="20140328",
    unrecorded=frozenset({"PutLogEvents"}),
    reads=frozenset({"StartLiveTail", "StartQuery"}),
    history={"logGroupName": "AWS::Logs::LogGroup"},
)
