"""AWS::S3: buckets and their policies.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_S3.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from scenarios.cloud.cloudformation.resources.kind import (
    Identity,
    Kind,
    Order,
    Removal,
    made_again,
    only,
    text_of,
)
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Many,
    PolicyDocument,
    Refused,
    Shape,
    Text,
    Whole,
)
from scenarios.cloud.kernel.stack import Resource

_STORAGE = ("DEEP_ARCHIVE", "GLACIER", "GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD_IA")
_NOT_HERE = Refused(because="not a law of the simulated S3")

_LIFECYCLE_RULE = Shape(
    fields={
        "AbortIncompleteMultipartUpload": Shape(
            fields={"DaysAfterInitiation": Whole(low=1)}, required=("DaysAfterInitiation",)
        ),
        "ExpirationInDays": Whole(low=1),
        "ExpiredObjectDeleteMarker": Flag(),
        "Id": Text(longest=255),
        "NoncurrentVersionExpiration": Shape(
            fields={
                "NewerNoncurrentVersions": Refused(because="how many old versions lifecycle keeps"),
                "NoncurrentDays": Whole(low=1),
            },
            required=("NoncurrentDays",),
        ),
        "Prefix": Text(),
        "Status": Text(choices=("Disabled", "Enabled")),
        "Transitions": Many(
            of=Shape(
                fields={"StorageClass": Text(choices=_STORAGE), "TransitionInDays": Whole()},
                required=("StorageClass", "TransitionInDays"),
            )
        ),
    },
    required=("Status",),
)

# By CloudFormation's kind: its property with the ARN, the API's kind, the API's parameter with the ARN.
_DESTINATIONS = {
    "LambdaConfigurations": ("Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    "QueueConfigurations": ("Queue", "QueueConfigurations", "QueueArn"),
    "TopicConfigurations": ("Topic", "TopicConfigurations", "TopicArn"),
}
_KEY_RULE = Shape(
    fields={"Name": Text(choices=("prefix", "suffix")), "Value": Text()}, required=("Name", "Value")
)


def _told(destination: str) -> Shape:
    """Whom a bucket tells of one kind of event; `destination`: the property with the ARN."""
    of_key = Shape(fields={"Rules": Many(of=_KEY_RULE, most=2)}, required=("Rules",))
    return Shape(
        fields={
            "Event": Text(),
            "Filter": Shape(fields={"S3Key": of_key}, required=("S3Key",)),
            destination: Text(),
        },
        required=("Event", destination),
    )


BUCKET = Shape(
    fields={
        "AccelerateConfiguration": _NOT_HERE,
        "AccessControl": Refused(because="ACLs; say OwnershipControls and a bucket policy"),
        "BucketEncryption": Shape(
            fields={
                "ServerSideEncryptionConfiguration": Many(
                    of=Shape(
                        fields={
                            "BucketKeyEnabled": Flag(),
                            "ServerSideEncryptionByDefault": Shape(
                                fields={
                                    "KMSMasterKeyID": Text(),
                                    "SSEAlgorithm": Text(choices=("AES256", "aws:kms", "aws:kms:dsse")),
                                },
                                required=("SSEAlgorithm",),
                            ),
                        }
                    ),
                    least=1,
                    most=1,
                )
            },
            required=("ServerSideEncryptionConfiguration",),
        ),
        "BucketName": Text(),
        "CorsConfiguration": _NOT_HERE,
        "InventoryConfigurations": _NOT_HERE,
        "LifecycleConfiguration": Shape(
            fields={
                "Rules": Many(of=_LIFECYCLE_RULE, least=1),
                "TransitionDefaultMinimumObjectSize": Text(
                    choices=("all_storage_classes_128K", "varies_by_storage_class")
                ),
            },
            required=("Rules",),
        ),
        "LoggingConfiguration": Shape(
            fields={
                "DestinationBucketName": Text(),
                "LogFilePrefix": Text(),
                "TargetObjectKeyFormat": Refused(because="folders of access logs, but by the API"),
            }
        ),
        "NotificationConfiguration": Shape(
            fields={
                "EventBridgeConfiguration": Shape(
                    fields={"EventBridgeEnabled": Flag()}, required=("EventBridgeEnabled",)
                ),
                **{kind: Many(of=_told(name)) for kind, (name, _, _) in _DESTINATIONS.items()},
            }
        ),
        "ObjectLockConfiguration": Shape(
            fields={
                "ObjectLockEnabled": Text(choices=("Enabled",)),
                "Rule": Shape(
                    fields={
                        "DefaultRetention": Shape(
                            fields={
                                "Days": Whole(low=1),
                                "Mode": Text(choices=("COMPLIANCE", "GOVERNANCE")),
                                "Years": Whole(low=1),
                            },
                            required=("Mode",),
                        )
                    }
                ),
            }
        ),
        "ObjectLockEnabled": Flag(),
        "OwnershipControls": Shape(
            fields={
                "Rules": Many(
                    of=Shape(
                        fields={
                            "ObjectOwnership": Text(
                                choices=("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
                            )
                        },
                        required=("ObjectOwnership",),
                    ),
                    least=1,
                    most=1,
                )
            },
            required=("Rules",),
        ),
        "PublicAccessBlockConfiguration": Shape(
            fields={
                "BlockPublicAcls": Flag(),
                "BlockPublicPolicy": Flag(),
                "IgnorePublicAcls": Flag(),
                "RestrictPublicBuckets": Flag(),
            }
        ),
        "ReplicationConfiguration": _NOT_HERE,
        "Tags": TAGS,
        "VersioningConfiguration": Shape(
            fields={"Status": Text(choices=("Enabled", "Suspended"))}, required=("Status",)
        ),
        "WebsiteConfiguration": _NOT_HERE,
    }
)

BUCKET_POLICY = Shape(
    fields={"Bucket": Text(), "PolicyDocument": PolicyDocument(of_resource=True)},
    required=("Bucket", "PolicyDocument"),
)


def create_bucket(order: Order) -> Identity:
    """Create a bucket with its configuration."""
    s3 = order.client("s3")
    site = order.site
    name = order.properties.get("BucketName") or order.generated_name(63).lower()
    placed: dict[str, Any] = {}
    if site.region != "us-east-1":
        placed["CreateBucketConfiguration"] = {"LocationConstraint": site.region}
    if "ObjectLockConfiguration" in order.properties and not order.properties.get("ObjectLockEnabled"):
        raise order.refuse("ObjectLockEnabled", "a bucket with an ObjectLockConfiguration is created with it")
    s3.create_bucket(
        Bucket=name, ObjectLockEnabledForBucket=order.properties.get("ObjectLockEnabled", False), **placed
    )
    _protect(order, name)
    _configure(order, name)
    domain = f"{name}.s3.{site.region}.amazonaws.com"
    attributes = {
        "Arn": f"arn:{site.partition}:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "RegionalDomainName": domain,
    }
    return Identity(ref=name, attributes=attributes)


def _protect(order: Order, name: str) -> None:
    """Set who may see what is in the bucket; a new bucket blocks all public access."""
    s3, properties = order.client("s3"), order.properties
    everything = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    # https://aws.amazon.com/blogs/aws/amazon-s3-security-changes: the default since April 2023
    blocked = properties.get("PublicAccessBlockConfiguration", dict.fromkeys(everything, True))
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocked)
    owner = properties.get("OwnershipControls", {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=owner)
    if "BucketEncryption" in properties:
        _encrypt(order, name)


def _encrypt(order: Order, name: str) -> None:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault" if key == "ServerSideEncryptionByDefault" else key: value
            for key, value in rule.items()
        }
        for rule in order.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    ]
    order.client("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


def _configure(order: Order, name: str) -> None:
    properties = order.properties
    if "VersioningConfiguration" in properties:
        _version(order, name)
    if "ObjectLockConfiguration" in properties:
        _lock(order, name)
    if "LifecycleConfiguration" in properties:
        _expire(order, name)
    if _notifications(properties.get("NotificationConfiguration", {})):
        _notify(order, name)
    if "LoggingConfiguration" in properties:
        _log(order, name)


def _version(order: Order, name: str) -> None:
    """Keep versions, or no longer; a bucket that no longer says it keeps no new ones."""
    suspended = {"Status": "Suspended"}
    versioning = order.properties.get("VersioningConfiguration", suspended)
    if order.properties.get("ObjectLockEnabled") and versioning["Status"] != "Enabled":
        raise order.refuse("VersioningConfiguration", "a bucket with object lock keeps its versions")
    order.client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)


def _lock(order: Order, name: str) -> None:
    lock = {"ObjectLockEnabled": "Enabled", **order.properties["ObjectLockConfiguration"]}
    retention = lock.get("Rule", {}).get("DefaultRetention", {"Days": 1})
    if ("Days" in retention) == ("Years" in retention):
        raise order.refuse("ObjectLockConfiguration.Rule.DefaultRetention", "either Days or Years")
    order.client("s3").put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)


def _expire(order: Order, name: str) -> None:
    rules = [_lifecycle(rule) for rule in order.properties["LifecycleConfiguration"]["Rules"]]
    order.client("s3").put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": rules}
    )


def _notify(order: Order, name: str) -> None:
    told = _notifications(order.properties.get("NotificationConfiguration", {}))
    order.client("s3").put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=told)


def _log(order: Order, name: str) -> None:
    """Log to the bucket that is named, or to the bucket itself; or no longer."""
    given, status = order.properties.get("LoggingConfiguration"), {}
    if given is not None:
        names = {"DestinationBucketName": "TargetBucket", "LogFilePrefix": "TargetPrefix"}
        given = {names.get(key, key): value for key, value in given.items()}
        status = {"LoggingEnabled": {"TargetBucket": name, "TargetPrefix": "", **given}}
    order.client("s3").put_bucket_logging(Bucket=name, BucketLoggingStatus=status)


def _block(order: Order, name: str) -> None:
    blocked = order.properties["PublicAccessBlockConfiguration"]
    order.client("s3").put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocked)


def _own(order: Order, name: str) -> None:
    owner = order.properties["OwnershipControls"]
    order.client("s3").put_bucket_ownership_controls(Bucket=name, OwnershipControls=owner)


# What changes a property of a bucket, and the client's method that takes it away; "" where the first does.
_CHANGES: Mapping[str, tuple[Callable[[Order, str], None], str]] = {
    "PublicAccessBlockConfiguration": (_block, "delete_public_access_block"),
    "OwnershipControls": (_own, "delete_bucket_ownership_controls"),
    "BucketEncryption": (_encrypt, "delete_bucket_encryption"),
    "VersioningConfiguration": (_version, ""),
    "LifecycleConfiguration": (_expire, "delete_bucket_lifecycle"),
    "NotificationConfiguration": (_notify, ""),
    "LoggingConfiguration": (_log, ""),
}


def update_bucket(order: Order, before: Resource) -> Identity:
    """Change a bucket's configuration; what the template no longer says is as in a bucket without it."""
    name, s3 = before.physical_id, order.client("s3")
    differ = only(order, before, *_CHANGES)
    for each, (put, remove) in _CHANGES.items():
        if each not in differ:
            continue
        if each in order.properties or not remove:
            put(order, name)
        else:
            getattr(s3, remove)(Bucket=name)
    return Identity(ref=name, attributes=before.attributes)


