"""What `trailwarden validate-trail` tells besides: who stopped logging, what is left, what is archived."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.scenarios.commands.trail_endpoint import ACCOUNT, ARN, BUCKET, CHAIN, HOME, HOUR, START, Delivered
from tests.scenarios.commands.validate import TIMES, told, validate

MALLORY = f"arn:aws:iam::{ACCOUNT}:user/mallory"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr("scenarios.validator.account.LOOKUP_SECONDS", 0)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


def record(name="StopLogging", at=START + 1.9 * HOUR, **changes):
    return {
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": name,
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventID": "e-1",
        "awsRegion": HOME,
        "recipientAccountId": ACCOUNT,
        "sourceIPAddress": "203.0.113.9",
        "userIdentity": {"type": "IAMUser", "arn": MALLORY},
        "requestParameters": {"name": ARN},
    } | changes


def gap(made):
    """Two hours without logging, after two hours of it."""
    made.chain(skip=(2, 3))
    return made


def sentences(*arguments):
    lines = validate(*(arguments or TIMES), "--format", "json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [line["finding"]["sentence"] for line in found if "finding" in line]


# Who stopped logging.

BY_MALLORY = f"StopLogging by {MALLORY} from 203.0.113.9 at 2024-02-28 22:54:00 UTC (event e-1)"


@pytest.mark.slow
def test_the_trails_own_log_files_tell_who_stopped_it_and_then_nobody_else_is_asked(endpoint):
    made = Delivered()
    made.records[2] = [record()]
    endpoint.objects = gap(made).objects
    endpoint.cloudtrail["LookupEvents"] = pytest.fail

    (sentence,) = sentences()

    assert sentence.endswith(
        f"a new chain of digests starts then; {BY_MALLORY}, as the trail's log files tell"
    )
    assert told()[2] == 0


def test_a_copy_on_disk_tells_it_too(tmp_path):
    made = Delivered()
    made.records[2] = [record()]
    copy, keys = gap(made).on_disk(tmp_path, heads=made.digests)

    (sentence,) = sentences(*TIMES, "--directory", str(copy), "--public-keys", str(keys))

    assert BY_MALLORY in sentence


@pytest.mark.slow
def test_a_log_file_that_its_digest_does_not_vouch_for_blames_nobody(endpoint):
    made = Delivered()
    forged = gzip.compress(json.dumps({"Records": [record()]}).encode())
    gap(made)
    made.objects[BUCKET, made.logs[3]] = (forged, {})
    endpoint.objects = made.objects

    assert not any("mallory" in sentence for sentence in sentences())


@pytest.mark.slow
def test_a_digest_that_is_not_signed_vouches_for_no_blame(endpoint):
    made = Delivered()
    made.records[2] = [record()]
    gap(made)
    made.objects[BUCKET, made.digests[1]] = (made.objects[BUCKET, made.digests[1]][0], {})
    endpoint.objects = made.objects

    assert not any("mallory" in sentence for sentence in sentences())


def recently(endpoint, records):
    """A gap of yesterday, and an event history that tells of it."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=24)
    made = Delivered()
    made.chain(skip=(2, 3), start=start)
    endpoint.objects = made.objects
    asked = []

    def history(request):
        asked.append(request)
        (attribute,) = request["LookupAttributes"]
        events = [each for each in records(start) if each["eventName"] == attribute["AttributeValue"]]
        page = int(request.get("NextToken", 0))
        more = {"NextToken": str(page + 1)} if page + 1 < len(events) else {}
        return {"Events": [{"CloudTrailEvent": json.dumps(each)} for each in events[page : page + 1]], **more}

    endpoint.cloudtrail["LookupEvents"] = history
    times = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (start, start + 6 * HOUR))
    return ("--trail-arn", ARN, "--start-time", next(times), "--end-time", next(times)), asked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        pytest.param("StopLogging", {"name": "main"}, id="stopped"),
        pytest.param("DeleteTrail", {"name": ARN}, id="deleted"),
        pytest.param("UpdateTrail", {"name": "main", "enableLogFileValidation": False}, id="validation off"),
    ],
)
def test_the_event_history_tells_it_page_by_page(endpoint, name, parameters):
    times, asked = recently(
        endpoint,
        lambda start: [
            record(name, start, eventID="long before", requestParameters={"name": "other"}),
            record(name, start + 1.8 * HOUR, requestParameters=parameters),
        ],
    )

    (sentence,) = sentences(*times)

    assert f"{name} by {MALLORY} from 203.0.113.9 at " in sentence
    assert sentence.endswith("(event e-1), as the event history tells")
    assert len(asked) == 4  # two pages of the one name, and one of each of the others
    assert told(*times)[2] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"requestParameters": {"name": "other"}}, id="another trail"),
        pytest.param({"errorCode": "AccessDenied"}, id="refused"),
        pytest.param({"awsRegion": "us-east-1"}, id="a trail of that name in another region"),
        pytest.param({"recipientAccountId": "444455556666"}, id="a trail of that name in another account"),
        pytest.param({"eventSource": "logs.amazonaws.com"}, id="another service"),
        pytest.param(
            {"eventName": "UpdateTrail", "requestParameters": {"name": "main", "s3BucketName": "x"}},
            id="an update that leaves validation on",
        ),
        pytest.param({"eventTime": "2020-01-01T00:00:00Z"}, id="long before"),
        pytest.param({"eventTime": "yesterday"}, id="no time"),
        pytest.param({"requestParameters": None}, id="no parameters"),
    ],
)
def test_a_gap_that_nobody_is_known_to_have_made_is_unexplained(endpoint, changes):
    times, _ = recently(endpoint, lambda start: [record(at=start + 1.8 * HOUR) | changes])

    (sentence,) = sentences(*times)

    assert sentence.endswith(
        "unexplained: neither the trail's log files nor the event history say who stopped it"
    )
    assert told(*times)[2] == 0


