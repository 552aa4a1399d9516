"""`trailwarden validate-trail`: 0 sound, 1 not sound, 2 could not tell; on S3 and on disk."""

import gzip
import json
import re
import sys
from dataclasses import replace
from signal import SIGINT
from subprocess import PIPE, Popen
from threading import Event

import pytest
from cryptography.hazmat.primitives import serialization

from scenarios.cloud.cloudtrail.delivery.digests import simulated_key
from tests.scenarios.commands.trail_endpoint import (
    ACCOUNT,
    ARN,
    BUCKET,
    CHAIN,
    HOME,
    HOUR,
    START,
    Delivered,
    public_key,
)
from tests.scenarios.commands.validate import SINCE, TIMES, UNTIL, told, validate


@pytest.mark.slow
def test_a_sound_trail_is_told_in_a_few_lines_and_exits_with_0(endpoint):
    result = validate()

    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        f"Validating log files of {ARN} between {SINCE} and {UNTIL}",
        "",
        "",
        f"Digests        6 of 6 are what CloudTrail delivered; from {SINCE} to {UNTIL}",
        "Log files      12 of 12 are what CloudTrail delivered",
        "Findings       none",
        "Verdict        sound",
    ]


@pytest.mark.slow
def test_verbose_names_what_is_sound(endpoint, delivered):
    lines = validate(*TIMES, "--verbose").stdout.splitlines()

    assert f"Digest file\ts3://{BUCKET}/{delivered.digests[0]}\tvalid" in lines
    assert f"Log file\ts3://{BUCKET}/{delivered.logs[0]}\tvalid" in lines
    assert sum(line.endswith("\tvalid") for line in lines) == 18


@pytest.mark.slow
def test_a_modified_log_file_is_told_with_its_hour_and_exits_with_1(endpoint, delivered):
    delivered.objects[BUCKET, delivered.logs[3]] = (gzip.compress(b"{}"), {})

    result = validate()

    assert result.exit_code == 1
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("not sound"))
    assert line == (
        f"not sound       log file modified: the log file s3://{BUCKET}/{delivered.logs[3]}, delivered "
        "2024-02-28 22:00:00 to 23:00:00 UTC, was modified: its content is not what CloudTrail delivered"
        "; no earlier version of it is left"
    )
    assert result.stdout.splitlines()[-1] == "Verdict        not sound"


def add_log(made):
    made.objects[BUCKET, made.logs[4].replace(".json", "X.json")] = made.objects[BUCKET, made.logs[4]]


def move_digest(made):
    made.objects[BUCKET, f"elsewhere/{made.digests[3]}"] = made.objects.pop((BUCKET, made.digests[3]))


def unsign(made):
    made.objects[BUCKET, made.digests[3]] = (made.objects[BUCKET, made.digests[3]][0], {})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("deed", "kinds"),
    [
        pytest.param(lambda made: made.drop(made.logs[3]), ["log file deleted"], id="log deleted"),
        pytest.param(add_log, ["log file added"], id="log added"),
        pytest.param(lambda made: made.drop(made.digests[0]), ["digest deleted"], id="oldest digest deleted"),
        pytest.param(lambda made: made.drop(made.digests[3]), ["digest deleted"], id="digest deleted"),
        pytest.param(lambda made: made.drop(made.digests[5]), ["digest missing"], id="newest digest deleted"),
        pytest.param(
            lambda made: made.drop(*made.digests[4:], *made.logs[8:]),
            ["digest missing"],
            id="newest digests deleted with their logs",
        ),
        pytest.param(lambda made: made.drop(*made.digests), ["digest missing"], id="all digests deleted"),
        pytest.param(lambda made: made.objects.clear(), ["digest missing"], id="everything deleted"),
        pytest.param(move_digest, ["digest deleted"], id="digest moved out of its folder"),
        pytest.param(unsign, ["digest unsigned"], id="digest uploaded again"),
    ],
)
def test_what_somebody_did_to_the_bucket_is_told_and_exits_with_1(endpoint, delivered, deed, kinds):
    deed(delivered)

    found, summary, code = told()

    assert (found, summary["verdict"], code) == (kinds, "not sound", 1)


@pytest.mark.slow
def test_a_gap_is_a_notice_and_exits_with_0(endpoint):
    made = Delivered()
    made.chain(skip=(2, 3))
    endpoint.objects = made.objects

    found, summary, code = told()

    assert (found, summary["findings"]["notice"], code) == (["gap"], 1, 0)


@pytest.mark.slow
def test_json_is_an_object_a_finding_and_then_the_summary(endpoint, delivered):
    delivered.drop(delivered.logs[0])

    first, last = map(json.loads, validate(*TIMES, "--format", "json").stdout.splitlines())

    assert first["finding"]["key"] == delivered.logs[0]
    assert (first["finding"]["weight"], first["finding"]["since"]) == ("not sound", SINCE)
    assert last["summary"] == {
        "trail": ARN,
        "since": SINCE,
        "until": UNTIL,
        "verdict": "not sound",
        "interrupted": False,
        "days": 2,
        "days_asked": 2,
        "oldest": SINCE,
        "newest": UNTIL,
        "digests": 6,
        "digests_sound": 6,
        "logs": 12,
        "logs_sound": 11,
        "logs_unverifiable": 0,
        "findings": {"notice": 0, "could not tell": 0, "not sound": 1},
        "problems": [],
        "warnings": [],
    }