def _notifications(given: Mapping[str, Any]) -> dict[str, Any]:
    """Turn CloudFormation's configuration, with one event in each, into the one the S3 API takes."""
    told: dict[str, Any] = {
        kind_of_api: [
            {arn: each[name], "Events": [each["Event"]], **_key_filter(each)} for each in given.get(kind, ())
        ]
        for kind, (name, kind_of_api, arn) in _DESTINATIONS.items()
        if given.get(kind)
    }
    if given.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled"):
        told["EventBridgeConfiguration"] = {}
    return told


def _key_filter(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"Filter": {"Key": {"FilterRules": told["Filter"]["S3Key"]["Rules"]}}} if "Filter" in told else {}


def _lifecycle(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Turn CloudFormation's flat rule into the one the S3 API takes."""
    turned: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        turned["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        turned["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if rule.get("ExpiredObjectDeleteMarker"):
        turned["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if "Transitions" in rule:
        turned["Transitions"] = [
            {"Days": one["TransitionInDays"], "StorageClass": one["StorageClass"]}
            for one in rule["Transitions"]
        ]
    for same in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"):
        if same in rule:
            turned[same] = rule[same]
    return turned


def create_bucket_policy(order: Order) -> Identity:
    """Replace a bucket's policy."""
    bucket = order.properties["Bucket"]
    order.client("s3").put_bucket_policy(Bucket=bucket, Policy=text_of(order.properties["PolicyDocument"]))
    return Identity(ref=bucket)


def delete_bucket(removal: Removal) -> None:
    """Delete a bucket, which must be empty."""
    removal.client("s3").delete_bucket(Bucket=removal.ref)


def delete_bucket_policy(removal: Removal) -> None:
    """Take a bucket's policy away."""
    removal.client("s3").delete_bucket_policy(Bucket=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::S3::Bucket": Kind(shape=BUCKET, create=create_bucket, delete=delete_bucket, update=update_bucket),
    "AWS::S3::BucketPolicy": Kind(
        shape=BUCKET_POLICY,
        create=create_bucket_policy,
        delete=delete_bucket_policy,
        grants=True,
        update=made_again(create_bucket_policy),
    ),
}
