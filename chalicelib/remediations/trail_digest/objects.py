"""One object of the trail's bucket was deleted, or written by somebody other than CloudTrail: what is left.

CloudTrail writes each object once and deletes none, so the oldest version of an object is CloudTrail's, as
long as it is there. Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from chalicelib.events import ObjectEvent
from chalicelib.looking import Unseen
from chalicelib.remediation import Alert, Asked, Flood, Quiet, Severity
from chalicelib.trail.integrity.evidence import StoredObject
from chalicelib.trail.reader import TrailBucket
from chalicelib.wording import aws_command, when, whole

DELETED, CREATED = "Object Deleted", "Object Created"
MARKED = "Delete Marker Created"
DAY = 24 * 3600
# So many alerts about what one principal does to the trail's objects are sent one by one.
MOST_ONE_BY_ONE = 5
# A finding is one DynamoDB item of at most 400 KB, and a version may come with a key of 1 KB.
MOST_VERSIONS = 25
MOST_LISTED = 1000
_AROUND = timedelta(minutes=30)

_OWN_FOLDER = re.compile(
    r"(?:.+/)?AWSLogs/(?:o-[a-z0-9]{10,32}/)?\d{12}/CloudTrail(-Digest|-[A-Za-z]+)?/", re.ASCII | re.DOTALL
)
_KINDS = MappingProxyType({None: "log file", "-Digest": "digest"})
_SOMETHING = "object in the trail's bucket"

_WHO = """\
S3's events name an account, not a person. Who it was stands in the trail's data events for this bucket, if \
it records them, or in the bucket's server access logs; else look who was active in the account then."""
_AFTER_DELETION = """\
Stop everybody who can still delete in this bucket before you restore anything."""
_GONE_FOR_GOOD = """\
No version is left to bring back. The events may still be in event history (90 days), in the trail's log \
group, or in a replica of the bucket."""
_AFTER_WRITING = """\
Only CloudTrail writes here. Keep both versions as evidence; believe the one whose hash its digest names: \
the hourly check reports which that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The versions and delete markers of one object, newest first; `could_not_read` says why there are none.

    `left_out`: how many between the newest and the oldest are not listed here.
    """

    versions: tuple[StoredObject, ...] = ()
    left_out: int = 0
    could_not_read: Unseen | None = None

    @property
    def survivors(self) -> tuple[StoredObject, ...]:
        """The versions that hold content."""
        return tuple(one for one in self.versions if not one.delete_marker)

    @property
    def markers(self) -> tuple[StoredObject, ...]:
        """The delete markers that hide the survivors; none where a plain GET sees one."""
        hiding = []
        for one in self.versions:
            if not one.delete_marker:
                break
            hiding.append(one)
        return tuple(hiding)


def read_history(bucket: TrailBucket, key: str) -> History:
    """List an object's versions; raises what boto3 raises."""
    listed, _ = bucket.versions(key, MOST_LISTED)
    own = sorted(
        (one for one in listed if one.key == key), key=lambda one: (one.latest, one.modified_at), reverse=True
    )
    kept = own if len(own) <= MOST_VERSIONS else [*own[: MOST_VERSIONS - 1], own[-1]]
    return History(versions=tuple(kept), left_out=len(own) - len(kept))


def object_alert(event: ObjectEvent, history: History) -> Alert:
    """Report a deletion or a write; outside of the trail's own folders only once a day."""
    own = _OWN_FOLDER.match(event.object_key)
    thing = f"CloudTrail {_KINDS.get(own[1], 'object')}" if own else _SOMETHING
    deleted = event.what == DELETED
    severity, title = _deletion(event, history, thing) if deleted else _writing(event, history, thing)
    if not own:
        severity = Severity.LOW
    subject = f"{event.what}:{event.requester}"[:200]
    return Alert(
        severity=severity,
        title=title,
        facts=(
            *_event_facts(event),
            *_history_facts(history),
            *((label, whole(command)) for label, command in _commands(event, history)),
        ),
        advice="\n".join(_deletion_advice(history) if deleted else (_AFTER_WRITING, _WHO)),
        quiet=None if own else Quiet(subject=subject, seconds=DAY),
        flood=Flood(subject=subject, most=MOST_ONE_BY_ONE) if own else None,
        asks=(Asked("what-was-done-to", event.bucket),),
    )


