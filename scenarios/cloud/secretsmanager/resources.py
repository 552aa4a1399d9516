"""AWS::SecretsManager: secrets, given or generated, how they rotate, and their policies.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

import json
from collections.abc import Mapping

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
    PolicyDocument,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.kernel.stack import Resource

_GENERATED = Shape(
    fields={
        "ExcludeCharacters": Text(),
        "ExcludeLowercase": Flag(),
        "ExcludeNumbers": Flag(),
        "ExcludePunctuation": Flag(),
        "ExcludeUppercase": Flag(),
        "GenerateStringKey": Text(),
        "IncludeSpace": Flag(),
        "PasswordLength": Whole(low=1, high=4096),
        "RequireEachIncludedType": Flag(),
        "SecretStringTemplate": Text(),
    }
)
SECRET = Shape(
    fields={
        "Description": Text(longest=2048),
        "GenerateSecretString": _GENERATED,
        "KmsKeyId": Text(),
        "Name": Text(longest=512),
        "ReplicaRegions": Refused(because="copies of a secret in other regions"),
        "SecretString": Text(longest=65_536),
        "Tags": TAGS,
        "Type": Refused(because="secrets that others manage"),
    }
)


ROTATION_SCHEDULE = Shape(
    fields={
        "ExternalSecretRotationMetadata": Refused(because="secrets that others manage"),
        "ExternalSecretRotationRoleArn": Refused(because="secrets that others manage"),
        "HostedRotationLambda": Refused(because="rotation functions that AWS makes"),
        "RotateImmediatelyOnUpdate": Flag(),
        "RotationLambdaARN": arn("lambda"),
        "RotationRules": Shape(
            fields={"AutomaticallyAfterDays": Whole(), "Duration": Text(), "ScheduleExpression": Text()}
        ),
        "SecretId": Text(),
    },
    required=("SecretId",),
)
RESOURCE_POLICY = Shape(
    fields={
        "BlockPublicPolicy": Flag(),
        "ResourcePolicy": PolicyDocument(of_resource=True),
        "SecretId": Text(),
    },
    required=("ResourcePolicy", "SecretId"),
)


def create_secret(order: Order) -> Identity:
    """Create a secret; what is generated is a password, alone or beside what the template has."""
    given = order.properties
    secrets = order.client("secretsmanager")
    if "SecretString" in given and "GenerateSecretString" in given:
        raise order.refuse("SecretString", "either SecretString or GenerateSecretString")
    text = given.get("SecretString", "")
    if "GenerateSecretString" in given:
        asked = dict(given["GenerateSecretString"])
        template, key = asked.pop("SecretStringTemplate", "{}"), asked.pop("GenerateStringKey", "")
        password = secrets.get_random_password(**asked)["RandomPassword"]
        text = json.dumps({**json.loads(template), key: password}) if key else password
    made = secrets.create_secret(
        Name=order.name("Name", 512), SecretString=text, **order.pick("Description", "KmsKeyId")
    )
    return Identity(ref=made["ARN"], attributes={"Id": made["ARN"]})


def delete_secret(removal: Removal) -> None:
    """Delete a secret, at once as CloudFormation does."""
    removal.client("secretsmanager").delete_secret(SecretId=removal.ref, ForceDeleteWithoutRecovery=True)


def update_secret(order: Order, before: Resource) -> Identity:
    """Change what the secret holds, or says of itself."""
    differ = only(order, before, "Description", "SecretString", "KmsKeyId")
    given = order.pick(*sorted(differ))
    order.client("secretsmanager").update_secret(SecretId=before.physical_id, **given)
    return Identity(ref=before.physical_id, attributes=before.attributes)


def create_rotation_schedule(order: Order) -> Identity:
    """Arrange rotation; the stack itself remembers it, as moto would call the function itself."""
    order.pick("RotateImmediatelyOnUpdate", "RotationLambdaARN", "RotationRules")
    return Identity(ref=str(order.properties["SecretId"]))


def delete_rotation_schedule(removal: Removal) -> None:
    """Rotate no more."""
    removal.told("secretsmanager", "CancelRotateSecret", {"SecretId": removal.ref})


def create_resource_policy(order: Order) -> Identity:
    """Put a secret's policy."""
    secret = str(order.properties["SecretId"])
    order.pick("BlockPublicPolicy")
    policy = text_of(order.properties["ResourcePolicy"])
    order.client("secretsmanager").put_resource_policy(SecretId=secret, ResourcePolicy=policy)
    return Identity(ref=secret)


def delete_resource_policy(removal: Removal) -> None:
    """Take it away."""
    removal.client("secretsmanager").delete_resource_policy(SecretId=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::SecretsManager::ResourcePolicy": Kind(
        shape=RESOURCE_POLICY,
        create=create_resource_policy,
        delete=delete_resource_policy,
        grants=True,
        update=made_again(create_resource_policy),
    ),
    "AWS::SecretsManager::RotationSchedule": Kind(
        shape=ROTATION_SCHEDULE,
        create=create_rotation_schedule,
        delete=delete_rotation_schedule,
        update=made_again(create_rotation_schedule),
    ),
    "AWS::SecretsManager::Secret": Kind(
        shape=SECRET, create=create_secret, delete=delete_secret, update=update_secret
    ),
}
