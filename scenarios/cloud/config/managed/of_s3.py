"""Rules about buckets.

Pages, below https://docs.aws.amazon.com/config/latest/developerguide/: s3-bucket-public-read-prohibited.html,
s3-bucket-public-write-prohibited.html, s3-bucket-server-side-encryption-enabled.html,
s3-bucket-versioning-enabled.html, s3-bucket-logging-enabled.html, s3-bucket-ssl-requests-only.html,
s3-bucket-level-public-access-prohibited.html, s3-account-level-public-access-blocks.html; what makes a policy
public: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from scenarios.cloud.config.managed.verdicts import OfItem, Subject, Verdict, is_true, verdict
from scenarios.cloud.config.resource_types.s3 import ACCOUNT_BLOCK

_EVERYBODY: Final = ("AllUsers", "AuthenticatedUsers")
_EVERY_PRINCIPAL: Final = ("*", {"AWS": "*"}, {"AWS": ["*"]})
_READS: Final = ("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketAcl")
_WRITES: Final = ("s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl", "s3:PutBucketPolicy")
_BLOCKS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def public_read_prohibited(subject: Subject) -> Verdict:
    """Nobody outside may read: neither by policy nor by ACL, or the block stands before that."""
    return _not_public(subject, _READS, ("Read", "FullControl"))


def public_write_prohibited(subject: Subject) -> Verdict:
    """Nobody outside may write."""
    return _not_public(subject, _WRITES, ("Write", "FullControl"))


def _not_public(subject: Subject, actions: Iterable[str], permissions: Iterable[str]) -> Verdict:
    block = _block(subject)
    by_policy = _is_public(_policy(subject), actions)
    by_acl = any(
        grant["grantee"] in _EVERYBODY and grant["permission"] in permissions for grant in _grants(subject)
    )
    if by_policy and not (block.get("blockPublicPolicy") or block.get("restrictPublicBuckets")):
        return verdict(compliant=False, why="The S3 bucket policy allows public access.")
    if by_acl and not (block.get("blockPublicAcls") or block.get("ignorePublicAcls")):
        return verdict(compliant=False, why="The S3 bucket ACL allows public access.")
    return verdict(compliant=True)


def encrypted(subject: Subject) -> Verdict:
    """Objects are encrypted by default, or the policy denies to put others."""
    default = subject.supplementary.get("ServerSideEncryptionConfiguration")
    denied = any(
        each.get("Effect") == "Deny"
        and _is_about(each, ("s3:PutObject",))
        and "s3:x-amz-server-side-encryption" in json.dumps(each.get("Condition", {}))
        for each in _statements(_policy(subject))
    )
    return verdict(default or denied)


def versioned(subject: Subject) -> Verdict:
    """Versioning is on; with MFA for deletes where the parameter asks for that."""
    found = subject.supplementary["BucketVersioningConfiguration"]
    wants_mfa = is_true(subject.given.get("isMfaDeleteEnabled", ""))
    return verdict(found["status"] == "Enabled" and (not wants_mfa or found["isMfaDeleteEnabled"]))


def logged(subject: Subject) -> Verdict:
    """Access is logged, to where the parameters say."""
    found = subject.supplementary["BucketLoggingConfiguration"]
    bucket, prefix = found["destinationBucketName"], found["logFilePrefix"]
    wanted = subject.given.get("targetBucket") or bucket, subject.given.get("targetPrefix") or prefix
    return verdict(bucket and (bucket, prefix) == wanted)


def only_by_tls(subject: Subject) -> Verdict:
    """The policy denies everything to everybody that comes without TLS."""
    return verdict(
        any(
            each.get("Effect") == "Deny"
            and each.get("Principal") in _EVERY_PRINCIPAL
            and {"*", "s3:*"} & set(_several(each.get("Action", ())))
            and str(each.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower() == "false"
            for each in _statements(_policy(subject))
        )
    )


def bucket_blocks_public_access(subject: Subject) -> Verdict:
    """All four settings of the bucket's own block are on."""
    if subject.found.id in subject.listed("excludedPublicBuckets"):
        return verdict(compliant=True)
    own = subject.supplementary.get("PublicAccessBlockConfiguration", {})
    return verdict(all(own.get(name) for name in _BLOCKS))


def account_blocks_public_access(subject: Subject) -> Verdict:
    """The account's block is as the parameters say; all four are on by default."""
    wanted = {name: is_true(subject.given.get(f"{name[0].upper()}{name[1:]}", "True")) for name in _BLOCKS}
    return verdict(all(subject.configuration.get(name, False) == on for name, on in wanted.items()))


def _block(subject: Subject) -> Mapping[str, bool]:
    """What is blocked, by the bucket or by the account."""
    own = subject.supplementary.get("PublicAccessBlockConfiguration", {})
    above = [each.configuration for each in subject.beside(ACCOUNT_BLOCK)]
    return {name: any(each.get(name) for each in (own, *above)) for name in _BLOCKS}


def _policy(subject: Subject) -> Mapping[str, Any]:
    text = subject.supplementary.get("BucketPolicy", {}).get("policyText")
    policy: Mapping[str, Any] = json.loads(text) if text else {}
    return policy


def _grants(subject: Subject) -> list[Mapping[str, Any]]:
    grants: list[Mapping[str, Any]] = json.loads(subject.supplementary["AccessControlList"])["grantList"]
    return grants


def _statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = policy.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _is_public(policy: Mapping[str, Any], actions: Iterable[str]) -> bool:
    """Whether a statement lets everybody do one of these; one with a condition counts as limited."""
    return any(
        each.get("Effect") == "Allow"
        and each.get("Principal") in _EVERY_PRINCIPAL
        and not each.get("Condition")
        and _is_about(each, actions)
        for each in _statements(policy)
    )


def _is_about(statement: Mapping[str, Any], actions: Iterable[str]) -> bool:
    """Whether a statement names one of these actions, or a pattern that it fits."""
    return any(
        fnmatchcase(action.lower(), pattern.lower())
        for action in actions
        for pattern in _several(statement.get("Action", ()))
    )


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


RULES: Mapping[str, OfItem] = {
    "S3_BUCKET_PUBLIC_READ_PROHIBITED": public_read_prohibited,
    "S3_BUCKET_PUBLIC_WRITE_PROHIBITED": public_write_prohibited,
    "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED": encrypted,
    "S3_BUCKET_VERSIONING_ENABLED": versioned,
    "S3_BUCKET_LOGGING_ENABLED": logged,
    "S3_BUCKET_SSL_REQUESTS_ONLY": only_by_tls,
    "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED": bucket_blocks_public_access,
    "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS": account_blocks_public_access,
}
