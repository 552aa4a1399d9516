"""From what is weaker than it was to the calls that make it as it was. Pure: values in, calls out.

Each call has an undo: the value it found. The bucket comes first, because CloudTrail looks at it when a trail
is made or changed; logging comes last. A deleted bucket is not created again: its name may belong to somebody
else by now, and an empty bucket of that name would look sound.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.remediation import Call
from chalicelib.trail.settings.reader import TrailResources
from chalicelib.trail.settings.settings import Difference, TrailSettings

# UpdateTrail's and CreateTrail's name for each field they take.
OF_THE_TRAIL = {
    "bucket": "S3BucketName",
    "prefix": "S3KeyPrefix",
    "multi_region": "IsMultiRegionTrail",
    "global_events": "IncludeGlobalServiceEvents",
    "validating": "EnableLogFileValidation",
    "log_group": "CloudWatchLogsLogGroupArn",
    "log_role": "CloudWatchLogsRoleArn",
    "topic": "SnsTopicName",
    "kms_key": "KmsKeyId",
}
# CloudTrail takes these two together or not at all.
_LOGS = ("log_group", "log_role")
_EVERYTHING = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]


def restore(
    differences: Sequence[Difference], good: TrailSettings, now: TrailSettings, place: TrailResources
) -> tuple[Call, ...]:
    """The calls that take back these differences, in an order in which AWS accepts them."""
    fields = {each.field for each in differences}
    if "bucket_there" in fields:
        return ()
    return (
        *_bucket_calls(fields, good, now, place),
        *_group_calls(fields, good, now, place),
        *_trail_calls(fields, good, now, place),
    )


# ---- the trail --------------------------------------------------------------------------------------


def _trail_calls(
    fields: set[str], good: TrailSettings, now: TrailSettings, place: TrailResources
) -> Iterator[Call]:
    if "trail" in fields:
        yield from _made_anew(good, place)
        return
    changed = [field for field in OF_THE_TRAIL if field in fields]
    if changed:
        yield _updated(changed, good, now, place)
    if "selectors" in fields:
        yield _selected(good, now, place)
    if "logging" in fields:
        yield _started(place)


def _made_anew(good: TrailSettings, place: TrailResources) -> Iterator[Call]:
    settings = {OF_THE_TRAIL[field]: value for field, value in good.known().items() if field in OF_THE_TRAIL}
    yield _cloudtrail(
        place,
        "create_trail",
        # CreateTrail takes a name; all others take the ARN.
        {"Name": place.trail_name, **{name: value for name, value in settings.items() if value != ""}},
        already=("TrailAlreadyExistsException",),
        undo=_cloudtrail(
            place,
            "delete_trail",
            {"Name": place.trail_name},
            already=("TrailNotFoundException",),
            lost="what happens while there is no trail",
        ),
        lost="the trail's tags and Insights selectors; its chain of digests begins anew",
    )
    if good.selectors:
        yield _selected(good, TrailSettings(selectors=""), place)
    yield _started(place)


def _updated(changed: Iterable[str], good: TrailSettings, now: TrailSettings, place: TrailResources) -> Call:
    fields = dict.fromkeys(changed)
    if any(field in fields for field in _LOGS):
        fields |= dict.fromkeys(_LOGS)

    def wanted(settings: TrailSettings) -> dict[str, Any]:
        known = settings.known()
        values = {OF_THE_TRAIL[field]: known[field] for field in fields if field in known}
        return {"Name": place.trail_arn, **values}

    return _cloudtrail(
        place, "update_trail", wanted(good), undo=_cloudtrail(place, "update_trail", wanted(now))
    )


def _selected(good: TrailSettings, now: TrailSettings, place: TrailResources) -> Call:
    undo = _selectors(place, now.selectors or "")
    return replace(_selectors(place, good.selectors or ""), undo=undo)


def _selectors(place: TrailResources, selectors: str) -> Call:
    wanted = chosen(selectors)
    advanced = any("FieldSelectors" in each for each in wanted)
    kind = "AdvancedEventSelectors" if advanced else "EventSelectors"
    return _cloudtrail(place, "put_event_selectors", {"TrailName": place.trail_arn, kind: wanted})


def chosen(selectors: str) -> list[dict[str, Any]]:
    """The selectors as PutEventSelectors takes them, from their text; "" is a trail without its own."""
    found: list[dict[str, Any]] = json.loads(selectors) if selectors else _EVERYTHING
    return found


def _started(place: TrailResources) -> Call:
    name = {"Name": place.trail_arn}
    stop = _cloudtrail(place, "stop_logging", name, lost="what happens while the trail is stopped")
    return _cloudtrail(place, "start_logging", name, undo=stop)


def _cloudtrail(
    place: TrailResources,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    already: tuple[str, ...] = (),
    undo: Call | None = None,
    lost: str = "",
) -> Call:
    return _call(place, "cloudtrail", operation, parameters, already=already, undo=undo, lost=lost)


# ---- its bucket -------------------------------------------------------------------------------------


def _notification(text: str) -> dict[str, Any]:
    """What the API takes: EventBridge's part is an empty mapping there."""
    loaded: dict[str, Any] = json.loads(text) if text else {}
    return {name: {} if name == "EventBridgeConfiguration" else value for name, value in loaded.items()}