@pytest.mark.slow
def test_who_may_not_ask_the_event_history_is_told_so_and_the_verdict_stays(endpoint):
    times, _ = recently(endpoint, lambda _: [])
    endpoint.cloudtrail["LookupEvents"] = "AccessDeniedException"

    (sentence,) = sentences(*times)

    assert (
        "unexplained: its log files don't say who stopped it, and the event history could not be" in sentence
    )
    assert "AccessDeniedException" in sentence
    assert told(*times)[2] == 0


@pytest.mark.slow
def test_a_throttled_event_history_is_asked_again(endpoint):
    times, _ = recently(endpoint, lambda start: [record(at=start + 1.8 * HOUR)])
    endpoint.faults["LookupEvents"] = ["ThrottlingException"] * 2

    assert "mallory" in sentences(*times)[0]


@pytest.mark.slow
def test_beyond_ninety_days_the_event_history_is_not_asked(endpoint):
    endpoint.objects = gap(Delivered()).objects
    endpoint.cloudtrail["LookupEvents"] = pytest.fail

    assert "the event history goes back 90 days" in sentences()[0]


@pytest.mark.slow
def test_a_gap_of_another_region_was_made_in_the_home_region(endpoint):
    made = Delivered()
    made.records[2] = [record()]
    made.chain()
    made.chain(replace(CHAIN, region="us-east-1"), skip=(2, 3))
    endpoint.objects = made.objects
    endpoint.cloudtrail["DescribeTrails"]["trailList"][0]["IsMultiRegionTrail"] = True

    assert [BY_MALLORY in sentence for sentence in sentences()] == [True]
    assert [BY_MALLORY in sentence for sentence in sentences(*TIMES, "--region", "us-east-1")] == [True]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("deed", "kind"),
    [
        pytest.param(lambda made, key: made.drop(key), "digest deleted", id="deleted"),
        pytest.param(
            lambda made, key: made.objects.update({(BUCKET, key): (gzip.compress(b"{}"), {})}),
            "digest malformed",
            id="forged",
        ),
    ],
)
def test_a_gap_without_a_starting_digest_that_is_signed_stays_a_finding(endpoint, deed, kind):
    made = gap(Delivered())
    deed(made, made.digests[2])
    endpoint.objects = made.objects

    kinds, _, code = told()

    assert (kind in kinds, "gap" in kinds, code) == (True, False, 1)


@pytest.mark.slow
def test_logging_that_is_switched_off_now_is_told_with_who_did_it(endpoint):
    made = Delivered()
    made.records[4] = [record(at=START + 3.9 * HOUR)]
    made.chain(hours=4)
    endpoint.objects = made.objects
    stopped = (START + 3.95 * HOUR).timestamp()
    endpoint.cloudtrail["GetTrailStatus"] = {"IsLogging": False, "StopLoggingTime": stopped}

    (sentence,) = sentences()

    assert sentence.startswith("logging is switched off: trail main")
    assert f"StopLogging by {MALLORY}" in sentence
    assert told()[2] == 0


@pytest.mark.slow
def test_an_organization_trail_that_is_switched_off_is_told_once(endpoint):
    organization(endpoint)
    stopped = (START + 5.95 * HOUR).timestamp()
    endpoint.cloudtrail["GetTrailStatus"] = {"IsLogging": False, "StopLoggingTime": stopped}

    assert len(sentences()) == 1


# What versions are left.


def delete(endpoint, key, *older):
    """Delete an object of a versioned bucket, whose versions stay; `older` are theirs, else its own."""
    kept = older or (endpoint.objects[BUCKET, key],)
    del endpoint.objects[BUCKET, key]
    versions = [(f"v{number}", *each) for number, each in enumerate(kept, 1)]
    endpoint.versions[BUCKET, key] = [("marker", None), *versions]


