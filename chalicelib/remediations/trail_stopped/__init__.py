"""The audit trail was stopped, deleted or weakened, or its bucket was deleted or weakened.

To act unseen, an attacker first stops the trail, or makes it record less: no reads, no writes, one region, no
validation, another bucket. Or they change the bucket: its policy, lifecycle, versions, lock, events.

What we do: report every change of our trail, its bucket and its log group: who, from where, when, each
setting before and after, and the commands that take it back. CRITICAL is what leaves us blind (stopped,
deleted, recording less, another bucket), HIGH what lets somebody work unseen or unproven, MEDIUM and LOW the
rest and what is as it was by now. What we may not look at counts as changed, and as grave as the call can be;
where the event itself says what it set, that is restored. An attempt that AWS refused is MEDIUM, one that
failed LOW. In mode enforce all that is weaker is restored, from the last good state: the hourly look keeps it
in the ledger when every promise of the stack holds and nothing is weaker than in the one before, so a
weakened trail never becomes the baseline. Until there is a first good state, the stack's own promises are the
baseline. What the hourly look finds weaker is reported once a day and restored likewise, whether an event
came or not, because a stopped trail sends no events; what CloudTrail can't deliver to the bucket or the log
group is reported once a day. A deleted trail is created again; a new chain of digests begins.

What we leave alone: other trails and buckets; a deleted bucket, since its name may belong to somebody else by
now; what is stronger than before. What an ignored principal changes is recorded, without an alert; the
changed settings count as good once CloudTrail's event history knows the call, which the hourly look asks. A
bucket in an archive account can't be watched from here.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-security.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.aws import Aws
from chalicelib.data_events import Owner, selectors
from chalicelib.events import ApiCallEvent, Raw, Tick, api_call, single, tick
from chalicelib.ledger.ledger import ledger_of
from chalicelib.looking import Unseen
from chalicelib.own_calls import own_calls
from chalicelib.references import (
    EXPECTED_PRINCIPALS,
    TRAIL_ARN,
    TRAIL_BUCKET,
    TRAIL_GROUP,
    TRAIL_ROLE,
    WATCHED_BUCKET,
)
from chalicelib.remediation import (
    DeclaredCall,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Undoing,
    Way,
)
from chalicelib.remediations.trail_stopped.alerts import (
    Case,
    Seen,
    attempted,
    changed,
    found,
    not_delivered,
    undelivered,
    unseen,
)
from chalicelib.remediations.trail_stopped.restore import restore
from chalicelib.remediations.trail_stopped.said import blinded_by, named_by, said_by
from chalicelib.remediations.trail_stopped.undoing import accepted, moved
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.trail.description import canonical
from chalicelib.trail.settings.reader import TrailResources, read_with_status
from chalicelib.trail.settings.selectors import EVERY_MANAGEMENT_EVENT
from chalicelib.trail.settings.settings import TrailSettings, promised, weaker
from chalicelib.triggers import OnEvent, OnSchedule

NAME = "trail_stopped"
ARN, BUCKET, GROUP = "TRAIL_STOPPED_TRAIL_ARN", "TRAIL_STOPPED_BUCKET", "TRAIL_STOPPED_GROUP"
ROLE = "TRAIL_STOPPED_ROLE"
OWNER = "TRAIL_STOPPED_BUCKET_IS"  # "own", "existing", or "archive": another account's
DATA_EVENTS_OF = "TRAIL_STOPPED_DATA_EVENTS_OF"  # the stack's name, where its trail is to record those; or ""
OWN, EXISTING, ARCHIVE = "own", "existing", "archive"

_VIA = ["AWS API Call via CloudTrail"]
# A trail is changed in its home region only; an existing trail's need not be the stack's.
TRAIL_PATTERN = {
    "source": ["aws.cloudtrail"],
    "detail-type": _VIA,
    "detail": {
        "eventSource": ["cloudtrail.amazonaws.com"],
        "eventName": ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"],
    },
}
# Every call that writes a setting of the bucket. Records have names of their own: PutBucketLifecycle is
# PutBucketLifecycleConfiguration in the API. Data events are about objects.
BUCKET_PATTERN = {
    "source": ["aws.s3"],
    "detail-type": _VIA,
    "detail": {
        "readOnly": [False],
        "managementEvent": [True],
        "requestParameters": {"bucketName": [WATCHED_BUCKET]},
    },
}
GROUP_PATTERN = {
    "source": ["aws.logs"],
    "detail-type": _VIA,
    "detail": {
        "eventName": ["DeleteLogGroup", "PutRetentionPolicy"],
        "requestParameters": {"logGroupName": [TRAIL_GROUP]},
    },
}

_BUCKET_ARN = "arn:${AWS::Partition}:s3:::${WatchedBucketName}"
_GROUP_ARN = "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:${TrailGroupName}:*"
_GROUPS = "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group::log-stream:*"
_ROLE_ARN = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${TrailRoleName}"
_GROUP_ANYWHERE = "an existing trail's home region, where its group is, need not be the stack's"
_UNDOES = "undoes a restoring, once somebody asks for it and the setting is still the restored one"
_READ_OF_BUCKET = (
    "GetBucketVersioning",
    "GetBucketPolicy",
    "GetLifecycleConfiguration",
    "GetBucketNotification",
    "GetBucketPublicAccessBlock",
    "GetBucketObjectLockConfiguration",
    "GetEncryptionConfiguration",
)
_WRITTEN_OF_BUCKET = (
    "PutBucketPolicy",
    "PutBucketVersioning",
    "PutBucketObjectLockConfiguration",
    "PutLifecycleConfiguration",
    "PutBucketNotification",
    "PutBucketPublicAccessBlock",
    "PutEncryptionConfiguration",
)
GRANTS = (
    *(
        Grant(action=f"cloudtrail:{action}", resource="${TrailArn}")
        for action in ("GetTrail", "GetTrailStatus", "GetEventSelectors")
    ),
    *(Grant(action=f"s3:{action}", resource=_BUCKET_ARN) for action in _READ_OF_BUCKET),
    Grant(action="logs:DescribeLogGroups", resource=_GROUPS, because="it is asked of all groups or none"),
    *(
        Grant(action=f"cloudtrail:{action}", resource="${TrailArn}", acting=True)
        for action in ("StartLogging", "UpdateTrail", "PutEventSelectors", "CreateTrail")
    ),
    *(
        Grant(action=f"cloudtrail:{action}", resource="${TrailArn}", because=_UNDOES, acting=True)
        for action in ("StopLogging", "DeleteTrail")
    ),
    Grant(action="s3:DeleteBucketPolicy", resource=_BUCKET_ARN, because=_UNDOES, acting=True),
    Grant(action="logs:DeleteLogGroup", resource=_GROUP_ARN, because=_UNDOES, acting=True),
    *(Grant(action=f"s3:{action}", resource=_BUCKET_ARN, acting=True) for action in _WRITTEN_OF_BUCKET),
    *(
        Grant(action=f"logs:{action}", resource=_GROUP_ARN, because=_GROUP_ANYWHERE, acting=True)
        for action in ("CreateLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy")
    ),
    # CloudTrail writes to the log group under this one role.
    Grant(action="iam:PassRole", resource=_ROLE_ARN, acting=True),
)

# The S3 actions have other names than boto3's methods have.
_BUCKET_CALLS = {
    "put_bucket_policy": "PutBucketPolicy",
    "put_bucket_versioning": "PutBucketVersioning",
    "put_object_lock_configuration": "PutBucketObjectLockConfiguration",
    "put_bucket_lifecycle_configuration": "PutLifecycleConfiguration",
    "put_bucket_notification_configuration": "PutBucketNotification",
    "put_public_access_block": "PutBucketPublicAccessBlock",
    "put_bucket_encryption": "PutEncryptionConfiguration",
}
_GROUP_CALLS = {
    "create_log_group": "CreateLogGroup",
    "put_retention_policy": "PutRetentionPolicy",
    "delete_retention_policy": "DeleteRetentionPolicy",
}
_UNDER_ROLE = ("iam:PassRole", "{CloudWatchLogsRoleArn}")
DECLARED_CALLS = (
    DeclaredCall(operation="cloudtrail.start_logging", needs=(("cloudtrail:StartLogging", "{Name}"),)),
    DeclaredCall(
        operation="cloudtrail.update_trail", needs=(("cloudtrail:UpdateTrail", "{Name}"), _UNDER_ROLE)
    ),
    DeclaredCall(
        operation="cloudtrail.put_event_selectors", needs=(("cloudtrail:PutEventSelectors", "{TrailName}"),)
    ),
    DeclaredCall(
        operation="cloudtrail.create_trail",
        needs=(
            ("cloudtrail:CreateTrail", "arn:{partition}:cloudtrail:{region}:{account}:trail/{Name}"),
            _UNDER_ROLE,
        ),
    ),
    *(
        DeclaredCall(operation=f"s3.{operation}", needs=((f"s3:{action}", "arn:{partition}:s3:::{Bucket}"),))
        for operation, action in _BUCKET_CALLS.items()
    ),
    *(
        DeclaredCall(
            operation=f"logs.{operation}",
            needs=((f"logs:{action}", "arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}:*"),),
        )
        for operation, action in _GROUP_CALLS.items()
    ),
)

# Beyond the calls of a plan, which may be the undo of one as well.
_UNDOS_OF_BUCKET = {
    "delete_bucket_policy": "DeleteBucketPolicy",
    "delete_bucket_lifecycle": "PutLifecycleConfiguration",
    "delete_public_access_block": "PutBucketPublicAccessBlock",
    "delete_bucket_encryption": "PutEncryptionConfiguration",
}
UNDOING = Undoing(
    calls=(
        DeclaredCall(operation="cloudtrail.stop_logging", needs=(("cloudtrail:StopLogging", "{Name}"),)),
        DeclaredCall(
            operation="cloudtrail.delete_trail",
            needs=(("cloudtrail:DeleteTrail", "arn:{partition}:cloudtrail:{region}:{account}:trail/{Name}"),),
        ),
        *(
            DeclaredCall(
                operation=f"s3.{operation}", needs=((f"s3:{action}", "arn:{partition}:s3:::{Bucket}"),)
            )
            for operation, action in _UNDOS_OF_BUCKET.items()
        ),
        DeclaredCall(
            operation="logs.delete_log_group",
            needs=(
                (
                    "logs:DeleteLogGroup",
                    "arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}:*",
                ),
            ),
        ),
    ),
    moved=lambda aws, call, settings: moved(place_of(settings), aws, call),
    accepted=lambda aws, calls, settings: accepted(NAME, place_of(settings), aws, calls, settings),
)

_OF_THE_TRAIL = (
    "bucket",
    "prefix",
    "multi_region",
    "global_events",
    "validating",
    "log_group",
    "log_role",
    "topic",
    "kms_key",
)
# The settings that each call can have changed. An expected call makes only these the new good state.
CHANGES: Mapping[str, tuple[str, ...]] = {
    "StopLogging": ("logging",),
    "DeleteTrail": ("trail", "logging"),
    "UpdateTrail": _OF_THE_TRAIL,
    "PutEventSelectors": ("selectors",),
    "PutBucketPolicy": ("policy",),
    "DeleteBucketPolicy": ("policy",),
    "PutBucketVersioning": ("versioning",),
    "PutBucketObjectLockConfiguration": ("lock",),
    "PutBucketLifecycle": ("lifecycle",),
    "DeleteBucketLifecycle": ("lifecycle",),
    "PutBucketNotification": ("notification",),
    "PutBucketPublicAccessBlock": ("public_access",),
    "DeleteBucketPublicAccessBlock": ("public_access",),
    "PutBucketEncryption": ("encryption",),
    "DeleteBucketEncryption": ("encryption",),
    "DeleteBucket": ("bucket_there",),
    "DeleteLogGroup": ("group_there", "retention"),
    "PutRetentionPolicy": ("retention",),
}


# ---- a call of CloudTrail, S3 or CloudWatch Logs ------------------------------------------------


def look_at_call(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen | None:
    """The settings now and the last good ones; None where the call is about another trail."""
    if not concerns(event, place_of(settings)):
        return None
    if event.failed:
        return Seen(now=TrailSettings(), good=_promise(settings), recorded=False)
    return _seen(aws, settings)


def blind_to_call(event: ApiCallEvent, why: Unseen, settings: Settings) -> Seen | None:
    """What is known without a look."""
    return _blind(why, settings) if concerns(event, place_of(settings)) else None


def decide_on_call(event: ApiCallEvent, facts: Seen | None, _now: datetime, settings: Settings) -> Plan:
    """Tell what was done, and restore what is weaker now."""
    if facts is None:
        return Plan.nothing()
    if event.failed:
        return Plan.alert(attempted(event, place_of(settings)))
    case = _case_of_call(event, facts, settings)
    speaks = case.differences or case.unknown or event.name in CHANGES
    alerts = [changed(event, case)] if speaks else []
    return Plan.alert(*alerts, calls=case.calls)


def remember_call(event: ApiCallEvent, facts: Seen | None, expected: bool) -> str | None:  # noqa: FBT001 - the runtime's word
    """What is good from now on, if the call was expected: what it can have changed, and nothing else.

    What another principal changed meanwhile does not become good. Nor is the rest of the good state said
    again: of two such calls the one that is confirmed last would undo what the other one changed.
    """
    if facts is None or not expected or event.failed:
        return None
    return TrailSettings().with_those_of(facts.now, CHANGES.get(event.name, ())).as_text()


# ---- the hourly look ----------------------------------------------------------------------------


def look_by_the_hour(aws: Aws, event: Tick, settings: Settings) -> Seen:
    """The settings now, the last good ones, and what does not arrive."""
    return _seen(aws, settings, event.at)


def blind_by_the_hour(_event: Tick, why: Unseen, settings: Settings) -> Seen:
    """What is known without a look."""
    return _blind(why, settings)


def decide_by_the_hour(event: Tick, facts: Seen, _now: datetime, settings: Settings) -> Plan:
    """Report what is weaker, and restore it; report what could not be read, and what doesn't arrive."""
    case = _case(facts, settings)
    alerts = [found(event, case)] if case.differences else []
    alerts += [unseen(case)] if facts.could_not_read else []
    alerts += [not_delivered(event, case)] if facts.missing else []
    return Plan.alert(*alerts, calls=case.calls)


