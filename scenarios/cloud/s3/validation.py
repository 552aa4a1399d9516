"""What S3 refuses of a bucket: its name, its policy, ACLs where they are switched off.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import re
from typing import Final

from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.limits import complaints
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.s3 import acls

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


def limits(request: Request) -> None:
    """A value that its enumeration doesn't have: a body with one is malformed, a header no argument."""
    for path, value, _ in complaints("s3", request.operation, request.parameters):
        name, *inside = path.split(".")
        if name == "storageClass":
            raise Refused("InvalidStorageClass", "The storage class you specified is not valid")
        if inside:
            why = "The XML you provided was not well-formed or did not validate against our published schema"
            raise Refused("MalformedXML", why)
        raise Refused("InvalidArgument", f"{value} is no valid value of {name}")


VALIDATION = Validation(
    every=(limits,),
    rules={
        "CreateBucket": (bucket, acls.refuse),
        "CopyObject": (acls.refuse,),
        "CreateMultipartUpload": (acls.refuse,),
        "PutBucketAcl": (acls.refuse,),
        "PutObject": (acls.refuse,),
        "PutObjectAcl": (acls.refuse,),
        "PutBucketPolicy": (resource_policy("Policy", "MalformedPolicy"),),
    },
)
