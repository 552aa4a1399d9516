"""`validate-trail` beside the unmodified AWS CLI, asked about the same endpoint.

The CLI is found on the PATH, or where the variable PEER_AWS_CLI says (one that begins with AWS_ would be
taken away, with whatever else could lead a test to a real account).
"""

import gzip
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chalicelib.trail.integrity.digest import parse_digest
from scenarios.cloud.cloudtrail.delivery.digests import simulated_key
from tests.sample import sample
from tests.scenarios.commands.peer_cli import AWS, PeerCli
from tests.scenarios.commands.trail_endpoint import BUCKET, HOME
from tests.scenarios.commands.validate import TIMES, validate

pytestmark = pytest.mark.skipif(
    not AWS, reason="no AWS CLI: `aws` is not on the PATH, nor named by PEER_AWS_CLI"
)


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


def with_signature(made, change):
    body, metadata = made.objects[BUCKET, made.digests[3]]
    made.objects[BUCKET, made.digests[3]] = (body, {**metadata, "signature": change(metadata["signature"])})


def signature_in_upper_case(made):
    with_signature(made, str.upper)


def signature_over_sha1(made):
    """CloudTrail's own key, as whoever finds a collision of the weaker hash could make it serve."""
    private = load_pem_private_key(simulated_key().pem.encode(), None)
    found = parse_digest(BUCKET, made.digests[3], *made.objects[BUCKET, made.digests[3]])
    weak = private.sign(found.string_to_sign(), PKCS1v15(), SHA1()).hex()
    with_signature(made, lambda _: weak)


def oldest_digest_deleted(made):
    made.drop(made.digests[0])


def digest_packed_again(made):
    body, metadata = made.objects[BUCKET, made.digests[3]]
    made.objects[BUCKET, made.digests[3]] = (gzip.compress(gzip.decompress(body), 1, mtime=1), metadata)


def log_followed_by_bytes(made):
    made.objects[BUCKET, made.logs[3]] = (made.objects[BUCKET, made.logs[3]][0] + b"junk", {})


def logging_stopped_for_two_hours(made):
    made.objects.clear()
    made.digests.clear()
    made.logs.clear()
    made.chain(skip=(2, 3))


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
    oldest_digest_deleted,
    digest_edited,
    digest_not_gzip,
    digest_packed_again,
    digest_unsigned,
    digest_replaced,
    signature_in_upper_case,
    logging_stopped_for_two_hours,
]
PEER_IS_WRONG = [
    (signature_over_sha1, "the CLI's RSA library takes the hash that the signature names"),
    (log_cut, "the CLI does not ask whether the gzip stream came to its end"),
    (log_added, "the CLI looks only at what digests name"),
    (newest_digest_deleted, "the CLI holds the newest digest against no clock"),
    (all_digests_deleted, "to the CLI, no digest is nothing to say"),
]


@pytest.fixture(scope="module")
def peer():
    with PeerCli() as started:
        yield started


def by_peer(peer, url):
    """The AWS CLI's exit code, and the keys it calls invalid."""
    environment = {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": HOME, "AWS_PAGER": ""}
    code, printed = peer.ask("cloudtrail", "validate-logs", *TIMES, "--region", HOME, **environment)
    assert code in (0, 1), printed
    invalid = re.findall(rf"s3://{BUCKET}/(\S+)\s+INVALID", printed)
    return code, set(invalid)


def by_us():
    """Our exit code, and the keys of what is not sound."""
    result = validate()
    named = re.findall(rf"^not sound .*?s3://{BUCKET}/([^\s,]+)", result.stdout, re.MULTILINE)
    return result.exit_code, set(named)


@pytest.mark.slow
@pytest.mark.parametrize("deed", sample(AGREED, of=5))
def test_the_aws_cli_says_the_same_exit_code_of_the_same_objects(peer, endpoint, delivered, deed):
    deed(delivered)

    assert by_us() == by_peer(peer, endpoint.url)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("deed", "reason"), sample(PEER_IS_WRONG, of=2), ids=lambda value: getattr(value, "__name__", "")
)
def test_where_the_aws_cli_calls_valid_what_was_tampered_with_we_do_not(
    peer, endpoint, delivered, deed, reason
):
    deed(delivered)

    assert (by_us()[0], by_peer(peer, endpoint.url)[0]) == (1, 0), reason


@pytest.mark.slow
def test_bytes_after_a_log_file_are_told_by_us_and_by_the_newer_aws_clis(peer, endpoint, delivered):
    """1.45.11 lets them pass, 1.46.2 tells them."""
    log_followed_by_bytes(delivered)

    ours = by_us()

    assert ours == (1, {delivered.logs[3]})
    assert by_peer(peer, endpoint.url) in (ours, (0, set()))
