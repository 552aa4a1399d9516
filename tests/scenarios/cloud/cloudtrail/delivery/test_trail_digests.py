"""How the digests of a trail follow each other when something changes, and what signs them."""

from datetime import timedelta
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError

from chalicelib.trail.integrity.findings import What
from scenarios.cloud.cloudtrail.delivery.signing_keys import A_ROTATION, key_at, keys_of
from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.cloudtrail.trail_worlds import (
    HOUR,
    create_table,
    digests,
    log_files,
    open_bucket,
    verdict,
)
from tests.scenarios.cloud.small_worlds import HOME, admin, trail, world

FAR = "eu-west-1"
MEMBER = "210987654321"


def chained(found):
    """For each digest but the first, whether it goes on from the one before."""
    return [
        after["previousDigestSignature"] == before["metadata"]["signature"]
        for before, after in pairwise(found)
    ]


def listed(found):
    """The keys of the log files that digests tell of."""
    return [log["s3Object"] for digest in found for log in digest["logFiles"]]


# ---- keys ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_region_signs_with_its_own_key():
    with world(trail(), regions=(HOME, FAR)) as cloud:
        since = cloud.clock.now
        cloud.run(2 * HOUR)

        signers = {
            digest["digestS3Object"].split("/")[3]: digest["digestPublicKeyFingerprint"]
            for digest in digests(cloud)
        }
        assert set(signers) == {HOME, FAR}
        assert len(set(signers.values())) == 2
        assert verdict(cloud, since).findings == ()
        for region, fingerprint in signers.items():
            keys = admin(cloud, "cloudtrail", region).list_public_keys()["PublicKeyList"]
            assert fingerprint in {key["Fingerprint"] for key in keys}


@pytest.mark.slow
def test_a_chain_that_crosses_a_rotation_is_sound():
    with world(trail(), start=A_ROTATION - timedelta(hours=2)) as cloud:
        since = cloud.clock.now
        for hour in range(5):
            create_table(cloud, f"table-{hour}")
            cloud.run(HOUR)

        signers = [digest["digestPublicKeyFingerprint"] for digest in digests(cloud)]
        assert signers == sorted(signers, key=signers.index)  # one after the other, none comes back
        assert len(set(signers)) == 2
        assert all(chained(digests(cloud)))
        assert verdict(cloud, since).findings == ()


def test_keys_overlap_and_the_newest_one_signs():
    before, at = keys_of(HOME, A_ROTATION, A_ROTATION)

    assert before.valid_from < at.valid_from == A_ROTATION < before.valid_until < at.valid_until
    assert key_at(HOME, A_ROTATION) is at
    assert key_at(HOME, A_ROTATION - timedelta(seconds=1)) is before
    assert len({before.fingerprint, at.fingerprint, key_at(FAR, A_ROTATION).fingerprint}) == 3


# ---- backfill -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_log_file_that_missed_its_digest_is_in_a_backfill_digest():
    with world(trail()) as cloud:
        since = cloud.clock.now
        cloud.trail.delay_next_digest_entry()
        create_table(cloud, "late")
        cloud.run(1200)
        create_table(cloud, "in-time")
        cloud.run(HOUR)
        (late, in_time) = log_files(cloud)
        before = digests(cloud, backfill=True)
        cloud.run(HOUR)

        (backfill,) = digests(cloud, backfill=True)
        regular = digests(cloud)
        assert before == []
        assert listed(regular) == [in_time]
        assert listed([backfill]) == [late]
        assert backfill["digestEndTime"] == regular[0]["digestEndTime"]
        assert backfill["metadata"]["backfill-generation-timestamp"] == "2026-03-02T05:03:00Z"
        found = verdict(cloud, since)
        assert found.findings == ()
        assert found.logs == found.logs_sound == 2


