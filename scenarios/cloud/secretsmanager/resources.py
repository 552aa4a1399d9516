"""AWS::SecretsManager: secrets, given or generated.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

import json
from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Refused,
    Shape,
    Text,
    Whole,
)

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


KINDS: Mapping[str, Kind] = {
    "AWS::SecretsManager::Secret": Kind(shape=SECRET, create=create_secret, delete=delete_secret),
}