# Could not tell.


@pytest.mark.slow
def test_without_public_keys_nothing_can_be_told(endpoint):
    endpoint.cloudtrail["ListPublicKeys"] = "AccessDeniedException"

    found, summary, code = told()

    assert (found, summary["verdict"], code) == (["public keys unavailable"], "could not tell", 2)
    assert summary["problems"][0].startswith(f"CloudTrail's public keys of {HOME} could not be read: ")


@pytest.mark.slow
def test_an_empty_list_of_keys_can_tell_nothing_but_an_unknown_key_beside_known_ones_is_not_sound(endpoint):
    endpoint.cloudtrail["ListPublicKeys"] = {"PublicKeyList": []}
    assert told()[2] == 2

    endpoint.cloudtrail["ListPublicKeys"] = {"PublicKeyList": [{**public_key(), "Fingerprint": "0" * 32}]}
    found, _, code = told()
    assert (set(found), code) == ({"public key unknown"}, 1)


@pytest.mark.slow
def test_a_bucket_that_can_not_be_listed_can_not_be_told(endpoint):
    endpoint.faults["prefix="] = ["403 AccessDenied"] * 20

    found, summary, code = told()

    assert (found, summary["verdict"], code) == ([], "could not tell", 2)
    assert "could not be listed" in summary["problems"][0]


@pytest.mark.slow
def test_log_files_out_of_reach_are_unverifiable(endpoint, delivered):
    endpoint.faults[delivered.logs[3]] = ["403 InvalidObjectState"] * 20

    found, summary, code = told()

    assert (found, code) == (["log file unreadable"], 2)
    assert (summary["logs_sound"], summary["logs_unverifiable"]) == (11, 1)


