"""The audit trail itself was tampered with: what lies in its bucket is not what CloudTrail delivered.

CloudTrail signs one digest an hour for each region; a digest names every log file of its hour with its hash,
and the digest before it. To hide an action, an attacker modifies, deletes or adds a log file, or breaks that
chain, or switches the trail off.

What we do, by the hour: read the digests of the last three hours in every region of the trail, and all that
came since the last run, verify signatures and chain with CloudTrail's public keys, hash every log file they
name, and hold them against the listing of the bucket with its versions. The newest verified digest is kept in
the ledger, so that evidence which disappears between two runs is reported by name. Each finding is one alert
that says what was modified, deleted, added, moved or overwritten, with the evidence, and is reported once in
seven days: CRITICAL, or HIGH for what was overwritten or didn't come, MEDIUM for a gap in which CloudTrail
was off. A digest is missed 70 minutes after its hour. A trail that was stopped, deleted or pointed elsewhere
is reported as such. What could not be read is reported as MEDIUM: without an alert it would look as if all
were well.

What we do at once: when S3 says that an object of the bucket was deleted, or written by somebody other than
CloudTrail, report which, from where, what is left of it, and the command that brings it back.

What we leave alone: everything; nothing is restored, because versions are evidence. The bucket's own
lifecycle isn't an attack. S3 names accounts and not persons. One run reads 1,000 log files, says how many it
didn't read and leaves them to the next; it goes back three days at most. Digests of an organization's other
accounts aren't read.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
"""

from datetime import datetime

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import ObjectEvent, Raw, Tick, object_event, single, tick
from chalicelib.ledger.anchors import anchors_as_text, anchors_from_text, read_anchors, write_anchors
from chalicelib.ledger.grants import ANY, on_ledger
from chalicelib.ledger.ledger import Ledger, ledger_of
from chalicelib.ledger.table import Kind
from chalicelib.looking import Unseen, unseen
from chalicelib.references import TRAIL_ARN, TRAIL_BUCKET, WATCHED_BUCKET
from chalicelib.remediation import Kept, Plan, Remediation, Way
from chalicelib.remediations.trail_digest.alerts import alerts_of
from chalicelib.remediations.trail_digest.audit import Audit, audit_trail
from chalicelib.remediations.trail_digest.objects import History, object_alert, read_history
from chalicelib.settings import Settings
from chalicelib.trail.reader import TO_READ_A_TRAIL, TrailBucket
from chalicelib.triggers import OnEvent, OnSchedule

BUCKET = "TRAIL_DIGEST_BUCKET"
TRAIL_ARN_NAME = "TRAIL_DIGEST_TRAIL_ARN"

DELETED_PATTERN = {
    "source": ["aws.s3"],
    "detail-type": ["Object Deleted"],
    "detail": {"bucket": {"name": [WATCHED_BUCKET]}, "reason": [{"anything-but": "Lifecycle Expiration"}]},
}
WRITTEN_PATTERN = {
    "source": ["aws.s3"],
    "detail-type": ["Object Created"],
    "detail": {
        "bucket": {"name": [WATCHED_BUCKET]},
        "requester": [{"anything-but": "cloudtrail.amazonaws.com"}],
    },
}
GRANTS = (
    *TO_READ_A_TRAIL,
    *on_ledger(Kind.ANCHOR, ANY, "Query", "PutItem"),
)


# ---- by the hour --------------------------------------------------------------------------------


def look_at_trail(aws: Aws, event: Tick, settings: Settings) -> Audit:
    """The trail's last hours."""
    trail, bucket = settings.text(TRAIL_ARN_NAME), settings.text(BUCKET)
    anchors = read_anchors(_ledger(aws, settings), trail, event.at)
    return audit_trail(aws, trail, bucket, event.at, anchors)


def blind_to_trail(_event: Tick, why: Unseen, _settings: Settings) -> Audit:
    """What is known without a look."""
    return Audit(could_not_read=(why,))


def decide_on_trail(event: Tick, audit: Audit, _now: datetime, settings: Settings) -> Plan:
    """Report what isn't as CloudTrail left it; a sound trail sends no alert."""
    return Plan.alert(*alerts_of(audit, settings.text(TRAIL_ARN_NAME), event.region))


def keep_anchors(aws: Aws, event: Tick, audit: Audit, settings: Settings) -> None:
    """Keep how far the trail is verified now."""
    write_anchors(_ledger(aws, settings), settings.text(TRAIL_ARN_NAME), audit.anchors, event.at)


def anchors_of(audit: Audit) -> str:
    """What `keep_anchors` needs of the audit, as text."""
    return anchors_as_text(audit.anchors)


def audit_with(anchors: str) -> Audit:
    """An audit of which only the anchors are known."""
    return Audit(anchors=anchors_from_text(anchors))


def _ledger(aws: Aws, settings: Settings) -> Ledger:
    return ledger_of(aws, settings)


# ---- at once ------------------------------------------------------------------------------------


def look_at_object(aws: Aws, event: ObjectEvent, _settings: Settings) -> History:
    """The versions of the object."""
    try:
        return read_history(TrailBucket(aws.client("s3"), event.bucket), event.object_key)
    except AWS_ERRORS as error:
        return History(could_not_read=unseen(error))


def blind_to_object(_event: ObjectEvent, why: Unseen, _settings: Settings) -> History:
    """What is known without a look."""
    return History(could_not_read=why)


def decide_on_object(event: ObjectEvent, history: History, _now: datetime, _settings: Settings) -> Plan:
    """Tell which object was deleted or written, and by whom."""
    return Plan.alert(object_alert(event, history))


def _objects(pattern: Raw) -> Way[ObjectEvent, History]:
    return Way(
        on=OnEvent(pattern=pattern),
        parse=single(object_event),
        look=look_at_object,
        decide=decide_on_object,
        blind=blind_to_object,
    )


REMEDIATION = Remediation(
    name="trail_digest",
    title="The audit trail was tampered with",
    woken_by="every hour; objects of the trail's bucket deleted or overwritten",
    response=(
        "verifies signatures, chain and every log file's hash; reports what was modified, deleted, "
        "moved or added"
    ),
    page=__doc__ or "",
    ways=(
        Way(
            on=OnSchedule(expression="rate(1 hour)"),
            parse=single(tick),
            look=look_at_trail,
            decide=decide_on_trail,
            records=keep_anchors,
            kept=Kept(text=anchors_of, facts=audit_with),
            blind=blind_to_trail,
        ),
        _objects(DELETED_PATTERN),
        _objects(WRITTEN_PATTERN),
    ),
    grants=GRANTS,
    settings={BUCKET: TRAIL_BUCKET, TRAIL_ARN_NAME: TRAIL_ARN},
    controls=("CIS 3.2", "Security Hub CloudTrail.4", "ATT&CK T1070", "ATT&CK T1562.008"),
)
