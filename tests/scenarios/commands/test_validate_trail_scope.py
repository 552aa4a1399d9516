"""`trailwarden validate-trail` on organizations' trails: accounts that left, regions off, shared buckets."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.scenarios.commands.trail_endpoint import ACCOUNT, ARN, BUCKET, CHAIN, HOME, START, Delivered
from tests.scenarios.commands.validate import TIMES, told, validate

ORGANIZATION, MEMBER = "o-abcdefghij", "444455556666"
CHOSEN = "af-south-1"
OF_ORGANIZATION = replace(CHAIN, organization=ORGANIZATION)


def deliver(endpoint, *chains, **settings):
    """Chains, each with how many hours it goes on, of a trail with these settings."""
    made = Delivered()
    for chain, hours in chains:
        made.chain(chain, hours)
    endpoint.objects = made.objects
    endpoint.cloudtrail["DescribeTrails"]["trailList"][0].update(settings)
    return made


def members(endpoint, *accounts, left=()):
    """ListAccounts names these, and those that were suspended."""
    joined = 1577836800
    endpoint.cloudtrail["ListAccounts"] = {
        "Accounts": [
            *({"Id": name, "Status": "ACTIVE", "JoinedTimestamp": joined} for name in accounts),
            *({"Id": name, "Status": "SUSPENDED", "JoinedTimestamp": joined} for name in left),
        ]
    }


@pytest.mark.slow
@pytest.mark.parametrize("suspended", [(), (MEMBER,)], ids=["it left", "it was suspended"])
@pytest.mark.parametrize("options", [(), ("--account-id", MEMBER)], ids=["all accounts", "this account"])
def test_of_an_account_that_left_the_organization_nothing_is_missed_afterwards(endpoint, suspended, options):
    deliver(
        endpoint,
        (OF_ORGANIZATION, 6),
        (replace(OF_ORGANIZATION, account=MEMBER), 3),
        IsOrganizationTrail=True,
    )
    members(endpoint, ACCOUNT, left=suspended)

    found, summary, code = told(*TIMES, *options)

    assert (found, code) == ([], 0)
    (warning,) = summary["warnings"]
    assert warning == (
        f"the account {MEMBER} is no active member of the organization: no digest is missed there after "
        "2024-02-29 00:00:00 UTC"
    )


@pytest.mark.slow
def test_a_time_after_an_account_left_says_nothing_of_it(endpoint):
    deliver(
        endpoint,
        (OF_ORGANIZATION, 40),
        (replace(OF_ORGANIZATION, account=MEMBER), 3),
        IsOrganizationTrail=True,
    )
    members(endpoint, ACCOUNT)

    after = ("--start-time", "2024-02-29T20:00:00Z", "--end-time", "2024-03-01T04:00:00Z")

    found, _, code = told(*TIMES[:2], *after)

    assert (found, code) == ([], 0)


@pytest.mark.slow
def test_what_was_deleted_of_an_account_that_left_is_still_told(endpoint):
    made = deliver(
        endpoint,
        (OF_ORGANIZATION, 6),
        (replace(OF_ORGANIZATION, account=MEMBER), 4),
        IsOrganizationTrail=True,
    )
    members(endpoint, ACCOUNT)
    made.drop(made.digests[7], made.logs[19])

    found, _, code = told()

    assert (sorted(found), code) == (["digest deleted", "log file deleted"], 1)


@pytest.mark.slow
def test_a_member_that_has_no_digest_any_more_is_told(endpoint):
    deliver(
        endpoint,
        (OF_ORGANIZATION, 6),
        (replace(OF_ORGANIZATION, account=MEMBER), 3),
        IsOrganizationTrail=True,
    )
    members(endpoint, ACCOUNT, MEMBER)

    assert (told()[0], told()[2]) == (["digest missing"], 1)


@pytest.mark.slow
def test_of_a_region_that_was_switched_off_nothing_is_missed_afterwards(endpoint):
    deliver(endpoint, (CHAIN, 6), (replace(CHAIN, region=CHOSEN), 2), IsMultiRegionTrail=True)
    endpoint.switched_on = (HOME,)

    found, summary, code = told()

    assert (found, code) == ([], 0)
    assert summary["warnings"][0].startswith(f"the region {CHOSEN} is not switched on")


@pytest.mark.slow
def test_a_region_that_was_switched_on_within_the_time_begins_then(endpoint):
    made = Delivered()
    made.chain()
    made.chain(replace(CHAIN, region=CHOSEN), 3, start=START + timedelta(hours=3))
    endpoint.objects = made.objects
    endpoint.cloudtrail["DescribeTrails"]["trailList"][0]["IsMultiRegionTrail"] = True
    endpoint.switched_on, endpoint.opted_in = (HOME, CHOSEN), (CHOSEN,)

    assert (told()[0], told()[2]) == ([], 0)


@pytest.mark.slow
def test_a_region_that_somebody_switched_on_and_that_holds_nothing_could_not_be_told(endpoint):
    deliver(endpoint, (CHAIN, 6), IsMultiRegionTrail=True)
    endpoint.switched_on, endpoint.opted_in = (HOME, CHOSEN), (CHOSEN,)

    found, summary, code = told()

    assert (found, code) == ([], 2)
    assert CHOSEN in summary["problems"][0]


@pytest.mark.slow
def test_whether_a_member_switched_its_region_off_can_not_be_told(endpoint):
    member = replace(OF_ORGANIZATION, account=MEMBER)
    deliver(
        endpoint,
        *((chain, 6) for chain in (OF_ORGANIZATION, replace(OF_ORGANIZATION, region=CHOSEN), member)),
        (replace(member, region=CHOSEN), 2),
        IsOrganizationTrail=True,
        IsMultiRegionTrail=True,
    )
    members(endpoint, ACCOUNT, MEMBER)
    endpoint.switched_on, endpoint.opted_in = (HOME, CHOSEN), (CHOSEN,)

    found, summary, code = told()

    assert (found, code) == ([], 2)
    assert summary["problems"][0].startswith(f"the account {MEMBER} may have switched {CHOSEN} off")


@pytest.mark.slow
def test_a_deleted_trail_is_found_in_its_own_folder_of_a_bucket_that_others_share(endpoint):
    other = replace(OF_ORGANIZATION, account=MEMBER, trail="theirs")
    deliver(endpoint, (CHAIN, 6), (other, 6))
    endpoint.cloudtrail["DescribeTrails"] = {"trailList": []}

    found, summary, code = told(*TIMES, "--s3-bucket", BUCKET)

    assert (found, summary["digests"], code) == ([], 6, 0)


@pytest.mark.slow
def test_an_organizations_trail_is_seen_from_a_member_as_a_shadow(endpoint):
    deliver(endpoint, (OF_ORGANIZATION, 6), IsOrganizationTrail=True)
    whole = endpoint.cloudtrail["DescribeTrails"]
    endpoint.cloudtrail["DescribeTrails"] = lambda asked: (
        {"trailList": []} if asked.get("includeShadowTrails") is False else whole
    )
    endpoint.cloudtrail["ListAccounts"] = "AccessDeniedException"

    found, summary, code = told()

    assert (found, summary["digests"], code) == ([], 6, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arn", "asked"),
    [
        ("arn:aws-us-gov:cloudtrail:us-gov-west-1:111122223333:trail/main", "us-gov-west-1"),
        ("arn:aws-us-gov:cloudtrail:us-gov-east-1:111122223333:trail/main", "us-gov-west-1"),
        ("arn:aws-cn:cloudtrail:cn-north-1:111122223333:trail/main", "cn-northwest-1"),
        (ARN, "us-east-1"),
    ],
)
def test_organizations_is_asked_in_the_region_of_the_trails_partition(endpoint, arn, asked):
    deliver(endpoint, (OF_ORGANIZATION, 1), IsOrganizationTrail=True, TrailARN=arn)
    members(endpoint, ACCOUNT)

    validate("--trail-arn", arn, *TIMES[2:])

    assert endpoint.signed_for["ListAccounts"] == asked


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["a/", "a", "a/b/"])
@pytest.mark.parametrize("named", [False, True], ids=["CloudTrail says it", "it is given"])
def test_a_prefix_is_read_as_keys_have_it(endpoint, prefix, named):
    deliver(endpoint, (replace(CHAIN, prefix=prefix), 6), S3KeyPrefix=prefix)

    found, summary, code = told(*TIMES, *(("--s3-prefix", prefix) if named else ()))

    assert (found, summary["digests"], code) == ([], 6, 0)


@pytest.mark.slow
def test_a_prefix_that_is_set_with_a_slash_more_than_keys_have_is_read_too(endpoint):
    deliver(endpoint, (replace(CHAIN, prefix="a"), 6), S3KeyPrefix="a/")

    assert told()[1]["digests"] == 6


@pytest.mark.slow
def test_a_time_that_no_digest_covers_is_not_called_sound(endpoint):
    before = (
        "--trail-arn",
        ARN,
        "--start-time",
        "2024-02-20T00:00:00Z",
        "--end-time",
        "2024-02-21T00:00:00Z",
    )

    found, summary, code = told(*before)

    assert (found, summary["verdict"], code) == ([], "could not tell", 2)
    assert summary["problems"][0].startswith("no digest covers the time")


@pytest.mark.slow
def test_a_range_that_begins_years_before_the_trail_costs_few_listings(endpoint):
    listings = []
    endpoint.asked = lambda target: listings.append(target) if "list-type" in target else None

    found, summary, code = told(
        "--trail-arn", ARN, "--start-time", "2000-01-01", "--end-time", "2024-02-29T03:00:00Z"
    )

    assert (found, summary["digests"], code) == ([], 6, 0)
    assert summary["days"] == summary["days_asked"]
    assert len(listings) <= 20


@pytest.mark.slow
def test_years_without_logging_cost_few_listings_too(endpoint):
    made = Delivered()
    made.chain()
    made.chain(start=START.replace(year=2025))
    endpoint.objects = made.objects
    listings = []
    endpoint.asked = lambda target: listings.append(target) if "list-type" in target else None

    found, summary, code = told(
        "--trail-arn", ARN, "--start-time", "2024-01-01", "--end-time", "2025-03-01T03:00:00Z"
    )

    assert (found, summary["digests"], code) == (["gap"], 12, 0)
    assert len(listings) <= 40