@pytest.mark.slow
def test_throttling_is_waited_out(endpoint, delivered, monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    for key in (delivered.logs[3], delivered.digests[3], "list-type"):
        endpoint.faults[key] = ["503 SlowDown"] * 2

    found, _, code = told()

    assert (found, code) == ([], 0)
    assert not any(endpoint.faults.values())


@pytest.mark.slow
@pytest.mark.parametrize("action", ["GetTrailStatus", "DescribeTrails"])
def test_a_trail_that_does_not_answer_is_a_warning_and_the_clock_judges(endpoint, delivered, action):
    endpoint.cloudtrail[action] = "AccessDeniedException"
    delivered.drop(delivered.digests[5])

    result = validate(*TIMES, "--s3-bucket", BUCKET)

    assert result.exit_code == 1
    (warning,) = result.stderr.splitlines()
    assert warning.startswith("trailwarden: the trail")
    assert "AccessDeniedException" in warning


@pytest.mark.slow
def test_without_a_bucket_one_is_asked_for(endpoint):
    endpoint.cloudtrail["DescribeTrails"] = {"trailList": []}

    result = validate()

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("so name the bucket with --s3-bucket\n")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            ("--trail-arn", "arn:aws:s3:::x", "--start-time", SINCE),
            "is not the ARN of a trail",
            id="no trail",
        ),
        pytest.param(
            ("--trail-arn", ARN, "--start-time", "yesterday"), "is not a time such as", id="no time"
        ),
        pytest.param(
            ("--trail-arn", ARN, "--start-time", UNTIL, "--end-time", SINCE),
            "--start-time is after --end-time",
            id="the wrong way round",
        ),
        pytest.param((*TIMES, "--directory", "."), "--directory wants --public-keys", id="no keys"),
    ],
)
def test_bad_usage_is_one_sentence_and_exits_with_2(arguments, sentence):
    result = validate(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json"])
def test_ctrl_c_leaves_a_summary_of_what_was_done_at_once_and_exits_with_130(endpoint, delivered, form):
    """The signal comes when the last log file is asked for, which S3 never answers."""
    delivered.drop(delivered.logs[0])
    reached, over = Event(), Event()

    def wait(target):
        if delivered.logs[-1] in target:
            reached.set()
            over.wait(60)

    endpoint.asked = wait
    heed = "from signal import *; signal(SIGINT, default_int_handler)"  # whoever runs this may ignore it
    code = f"{heed}; from scenarios.commands.cli import main; main()"
    command = [sys.executable, "-c", code, "validate-trail", *TIMES]
    with Popen([*command, "--format", form], stdout=PIPE, stderr=PIPE, text=True) as process:
        assert reached.wait(60)
        process.send_signal(SIGINT)
        told_by, problems = process.communicate(timeout=60)
        assert not over.is_set()
        over.set()

    assert (process.returncode, problems) == (130, "")
    *_, last = told_by.splitlines()
    if form == "json":
        summary = json.loads(last)["summary"]
        assert (summary["interrupted"], summary["verdict"] != "sound") == (True, True)
        assert (summary["digests"], summary["days_asked"]) == (6, 2)
    else:
        assert re.fullmatch(r"Verdict .*, interrupted after \d of 2 days: the rest was not looked at", last)


# Which chains.


def multi_region(endpoint, **changes):
    trail = endpoint.cloudtrail["DescribeTrails"]["trailList"][0]
    trail.update({"IsMultiRegionTrail": True, **changes})


@pytest.mark.slow
def test_all_regions_of_a_multi_region_trail_are_looked_at(endpoint, delivered):
    delivered.chain(replace(CHAIN, region="us-east-1"))
    multi_region(endpoint)

    assert told()[1]["logs_sound"] == 24
    assert told(*TIMES, "--region", "us-east-1")[1]["logs_sound"] == 12


@pytest.mark.slow
def test_a_region_whose_objects_are_all_gone_is_missed(endpoint):
    multi_region(endpoint)
    endpoint.switched_on = (HOME, "us-east-1")

    result = validate()

    assert result.exit_code == 1
    assert "region us-east-1 has no digest" in result.stdout


@pytest.mark.slow
def test_an_organization_trail_is_looked_at_account_by_account(endpoint):
    made = Delivered()
    for account in (ACCOUNT, "444455556666"):
        made.chain(replace(CHAIN, organization="o-abcdefghij", account=account, prefix="logs"))
    endpoint.objects = made.objects
    trail = endpoint.cloudtrail["DescribeTrails"]["trailList"][0]
    trail.update({"IsOrganizationTrail": True, "S3KeyPrefix": "logs"})

    assert told()[1]["logs_sound"] == 24
    assert told(*TIMES, "--account-id", "444455556666")[1]["logs_sound"] == 12
    assert told(*TIMES, "--account-id", "777788889999")[2] == 1


@pytest.mark.slow
def test_a_trail_that_delivered_to_another_bucket_before_is_followed_there(endpoint):
    made = Delivered()
    last = made.chain(hours=3, bucket="the-bucket-before")
    made.chain(hours=3, start=START + 3 * HOUR, previous=last)
    endpoint.objects = made.objects

    found, summary, code = told()
    assert (found, summary["digests"], summary["logs_sound"], code) == ([], 6, 12, 0)

    del made.objects["the-bucket-before", made.logs[0]]
    assert told()[0] == ["log file deleted"]


@pytest.mark.slow
def test_another_trail_that_shares_the_bucket_has_its_own_log_files(endpoint, delivered):
    delivered.chain(replace(CHAIN, trail="other"))

    found, summary, code = told()

    assert (found, summary["digests"], summary["logs_sound"], code) == ([], 6, 12, 0)


# On disk.


def on_disk(made, tmp_path, **more):
    copy, keys = made.on_disk(tmp_path, **more)
    return (*TIMES, "--directory", str(copy), "--public-keys", str(keys))


def test_a_copy_on_disk_is_validated_without_aws(delivered, tmp_path):
    arguments = on_disk(delivered, tmp_path, heads=[delivered.digests[5]])

    found, summary, code = told(*arguments)

    assert (found, summary["digests_sound"], summary["logs_sound"], code) == ([], 6, 12, 0)


def test_a_copy_whose_newest_digest_has_no_signature_can_not_be_told_to_its_end(delivered, tmp_path):
    found, summary, code = told(*on_disk(delivered, tmp_path))

    assert (found, summary["logs_sound"], code) == (["digest unreadable"], 10, 2)


def test_a_log_file_changed_in_a_copy_is_told(delivered, tmp_path):
    delivered.objects[BUCKET, delivered.logs[3]] = (gzip.compress(b"{}"), {})

    found, _, code = told(*on_disk(delivered, tmp_path, heads=delivered.digests))

    assert (found, code) == (["log file modified"], 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "form",
    [
        pytest.param(serialization.PublicFormat.PKCS1, id="PKCS#1"),
        pytest.param(serialization.PublicFormat.SubjectPublicKeyInfo, id="SubjectPublicKeyInfo"),
    ],
)
def test_keys_are_read_in_both_forms(delivered, tmp_path, form):
    arguments = on_disk(delivered, tmp_path, heads=delivered.digests)
    private = serialization.load_pem_private_key(simulated_key().pem.encode(), None)
    der = private.public_key().public_bytes(serialization.Encoding.DER, form)
    (tmp_path / "keys.json").write_text(json.dumps([public_key(der)]))

    assert told(*arguments)[2] == 0


@pytest.mark.parametrize("content", ["", "[]", '{"PublicKeyList": [{}]}', '[{"Value": "?"}]', "3"])
def test_a_file_that_holds_no_keys_is_one_sentence_and_exits_with_2(delivered, tmp_path, content):
    arguments = on_disk(delivered, tmp_path)
    (tmp_path / "keys.json").write_text(content)

    result = validate(*arguments)

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "keys.json" in result.stderr


@pytest.mark.slow
def test_real_accounts_are_looked_at_without_the_simulated_aws():
    import subprocess
    import sys

    code = "import scenarios.commands.validate_trail, scenarios.validator.bucket, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert {"moto", "freezegun", "scenarios.cloud.world"} & set(done.stdout.split()) == set()