def _listening(good: TrailSettings, now: TrailSettings) -> dict[str, Any]:
    """The bucket's notifications as they are now, and EventBridge: other targets may be new."""
    return {**_notification(good.notification or ""), **_notification(now.notification or "")}


# Of each field: PutBucket...'s parameter, and its value from the field's text.
PUTS: Mapping[str, tuple[str, str, Callable[[str], Any]]] = {
    "policy": ("put_bucket_policy", "Policy", str),
    "versioning": ("put_bucket_versioning", "VersioningConfiguration", lambda text: {"Status": text}),
    "lock": ("put_object_lock_configuration", "ObjectLockConfiguration", json.loads),
    "lifecycle": (
        "put_bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        lambda text: {"Rules": json.loads(text)},
    ),
    "notification": (
        "put_bucket_notification_configuration",
        "NotificationConfiguration",
        _notification,
    ),
    "public_access": ("put_public_access_block", "PublicAccessBlockConfiguration", json.loads),
    "encryption": ("put_bucket_encryption", "ServerSideEncryptionConfiguration", json.loads),
}
# The call that deletes a setting that wasn't made before. The other settings always have a value, or are put
# empty.
_DELETES = {
    "policy": "delete_bucket_policy",
    "lifecycle": "delete_bucket_lifecycle",
    "public_access": "delete_public_access_block",
    "encryption": "delete_bucket_encryption",
}
# What S3 never takes away again: versioning can be suspended, which is not the same.
# Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html,
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
_STAYS = {"versioning": "versioning", "lock": "Object Lock"}


def _bucket_calls(
    fields: set[str], good: TrailSettings, now: TrailSettings, place: TrailResources
) -> Iterator[Call]:
    was, became = good.known(), now.known()
    for field, (operation, parameter, value) in PUTS.items():
        wanted = str(was.get(field) or "")
        if field not in fields or not wanted:
            continue
        put = value(wanted) if field != "notification" else _listening(good, now)
        yield _call(
            place,
            "s3",
            operation,
            {"Bucket": place.bucket, parameter: put},
            undo=(undo := _taken_back(field, str(became.get(field) or ""), place)),
            lost="" if undo else f"that the bucket had no {_STAYS[field]}: S3 can't take it away again",
        )


def _taken_back(field: str, found: str, place: TrailResources) -> Call | None:
    """The call that makes the setting as we found it."""
    operation, parameter, value = PUTS[field]
    if found or field == "notification":
        return _call(place, "s3", operation, {"Bucket": place.bucket, parameter: value(found)})
    if field in _DELETES:
        return _call(place, "s3", _DELETES[field], {"Bucket": place.bucket})
    return None


# ---- its log group ----------------------------------------------------------------------------------


def _group_calls(
    fields: set[str], good: TrailSettings, now: TrailSettings, place: TrailResources
) -> Iterator[Call]:
    name = {"logGroupName": place.log_group}
    if "group_there" in fields:
        yield _call(
            place,
            "logs",
            "create_log_group",
            name,
            already=("ResourceAlreadyExistsException",),
            undo=_call(
                place,
                "logs",
                "delete_log_group",
                name,
                already=("ResourceNotFoundException",),
                lost="every log event in the group",
            ),
            lost="the log events of the deleted group, its tags, subscriptions and metric filters",
        )
    if good.retention and fields & {"group_there", "retention"}:
        found = {**name, "retentionInDays": now.retention}
        for_ever = _call(place, "logs", "delete_retention_policy", name)
        yield _call(
            place,
            "logs",
            "put_retention_policy",
            {**name, "retentionInDays": good.retention},
            undo=_call(place, "logs", "put_retention_policy", found) if now.retention else for_ever,
        )
    elif "retention" in fields:
        yield _call(
            place,
            "logs",
            "delete_retention_policy",
            name,
            undo=_call(place, "logs", "put_retention_policy", {**name, "retentionInDays": now.retention}),
        )


def _call(
    place: TrailResources,
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    already: tuple[str, ...] = (),
    undo: Call | None = None,
    lost: str = "",
) -> Call:
    return Call(
        service=service,
        operation=operation,
        parameters=parameters,
        account=place.account,
        region=place.region,
        already=already,
        undo=undo,
        lost=lost,
    )