def overwrite(endpoint, key, content):
    endpoint.versions[BUCKET, key] = [("v1", *endpoint.objects[BUCKET, key])]
    endpoint.objects[BUCKET, key] = (content, {})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["logs", "digests"])
@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(delete, id="deleted"),
        pytest.param(lambda endpoint, key: overwrite(endpoint, key, gzip.compress(b"{}")), id="overwritten"),
    ],
)
def test_a_version_that_is_left_is_told_to_be_authentic_with_what_restores_it(
    endpoint, delivered, kind, deed
):
    key = getattr(delivered, kind)[3]
    deed(endpoint, key)

    (sentence,) = sentences()

    assert "; its version v1 of 2024-02-2" in sentence
    assert sentence.endswith(
        "is left and is what CloudTrail delivered; restore it: aws s3api copy-object "
        f"--bucket {BUCKET} --key {key} --copy-source '{BUCKET}/{key}?versionId=v1'"
    )
    assert told()[2] == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["logs", "digests"])
def test_a_version_that_was_forged_is_no_evidence(endpoint, delivered, kind):
    delete(endpoint, getattr(delivered, kind)[3], (gzip.compress(b"{}"), {}))

    (sentence,) = sentences()

    assert sentence.endswith("earlier versions are left, but are not what CloudTrail delivered: v1")


@pytest.mark.slow
def test_the_authentic_version_is_found_below_a_forged_one(endpoint, delivered):
    key = delivered.logs[3]
    delete(endpoint, key, (gzip.compress(b"{}"), {}), endpoint.objects[BUCKET, key])

    assert "its version v2 of " in sentences()[0]


@pytest.mark.slow
def test_what_was_deleted_twice_is_found_below_both_delete_markers(endpoint, delivered):
    key = delivered.logs[3]
    delete(endpoint, key)
    endpoint.versions[BUCKET, key].insert(1, ("marker before", None))

    assert "its version v1 of " in sentences()[0]
    endpoint.versions[BUCKET, key].pop()
    assert sentences()[0].endswith("no earlier version of it is left")


@pytest.mark.slow
def test_a_version_that_can_not_be_read_is_told_to_be_there(endpoint, delivered):
    delete(endpoint, delivered.logs[3])
    endpoint.faults["versionId"] = ["403 AccessDenied"] * 20

    assert sentences()[0].endswith("earlier versions are left, but could not be read: v1")


@pytest.mark.slow
def test_nothing_left_is_told(endpoint, delivered):
    delivered.drop(delivered.logs[3])

    assert sentences()[0].endswith("was deleted; no earlier version of it is left")


@pytest.mark.slow
def test_without_leave_to_list_versions_the_verdict_is_the_same(endpoint, delivered):
    delivered.drop(delivered.logs[3])
    endpoint.faults["versions"] = ["403 AccessDenied"] * 20

    (sentence,) = sentences()
    kinds, summary, code = told()

    assert "whether an earlier version is left could not be looked at: " in sentence
    assert "AccessDenied" in sentence
    assert (kinds, summary["verdict"], code) == (["log file deleted"], "not sound", 1)


@pytest.mark.slow
def test_the_newest_digests_deleted_are_told_apart_from_a_trail_that_stopped(endpoint, delivered):
    for key in delivered.digests[4:]:
        delete(endpoint, key)

    (sentence,) = sentences()

    assert "2 deleted digests of that time are left as versions, 2 of them are what CloudTrail" in sentence
    assert f"--key {delivered.digests[4]}" in sentence


@pytest.mark.slow
def test_all_digests_deleted_are_still_looked_for_among_the_versions(endpoint, delivered):
    for key in delivered.digests:
        delete(endpoint, key)

    silent = [sentence for sentence in sentences() if "has no digest for" in sentence]

    assert len(silent) == 1
    assert "deleted digests of that time are left as versions" in silent[0], silent


# Archives.


