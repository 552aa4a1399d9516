"""The hourly look at the trail: every tampering shows, and what can't be looked at is reported."""

import gzip
import json
from dataclasses import replace

import pytest
from botocore.exceptions import EndpointConnectionError
from freezegun import freeze_time

from chalicelib.errors import MayPass, NotConfigured, Throttled
from chalicelib.remediations.trail_digest import audit as trail_audit
from chalicelib.remediations.trail_digest.audit import TrailFault, audit_trail
from chalicelib.trail import stretch as trail_stretch
from chalicelib.trail.integrity.findings import What
from chalicelib.trail.integrity.keys import Chain
from chalicelib.trail.reader import TrailBucket
from scenarios.cloud.cloudtrail.delivery.digests import write_digest
from tests.chalicelib.remediations.trail_on_s3 import (
    ARN,
    BEGAN,
    BUCKET,
    HOME,
    HOUR,
    HOURS,
    MINUTE,
    NOW,
    World,
    denied,
    log_key,
    throttled,
)
from tests.moto_alone import moto_alone

EVIL = gzip.compress(b'{"Records": []}', mtime=0)


@pytest.fixture
def world():
    with freeze_time(BEGAN) as time, moto_alone():
        yield World(time)


@pytest.fixture
def trail(world):
    """Six sound hours, over midnight, two log files each."""
    world.delivers()
    return world


def audited(world, *, now=NOW, arn=ARN, bucket=BUCKET):
    return audit_trail(world, arn, bucket, now)


def told(result):
    return sorted(finding.what.name for finding in result.findings)


def newest_log(world):
    return world.logs[HOME][-1]


def digest(world, back=1):
    return world.chains[HOME][-back]


@pytest.mark.slow
def test_a_sound_trail_has_nothing_to_tell(trail):
    result = audited(trail)

    assert (result.faults, result.findings, result.left_out, result.could_not_read) == ((), (), (), ())
    # Three hours, and one more on the older side; two log files in each.
    assert (result.digests, result.logs, result.unverified) == (4, 8, 0)


@pytest.mark.slow
def test_every_region_is_read_with_its_own_keys(trail):
    trail.delivers("us-east-1")

    result = audited(trail)

    assert result.digests == 8
    assert {"eu-west-1", "us-east-1"} <= set(trail.regions_asked)
    assert result.findings == ()


@pytest.mark.slow
def test_a_trail_of_one_region_is_not_missed_in_others(trail):
    trail.delivers("us-east-1", hours=range(1))
    trail.cloudtrail.trail["IsMultiRegionTrail"] = False

    assert audited(trail).findings == ()


@pytest.mark.slow
def test_a_trail_with_a_prefix_is_found(world):
    world.cloudtrail.trail["S3KeyPrefix"] = "audit/logs/"
    world.delivers(prefix="audit/logs")

    assert audited(world).digests == 4


@pytest.mark.slow
def test_an_organization_trails_own_account_is_found(world):
    world.cloudtrail.trail["IsOrganizationTrail"] = True
    chain = Chain(
        organization="o-abcdefghij", account=ARN.split(":")[4], region=HOME, trail="main", home_region=HOME
    )
    starts = NOW - HOUR - 5 * MINUTE
    made = write_digest(chain, bucket=BUCKET, starts_at=starts, ends_at=starts + HOUR)
    world.puts(made.key, made.body, made.metadata)

    assert audited(world).digests == 1


def modify_log(world):
    world.replaces(newest_log(world), EVIL)


def swap_log_for_junk(world):
    world.replaces(newest_log(world), b"not gzip")


def overwrite_log(world):
    world.puts(newest_log(world), EVIL)


def overwrite_log_with_its_own_content(world):
    content = world.s3.get_object(Bucket=BUCKET, Key=newest_log(world))["Body"].read()
    world.puts(newest_log(world), content)


def delete_log(world):
    world.deletes(newest_log(world))


def destroy_log(world):
    world.destroys(newest_log(world))


def add_log(world):
    chain = Chain(account=ARN.split(":")[4], region=HOME, trail="main", home_region=HOME)
    world.puts(log_key(chain, NOW - HOUR, "EvilEvilEvilEvil"), EVIL)


