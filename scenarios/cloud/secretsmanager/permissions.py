"""IAM's rows for Secrets Manager: secrets, by ARN."""

from typing import Any

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import (
    JSON,
    Arn,
    Asking,
    ContextKey,
    Document,
    KeyValue,
    Permissions,
    Place,
    document,
)
from scenarios.cloud.kernel import moto_secrets, moto_state
from scenarios.cloud.kernel.errors import NotSimulated

_LINES = """
ListSecrets                     =                         *
GetRandomPassword               =                         *
CreateSecret                    =                         new_secret(Name)
GetSecretValue                  =                         secret(SecretId)
DescribeSecret                  =                         secret(SecretId)
PutSecretValue                  =                         secret(SecretId)
UpdateSecret                    =                         secret(SecretId)
DeleteSecret                    =                         secret(SecretId)
RestoreSecret                   =                         secret(SecretId)
GetResourcePolicy               =                         secret(SecretId)
PutResourcePolicy               =                         secret(SecretId)
DeleteResourcePolicy            =                         secret(SecretId)
ListSecretVersionIds            =                         secret(SecretId)
UpdateSecretVersionStage        =                         secret(SecretId)
RotateSecret                    =                         secret(SecretId)
RotateSecret +RotationLambdaARN lambda:InvokeFunction     function(RotationLambdaARN)
CancelRotateSecret              =                         secret(SecretId)
"""


def _secret(place: Place, secret: str) -> str:
    """A secret by ARN, or by the name of one that is there: six random characters end the ARN."""
    if secret.startswith("arn:"):
        return secret
    found = moto_secrets.secret(place.account, place.region, secret)
    if found is None:
        raise NotSimulated("secretsmanager", f"who may ask for the secret {secret}, which isn't there")
    return str(found.arn)


def _found(arn: Arn) -> Any | None:
    secrets = moto_state.backend("secretsmanager", arn.account, arn.region).secrets
    return next((secret for secret in secrets.values() if secret.arn == arn.text), None)


def _secret_policy(arn: Arn) -> Document | None:
    secret = _found(arn)
    return document(secret.policy) if secret is not None and secret.policy else None


def _secret_tags(arn: Arn) -> dict[str, str]:
    secret = _found(arn)
    return moto_state.as_tags(secret.tags) if secret is not None else {}


def _secret_id(asking: Asking, _name: str) -> KeyValue:
    """The ARN of the secret, of one that is there."""
    return asking.resource if asking.operation != "CreateSecret" else None


PERMISSIONS = Permissions(
    prefix="secretsmanager",
    denial=JSON,
    lines=_LINES,
    kinds={
        "new_secret": named(
            "arn:aws:secretsmanager:{region}:{account}:secret:{0}-??????"
        ),  # AWS's six come later
        "secret": _secret,
    },
    context=(
        ContextKey(key="secretsmanager:SecretId", value=_secret_id),
        ContextKey(key="secretsmanager:Name", parameter="Name"),
        ContextKey(key="secretsmanager:RotationLambdaARN", parameter="RotationLambdaARN"),
        ContextKey(key="secretsmanager:Description", parameter="Description"),
        ContextKey(key="secretsmanager:KmsKeyId", parameter="KmsKeyId"),
        ContextKey(key="secretsmanager:VersionId", parameter="VersionId"),
        ContextKey(key="secretsmanager:VersionStage", parameter="VersionStage", default="AWSCURRENT"),
        ContextKey(
            key="secretsmanager:ForceDeleteWithoutRecovery",
            parameter="ForceDeleteWithoutRecovery",
            default="false",
        ),
        ContextKey(key="secretsmanager:RecoveryWindowInDays", parameter="RecoveryWindowInDays"),
        ContextKey(key="secretsmanager:BlockPublicPolicy", parameter="BlockPublicPolicy", default="false"),
    ),
    policy_of=_secret_policy,
    tags_of=_secret_tags,
)