def remember_by_the_hour(_event: Tick, facts: Seen, _expected: bool) -> str | None:  # noqa: FBT001 - likewise
    """The new last good state, if the trail is no weaker than it was."""
    return None if weaker(facts.good, facts.now) else facts.now.over(facts.good).as_text()


# ---- what both stand on -------------------------------------------------------------------------


def _seen(aws: Aws, settings: Settings, at: datetime | None = None) -> Seen:
    """`at`: the time of a look that asks what does not arrive, too."""
    kept = ledger_of(aws, settings).remembered(NAME)
    now, could_not_read, status = read_with_status(aws, place_of(settings))
    good = TrailSettings.from_text(kept).over(_promise(settings))
    return Seen(
        now=now,
        good=good,
        recorded=bool(kept),
        could_not_read=could_not_read,
        home=aws.region,
        missing=undelivered(status, at) if at else (),
    )


def _blind(why: Unseen, settings: Settings) -> Seen:
    return Seen(now=TrailSettings(), good=_promise(settings), recorded=False, could_not_read=(why,))


def _promise(settings: Settings) -> TrailSettings:
    return promised(
        settings.text(BUCKET), own_bucket=settings.text(OWNER) == OWN, selectors=_selected(settings)
    )


def _selected(settings: Settings) -> str:
    """What the stack's own trail is deployed to record."""
    trail = place_of(settings).arn
    for stack in settings.names(DATA_EVENTS_OF):
        owner = Owner(partition=trail.partition, region=trail.region, account=trail.account, stack=stack)
        return canonical(selectors(owner))
    return EVERY_MANAGEMENT_EVENT