def add_log_of_no_name(world):
    world.puts(newest_log(world).rpartition("/")[0] + "/\n'; evil & <co>.json.gz", EVIL)


def delete_digest(world):
    world.deletes(digest(world, 2).key)


def destroy_digest(world):
    world.destroys(digest(world, 2).key)


def destroy_newest_digests(world):
    for back in (1, 2):
        world.destroys(digest(world, back).key)


def destroy_all_digests(world):
    for one in world.chains[HOME]:
        world.destroys(one.key)


def upload_digest_again(world):
    world.replaces(digest(world).key, digest(world).body)


def overwrite_digest_unsigned(world):
    world.puts(digest(world).key, digest(world).body)


def forge_digest(world):
    content = json.loads(gzip.decompress(digest(world).body))
    body = gzip.compress(json.dumps({**content, "logFiles": []}).encode())
    world.replaces(digest(world).key, body, digest(world).metadata)


def swap_digest_for_junk(world):
    world.replaces(digest(world).key, b"junk")


def copy_digest(world):
    chain = Chain(account=ARN.split(":")[4], region=HOME, trail="main", home_region=HOME)
    key = str(chain.digest_at(digest(world).ends_at + MINUTE))
    world.puts(key, digest(world).body, digest(world).metadata)


def replace_chain_link(world):
    chain = Chain(account=ARN.split(":")[4], region=HOME, trail="main", home_region=HOME)
    ends = digest(world, 2).ends_at
    other = write_digest(chain, bucket=BUCKET, starts_at=ends - HOUR, ends_at=ends)
    world.replaces(other.key, other.body, other.metadata)


