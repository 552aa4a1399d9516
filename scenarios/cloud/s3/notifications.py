"""Whom a bucket tells by itself, without EventBridge: queues, topics and functions.

S3 tries each destination when the configuration is put, and sends `s3:TestEvent` to queues and topics. An
event's key is URL-encoded, and a filter is held against the encoded key. Each event is delivered at least
once; a destination that refuses it is not asked again. A function is invoked asynchronously, with Lambda's
own retries.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-enable-disable-notification-intro.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.arns import service_of
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import Event, Message, Notification, Refusal
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated, Refused
from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.s3.happenings import ACL, EVENT_SECONDS, MOVED, TAGGED, UNTAGGED, Happening
from scenarios.cloud.s3.restores import COMPLETED, EXPIRED
from scenarios.cloud.setting import Setting

SERVICE = "s3.amazonaws.com"
SUBJECT = "Amazon S3 Notification"
# By kind: the parameter that names it, the service whose ARN that is, moto's name for the kind.
_DESTINATIONS = {
    "QueueConfigurations": ("QueueArn", "sqs", "queue"),
    "TopicConfigurations": ("TopicArn", "sns", "topic"),
    "LambdaFunctionConfigurations": ("LambdaFunctionArn", "lambda", "cloud_function"),
}
_LATER_FORM = (MOVED, TAGGED, UNTAGGED, ACL, EXPIRED)  # version 2.3 of the structure came with these
_NEVER_TOLD = ("s3:Replication:", "s3:IntelligentTiering", "s3:ReducedRedundancyLostObject")
_INVALID = "Unable to validate the following destination configurations"


class Notifications:
    """Where each bucket sends its events."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.answer("s3", "GetBucketNotificationConfiguration", self._answer)
        setting.calls.check("s3", "PutBucketNotificationConfiguration", self._validate)
        setting.calls.after("s3", "PutBucketNotificationConfiguration", self._put)

    def tell(self, happening: Happening) -> None:
        """Tell whom the bucket's configuration names for such an event and key."""
        bucket = moto_s3.bucket(self._setting.account, happening.bucket)
        for told in _configured(bucket):
            if _asks_for(told, happening):
                content = {"Records": [self._record(happening, told.id)]}
                self._later(happening.bucket, told.arn, content)

    # ---- the configuration ----------------------------------------------------------------------

    def _validate(self, asked: Asked) -> None:
        """S3 tries each destination: it must be there, and let S3 in on behalf of the bucket."""
        given = asked.parameters["NotificationConfiguration"]
        for kind in _DESTINATIONS:
            for event in (event for each in given.get(kind, ()) for event in each["Events"]):
                if event.startswith(_NEVER_TOLD):
                    raise NotSimulated("s3", f"notifications of {event}")
        if asked.parameters.get("SkipDestinationValidation"):
            return
        bucket = asked.parameters["Bucket"]
        for kind, (name, service, _) in _DESTINATIONS.items():
            for arn in (each[name] for each in given.get(kind, ())):
                if service_of(arn) != service or arn.endswith(".fifo") or self._refusal(bucket, arn):
                    raise Refused("InvalidArgument", _INVALID)

    def _refusal(self, bucket: str, arn: str) -> Refusal | None:
        return self._setting.deliveries.refusal(arn, _payload(arn, {}), by=SERVICE, source=_arn(bucket))

    def start(self, stacks: Iterable[Stack]) -> None:
        """Try the destinations of buckets that stand in templates, as CloudFormation's call would have.

        Raises:
            InvalidTemplate: S3 may not tell one of them.
        """
        for resource in (each for stack in stacks for each in stack.of_type("AWS::S3::Bucket")):
            bucket = resource.physical_id
            for told in _configured(moto_s3.bucket(self._setting.account, bucket)):
                refusal = self._refusal(bucket, told.arn)
                if refusal is not None:
                    why = f"{_INVALID}: {told.arn} ({refusal.because})"
                    raise InvalidTemplate(f"{resource.logical_id}.NotificationConfiguration", why)
            self._test(bucket)

    def _put(self, call: ApiCall) -> None:
        if not call.parameters.get("SkipDestinationValidation"):
            self._test(call.parameters["Bucket"])

    def _test(self, bucket: str) -> None:
        """The test event, once to each queue and topic; a function gets none."""
        request_id = self._setting.new_uuid("s3.request")[:16].upper()
        test = {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": iso_milliseconds(self._setting.clock.now),
            "Bucket": bucket,
            "RequestId": request_id,
            "HostId": _host_id(request_id),
        }
        configured = _configured(moto_s3.bucket(self._setting.account, bucket))
        for arn in dict.fromkeys(told.arn for told in configured if service_of(told.arn) != "lambda"):
            self._later(bucket, arn, test)

    def _answer(self, asked: Asked) -> dict[str, Any]:
        bucket = moto_s3.bucket(self._setting.account, asked.parameters["Bucket"])
        if bucket is None:
            raise Refused("NoSuchBucket", "The specified bucket does not exist", 404)
        configuration = bucket.notification_configuration
        if configuration is None:
            return {}
        answer: dict[str, Any] = {
            kind: [_described(told, name) for told in getattr(configuration, attribute)]
            for kind, (name, _, attribute) in _DESTINATIONS.items()
            if getattr(configuration, attribute)
        }
        return answer if configuration.event_bridge is None else answer | {"EventBridgeConfiguration": {}}

    # ---- an event -------------------------------------------------------------------------------

    def _later(self, bucket: str, arn: str, content: Mapping[str, Any]) -> None:
        """Tell one destination after S3's latency; twice where the fault profile duplicates."""
        times = [EVENT_SECONDS]
        if self._setting.faults.duplicates:
            times.append(EVENT_SECONDS + self._setting.random("s3.notification").uniform(1, 30))
        for seconds in times:
            self._setting.clock.after(
                seconds, partial(self._tell, bucket, arn, content), f"{bucket} tells {arn}"
            )

    def _tell(self, bucket: str, arn: str, content: Mapping[str, Any]) -> None:
        refusal = self._setting.deliveries.hand_over(
            arn, _payload(arn, content), by=SERVICE, source=_arn(bucket)
        )
        if refusal is not None:
            self._setting.note("lost", f"the bucket {bucket} could not reach {arn} ({refusal.missing})")

    def _record(self, happening: Happening, configuration_id: str) -> dict[str, Any]:
        subject = {
            "key": quote_plus(happening.key, safe="/"),
            "size": happening.size,
            "eTag": happening.etag,
            "versionId": happening.version,
            "sequencer": happening.sequencer,
        }
        return {
            "eventVersion": "2.3" if happening.what in _LATER_FORM or happening.expiration else "2.1",
            "eventSource": "aws:s3",
            "awsRegion": happening.region,
            "eventTime": iso_milliseconds(happening.at),
            "eventName": happening.event_name,
            "userIdentity": {"principalId": happening.principal},
            "requestParameters": {"sourceIPAddress": happening.source_ip or SERVICE},
            "responseElements": {
                "x-amz-request-id": happening.request_id,
                "x-amz-id-2": _host_id(happening.request_id),
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration_id,
                "bucket": {
                    "name": happening.bucket,
                    "ownerIdentity": {"principalId": self._owner()},
                    "arn": _arn(happening.bucket),
                },
                "object": {name: value for name, value in subject.items() if value not in (None, "")},
            },
            **_more(happening),
        }

    def _owner(self) -> str:
        return f"A{hashlib.sha256(self._setting.account.encode()).hexdigest()[:13].upper()}"


