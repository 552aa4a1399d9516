"""`validate-trail` beside the unmodified AWS CLI, asked about the same endpoint.

The CLI is found on the PATH, or where the variable AWS_CLI says.
"""

import gzip
import os
import re
import shutil
from subprocess import run

import pytest
from trail_endpoint import BUCKET, HOME
from validate import TIMES, told, validate

AWS = os.environ.get("AWS_CLI") or shutil.which("aws")

pytestmark = pytest.mark.skipif(not AWS, reason="no AWS CLI: `aws` is not on the PATH, nor named by AWS_CLI")


def nothing(made):
    pass


def log_edited(made):
    made.objects[BUCKET, made.logs[3]] = (gzip.compress(b"{}"), {})


def log_deleted(made):
    made.drop(made.logs[3])


def log_cut(made):
    made.objects[BUCKET, made.logs[3]] = (made.objects[BUCKET, made.logs[3]][0][:-9], {})


def log_halved(made):
    made.objects[BUCKET, made.logs[3]] = (made.objects[BUCKET, made.logs[3]][0][:35], {})


def log_packed_again(made):
    packed = gzip.compress(gzip.decompress(made.objects[BUCKET, made.logs[3]][0]), 1, mtime=1)
    made.objects[BUCKET, made.logs[3]] = (packed, {})


def logs_swapped(made):
    one, two = (BUCKET, made.logs[2]), (BUCKET, made.logs[7])
    made.objects[one], made.objects[two] = made.objects[two], made.objects[one]


def digest_deleted(made):
    made.drop(made.digests[3])


def digest_edited(made):
    body, metadata = made.objects[BUCKET, made.digests[3]]
    made.objects[BUCKET, made.digests[3]] = (gzip.compress(gzip.decompress(body) + b" "), metadata)


def digest_not_gzip(made):
    made.objects[BUCKET, made.digests[3]] = (b"hello", made.objects[BUCKET, made.digests[3]][1])


def digest_unsigned(made):
    made.objects[BUCKET, made.digests[3]] = (made.objects[BUCKET, made.digests[3]][0], {})


def digest_replaced(made):
    made.objects[BUCKET, made.digests[3]] = made.objects[BUCKET, made.digests[2]]


def log_added(made):
    made.objects[BUCKET, made.logs[4].replace(".json", "X.json")] = made.objects[BUCKET, made.logs[4]]


def newest_digest_deleted(made):
    made.drop(made.digests[5])


def all_digests_deleted(made):
    made.drop(*made.digests)


AGREED = [
    nothing,
    log_edited,
    log_deleted,
    log_halved,
    log_packed_again,
    logs_swapped,
    digest_deleted,
    digest_edited,
    digest_not_gzip,
    digest_unsigned,
    digest_replaced,
]
PEER_IS_WRONG = [
    (log_cut, "the CLI does not ask whether the gzip stream came to its end"),
    (log_added, "the CLI looks only at what digests name"),
    (newest_digest_deleted, "the CLI holds the newest digest against no clock"),
    (all_digests_deleted, "to the CLI, no digest is nothing to say"),
]


def by_peer(url):
    """The AWS CLI's exit code, and the keys it calls invalid."""
    environment = os.environ | {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": HOME, "AWS_PAGER": ""}
    command = [str(AWS), "cloudtrail", "validate-logs", *TIMES, "--region", HOME]
    done = run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, {
        found[1] for line in lines if (found := re.search(rf"s3://{BUCKET}/(\S+)\s+INVALID", line))
    }


def by_us():
    """Our exit code, and the keys of what is not sound."""
    named = re.findall(rf"^not sound .*?s3://{BUCKET}/([^\s,]+)", validate().stdout, re.MULTILINE)
    return told()[2], set(named)


@pytest.mark.parametrize("deed", AGREED)
def test_the_aws_cli_says_the_same_exit_code_of_the_same_objects(endpoint, delivered, deed):
    deed(delivered)

    assert by_us() == by_peer(endpoint.url)


@pytest.mark.parametrize(("deed", "reason"), PEER_IS_WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_where_the_aws_cli_calls_valid_what_was_tampered_with_we_do_not(endpoint, delivered, deed, reason):
    deed(delivered)

    assert (by_us()[0], by_peer(endpoint.url)[0]) == (1, 0), reason