TAMPERINGS = [
    pytest.param(modify_log, ["LOG_MODIFIED"], id="log modified, old versions wiped"),
    pytest.param(swap_log_for_junk, ["LOG_MALFORMED"], id="log replaced by junk"),
    pytest.param(overwrite_log, ["LOG_MODIFIED", "LOG_OVERWRITTEN"], id="log overwritten"),
    pytest.param(overwrite_log_with_its_own_content, ["LOG_OVERWRITTEN"], id="log overwritten with the same"),
    pytest.param(delete_log, ["LOG_DELETED"], id="log hidden by a marker"),
    pytest.param(destroy_log, ["LOG_DELETED"], id="log deleted with its versions"),
    pytest.param(add_log, ["LOG_ADDED"], id="log added"),
    pytest.param(add_log_of_no_name, ["LOG_ADDED"], id="hostile key added"),
    pytest.param(delete_digest, ["DIGEST_DELETED"], id="digest hidden by a marker"),
    pytest.param(destroy_digest, ["DIGEST_DELETED"], id="digest deleted with its versions"),
    pytest.param(upload_digest_again, ["DIGEST_UNSIGNED"], id="digest uploaded again"),
    pytest.param(
        overwrite_digest_unsigned, ["DIGEST_OVERWRITTEN", "DIGEST_UNSIGNED"], id="digest overwritten"
    ),
    pytest.param(forge_digest, ["DIGEST_MODIFIED"], id="digest forged"),
    pytest.param(swap_digest_for_junk, ["DIGEST_MALFORMED"], id="digest replaced by junk"),
    pytest.param(copy_digest, ["DIGEST_MOVED"], id="digest copied"),
    pytest.param(
        replace_chain_link,
        ["CHAIN_BROKEN", "GAP", "LOG_ADDED", "LOG_ADDED"],
        id="digest replaced by one that is signed, too",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("tamper", "kinds"), TAMPERINGS)
def test_a_tampering_is_found_as_what_it_is(trail, tamper, kinds):
    tamper(trail)

    assert told(audited(trail)) == kinds


SILENCES = [
    pytest.param(destroy_newest_digests, 0, ["DIGEST_MISSING"], id="the newest two are gone"),
    pytest.param(destroy_all_digests, 0, ["DIGEST_MISSING"], id="all are gone"),
    pytest.param(lambda _: None, 54, [], id="the next is not yet overdue"),
    pytest.param(lambda _: None, 56 + 60, ["DIGEST_MISSING"], id="the next is overdue"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("tamper", "minutes", "kinds"), SILENCES)
def test_a_digest_that_did_not_come_is_missed_after_its_grace(trail, tamper, minutes, kinds):
    tamper(trail)

    assert told(audited(trail, now=NOW + minutes * MINUTE)) == kinds


@pytest.mark.slow
def test_a_region_that_fell_silent_is_missed(trail):
    trail.delivers("us-east-1", hours=range(1))

    (finding,) = audited(trail).findings

    assert finding.what is What.DIGEST_MISSING
    assert "region us-east-1" in finding.sentence


@pytest.mark.slow
def test_a_region_whose_digests_are_all_hidden_by_markers_is_still_expected(trail):
    trail.delivers("us-east-1")
    for one in trail.chains["us-east-1"]:
        trail.deletes(one.key)

    assert "DIGEST_DELETED" in told(audited(trail))


def test_a_trail_that_was_just_switched_on_owes_no_digest_yet(world):
    world.cloudtrail.status["StartLoggingTime"] = NOW - 2 * HOUR

    assert audited(world).findings == ()


@pytest.mark.slow
def test_an_older_trail_without_any_digest_is_missed(world):
    world.cloudtrail.status["StartLoggingTime"] = NOW - 3 * HOUR

    assert told(audited(world)) == ["DIGEST_MISSING"]


@pytest.mark.slow
def test_where_there_never_was_a_digest_and_the_status_can_not_be_had_none_is_missed(world):
    world.cloudtrail.failing["GetTrailStatus"] = denied("GetTrailStatus")

    result = audited(world)

    assert told(result) == []
    assert "the trail's status could not be read" in result.could_not_read[0].why


@pytest.mark.slow
def test_an_hour_in_which_logging_was_off_is_a_gap(world):
    world.delivers(hours=range(4))
    world.chains[HOME].clear()
    world.delivers(hours=range(5, HOURS))

    assert told(audited(world)) == ["GAP"]


@pytest.mark.slow
def test_a_chain_is_followed_to_where_the_trail_delivered_before(world):
    world.delivers(hours=range(5), prefix="before")
    world.delivers(hours=range(5, HOURS))

    result = audited(world)

    assert result.findings == ()
    assert result.digests == 3


@pytest.mark.slow
def test_a_chain_that_leads_to_a_bucket_nobody_may_read_is_no_finding(world):
    world.delivers(hours=range(5))
    world.chains[HOME][-1] = replace(world.chains[HOME][-1], bucket="another-bucket")
    world.delivers(hours=range(5, HOURS))
    world.s3.closed = "another-bucket"

    result = audited(world)

    assert told(result) == []
    assert "another-bucket" in " ".join(map(str, result.could_not_read))


FAULTS = [
    pytest.param(
        lambda cloudtrail: cloudtrail.status.update(IsLogging=False, StopLoggingTime=NOW),
        TrailFault.STOPPED,
        id="stopped",
    ),
    pytest.param(
        lambda cloudtrail: cloudtrail.trail.update(LogFileValidationEnabled=False),
        TrailFault.NOT_VALIDATING,
        id="validation off",
    ),
    pytest.param(
        lambda cloudtrail: cloudtrail.trail.update(S3BucketName="elsewhere"),
        TrailFault.REDIRECTED,
        id="another bucket",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("change", "fault"), FAULTS)
def test_a_trail_that_does_not_do_its_work_is_told(trail, change, fault):
    change(trail.cloudtrail)

    result = audited(trail)

    assert [kind for kind, _ in result.faults] == [fault]
    assert result.findings == ()


@pytest.mark.slow
def test_a_stopped_trail_owes_no_digest_of_later(trail):
    trail.cloudtrail.status.update(IsLogging=False, StopLoggingTime=NOW)

    assert told(audited(trail, now=NOW + 2 * HOUR)) == []


GONE = [
    pytest.param({"arn": f"{ARN}x"}, TrailFault.TRAIL_GONE, id="no such trail"),
    pytest.param({"bucket": "no-such-bucket"}, TrailFault.BUCKET_GONE, id="no such bucket"),
]


@pytest.mark.parametrize(("asked", "fault"), GONE)
def test_a_trail_or_bucket_that_is_gone_is_told(trail, asked, fault):
    assert [kind for kind, _ in audited(trail, **asked).faults] == [fault]


def test_a_variable_that_is_no_trails_arn_is_a_mistake_of_the_stack():
    with pytest.raises(NotConfigured, match="'main' is not the ARN of a trail"):
        audit_trail(None, "main", BUCKET, NOW)


CANT_TELL = [
    pytest.param("cloudtrail", "GetTrail", denied("GetTrail"), "could not be looked at", id="the trail"),
    pytest.param(
        "cloudtrail",
        "GetTrailStatus",
        denied("GetTrailStatus"),
        "assuming that logging is on",
        id="its status",
    ),
    pytest.param(
        "cloudtrail", "ListPublicKeys", denied("ListPublicKeys"), "public keys of eu-west-1", id="the keys"
    ),
    pytest.param(
        "s3", "list_object_versions", denied("ListObjectVersions"), "not authorized", id="the listing"
    ),
    pytest.param("s3", "get_object", denied("GetObject"), "could not be read", id="the objects"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("service", "operation", "error", "sentence"), CANT_TELL)
def test_what_can_not_be_looked_at_is_told_and_is_no_finding(trail, service, operation, error, sentence):
    getattr(trail, service).failing[operation] = error

    result = audited(trail)

    assert sentence in " ".join(map(str, result.could_not_read))
    assert result.findings == ()


@pytest.mark.parametrize(
    ("service", "operation"),
    [("cloudtrail", "ListPublicKeys"), ("s3", "list_object_versions"), ("s3", "get_object")],
)
def test_what_is_out_of_reach_rises_so_that_the_look_is_tried_again(trail, service, operation):
    getattr(trail, service).failing[operation] = EndpointConnectionError(endpoint_url="https://aws")

    with pytest.raises(MayPass, match="Could not connect"):
        audited(trail)


@pytest.mark.parametrize(
    ("service", "operation"),
    [("cloudtrail", "GetTrail"), ("cloudtrail", "ListPublicKeys"), ("s3", "get_object")],
)
def test_throttling_rises_so_that_the_look_is_tried_again(trail, service, operation):
    getattr(trail, service).failing[operation] = throttled(operation)

    with pytest.raises(Throttled, match="Rate exceeded"):
        audited(trail)


@pytest.mark.slow
def test_the_keys_reason_is_told_once_and_not_for_each_digest(trail):
    trail.cloudtrail.failing["ListPublicKeys"] = denied("ListPublicKeys")

    assert len(audited(trail).could_not_read) == 1


def test_a_missing_object_is_missing_also_where_s3_calls_it_denied(trail):
    bucket = TrailBucket(trail.s3, BUCKET)
    trail.s3.failing["get_object"] = denied("GetObject")
    trail.deletes(newest_log(trail))

    assert bucket.get(BUCKET, newest_log(trail)) is None
    assert bucket.get(BUCKET, "never/there") is None
    assert bucket.get(BUCKET, newest_log(trail).removesuffix(".gz")) is None  # a longer name is there


@pytest.mark.slow
def test_more_log_files_than_a_run_reads_are_counted_and_the_newest_read(trail, monkeypatch):
    monkeypatch.setattr(trail_audit, "MOST_LOGS", 3)
    modify_log(trail)

    result = audited(trail)

    assert told(result) == ["LOG_MODIFIED"]
    assert (result.logs, result.unverified, result.could_not_read) == (8, 5, ())


@pytest.mark.slow
def test_a_forged_digest_does_not_use_up_what_a_run_reads(trail, monkeypatch):
    monkeypatch.setattr(trail_audit, "MOST_LOGS", 6)
    content = json.loads(gzip.decompress(digest(trail).body))
    entry = content["logFiles"][0]
    content["logFiles"] = [{**entry, "s3Object": f"none/{number}"} for number in range(50)]
    trail.replaces(digest(trail).key, gzip.compress(json.dumps(content).encode()), digest(trail).metadata)

    result = audited(trail)

    assert (told(result), result.unverified) == (["DIGEST_MODIFIED"], 0)


@pytest.mark.slow
def test_a_flood_of_objects_is_bounded_and_told(trail, monkeypatch):
    monkeypatch.setattr(trail_stretch, "MOST_DIGESTS", 3)
    monkeypatch.setattr(trail_stretch, "MOST_LISTED", 3)
    monkeypatch.setattr(trail_stretch, "MOST_REGIONS", 1)

    told_of = " ".join(map(str, audited(trail).could_not_read))

    assert "more than 3 objects" in told_of
    assert "more than 1 folders" in told_of


@pytest.mark.slow
def test_more_digests_than_a_run_reads_are_told(trail, monkeypatch):
    monkeypatch.setattr(trail_stretch, "MOST_DIGESTS", 3)
    modify_log(trail)

    result = audited(trail)

    assert "holds 4 objects" in result.could_not_read[0].why
    assert told(result) == ["LOG_MODIFIED"]  # in the newest hour, which is read first


@pytest.mark.slow
def test_a_listing_stops_where_it_should_and_says_so(trail):
    bucket = TrailBucket(trail.s3, BUCKET)

    assert [(len(found), more) for found, more in (bucket.versions("", 3), bucket.versions("", 18))] == [
        (3, True),
        (18, False),
    ]


@pytest.mark.slow
def test_a_forged_digest_does_not_choose_what_is_read(trail):
    content = json.loads(gzip.decompress(digest(trail).body))
    content["previousDigestS3Bucket"] = trail.s3.closed = "another-bucket"
    trail.replaces(digest(trail).key, gzip.compress(json.dumps(content).encode()), digest(trail).metadata)

    assert audited(trail).could_not_read == ()


@pytest.mark.slow
def test_what_is_broken_is_kept_rather_than_what_is_only_worth_knowing(world, monkeypatch):
    monkeypatch.setattr(trail_audit, "MOST_KEPT", 1)
    world.delivers(hours=range(4))
    world.destroys(newest_log(world))
    world.chains[HOME].clear()
    world.delivers(hours=range(5, HOURS))

    result = audited(world)

    assert told(result) == ["LOG_DELETED"]
    assert result.left_out == ((What.GAP, 1),)


@pytest.mark.slow
def test_many_findings_are_kept_newest_first_and_the_others_counted(world, monkeypatch):
    monkeypatch.setattr(trail_audit, "MOST_KEPT", 3)
    world.delivers()
    for key in world.logs[HOME]:
        world.destroys(key)

    result = audited(world)

    assert len(result.findings) == 3
    assert result.findings[0].since == BEGAN + (HOURS - 1) * HOUR
    assert result.left_out == ((What.LOG_DELETED, 4 * 2 - 3),)


@pytest.mark.slow
def test_folders_that_are_no_regions_are_nobodys_business(trail):
    trail.puts(f"AWSLogs/{ARN.split(':')[4]}/CloudTrail-Digest/not a region/x")

    assert audited(trail).findings == ()


@pytest.mark.slow
def test_where_the_status_can_not_be_had_the_clock_judges(trail):
    destroy_newest_digests(trail)
    trail.cloudtrail.failing["GetTrailStatus"] = denied("GetTrailStatus")

    result = audited(trail)

    assert told(result) == ["DIGEST_MISSING"]
    assert "assuming that logging is on" in result.could_not_read[0].why


@pytest.mark.slow
def test_a_silence_that_lasts_is_one_finding_however_often_it_is_seen(trail):
    trail.delivers("us-east-1")

    anchors = {anchor.chain: anchor for anchor in audited(trail).anchors}

    seen = [audit_trail(trail, ARN, BUCKET, NOW + hours * HOUR, anchors).findings for hours in (2, 3, 9)]

    assert [len(findings) for findings in seen] == [2, 2, 2]  # one a chain
    assert len({finding.identity for findings in seen for finding in findings}) == 2
