"""S3: buckets, and what the whole account blocks.

Sources: https://github.com/awslabs/aws-config-resource-schema, https://github.com/awslabs/aws-config-rdk
(recorded items), https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.cloud.config.items import REGIONAL, Found, camel, tags_of
from scenarios.cloud.config.resource_types.view import ResourceType, View

BUCKET, ACCOUNT_BLOCK = "AWS::S3::Bucket", "AWS::S3::AccountPublicAccessBlock"
_PERMISSIONS: Final[Mapping[str, str]] = {
    "FULL_CONTROL": "FullControl",
    "READ": "Read",
    "READ_ACP": "ReadAcp",
    "WRITE": "Write",
    "WRITE_ACP": "WriteAcp",
}
_GROUPS: Final[Mapping[str, str]] = {
    "http://acs.amazonaws.com/groups/global/AllUsers": "AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "AuthenticatedUsers",
    "http://acs.amazonaws.com/groups/s3/LogDelivery": "LogDelivery",
}


def buckets(view: View) -> Iterator[Found]:
    """The buckets of the region."""
    answer = view("s3", "ListBuckets")
    for each in answer["Buckets"]:
        name = each["Name"]
        if known := view.unchanged(BUCKET, name):
            yield known
            continue
        location = view("s3", "GetBucketLocation", Bucket=name).get("LocationConstraint")
        if (location or "us-east-1") != view.region:
            continue
        tagging = view.unless("NoSuchTagSet", "s3", "GetBucketTagging", Bucket=name)
        yield Found(
            type=BUCKET,
            id=name,
            name=name,
            arn=f"arn:aws:s3:::{name}",
            zone=REGIONAL,
            tags=tags_of(tagging.get("TagSet")),
            configuration={
                "name": name,
                "owner": {"displayName": None, "id": answer["Owner"]["ID"]},
                "creationDate": camel(each["CreationDate"]),
            },
            supplementary=_supplement(view, name),
            created=each["CreationDate"],
        )


def _supplement(view: View, name: str) -> dict[str, Any]:
    acl = view("s3", "GetBucketAcl", Bucket=name)
    policy = view.unless("NoSuchBucketPolicy", "s3", "GetBucketPolicy", Bucket=name)
    versioning = view("s3", "GetBucketVersioning", Bucket=name)
    logging = view("s3", "GetBucketLogging", Bucket=name).get("LoggingEnabled", {})
    encryption = view.unless("ServerSideEncryption", "s3", "GetBucketEncryption", Bucket=name)
    block = view.unless("NoSuchPublicAccessBlock", "s3", "GetPublicAccessBlock", Bucket=name)
    found: dict[str, Any] = {
        "AccessControlList": json.dumps(_acl(acl), separators=(",", ":")),
        "BucketLoggingConfiguration": {
            "destinationBucketName": logging.get("TargetBucket"),
            "logFilePrefix": logging.get("TargetPrefix"),
        },
        "BucketPolicy": {"policyText": policy.get("Policy")},
        "BucketVersioningConfiguration": {
            "status": versioning.get("Status", "Off"),
            "isMfaDeleteEnabled": True if versioning.get("MFADelete") == "Enabled" else None,
        },
        "IsRequesterPaysEnabled": False,
    }
    if encryption:
        rules = encryption["ServerSideEncryptionConfiguration"]["Rules"]
        found["ServerSideEncryptionConfiguration"] = {"rules": [_encryption(each) for each in rules]}
    if block:
        found["PublicAccessBlockConfiguration"] = camel(block["PublicAccessBlockConfiguration"])
    return found


def _acl(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An access control list, as Config writes it into a text."""
    return {
        "grantSet": None,
        "grantList": [
            {"grantee": _grantee(each["Grantee"]), "permission": _PERMISSIONS[each["Permission"]]}
            for each in answer["Grants"]
        ],
        "owner": {"displayName": None, "id": answer["Owner"]["ID"]},
        "isRequesterCharged": False,
    }


def _grantee(grantee: Mapping[str, Any]) -> Any:
    if "URI" in grantee:
        return _GROUPS.get(grantee["URI"], grantee["URI"])
    return {"id": grantee.get("ID"), "displayName": None}


def _encryption(rule: Mapping[str, Any]) -> dict[str, Any]:
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    return {
        "applyServerSideEncryptionByDefault": {
            "sseAlgorithm": default.get("SSEAlgorithm"),
            "kmsMasterKeyID": default.get("KMSMasterKeyID"),
        },
        "bucketKeyEnabled": rule.get("BucketKeyEnabled", False),
    }


def account_public_access_block(view: View) -> Iterator[Found]:
    """What the account blocks for all of its buckets; nothing where that was never set."""
    block = view.unless(
        "NoSuchPublicAccessBlock", "s3control", "GetPublicAccessBlock", AccountId=view.account
    )
    if block:
        yield Found(
            type=ACCOUNT_BLOCK,
            id=view.account,
            arn="",
            configuration=camel(block["PublicAccessBlockConfiguration"]),
        )


TYPES = (
    ResourceType(name=BUCKET, service="s3", look=buckets),
    ResourceType(name=ACCOUNT_BLOCK, service="s3control", look=account_public_access_block),
)