def _configured(bucket: Any) -> Iterator[Any]:
    """Every destination of a bucket, as moto keeps them: `.id`, `.arn`, `.events`, `.filters`."""
    configuration = bucket.notification_configuration if bucket is not None else None
    if configuration is not None:
        for _, _, attribute in _DESTINATIONS.values():
            yield from getattr(configuration, attribute)


def _asks_for(told: Any, happening: Happening) -> bool:
    name = f"s3:{happening.event_name}"
    of_its_kind = f"s3:{happening.event_name.partition(':')[0]}:*"
    if name not in told.events and of_its_kind not in told.events:
        return False
    key = quote_plus(happening.key, safe="/")
    limits = {rule["Name"].lower(): rule["Value"] or "" for rule in _filter_rules(told)}
    return key.startswith(limits.get("prefix", "")) and key.endswith(limits.get("suffix", ""))


def _filter_rules(told: Any) -> list[dict[str, str]]:
    rules: list[dict[str, str]] = told.filters["S3Key"]["FilterRule"] if "S3Key" in told.filters else []
    return rules


def _described(told: Any, name: str) -> dict[str, Any]:
    """One destination as GetBucketNotificationConfiguration answers."""
    rules = [{"Name": rule["Name"], "Value": rule["Value"] or ""} for rule in _filter_rules(told)]
    limited = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
    return {"Id": told.id, name: told.arn, "Events": list(told.events), **limited}


def _payload(arn: str, content: Mapping[str, Any]) -> Message | Notification | Event:
    match service_of(arn):
        case "sqs":
            return Message(body=json.dumps(content))
        case "sns":
            return Notification(text=json.dumps(content), subject=SUBJECT)
        case _:
            return Event(content=dict(content))


def _more(happening: Happening) -> dict[str, Any]:
    """What one kind of event has and others have not."""
    if happening.what == COMPLETED:
        restored = {
            "lifecycleRestorationExpiryTime": happening.more["restore-expiry-time"],
            "lifecycleRestoreStorageClass": happening.more["source-storage-class"],
        }
        return {"glacierEventData": {"restoreEventData": restored}}
    if happening.what == MOVED:
        moved = {"destinationStorageClass": happening.more["destination-storage-class"]}
        return {"lifecycleEventData": {"transitionEventData": moved}}
    return {}


def _host_id(request_id: str) -> str:
    """The id of the host that served a request."""
    return hashlib.sha256(request_id.encode()).hexdigest()


def _arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"