def _case(facts: Seen, settings: Settings) -> Case:
    place, differences = place_of(settings), weaker(facts.good, facts.now)
    calls = restore(differences, facts.good, facts.now, place)
    return Case(seen=facts, differences=differences, calls=calls, place=place, ledger=settings.ledger)


def _case_of_call(event: ApiCallEvent, facts: Seen, settings: Settings) -> Case:
    """Where something could not be read, what the event itself says of it counts."""
    if not facts.could_not_read:
        return _case(facts, settings)
    known = replace(facts, now=facts.now.over(said_by(event)))
    case = _case(known, settings)
    fields = _touched_by(event)
    unknown = tuple(name for name in fields if name not in known.now.known()) if fields else ("anything",)
    blinding = blinded_by(event, known.good) if any(each.denied for each in facts.could_not_read) else ()
    if blinding and "policy" not in case.fields:
        differences = (*case.differences, *blinding)
        calls = restore(differences, known.good, known.now, case.place)
        case = replace(case, differences=differences, calls=calls)
    return replace(case, unknown=unknown)


def _touched_by(event: ApiCallEvent) -> tuple[str, ...]:
    """What the call can have changed; UpdateTrail leaves alone what it doesn't name."""
    return named_by(event) if event.name == "UpdateTrail" else CHANGES.get(event.name, ())


