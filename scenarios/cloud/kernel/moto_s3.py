"""S3: buckets, what settings and owners they have, and versions of objects, as moto has them."""

from typing import Any

import moto.s3.models as s3_models
from moto.backends import get_backend

from scenarios.cloud.kernel.moto_state import backend, tags_by_arn


def bucket_owner(name: str) -> str:
    """The account of a bucket, whose name no other bucket has; "" where there is none."""
    backends: Any = get_backend("s3")
    return next((account for account in backends if name in backends[account]["aws"].buckets), "")


def bucket(account: str, name: str) -> Any | None:
    """A bucket's model, wherever it is."""
    return backend("s3", account, "aws").buckets.get(name)


def buckets(account: str) -> list[Any]:
    """Every bucket of an account: `.name`, `.rules` (lifecycle), `.keys` (versions by key, newest last)."""
    return list(backend("s3", account, "aws").buckets.values())


def object_version(account: str, bucket_name: str, key: str, version: str | None = None) -> Any | None:
    """A version of an object, the newest by default; None for a delete marker and for what isn't there."""
    found = _version(account, bucket_name, key, version)
    return None if found is None or is_delete_marker(found) else found


def set_bucket_abac(bucket: Any, *, on: bool) -> None:
    """Switch a bucket's attribute-based access control; it is kept with moto's model."""
    bucket.trailwarden_abac = on


def has_bucket_abac(bucket: Any) -> bool:
    """Whether a bucket's tags count in conditions."""
    return bool(getattr(bucket, "trailwarden_abac", False))


def restricts_public_buckets(account: str, bucket: Any) -> bool:
    """Whether a bucket's public access block, or its account's, has RestrictPublicBuckets."""
    of_account = backend("s3control", account, "aws").public_access_block
    return any(each.restrict_public_buckets for each in (bucket.public_access_block, of_account) if each)


def bucket_tags(bucket: Any) -> dict[str, str]:
    """A bucket's tags."""
    return tags_by_arn("s3", bucket.account_id, "aws", bucket.arn)


def canonical_owner() -> str:
    """The canonical user id that owns all buckets and objects in moto."""
    return str(s3_models.OWNER)


def delete_marker(account: str, bucket_name: str, key: str, version: str | None = None) -> Any | None:
    """A version of a key, the newest by default, if it is a delete marker."""
    found = _version(account, bucket_name, key, version)
    return found if found is not None and is_delete_marker(found) else None


def _version(account: str, bucket_name: str, key: str, version: str | None) -> Any | None:
    found = bucket(account, bucket_name)
    versions = found.keys.getlist(key, []) if found is not None else []
    wanted = versions[-1:] if version is None else [one for one in versions if one.version_id == version]
    return wanted[0] if wanted else None


def is_delete_marker(version: Any) -> bool:
    """Whether this is no object but the mark that it was deleted."""
    return isinstance(version, s3_models.FakeDeleteMarker)


def bucket_regions(account: str) -> dict[str, str]:
    """The region of every bucket."""
    return {name: each.region_name for name, each in backend("s3", account, "aws").buckets.items()}
