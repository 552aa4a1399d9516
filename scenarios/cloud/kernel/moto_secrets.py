"""KMS and Secrets Manager: keys and secrets, as moto has them."""

from typing import Any

from moto.backends import get_backend

from scenarios.cloud.kernel.arns import account_of, region_of
from scenarios.cloud.kernel.moto_state import backend


def kms_key(arn_or_id: str, account: str, region: str) -> Any | None:
    """A KMS key's model by key id, key ARN, alias or alias ARN; None for an ARN that names no place."""
    if not account or not region:
        return None
    keys = backend("kms", account, region)
    wanted = arn_or_id.rpartition(":")[2].removeprefix("key/")
    if wanted.startswith("alias/"):
        return next((key for key in keys.keys.values() if wanted in key.aliases), None)
    return keys.keys.get(wanted)


_KEY_ID_BYTES = 36  # a UUID, or mrk- and 32 digits


def kms_key_of_ciphertext(ciphertext: bytes, region: str) -> Any | None:
    """The model of the key that moto made a ciphertext with: its id stands first in it."""
    key_id = ciphertext[:_KEY_ID_BYTES].decode("utf-8", "replace")
    found = (kms_key(key_id, account, region) for account in get_backend("kms"))
    return next((key for key in found if key is not None), None)


def delete_kms_key(account: str, region: str, key_id: str) -> None:
    """Take a KMS key away, as KMS does when its waiting period ends."""
    backend("kms", account, region).delete_key(key_id)


def _secret(arn: str) -> Any | None:
    found = secret(account_of(arn), region_of(arn), arn)
    return None if found is None or found.deleted_date is not None else found


def secret(account: str, region: str, name_or_arn: str) -> Any | None:
    """A secret by its name or ARN: `.arn`, `.name`, `.versions` by id with their `version_stages`."""
    every = backend("secretsmanager", account, region).secrets.values()
    return next((each for each in every if name_or_arn in (each.name, each.arn)), None)


def secret_text(arn: str) -> str | None:
    """What a secret holds now, by its ARN; None where there is none, or none any more."""
    found = _secret(arn)
    return None if found is None else str(found.versions[found.default_version_id]["secret_string"])


def put_secret_text(arn: str, text: str) -> None:
    """Have a service's own secret hold something else."""
    found = _secret(arn)
    if found is not None:
        found.versions[found.default_version_id]["secret_string"] = text