def place_of(settings: Settings) -> TrailResources:
    """What the stack watches; without the bucket if that belongs to an archive account."""
    archived = settings.text(OWNER) == ARCHIVE
    return TrailResources(
        trail_arn=settings.text(ARN),
        bucket="" if archived else settings.text(BUCKET),
        log_group=settings.text(GROUP),
    )


def concerns(event: ApiCallEvent, place: TrailResources) -> bool:
    """Whether a call is about our trail, bucket or group; a refused one may name it in the refusal only."""
    if event.source != "cloudtrail.amazonaws.com":
        # The rules let only our own bucket and group through.
        return event.source != "s3.amazonaws.com" or bool(place.bucket)
    named = event.parameters.get("name") or event.parameters.get("trailName")
    if not named:
        return place.trail_arn in event.error_message
    return named == place.trail_arn or (named == place.trail_name and event.region == place.region)


PROOF = Proof(
    by=ProvenBy.STATE,
    because="what is weaker is weaker, whoever said so, and it is made what the sealed good state says",
)


def _calls(pattern: Raw, *, everywhere: bool = False) -> Way[ApiCallEvent, Seen | None]:
    return Way(
        on=OnEvent(pattern=pattern, everywhere=everywhere),
        parse=api_call,
        look=look_at_call,
        decide=decide_on_call,
        blind=blind_to_call,
        remembers=remember_call,
        proof=PROOF,
    )


