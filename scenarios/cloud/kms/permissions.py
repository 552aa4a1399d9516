"""IAM's rows for KMS: keys and their aliases.

AWS asks about the key that an alias stands for, and about the key that a ciphertext was made with: KMS finds
it in the text it is given to decrypt, and does not tell which it was. Without a key there is no key policy to
ask; so a key of the account that is not there is NotFoundException, whoever asks.
"""

import re
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
from scenarios.cloud.authorization.wildcards import ARN_PARTS
from scenarios.cloud.kernel import moto_secrets
from scenarios.cloud.kernel.errors import NotSimulated, Refused
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
RotateKeyOnDemand               =                         key(KeyId)
ListKeyRotations                =                         key(KeyId)
CreateAlias                     =                         alias(AliasName)
CreateAlias                     =                         key(TargetKeyId)
UpdateAlias                     =                         alias(AliasName)
UpdateAlias                     =                         key(AliasName)
UpdateAlias                     =                         key(TargetKeyId)
DeleteAlias                     =                         alias(AliasName)
DeleteAlias                     =                         key(AliasName)
CreateGrant                     =                         key(KeyId)
ListGrants                      =                         key(KeyId)
RevokeGrant                     =                         key(KeyId)
Encrypt                         =                         key(KeyId)
Decrypt +KeyId                  =                         key(KeyId)
Decrypt -KeyId                  =                         ciphertext(CiphertextBlob)
ReEncrypt +SourceKeyId          kms:ReEncryptFrom         key(SourceKeyId)
ReEncrypt -SourceKeyId          kms:ReEncryptFrom         ciphertext(CiphertextBlob)
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


_KEY_ID = re.compile(r"(mrk-)?[0-9a-f-]{32,36}")
_RESERVED = "alias/aws/"


def _key(place: Place, key: str) -> str:
    """A KMS key by id, ARN, alias or the ARN of its alias."""
    arn = key if key.startswith("arn:") else f"arn:aws:kms:{place.region}:{place.account}:{_rest(key)}"
    region, account, rest = _taken_apart(arn)
    found = moto_secrets.kms_key(rest, account, region)
    if found is not None:
        return str(found.arn)
    if rest.startswith(_RESERVED):
        raise NotSimulated("kms", f"a key of AWS's own by its alias {key}")
    if account != place.account:
        return arn
    raise Refused("NotFoundException", _not_found(key, arn, rest))


def _rest(key: str) -> str:
    return key if key.startswith("alias/") else f"key/{key}"


def _taken_apart(arn: str) -> tuple[str, str, str]:
    parts = arn.split(":", 5)
    if len(parts) < ARN_PARTS:
        raise Refused("NotFoundException", f"Invalid arn {arn}")
    return parts[3], parts[4], parts[5]


def _not_found(key: str, arn: str, rest: str) -> str:
    if rest.startswith("alias/"):
        return f"Alias {arn} is not found."
    if _KEY_ID.fullmatch(rest.removeprefix("key/")):
        return f"Key '{arn}' does not exist"
    return f"Invalid keyId {key}"


def _of_ciphertext(place: Place, ciphertext: object) -> str:
    """The key that a ciphertext was made with, in whichever account."""
    blob = ciphertext.encode() if isinstance(ciphertext, str) else ciphertext
    if not isinstance(blob, bytes | bytearray):
        raise NotSimulated("kms", "a ciphertext that has to be read from a file")
    found = moto_secrets.kms_key_of_ciphertext(bytes(blob), place.region)
    if found is None:
        raise Refused("InvalidCiphertextException", "")
    return str(found.arn)


def _key_policy(arn: Arn) -> Document | None:
    key = moto_secrets.kms_key(arn.text, arn.account, arn.region)
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
        "ciphertext": _of_ciphertext,
        "key": _key,
    },
    context=CONTEXT,
    policy_of=_key_policy,
    tags_of=key_tags,
)
