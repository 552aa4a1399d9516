"""IAM's rows for KMS: keys and their aliases.

A key that is named by an alias has to be looked up first. KMS finds the key in the text it is given to
decrypt, and does not tell which it was.
"""

from typing import Any

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import (
    Arn,
    DenialStyle,
    Document,
    Permissions,
    Place,
    document,
)
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kms.condition_keys import CONTEXT, key_tags
from scenarios.cloud.kms.grants import statement

_LINES = """
ListKeys                        =                         *
ListAliases                     =                         *
CreateKey                       =                         *
GenerateRandom                  =                         *
DescribeKey                     =                         key(KeyId)
EnableKey                       =                         key(KeyId)
DisableKey                      =                         key(KeyId)
ScheduleKeyDeletion             =                         key(KeyId)
CancelKeyDeletion               =                         key(KeyId)
GetKeyPolicy                    =                         key(KeyId)
PutKeyPolicy                    =                         key(KeyId)
ListKeyPolicies                 =                         key(KeyId)
GetKeyRotationStatus            =                         key(KeyId)
EnableKeyRotation               =                         key(KeyId)
DisableKeyRotation              =                         key(KeyId)
CreateAlias                     =                         alias(AliasName)
CreateAlias                     =                         key(TargetKeyId)
CreateGrant                     =                         key(KeyId)
ListGrants                      =                         key(KeyId)
RevokeGrant                     =                         key(KeyId)
Encrypt                         =                         key(KeyId)
Decrypt                         =                         key(KeyId)
ReEncrypt +SourceKeyId          kms:ReEncryptFrom         key(SourceKeyId)
ReEncrypt -SourceKeyId          kms:ReEncryptFrom         unknown(CiphertextBlob)
ReEncrypt                       kms:ReEncryptTo           key(DestinationKeyId)
GenerateDataKey                 =                         key(KeyId)
GenerateDataKeyWithoutPlaintext =                         key(KeyId)
Sign                            =                         key(KeyId)
Verify                          =                         key(KeyId)
GetPublicKey                    =                         key(KeyId)
GenerateMac                     =                         key(KeyId)
VerifyMac                       =                         key(KeyId)
UpdateKeyDescription            =                         key(KeyId)
TagResource                     =                         key(KeyId)
UntagResource                   =                         key(KeyId)
ListResourceTags                =                         key(KeyId)
"""


def _key(place: Place, key: str) -> str:
    """A KMS key by id or ARN; an alias doesn't tell which key it stands for, and AWS asks about the key."""
    if "alias/" in key:
        raise NotSimulated("kms", f"a key by its alias {key} before the key is looked up")
    return key if key.startswith("arn:") else f"arn:aws:kms:{place.region}:{place.account}:key/{key}"


def _key_policy(arn: Arn) -> Document | None:
    key = moto_state.kms_key(arn.text, arn.account, arn.region)
    if key is None or not key.policy:
        return None
    policy = document(key.policy)
    granted = [statement(each) for each in key.grants.values()]
    return {**policy, "Statement": [*_listed(policy["Statement"]), *granted]} if granted else policy


def _listed(statements: Any) -> list[Any]:
    return statements if isinstance(statements, list) else [statements]


PERMISSIONS = Permissions(
    prefix="kms",
    denial=DenialStyle(
        code="AccessDeniedException",
        status=400,
        without_resource=dict.fromkeys(
            ("Decrypt", "ReEncrypt"), " on the resource associated with this ciphertext"
        ),
    ),
    lines=_LINES,
    kinds={
        "alias": named("arn:aws:kms:{region}:{account}:{0}"),  # an alias's name begins with alias/
        "key": _key,
    },
    context=CONTEXT,
    policy_of=_key_policy,
    tags_of=key_tags,
)
