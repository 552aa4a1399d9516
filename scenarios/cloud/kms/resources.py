"""AWS::KMS: keys and their aliases.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_KMS.html
"""

from collections.abc import Mapping

from scenarios.cloud.authorization.policy import Principal
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, only, text_of
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Inert,
    PolicyDocument,
    Refused,
    Shape,
    Text,
)
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Resource
from scenarios.cloud.kms.lockout import LOCKS_OUT, locks_out
from scenarios.cloud.kms.validation import MAC_USAGE, MACS

_ADMINISTRATOR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

KEY = Shape(
    fields={
        "BypassPolicyLockoutSafetyCheck": Flag(),
        "Description": Text(longest=8192),
        "EnableKeyRotation": Flag(),
        "Enabled": Flag(),
        "KeyPolicy": PolicyDocument(of_resource=True),
        "KeySpec": Text(choices=("SYMMETRIC_DEFAULT", *MACS)),
        "KeyUsage": Text(choices=("ENCRYPT_DECRYPT", MAC_USAGE)),
        "MultiRegion": Refused(because="keys in several regions"),
        "Origin": Text(choices=("AWS_KMS",)),
        "PendingWindowInDays": Inert(because="a stack is never deleted from the simulated AWS"),
        "RotationPeriodInDays": Refused(because="rotation other than by the year"),
        "Tags": TAGS,
    }
)

ALIAS = Shape(
    fields={"AliasName": Text(pattern=r"alias/(?!aws/)[a-zA-Z0-9/_-]{1,250}"), "TargetKeyId": Text()},
    required=("AliasName", "TargetKeyId"),
)


def create_key(order: Order) -> Identity:
    """Create a key; without a policy it is the account's to give away."""
    kms = order.client("kms")
    root = f"arn:{order.site.partition}:iam::{order.site.account}:root"
    default = {
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}]
    }
    policy = order.properties.get("KeyPolicy", {"Version": "2012-10-17", **default})
    # The deployer is an administrator, but not the root user: root may update every key policy.
    deployer = Principal(account=order.site.account, arn=root.replace(":root", ":user/deployer"))
    locked_out = locks_out(policy, deployer, (_ADMINISTRATOR,))
    if not order.properties.get("BypassPolicyLockoutSafetyCheck") and locked_out:
        raise order.refuse("KeyPolicy", f"MalformedPolicyDocument: {LOCKS_OUT}")
    given = order.pick("Description", "KeySpec", "KeyUsage", "Origin")
    metadata = kms.create_key(Policy=text_of(policy), **given)["KeyMetadata"]
    if order.properties.get("EnableKeyRotation"):
        kms.enable_key_rotation(KeyId=metadata["KeyId"])
    if order.properties.get("Enabled") is False:
        kms.disable_key(KeyId=metadata["KeyId"])
    return Identity(ref=metadata["KeyId"], attributes={"Arn": metadata["Arn"], "KeyId": metadata["KeyId"]})


def create_alias(order: Order) -> Identity:
    """Give a key a name."""
    order.client("kms").create_alias(**order.pick("AliasName", "TargetKeyId"))
    return Identity(ref=order.properties["AliasName"])


def delete_key(removal: Removal) -> None:
    """Schedule the key's deletion, by default in 30 days.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kms-key.html
    """
    days = removal.properties.get("PendingWindowInDays", 30)
    removal.client("kms").schedule_key_deletion(KeyId=removal.ref, PendingWindowInDays=days)


def delete_alias(removal: Removal) -> None:
    """Take the name away."""
    removal.client("kms").delete_alias(AliasName=removal.ref)


def update_key(order: Order, before: Resource) -> Identity:
    """Change a key's policy, its rotation and whether it is enabled."""
    kms, key, properties = order.client("kms"), before.physical_id, order.properties
    differ = only(order, before, "Description", "EnableKeyRotation", "Enabled", "KeyPolicy")
    if "Description" in differ:
        kms.update_key_description(KeyId=key, Description=properties.get("Description", ""))
    if "KeyPolicy" in differ:
        if "KeyPolicy" not in properties:
            raise NotSimulated("CloudFormation", f"an update of {before.type} that takes KeyPolicy away")
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=text_of(properties["KeyPolicy"]))
    if "EnableKeyRotation" in differ:
        turn = kms.enable_key_rotation if properties.get("EnableKeyRotation") else kms.disable_key_rotation
        turn(KeyId=key)
    if "Enabled" in differ:
        turn = kms.enable_key if properties.get("Enabled", True) else kms.disable_key
        turn(KeyId=key)
    return Identity(ref=key, attributes=before.attributes)


KINDS: Mapping[str, Kind] = {
    "AWS::KMS::Alias": Kind(shape=ALIAS, create=create_alias, delete=delete_alias),
    "AWS::KMS::Key": Kind(shape=KEY, create=create_key, delete=delete_key, update=update_key),
}
