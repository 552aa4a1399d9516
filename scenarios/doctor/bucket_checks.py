"""What must hold of the trail's bucket: deletions are noticed, versions kept, and only CloudTrail writes.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.remediation import Call, Severity
from chalicelib.wording import number_of
from scenarios.doctor.facts import Bucket, Missing, Unknown
from scenarios.doctor.finding import DoctorFinding, advice, command, unknown, unwatched, well

SHORTEST_DAYS_KEPT = 365  # PCI DSS 10.5.1, CIS v8 8.10 asks for 90
# Objects in these classes must be restored before they can be read: validation would stop there.
_OUT_OF_REACH = ("GLACIER", "DEEP_ARCHIVE")
_EVENTS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html"
_MFA_DELETE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html"
_POLICY = (
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html"
)
_LIFECYCLE = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html"
)


def check_bucket(bucket: Bucket, account: str, region: str) -> Iterator[DoctorFinding]:
    """Whether the trail's files are safe in their bucket, and what becomes of them is heard of."""
    if bucket.promised and bucket.name != bucket.promised:
        yield unwatched(
            f"the trail delivers elsewhere than to {bucket.promised}: what is deleted there wakes no rule",
            where=bucket.name,
            severity=Severity.CRITICAL,
            mend="aws cloudtrail update-trail with --s3-bucket-name, or deploy the stack with this bucket",
            source="https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html",
        )
    if isinstance(bucket.events, Unknown) and isinstance(bucket.versioning, Unknown):
        yield _elsewhere(bucket, bucket.events)
        return
    if isinstance(bucket.events, Missing):
        yield unwatched(
            "the trail's bucket is gone",
            where=bucket.name,
            severity=Severity.CRITICAL,
            mend=command("s3api", "head-bucket", {"--bucket": bucket.name}),
            source="CIS 3.1",
        )
        return
    for found in (
        _events(bucket, account, region),
        _versioning(bucket, account, region),
        _lock(bucket),
        _public(bucket),
        _policy(bucket),
        _lifecycle(bucket),
    ):
        yield from found


def _elsewhere(bucket: Bucket, why: Unknown) -> DoctorFinding:
    """Often on purpose: an archive account that this account may not read."""
    options = {"--bucket": bucket.name}
    operations = (
        "get-bucket-notification-configuration",
        "get-bucket-versioning",
        "get-object-lock-configuration",
        "get-public-access-block",
        "get-bucket-policy",
        "get-bucket-lifecycle-configuration",
    )
    return unknown(
        "the bucket can't be looked at from here (an archive account's, perhaps): events, versions, "
        "Object Lock, public access, policy, lifecycle",
        why,
        where=bucket.name,
        mend="in the account that owns it: "
        + " && ".join(command("s3api", operation, options) for operation in operations),
    )


def _events(bucket: Bucket, account: str, region: str) -> Iterator[DoctorFinding]:
    match bucket.events:
        case True:
            yield well("the bucket sends events about every object to EventBridge", where=bucket.name)
        case Unknown() | Missing() as why:
            yield unknown("whether the bucket sends events to EventBridge", why, where=bucket.name)
        case _:
            # The existing configuration stays; CloudFormation can't change a bucket it didn't make.
            merged = {**bucket.notification, "EventBridgeConfiguration": {}}
            text = json.dumps(merged, sort_keys=True)
            options = {"--bucket": bucket.name, "--notification-configuration": text}
            yield unwatched(
                "the bucket sends no events to EventBridge: a deleted or added log file is not noticed",
                where=bucket.name,
                severity=Severity.CRITICAL,
                mend=command("s3api", "put-bucket-notification-configuration", options),
                fix=_on(
                    bucket,
                    account,
                    region,
                    "put_bucket_notification_configuration",
                    NotificationConfiguration=merged,
                    SkipDestinationValidation=True,
                ),
                source=_EVENTS,
            )


def _versioning(bucket: Bucket, account: str, region: str) -> Iterator[DoctorFinding]:
    match bucket.versioning:
        case "Enabled":
            yield well("the bucket keeps every version", where=bucket.name)
        case Unknown() | Missing() as why:
            yield unknown("whether the bucket keeps versions", why, where=bucket.name)
        case _:
            options = {"--bucket": bucket.name, "--versioning-configuration": "Status=Enabled"}
            yield unwatched(
                "the bucket keeps no versions: what is deleted or overwritten is gone for good",
                where=bucket.name,
                mend=command("s3api", "put-bucket-versioning", options),
                fix=_on(
                    bucket,
                    account,
                    region,
                    "put_bucket_versioning",
                    VersioningConfiguration={"Status": "Enabled"},
                ),
                source="Security Hub S3.14",
            )


def _lock(bucket: Bucket) -> Iterator[DoctorFinding]:
    if bucket.mfa_delete:
        yield well("MFA Delete protects the bucket's versions", where=bucket.name, source=_MFA_DELETE)
    elif isinstance(bucket.lock, Unknown):
        yield unknown("whether the bucket has Object Lock", bucket.lock, where=bucket.name)
    elif bucket.lock is True:
        yield well("Object Lock protects the bucket's versions", where=bucket.name)
    else:
        kept = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": SHORTEST_DAYS_KEPT}}
        lock = json.dumps({"ObjectLockEnabled": "Enabled", "Rule": kept})
        options = {"--bucket": bucket.name, "--object-lock-configuration": lock}
        yield advice(
            "deleted log files are noticed, not prevented: the bucket has no Object Lock; MFA Delete would "
            "do too, but excludes lifecycle rules, and only the root user can switch it on",
            where=bucket.name,
            mend=command("s3api", "put-object-lock-configuration", options),
            source=f"Security Hub S3.15, S3.20, {_MFA_DELETE}",
        )