def _deletion(event: ObjectEvent, history: History, thing: str) -> tuple[Severity, str]:
    if event.deletion_type == MARKED:
        return Severity.CRITICAL, f"A {thing} was deleted: a delete marker hides it"
    if history.survivors and not history.markers:
        # Taking away a delete marker, or a forged version, is reported by S3 in the same words as this.
        return Severity.HIGH, f"A version of a {thing} was permanently deleted, another can be read"
    if history.survivors:
        return Severity.CRITICAL, f"A version of a {thing} was permanently deleted"
    left = ", whether a version is left is unknown" if history.could_not_read else ", no version is left"
    return Severity.CRITICAL, f"A {thing} was permanently deleted{left}"


def _writing(event: ObjectEvent, history: History, thing: str) -> tuple[Severity, str]:
    if _earlier(event, history):
        return Severity.HIGH, f"A {thing} was overwritten, and not by CloudTrail"
    if history.could_not_read or not event.version_id:
        return Severity.CRITICAL, f"A {thing} was added or overwritten, and not by CloudTrail"
    return Severity.CRITICAL, f"A {thing} was added, and not by CloudTrail"


def _earlier(event: ObjectEvent, history: History) -> StoredObject | None:
    """The oldest version that was there before the one that was written: CloudTrail's, where it survived."""
    versions = [one.version for one in history.versions]
    if event.version_id not in versions:
        return None
    below = history.versions[versions.index(event.version_id) + 1 :]
    return next((one for one in reversed(below) if not one.delete_marker), None)


def _event_facts(event: ObjectEvent) -> Iterator[tuple[str, str]]:
    yield "Object", f"s3://{event.bucket}/{event.object_key}"
    if event.what == DELETED:
        marker = event.deletion_type == MARKED
        yield "How", "hidden by a delete marker" if marker else "permanently, by naming its version"
    else:
        yield "How", f"written with {event.reason or 'an unknown call'}"
    if event.version_id:
        yield "Version", event.version_id
    yield "By", _requester(event.requester)
    yield "From", event.source_ip or "not recorded"
    yield "When", when(event.at)


def _requester(requester: str) -> str:
    if not requester:
        return "not recorded"
    return f"account {requester} (S3 names no person)" if requester.isdigit() else requester


def _history_facts(history: History) -> Iterator[tuple[str, str]]:
    if history.could_not_read:
        yield "Versions left", f"could not be read: {history.could_not_read}"
        return
    if not history.survivors:
        yield "Versions left", "none"
        return
    hidden = ", hidden by a delete marker" if history.markers else ""
    yield "Versions left", f"{len(history.survivors) + history.left_out}{hidden}"
    oldest = history.survivors[-1]
    yield (
        "Oldest of them",
        f"{oldest.version} of {when(oldest.modified_at)}; CloudTrail's, if nothing older was there",
    )


def _commands(event: ObjectEvent, history: History) -> Iterator[tuple[str, str]]:
    """These are facts, not advice: a fact stays on one line, even if an object's key is malicious."""
    where = {"--bucket": event.bucket, "--key": event.object_key}
    region = {"--region": event.region}
    if event.what == DELETED and history.survivors:
        # A second marker hides as well as the first: all that lie above the newest version have to go.
        for marker in history.markers:
            options = {**where, "--version-id": str(marker.version), **region}
            yield "Bring it back with", aws_command("s3api", "delete-object", options)
    elif event.what == DELETED and event.deletion_type == MARKED and history.could_not_read:
        options = {**where, "--version-id": event.version_id, **region}
        yield "Bring it back with", aws_command("s3api", "delete-object", options)
    earlier = _earlier(event, history) if event.what == CREATED else None
    if earlier:
        for name, version in (("original", str(earlier.version)), ("new", event.version_id)):
            options = {**where, "--version-id": version, **region}
            yield f"Get the {name} one", aws_command("s3api", "get-object", options, f"{name}.json.gz")
        yield "Compare with", "zcmp original.json.gz new.json.gz"
    yield (
        "Who was active",
        aws_command(
            "cloudtrail",
            "lookup-events",
            {
                "--start-time": f"{event.at - _AROUND:%Y-%m-%dT%H:%M:%SZ}",
                "--end-time": f"{event.at + _AROUND:%Y-%m-%dT%H:%M:%SZ}",
                **region,
            },
        ),
    )


def _deletion_advice(history: History) -> Sequence[str]:
    lost = not history.survivors and not history.could_not_read
    return (_AFTER_DELETION, _GONE_FOR_GOOD, _WHO) if lost else (_AFTER_DELETION, _WHO)
