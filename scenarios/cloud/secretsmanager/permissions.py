"""Secrets Manager: secrets, by ARN."""

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import JSON, Permissions, Place
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
"""


def _secret(_place: Place, secret: str) -> str:
    """A secret by ARN: six random characters end it, which its name doesn't tell."""
    if not secret.startswith("arn:"):
        raise NotSimulated("secretsmanager", f"a secret by its name {secret} before its ARN is looked up")
    return secret


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
)
