"""AWS Config has written a history file: a file for each resource is written beside it.

Config writes one file for each type of resource every six hours, with all items of that time, and no file for
each resource: so what one resource was is found by reading every file of its type.

What we do: where the stack's owner has named the bucket of Config's delivery channel, split such a file. What
Config has recorded of `i-1` from START to END lies under
`AWSLogs/ACCOUNT/ConfigResources/REGION/AWS::EC2::Instance/i-1/START_END_1.json`, in the shape of Config's own
file. The same file split again writes the same objects. An id that holds a slash is percent-encoded. What
can't be read or split is an alert, which says where the file lies.

What we leave alone: Config's own files, snapshots, and everything where no bucket is named. An object that is
written with a KMS key of the account's own needs a grant on that key for this function.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/view-manage-resource.html,
https://docs.aws.amazon.com/config/latest/developerguide/example-configuration-history-notification.html,
https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS, MalformedEvent
from chalicelib.events import Raw, mapping_in, moment, single, text_of
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.looking import Unseen, unseen
from chalicelib.remediation import Alert, Grant, Plan, Quiet, Remediation, Severity, Way
from chalicelib.settings import Settings
from chalicelib.stack import Parameter
from chalicelib.trail.integrity.gunzip import MalformedGzip, inflate
from chalicelib.triggers import OnEvent
from chalicelib.wording import aws_command, when

NAME = "config_history"
BUCKET, NO_BUCKET = "CONFIG_HISTORY_BUCKET", "none"
BUCKET_PARAMETER = Parameter(
    name="ConfigHistoryBucket",
    default=NO_BUCKET,
    description="The bucket of AWS Config's delivery channel, where its history is to be split by resource.",
    pattern="[a-z0-9][a-z0-9.-]{2,62}",
    constraint="A bucket's name.",
)
DELIVERED: Final = "ConfigurationHistoryDeliveryCompleted"
PATTERN: Final = {
    "source": ["aws.config"],
    "detail-type": ["Config Configuration History Delivery Status"],
    "detail": {"messageType": [DELIVERED]},
}
# What a function of 256 MB reads and writes within its 50 seconds.
MOST_PACKED_BYTES, MOST_BYTES, MOST_RESOURCES = 2 << 20, 8 << 20, 1000
LONGEST_KEY: Final = 1024
_QUIET_SECONDS: Final = 24 * 3600
_KEY: Final = re.compile(
    r"(?P<before>(?:.+/)?AWSLogs/\d{12}/)Config/(?P<region>[a-z0-9-]+)/[\d/]+/ConfigHistory/"
    r"\d{12}_Config_[a-z0-9-]+_ConfigHistory_(?P<type>[A-Za-z0-9:]+)_(?P<rest>\d{8}T\d{6}Z_\d{8}T\d{6}Z_\d+)\.json\.gz",
    re.ASCII,
)
_HISTORY: Final = (
    "arn:${AWS::Partition}:s3:::${ConfigHistoryBucket}/*AWSLogs/${AWS::AccountId}/Config/*/ConfigHistory/*"
)
_RESOURCES: Final = (
    "arn:${AWS::Partition}:s3:::${ConfigHistoryBucket}/*AWSLogs/${AWS::AccountId}/ConfigResources/*"
)
_WHERE: Final = "Config chooses the prefix and the names of its files"
GRANTS = (
    Grant(action="s3:GetObject", resource=_HISTORY, because=_WHERE),
    Grant(action="s3:PutObject", resource=_RESOURCES, because=_WHERE),
)


class NotSplit(ValueError):
    """A file that is none of Config's, or too large; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFile:
    """A history file that Config has delivered. `key`: bucket and key."""

    key: str
    at: datetime
    account: str
    region: str
    bucket: str
    object_key: str
    principal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a file was split into: each file's text by its key; none where it is no business of ours."""

    files: Mapping[str, str] = field(default_factory=dict)
    could_not_read: Unseen | None = None


def history_file(raw: Raw) -> HistoryFile:
    """EventBridge's event; raises MalformedEvent."""
    detail = mapping_in(raw, "detail")
    bucket, object_key = text_of(detail.get("s3Bucket")), text_of(detail.get("s3ObjectKey"))
    if not (bucket and object_key):
        raise MalformedEvent("a delivery of history names no bucket or no key")
    return HistoryFile(
        key=f"{bucket}/{object_key}",
        at=moment(detail.get("notificationCreationTime") or raw.get("time"), object_key),
        account=text_of(raw.get("account")),
        region=text_of(raw.get("region")),
        bucket=bucket,
        object_key=object_key,
    )


