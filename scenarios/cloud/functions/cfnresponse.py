"""The module `cfnresponse`, which code in a template can import: it answers for a custom resource.

Written after its documentation:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html
"""

from typing import Final

CFNRESPONSE: Final = """\
import json

import urllib3

SUCCESS = "SUCCESS"
FAILED = "FAILED"

http = urllib3.PoolManager()


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):
    answer = json.dumps(
        {
            "Status": responseStatus,
            "Reason": reason or f"See the details in CloudWatch Log Stream: {context.log_stream_name}",
            "PhysicalResourceId": physicalResourceId or context.log_stream_name,
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "NoEcho": noEcho,
            "Data": responseData,
        }
    )
    headers = {"content-type": "", "content-length": str(len(answer))}
    try:
        answered = http.request("PUT", event["ResponseURL"], headers=headers, body=answer)
        print("Status code:", answered.status)
    except Exception as error:
        print("send(..) failed executing http.request(..):", error)
"""
