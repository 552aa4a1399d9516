"""What stands in the supplementary configuration of a bucket: its settings, each of another call of S3.

Sources: https://github.com/awslabs/aws-config-resource-schema (names),
https://github.com/awslabs/aws-config-rdk (a recorded bucket, with what stands there where nothing is set),
https://github.com/cloud-custodian/cloud-custodian/blob/main/c7n/resources/s3.py (`ConfigS3` reads what
real buckets have: access control lists, notifications, replication, websites, lifecycles)
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.config.items import camel
from scenarios.cloud.config.resource_types.view import View

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
# (member of S3's answer, type in the item, S3's name of the ARN, the item's name of it)
_NOTIFIED: Final = (
    ("TopicConfigurations", "TopicConfiguration", "TopicArn", "topicARN"),
    ("QueueConfigurations", "QueueConfiguration", "QueueArn", "queueARN"),
    ("LambdaFunctionConfigurations", "LambdaConfiguration", "LambdaFunctionArn", "functionARN"),
)


def settings_of(view: View, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """All settings of a bucket; those that were never set stand there empty, or not at all."""
    policy = view.unless("NoSuchBucketPolicy", "s3", "GetBucketPolicy", Bucket=name)
    versioning = view("s3", "GetBucketVersioning", Bucket=name)
    logging = view("s3", "GetBucketLogging", Bucket=name).get("LoggingEnabled", {})
    accelerate = view("s3", "GetBucketAccelerateConfiguration", Bucket=name)
    found = {
        # A text within a text: so Config has it.
        "AccessControlList": json.dumps(_acl(view("s3", "GetBucketAcl", Bucket=name)), separators=(",", ":")),
        "BucketAccelerateConfiguration": {"status": accelerate.get("Status")},
        "BucketLoggingConfiguration": {
            "destinationBucketName": logging.get("TargetBucket"),
            "logFilePrefix": logging.get("TargetPrefix"),
        },
        "BucketNotificationConfiguration": {
            "configurations": _notifications(view("s3", "GetBucketNotificationConfiguration", Bucket=name))
        },
        "BucketPolicy": {"policyText": policy.get("Policy")},
        "BucketVersioningConfiguration": {
            "status": versioning.get("Status", "Off"),
            "isMfaDeleteEnabled": True if versioning.get("MFADelete") == "Enabled" else None,
        },
        "IsRequesterPaysEnabled": False,
    }
    if tags:
        found["BucketTaggingConfiguration"] = {"tagSets": [{"tags": dict(tags)}]}
    return {**found, **_where_set(view, name)}


def _where_set(view: View, name: str) -> dict[str, Any]:
    """Settings that an item has where the bucket has them."""
    found: dict[str, Any] = {}
    encryption = view.unless("ServerSideEncryption", "s3", "GetBucketEncryption", Bucket=name)
    block = view.unless("NoSuchPublicAccessBlock", "s3", "GetPublicAccessBlock", Bucket=name)
    lifecycle = view.unless("NoSuchLifecycle", "s3", "GetBucketLifecycleConfiguration", Bucket=name)
    replication = view.unless("ReplicationConfigurationNotFound", "s3", "GetBucketReplication", Bucket=name)
    website = view.unless("NoSuchWebsite", "s3", "GetBucketWebsite", Bucket=name)
    lock = view.unless("ObjectLockConfigurationNotFound", "s3", "GetObjectLockConfiguration", Bucket=name)
    cors = view.unless("NoSuchCORS", "s3", "GetBucketCors", Bucket=name)
    if encryption:
        rules = encryption["ServerSideEncryptionConfiguration"]["Rules"]
        found["ServerSideEncryptionConfiguration"] = {"rules": [_encryption(each) for each in rules]}
    if block:
        found["PublicAccessBlockConfiguration"] = camel(block["PublicAccessBlockConfiguration"])
    if lifecycle:
        found["BucketLifecycleConfiguration"] = {"rules": [_lifecycle(each) for each in lifecycle["Rules"]]}
    if replication:
        found["BucketReplicationConfiguration"] = _replication(replication["ReplicationConfiguration"])
    if website:
        found["BucketWebsiteConfiguration"] = _website(website)
    if lock:
        found["ObjectLockConfiguration"] = camel(lock["ObjectLockConfiguration"])
    if cors:
        found["BucketCrossOriginConfiguration"] = {"rules": [_cors(each) for each in cors["CORSRules"]]}
    return found


def _acl(answer: Mapping[str, Any]) -> dict[str, Any]:
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


def _notifications(answer: Mapping[str, Any]) -> dict[str, Any]:
    """To whom S3 tells of objects, by the ids of the settings."""
    return {
        each["Id"]: {
            "events": each["Events"],
            "filter": _key_filter(each.get("Filter")),
            "objectPrefixes": [],
            arn: each[theirs],
            "type": kind,
        }
        for member, kind, theirs, arn in _NOTIFIED
        for each in answer.get(member, ())
    }


def _key_filter(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    rules = given.get("Key", {}).get("FilterRules", []) if given else []
    return {"s3KeyFilter": {"filterRules": camel(rules)}} if rules else None


def _lifecycle(rule: Mapping[str, Any]) -> dict[str, Any]:
    ends, older = rule.get("Expiration", {}), rule.get("NoncurrentVersionExpiration", {})
    aborted = rule.get("AbortIncompleteMultipartUpload")
    return {
        "id": rule.get("ID"),
        "prefix": rule.get("Prefix"),
        "status": rule["Status"],
        "filter": {"predicate": _predicate(rule["Filter"])} if "Filter" in rule else None,
        "expirationInDays": ends.get("Days", -1),
        "expirationDate": camel(ends.get("Date")),
        "expiredObjectDeleteMarker": ends.get("ExpiredObjectDeleteMarker", False),
        "noncurrentVersionExpirationInDays": older.get("NoncurrentDays", -1),
        "transitions": camel(rule.get("Transitions", [])) or None,
        "noncurrentVersionTransitions": [
            {"days": each.get("NoncurrentDays"), "storageClass": each["StorageClass"]}
            for each in rule.get("NoncurrentVersionTransitions", ())
        ]
        or None,
        "abortIncompleteMultipartUpload": camel(aborted) if aborted else None,
    }


def _predicate(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """What objects a rule is about: a prefix, a tag, or both of them and more."""
    if "And" in given:
        several = given["And"]
        prefix = {"Prefix": several["Prefix"]} if several.get("Prefix") else None
        parts = [*([prefix] if prefix else []), *({"Tag": tag} for tag in several.get("Tags", ()))]
        return {"type": "LifecycleAndOperator", "operands": [_predicate(each) for each in parts]}
    if "Tag" in given:
        return {"type": "LifecycleTagPredicate", "tag": camel(given["Tag"])}
    if given.get("Prefix"):
        return {"type": "LifecyclePrefixPredicate", "prefix": given["Prefix"]}
    return None


def _replication(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "roleARN": given["Role"],
        "rules": {
            each["ID"]: {
                "prefix": each.get("Prefix") or each.get("Filter", {}).get("Prefix", ""),
                "status": each["Status"],
                "destinationConfig": {
                    "bucketARN": each["Destination"]["Bucket"],
                    "storageClass": each["Destination"].get("StorageClass"),
                },
            }
            for each in given["Rules"]
        },
    }


def _website(given: Mapping[str, Any]) -> dict[str, Any]:
    redirect = given.get("RedirectAllRequestsTo")
    return {
        "indexDocumentSuffix": given.get("IndexDocument", {}).get("Suffix"),
        "errorDocument": given.get("ErrorDocument", {}).get("Key"),
        "redirectAllRequestsTo": camel(redirect) if redirect else None,
        "routingRules": camel(given.get("RoutingRules", [])),
    }


def _cors(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": rule.get("ID"),
        "allowedMethods": rule["AllowedMethods"],
        "allowedOrigins": rule["AllowedOrigins"],
        "allowedHeaders": rule.get("AllowedHeaders"),
        "exposedHeaders": rule.get("ExposeHeaders"),
        "maxAgeSeconds": rule.get("MaxAgeSeconds", 0),
    }