def _public(bucket: Bucket) -> Iterator[DoctorFinding]:
    match bucket.public_access_blocked:
        case True:
            yield well("public access to the bucket is blocked", where=bucket.name)
        case Unknown() as why:
            yield unknown("whether public access to the bucket is blocked", why, where=bucket.name)
        case _:
            names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            blocks = ",".join(f"{name}=true" for name in names)
            options = {"--bucket": bucket.name, "--public-access-block-configuration": blocks}
            yield unwatched(
                "public access to the bucket is not blocked",
                where=bucket.name,
                mend=command("s3api", "put-public-access-block", options),
                source="Security Hub S3.8, CloudTrail.6",
            )


def _policy(bucket: Bucket) -> Iterator[DoctorFinding]:
    if isinstance(bucket.policy, Unknown):
        yield unknown("who may write to the bucket", bucket.policy, where=bucket.name)
        return
    policy = {} if isinstance(bucket.policy, Missing) else bucket.policy
    show = command("s3api", "get-bucket-policy", {"--bucket": bucket.name})
    statements = _listed(policy.get("Statement", []))
    if not any(_lets_cloudtrail_write(each) for each in statements):
        yield unwatched(
            "the bucket's policy doesn't let CloudTrail write",
            where=bucket.name,
            severity=Severity.CRITICAL,
            mend=show,
            source=_POLICY,
        )
    if any(_lets_everybody(each) for each in statements):
        yield unwatched(
            "the bucket's policy lets everybody in",
            where=bucket.name,
            severity=Severity.CRITICAL,
            mend=show,
            source="Security Hub CloudTrail.6",
        )
    if not any(_denies_writing(each) for each in statements):
        words = "the bucket's policy denies no writes: all who may write to S3 may add or replace log files"
        if bucket.own:
            yield unwatched(words, where=bucket.name, mend=show, source=_POLICY)
        else:
            yield advice(words, where=bucket.name, mend=show, source=_POLICY)


def _lifecycle(bucket: Bucket) -> Iterator[DoctorFinding]:
    if isinstance(bucket.lifecycle, Unknown):
        yield unknown("the bucket's lifecycle", bucket.lifecycle, where=bucket.name)
        return
    rules = () if isinstance(bucket.lifecycle, Missing) else bucket.lifecycle
    troubles = [words for rule in rules if rule.get("Status") == "Enabled" for words in _takes_away(rule)]
    for words in troubles:
        yield unwatched(
            words,
            where=bucket.name,
            severity=Severity.MEDIUM,
            mend=command("s3api", "get-bucket-lifecycle-configuration", {"--bucket": bucket.name}),
            source=_LIFECYCLE,
        )
    if not troubles:
        yield well(f"log files stay readable for {SHORTEST_DAYS_KEPT} days at least", where=bucket.name)


def _takes_away(rule: Mapping[str, Any]) -> Iterator[str]:
    name = rule.get("ID", "a rule")
    expires = rule.get("Expiration", {})
    if "Date" in expires or expires.get("Days", SHORTEST_DAYS_KEPT) < SHORTEST_DAYS_KEPT:
        when = expires.get("Date") or number_of(expires["Days"], "day")
        yield f"the lifecycle ({name}) deletes log files after {when}"
    kept = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", SHORTEST_DAYS_KEPT)
    if kept < SHORTEST_DAYS_KEPT:
        yield f"the lifecycle ({name}) deletes old versions after {number_of(kept, 'day')}"
    for each in rule.get("Transitions", ()):
        if each.get("StorageClass") in _OUT_OF_REACH:
            yield f"the lifecycle ({name}) moves log files to {each['StorageClass']}, out of reach"


# ---- policies -----------------------------------------------------------------------------------


def _lets_cloudtrail_write(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = _listed(principal.get("Service", [])) if isinstance(principal, Mapping) else []
    return (
        statement.get("Effect") == "Allow" and "cloudtrail.amazonaws.com" in services and _is_put(statement)
    )


def _lets_everybody(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    everybody = principal == "*" or (
        isinstance(principal, Mapping) and "*" in _listed(principal.get("AWS", []))
    )
    return statement.get("Effect") == "Allow" and everybody and not statement.get("Condition")


def _denies_writing(statement: Mapping[str, Any]) -> bool:
    return statement.get("Effect") == "Deny" and _is_put(statement)


def _is_put(statement: Mapping[str, Any]) -> bool:
    return any(
        action.lower() in ("s3:putobject", "s3:put*", "s3:*", "*")
        for action in _listed(statement.get("Action", []))
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _on(bucket: Bucket, account: str, region: str, operation: str, **parameters: Any) -> Call:
    return Call(
        service="s3",
        operation=operation,
        parameters={"Bucket": bucket.name, **parameters},
        account=account,
        region=region,
    )
