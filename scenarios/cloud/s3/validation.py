"""What S3 refuses of a bucket: its name, its policy.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

import re
from typing import Final

from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request, Validation

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def bucket(request: Request) -> None:
    """A bucket that is made."""
    name = request.parameters["Bucket"]
    reserved = name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS)
    if reserved or ".." in name or _ADDRESS.fullmatch(name) or not _NAME.fullmatch(name):
        raise Refused("InvalidBucketName", "The specified bucket is not valid.")


VALIDATION = Validation(
    rules={
        "CreateBucket": (bucket,),
        "PutBucketPolicy": (resource_policy("Policy", "MalformedPolicy"),),
    }
)