@pytest.mark.slow
def test_backfill_digests_are_a_chain_of_their_own():
    with world(trail()) as cloud:
        since = cloud.clock.now
        for hour in range(2):
            cloud.trail.delay_next_digest_entry()
            create_table(cloud, f"table-{hour}")
            cloud.run(HOUR)
        cloud.run(2 * HOUR)

        backfills = digests(cloud, backfill=True)
        assert backfills[0]["previousDigestSignature"] is None
        assert chained(backfills) == [True]
        assert all(chained(digests(cloud)))
        assert verdict(cloud, since).findings == ()


# ---- what ends and begins a chain ---------------------------------------------------------------


@pytest.mark.slow
def test_what_is_delivered_while_validation_is_off_is_never_digested():
    with world(trail()) as cloud:
        since = cloud.clock.now
        cloud.run(600)
        create_table(cloud, "before")
        cloud.run(600)
        cloudtrail = admin(cloud, "cloudtrail")
        cloudtrail.update_trail(Name="main", EnableLogFileValidation=False)
        cloud.run(300)
        (before, *_) = log_files(cloud)
        create_table(cloud, "meanwhile")
        cloud.run(2 * HOUR)
        off = digests(cloud)
        cloudtrail.update_trail(Name="main", EnableLogFileValidation=True)
        on_at = cloud.clock.now
        create_table(cloud, "after")
        cloud.run(2 * HOUR)

        (last,) = off
        assert last["digestEndTime"] == f"{since + timedelta(minutes=20):%Y-%m-%dT%H:%M:%SZ}"
        assert listed(off) == [before]
        again = digests(cloud)[1:]
        assert again[0]["digestStartTime"] == f"{on_at:%Y-%m-%dT%H:%M:%SZ}"
        assert again[0]["previousDigestSignature"] is None
        contents = [log_files(cloud)[key] for key in listed(again)]
        names = {str(record["requestParameters"]) for content in contents for record in content["Records"]}
        assert any("after" in each for each in names)
        assert not any("meanwhile" in each for each in names)
        assert {finding.what for finding in verdict(cloud, since).findings} <= {What.GAP, What.UNDIGESTED}


@pytest.mark.slow
def test_validation_off_and_on_within_the_hour_begins_a_new_chain():
    with world(trail()) as cloud:
        cloud.run(600)
        for on in (False, True):
            admin(cloud, "cloudtrail").update_trail(Name="main", EnableLogFileValidation=on)
            cloud.run(300)
        cloud.run(2 * HOUR)

        found = digests(cloud)
        assert [digest["previousDigestSignature"] is None for digest in found] == [True, True, False]


@pytest.mark.slow
def test_a_trail_that_comes_to_cover_more_regions_begins_their_chains():
    with world(trail(IsMultiRegionTrail=False), regions=(HOME, FAR)) as cloud:
        cloud.run(600)
        admin(cloud, "cloudtrail").update_trail(Name="main", IsMultiRegionTrail=True)
        began = cloud.clock.now
        cloud.run(2 * HOUR)

        far = [digest for digest in digests(cloud) if f"/{FAR}/" in digest["digestS3Object"]]
        assert far[0]["digestStartTime"] == f"{began:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "buckets"),
    [
        pytest.param({"S3BucketName": "other"}, ("tw-logs", "other"), id="another bucket"),
        pytest.param({"S3KeyPrefix": "audit"}, ("tw-logs",), id="a prefix"),
    ],
)
def test_a_chain_goes_on_where_the_trail_delivers_from_now_on(given, buckets):
    with world(trail()) as cloud:
        since = cloud.clock.now
        open_bucket(cloud, "other")
        create_table(cloud, "before")
        cloud.run(HOUR + 600)
        admin(cloud, "cloudtrail").update_trail(Name="main", **given)
        create_table(cloud, "after")
        cloud.run(2 * HOUR)

        found = sorted(
            (digest for bucket in buckets for digest in digests(cloud, bucket)),
            key=lambda digest: digest["digestEndTime"],
        )
        assert len(found) == 3
        assert chained(found) == [True, True]
        assert found[1]["previousDigestS3Bucket"] == "tw-logs"
        assert found[1]["digestS3Bucket"] == buckets[-1]
        assert found[1]["digestS3Object"].startswith(given.get("S3KeyPrefix", "AWSLogs"))
        judged = verdict(cloud, since, buckets)
        assert judged.digests_sound == judged.digests == 3
        assert judged.logs_sound == judged.logs