def cold(made, key, storage_class, tier="", restore=""):
    kept = {"StorageClass": storage_class} | ({"AccessTier": tier} if tier else {})
    made.objects[BUCKET, key] = (b"", {"archived": kept, "restore": restore})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kept", "where", "request_"),
    [
        pytest.param(["GLACIER"], "GLACIER", """'{"Days": 7}'""", id="Glacier"),
        pytest.param(["DEEP_ARCHIVE"], "DEEP_ARCHIVE", """'{"Days": 7}'""", id="Deep Archive"),
        pytest.param(
            ["INTELLIGENT_TIERING", "DEEP_ARCHIVE_ACCESS"],
            "INTELLIGENT_TIERING, DEEP_ARCHIVE_ACCESS",
            "'{}'",
            id="Intelligent-Tiering",
        ),
    ],
)
def test_what_is_archived_can_not_be_told_but_how_to_restore_it_is(
    endpoint, delivered, kept, where, request_
):
    cold(delivered, delivered.logs[3], *kept)

    kinds, summary, code = told()

    assert (kinds, code, summary["logs_unverifiable"]) == (["log file unreadable"], 2, 1)
    assert f"(archived in {where}, not restored)" in sentences()[0]
    (problem,) = summary["problems"]
    assert problem.startswith(
        f"objects that are archived could not be verified: 1 in {where}; restore each and"
    )
    assert problem.endswith(
        f"aws s3api restore-object --bucket {BUCKET} --key {delivered.logs[3]} --restore-request {request_}"
    )


@pytest.mark.slow
def test_an_archived_object_that_is_being_restored_needs_only_patience(endpoint, delivered):
    cold(delivered, delivered.logs[3], "GLACIER", restore='ongoing-request="true"')

    _, summary, code = told()

    assert code == 2
    assert summary["problems"] == [
        "objects that are archived could not be verified: 1 in GLACIER; 1 of them are being restored already"
    ]


@pytest.mark.slow
def test_an_archived_digest_can_not_be_told_either_and_what_is_broken_weighs_more(endpoint, delivered):
    cold(delivered, delivered.digests[3], "DEEP_ARCHIVE")
    assert told()[0::2] == (["digest unreadable"], 2)

    delivered.drop(delivered.logs[0])
    assert told()[2] == 1


# Whose accounts, and retries.


def organization(endpoint, accounts=(ACCOUNT, "444455556666")):
    made = Delivered()
    for account in accounts:
        made.chain(replace(CHAIN, organization="o-abcdefghij", account=account))
    endpoint.objects = made.objects
    endpoint.cloudtrail["DescribeTrails"]["trailList"][0]["IsOrganizationTrail"] = True
    return made


def member(account, joined=START, status="ACTIVE"):
    return {"Id": account, "JoinedTimestamp": joined.timestamp(), "Status": status}


@pytest.mark.slow
def test_a_member_account_whose_folder_is_gone_is_missed(endpoint):
    organization(endpoint)
    members = [
        member(ACCOUNT),
        member("444455556666"),
        member("777788889999", START - HOUR),
        member("000011112222", START, "SUSPENDED"),
        member("000011113333", START + 5 * HOUR),
    ]
    endpoint.cloudtrail["ListAccounts"] = lambda asked: (
        {"Accounts": members[3:]} if "NextToken" in asked else {"Accounts": members[:3], "NextToken": "more"}
    )

    (sentence,) = sentences()

    assert "account 777788889999, region eu-west-1 has no digest" in sentence


@pytest.mark.slow
def test_who_may_not_list_the_accounts_is_told_that_the_folders_have_to_do(endpoint):
    organization(endpoint)
    endpoint.cloudtrail["ListAccounts"] = "AccessDeniedException"

    kinds, summary, code = told()

    assert (kinds, summary["logs_sound"], code) == ([], 24, 0)
    assert summary["warnings"][0].startswith("the organization's accounts could not be read")


@pytest.mark.slow
def test_one_account_alone_needs_no_list_of_them(endpoint):
    organization(endpoint)
    endpoint.cloudtrail["ListAccounts"] = "AccessDeniedException"

    _, summary, code = told(*TIMES, "--account-id", "444455556666")

    assert (summary["logs_sound"], summary["warnings"], code) == (12, [], 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "fault"),
    [
        pytest.param("log", "503 SlowDown", id="a log file"),
        pytest.param("log", "500 InternalError", id="a log file, by a fault of S3's"),
        pytest.param("digest", "503 SlowDown", id="a digest"),
        pytest.param("list-type", "503 SlowDown", id="the listing"),
        pytest.param("ListPublicKeys", "ThrottlingException", id="the public keys"),
    ],
)
def test_throttling_without_an_end_can_not_be_told_and_is_never_sound(endpoint, delivered, part, fault):
    place = {"log": delivered.logs[3], "digest": delivered.digests[3]}.get(part, part)
    endpoint.faults[place] = [fault] * 200

    _, summary, code = told()

    assert (summary["verdict"], code) == ("could not tell", 2)


@pytest.mark.slow
def test_throttled_public_keys_are_asked_for_again(endpoint):
    endpoint.faults["ListPublicKeys"] = ["ThrottlingException"] * 3

    assert told()[2] == 0
    assert endpoint.faults["ListPublicKeys"] == []


@pytest.mark.slow
def test_a_long_listing_is_read_page_by_page(endpoint):
    endpoint.most = 1

    assert told()[1]["logs_sound"] == 12
