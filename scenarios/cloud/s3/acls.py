"""Access control lists: refused where they are switched off, and loud where they might decide.

Since April 2023 a bucket is made with ACLs switched off (BucketOwnerEnforced): requests that set one are
refused, save for `bucket-owner-full-control`. In a bucket that has them switched on they are kept, and told
to EventBridge; a request that no policy allows, and that an ACL might, is NotSimulated.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

import json
from typing import Any, Final

from scenarios.cloud.authorization.rows import Arn
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request

_OWNERS_OWN: Final = "bucket-owner-full-control"
_ON: Final = ("BucketOwnerPreferred", "ObjectWriter")
_HEADERS: Final = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")


def refuse(request: Request) -> None:
    """An ACL for a bucket, or for an object in one, that has them switched off."""
    given = request.parameters
    if not _sets_one(given):
        return
    if request.operation == "CreateBucket":
        if given.get("ObjectOwnership") not in _ON:
            why = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
            raise Refused("InvalidBucketAclWithObjectOwnership", why)
        return
    bucket = moto_s3.bucket(request.account, given["Bucket"])
    if bucket is not None and not _switched_on(bucket):
        raise Refused("AccessControlListNotSupported", "The bucket does not allow ACLs")


def might_allow(arn: Arn) -> str:
    """What an ACL might allow that policies don't: a word on it, or "" where there is none."""
    name, _, key = arn.rest.partition("/")
    bucket = moto_s3.bucket(moto_s3.bucket_owner(name) or arn.account, name)
    if bucket is None or not _switched_on(bucket):
        return ""
    found = bucket.keys.get(key) if key else bucket
    lists = [each.acl for each in (bucket, found) if getattr(each, "acl", None) is not None]
    return f"an ACL of {arn.rest}, which might allow it" if any(map(_names_others, lists)) else ""


def takes_acls(bucket: Any) -> bool:
    """Whether a bucket has ACLs switched on."""
    return _switched_on(bucket)


def lets_write(bucket: Any, grantee: str) -> bool:
    """Whether a bucket's ACL counts, and lets somebody write: a canonical user, or a group by its URI.

    A denial in the bucket's policy is not asked for.
    """
    if not _switched_on(bucket) or bucket.acl is None:
        return False
    return any(
        grantee in (each.id, each.uri) and {"WRITE", "FULL_CONTROL"} & set(grant.permissions)
        for grant in bucket.acl.grants
        for each in grant.grantees
    )


def _sets_one(given: Any) -> bool:
    if any(given.get(name) for name in _HEADERS):
        return True
    if "AccessControlPolicy" in given:
        return _names_others_in(given["AccessControlPolicy"])
    return given.get("ACL") not in {None, _OWNERS_OWN}


def _names_others_in(policy: Any) -> bool:
    owner = (policy.get("Owner") or {}).get("ID")
    grants = policy.get("Grants") or ()
    return any((each.get("Grantee") or {}).get("ID") != owner for each in grants)


def _names_others(acl: Any) -> bool:
    owner = moto_s3.canonical_owner()
    return any(grantee.id != owner for grant in acl.grants for grantee in grant.grantees)


def _switched_on(bucket: Any) -> bool:
    rule = json.dumps(bucket.ownership_rule, default=str)
    return any(each in rule for each in _ON)