def look(aws: Aws, event: HistoryFile, settings: Settings) -> Split:
    """Read the file and split it, where it lies in the bucket that the stack's owner has named."""
    if event.bucket != settings.text(BUCKET):
        return Split()
    try:
        with closing(aws.client("s3").get_object(Bucket=event.bucket, Key=event.object_key)["Body"]) as body:
            packed = body.read(MOST_PACKED_BYTES + 1)
        files = split(event.object_key, packed)
    except AWS_ERRORS as error:
        return Split(could_not_read=unseen(error, f"{event.key}: {{}}"))
    except NotSplit as error:
        return Split(could_not_read=Unseen(why=f"{event.key}: {error}"))
    return Split(files=files)


def split(object_key: str, packed: bytes) -> dict[str, str]:
    """The files of a history file's resources: key and text of each.

    `packed`: gzip, as Config writes it. Raises NotSplit.
    """
    items: defaultdict[str, list[Any]] = defaultdict(list)
    for item in _items(packed):
        kind, identity = (item.get(name) if isinstance(item, Mapping) else None for name in _NAMING)
        if not isinstance(kind, str) or not isinstance(identity, str) or not kind or not identity:
            raise NotSplit("an item in it names no resource")
        items[key_of(object_key, kind, identity)].append(item)
    if len(items) > MOST_RESOURCES:
        raise NotSplit(f"it is about {len(items)} resources of {MOST_RESOURCES}")
    return {
        key: json.dumps({"fileVersion": "1.0", "configurationItems": some}) for key, some in items.items()
    }


_NAMING: Final = ("resourceType", "resourceId")


def key_of(object_key: str, kind: str, identity: str) -> str:
    """Where the file of a resource lies, by the key of the history file. Raises NotSplit.

    >>> key_of(
    ...     "AWSLogs/123456789012/Config/us-east-2/2016/9/27/ConfigHistory/123456789012_Config_us-east-2_"
    ...     "ConfigHistory_AWS::SNS::Topic_20160927T195818Z_20160927T195818Z_1.json.gz",
    ...     "AWS::SNS::Topic",
    ...     "a/b",
    ... )
    'AWSLogs/123456789012/ConfigResources/us-east-2/AWS::SNS::Topic/a%2Fb/20160927T195818Z_20160927T195818Z_1.json'
    """
    found = _KEY.fullmatch(object_key)
    if found is None:
        raise NotSplit("its name is none of a history file")
    if found["type"] != kind:
        raise NotSplit(f"an item in it is of the type {kind}")
    folder = f"{found['before']}ConfigResources/{found['region']}/{kind}"
    key = f"{folder}/{quote(identity, safe=':')}/{found['rest']}.json"
    if len(key) > LONGEST_KEY:
        raise NotSplit("the id of a resource in it is too long for a key")
    return key


def _items(packed: bytes) -> list[Any]:
    if len(packed) > MOST_PACKED_BYTES:
        raise NotSplit(f"it has more than {MOST_PACKED_BYTES >> 20} MB")
    try:
        items = json.loads(b"".join(inflate(packed, MOST_BYTES)))["configurationItems"]
    except (MalformedGzip, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotSplit(f"it is no history file ({type(error).__name__})") from error
    if not isinstance(items, list):
        raise NotSplit("it holds no items")
    return items


def write(aws: Aws, event: HistoryFile, found: Split, _settings: Settings) -> None:
    """Write the files; raises what S3 raises, and what was written then is written again by the next try."""
    client = aws.client("s3")
    for key, text in found.files.items():
        client.put_object(Bucket=event.bucket, Key=key, Body=text.encode(), ContentType="application/json")


def blind(event: HistoryFile, why: Unseen, settings: Settings) -> Split:
    """What is known without a look."""
    return Split(could_not_read=why) if event.bucket == settings.text(BUCKET) else Split()


def decide(event: HistoryFile, found: Split, _now: datetime, _settings: Settings) -> Plan:
    """Report what could not be split."""
    if found.could_not_read is None:
        return Plan.nothing()
    place = f"s3://{event.bucket}/{event.object_key}"
    return Plan.alert(
        Alert(
            severity=Severity.LOW,
            title="A history file of AWS Config could not be split by resource",
            facts=(
                ("Could not look", str(found.could_not_read)),
                ("File", place),
                ("Delivered", when(event.at)),
                ("Account", event.account or NOT_RECORDED),
                ("Region", event.region or NOT_RECORDED),
                ("Read it with", f"{aws_command('s3', 'cp', {}, place, '-')} | gunzip"),
            ),
            advice="Nothing is lost: what Config has recorded is in the file itself, and in its history.",
            quiet=Quiet(subject=f"{event.region}/{event.bucket}", seconds=_QUIET_SECONDS),
        )
    )


REMEDIATION = Remediation(
    name=NAME,
    title="A file for each resource of what AWS Config has recorded",
    woken_by="AWS Config has written a history file into its bucket",
    response="writes a file for each resource beside it, where a parameter names the bucket",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=single(history_file),
            look=look,
            decide=decide,
            blind=blind,
            records=write,
        ),
    ),
    grants=GRANTS,
    settings={BUCKET: BUCKET_PARAMETER.ref},
    parameters=(BUCKET_PARAMETER,),
)