@pytest.mark.slow
def test_a_deleted_trail_leaves_a_last_digest_and_nothing_after():
    with world(trail()) as cloud:
        create_table(cloud)
        cloud.run(HOUR + 600)
        admin(cloud, "cloudtrail").delete_trail(Name="main")
        cloud.run(4 * HOUR)

        found = digests(cloud)
        assert len(found) == 2
        last = [record for key in listed(found[1:]) for record in log_files(cloud)[key]["Records"]]
        assert [record["eventName"] for record in last] == ["DeleteTrail"]


def test_an_empty_digest_tells_of_no_times():
    with world(trail()) as cloud:
        cloud.run(2 * HOUR)

        (digest,) = digests(cloud)
        assert digest["logFiles"] == []
        assert digest["newestEventTime"] is digest["oldestEventTime"] is None


# ---- organizations ------------------------------------------------------------------------------


def organized(cloud, *, trusted=True, member=False):
    """Make the world's account an organization's, and return the organization's id."""
    with cloud.calls.muted():
        organizations = admin(cloud, "organizations")
        made = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
        if trusted:
            organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
        if member:
            return made, organizations.create_account(AccountName="m", Email="m@example.com")[
                "CreateAccountStatus"
            ]["AccountId"]
    return made


@pytest.mark.slow
def test_an_organization_trail_has_a_chain_for_every_account():
    with world(trail()) as cloud:
        since = cloud.clock.now
        organization, member = organized(cloud, member=True)
        cloud.run(600)
        admin(cloud, "cloudtrail").update_trail(Name="main", IsOrganizationTrail=True)
        create_table(cloud)
        cloud.trail.deliver(
            {
                "eventName": "CreateUser",
                "eventSource": "iam.amazonaws.com",
                "awsRegion": HOME,
                "eventTime": "2026-03-02T03:00:00Z",
                "eventID": "0",
                "recipientAccountId": member,
                "eventCategory": "Management",
                "readOnly": False,
            }
        )
        cloud.run(2 * HOUR)

        by_account = {
            account: [
                each["eventName"]
                for key, content in log_files(cloud).items()
                if f"/{account}/" in key
                for each in content["Records"]
            ]
            for account in (ACCOUNT, member)
        }
        assert by_account[member] == ["CreateUser"]
        assert "CreateTable" in by_account[ACCOUNT]
        folders = {digest["digestS3Object"].partition("/CloudTrail-Digest/")[0] for digest in digests(cloud)}
        assert folders == {
            f"AWSLogs/{ACCOUNT}",  # up to the update
            f"AWSLogs/{organization}/{ACCOUNT}",
            f"AWSLogs/{organization}/{member}",
        }
        found = verdict(cloud, since)
        assert found.digests == found.digests_sound == 5
        assert found.logs == found.logs_sound == 3


def test_a_member_of_no_organization_trail_is_not_delivered():
    with world(trail()) as cloud:
        cloud.trail.deliver(
            {
                "eventName": "CreateUser",
                "eventSource": "iam.amazonaws.com",
                "awsRegion": HOME,
                "eventTime": "2026-03-02T03:00:00Z",
                "eventID": "0",
                "recipientAccountId": MEMBER,
            }
        )
        cloud.run(600)

        assert log_files(cloud) == {}


def test_cloudtrail_must_be_trusted_by_the_organization():
    with world(trail()) as cloud:
        organized(cloud, trusted=False)
        with pytest.raises(ClientError, match="CloudTrailAccessNotEnabled"):
            admin(cloud, "cloudtrail").update_trail(Name="main", IsOrganizationTrail=True)


def test_the_next_world_knows_no_organization():
    with world(trail()) as cloud:
        organized(cloud, member=True)
    with world(trail()) as cloud, pytest.raises(ClientError, match="OrganizationsNotInUse"):
        admin(cloud, "cloudtrail").update_trail(Name="main", IsOrganizationTrail=True)