REMEDIATION = Remediation(
    name=NAME,
    title="The audit trail was stopped or weakened",
    woken_by="the trail, its bucket or its log group changed, stopped, deleted; every hour",
    response=(
        "reports who changed what, before and after; restores the last good state where its mode is `enforce`"
    ),
    page=__doc__ or "",
    ways=(
        _calls(TRAIL_PATTERN, everywhere=True),
        _calls(BUCKET_PATTERN),
        _calls(GROUP_PATTERN),
        Way(
            on=OnSchedule(expression="rate(1 hour)"),
            parse=single(tick),
            look=look_by_the_hour,
            decide=decide_by_the_hour,
            blind=blind_by_the_hour,
            remembers=remember_by_the_hour,
            proof=PROOF,
        ),
        # What it does beside those.
        own_calls(
            "TrailStoppedRole",
            ("cloudtrail", "logs"),
            ("StartLogging", "CreateTrail", "CreateLogGroup", "DeleteRetentionPolicy"),
        ),
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=UNDOING,
    names={"TrailArn": ARN, "WatchedBucketName": BUCKET, "TrailGroupName": GROUP, "TrailRoleName": ROLE},
    settings={
        ARN: TRAIL_ARN,
        BUCKET: TRAIL_BUCKET,
        GROUP: TRAIL_GROUP,
        ROLE: TRAIL_ROLE,
        DATA_EVENTS_OF: {"Fn::If": ["RecordsDataEvents", {"Ref": "AWS::StackName"}, ""]},
        OWNER: {"Fn::If": ["OwnBucket", OWN, {"Fn::If": ["OwnTrail", ARCHIVE, EXISTING]}]},
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    managed_rules=("CLOUD_TRAIL_ENABLED", "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED"),
    controls=("CIS 3.1", "CIS 3.2", "Security Hub CloudTrail.1", "ATT&CK T1562.008"),
)
