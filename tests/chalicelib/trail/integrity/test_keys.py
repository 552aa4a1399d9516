"""Names of CloudTrail's objects, and its public keys."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.trail.integrity.keys import Chain, DigestKey, LogFileKey, MalformedKey
from chalicelib.trail.integrity.public_keys import KeyRing, UnusableKey, fingerprint
from scenarios.cloud.cloudtrail.delivery.digests import list_public_keys, simulated_key

DIGEST = (
    "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2024/02/29/"
    "111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_20240229T230404Z.json.gz"
)
LOG = (
    "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/02/29/"
    "111122223333_CloudTrail_eu-west-1_20240229T2305Z_iRIoDMA9l9Q4kmFy.json.gz"
)

accounts = st.from_regex(r"[0-9]{12}", fullmatch=True)
regions = st.sampled_from(["us-east-1", "eu-central-2", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"])
organizations = st.just("") | st.from_regex(r"o-[a-z0-9]{10,32}", fullmatch=True)
prefixes = st.sampled_from(["", "audit", "a/b", "AWSLogs", "AWSLogs/o-abcdefghij", "with space/ü", "."])
moments = st.datetimes(datetime(2013, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
chains = st.builds(
    Chain,
    prefix=prefixes,
    organization=organizations,
    account=accounts,
    region=regions,
    trail=st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{1,30}[0-9A-Za-z]", fullmatch=True),
    home_region=regions,
    backfill=st.booleans(),
)


def test_a_digest_key_tells_its_chain_and_its_end():
    key = DigestKey.parse(DIGEST)

    assert key.ends_at == datetime(2024, 2, 29, 23, 4, 4, tzinfo=UTC)
    assert key.chain == Chain(
        account="111122223333", region="eu-west-1", trail="main", home_region="us-east-1"
    )
    assert DIGEST.startswith(key.chain.digest_folder)


def test_a_log_file_key_tells_its_region_and_delivery():
    key = LogFileKey.parse(LOG)

    assert (key.region, key.unique, key.kind) == ("eu-west-1", "iRIoDMA9l9Q4kmFy", "CloudTrail")
    assert key.delivered_at == datetime(2024, 2, 29, 23, 5, tzinfo=UTC)
    assert LOG.startswith(DigestKey.parse(DIGEST).chain.log_folder)


def test_an_insights_log_file_has_a_folder_of_its_own():
    key = LogFileKey.parse(LOG.replace("CloudTrail", "CloudTrail-Insight"))

    assert key.kind == "CloudTrail-Insight"


def test_a_trail_named_like_a_digest_is_still_taken_apart():
    name = "us-east-1_20240101T000000Z_backfill"
    chain = Chain(account="111122223333", region="eu-west-1", trail=name, home_region="us-east-1")

    key = chain.digest_at(datetime(2024, 1, 1, 1, tzinfo=UTC))

    assert DigestKey.parse(str(key)) == key


@pytest.mark.slow
@settings(deadline=None)
@given(chains, moments)
def test_a_digest_key_is_parsed_into_what_made_it(chain, moment):
    key = chain.digest_at(moment.replace(microsecond=0))

    assert DigestKey.parse(str(key)) == key


log_file_keys = st.builds(
    LogFileKey,
    prefix=prefixes,
    organization=organizations,
    account=accounts,
    region=regions,
    delivered_at=moments.map(lambda moment: moment.replace(second=0, microsecond=0)),
    unique=st.from_regex(r"[0-9A-Za-z]{16}", fullmatch=True),
)


@pytest.mark.slow
@settings(deadline=None)
@given(log_file_keys)
def test_a_log_file_key_is_parsed_into_what_made_it(key):
    assert LogFileKey.parse(str(key)) == key


@pytest.mark.slow
@settings(deadline=None)
@given(st.text() | st.from_regex(r"AWSLogs/[0-9]{12}/CloudTrail(-Digest)?/us-east-1/.*", fullmatch=True))
def test_a_key_is_parsed_or_called_malformed_and_nothing_else(text):
    for kind in (DigestKey, LogFileKey):
        try:
            parsed = str(kind.parse(text))
        except MalformedKey as error:
            parsed = error.key
        assert parsed == text


MALFORMED_DIGEST_KEYS = [
    pytest.param(DIGEST.replace("2024/02/29", "2024/02/28"), id="filed under another day"),
    pytest.param(DIGEST.replace("/02/29/", "/02/30/").replace("20240229", "20240230"), id="no such day"),
    pytest.param(DIGEST.replace("T230404Z", "T250404Z"), id="no such hour"),
    pytest.param(DIGEST.replace("/111122223333_", "/444455556666_"), id="two accounts"),
    pytest.param(DIGEST.replace("Digest_eu-west-1", "Digest_eu-west-2"), id="two regions"),
    pytest.param(DIGEST + "\n", id="line end after it"),
    pytest.param(DIGEST + ".bak", id="copy beside it"),
    pytest.param("/" + DIGEST, id="leading slash"),
    pytest.param(DIGEST.replace("111122223333", "11112222333٣"), id="a digit that is not ASCII"),
    pytest.param(DIGEST.replace("_main_", "_a b_"), id="a trail name with a space"),
    pytest.param(LOG, id="a log file"),
    pytest.param("", id="empty"),
]


@pytest.mark.parametrize("key", MALFORMED_DIGEST_KEYS)
def test_a_key_cloudtrail_would_not_make_is_no_digest_key(key):
    with pytest.raises(MalformedKey, match="is not the key of a CloudTrail digest"):
        DigestKey.parse(key)


MALFORMED_LOG_KEYS = [
    pytest.param(LOG.replace("kmFy", "kmFyX"), id="seventeen letters"),
    pytest.param(LOG.replace("kmFy.", "km_y."), id="not a letter"),
    pytest.param(LOG.replace("T2305Z", "T2360Z"), id="no such minute"),
    pytest.param(LOG.replace("T2305Z", "T230500Z"), id="to the second"),
    pytest.param(LOG.replace(".json.gz", ".json"), id="not compressed"),
    pytest.param(LOG.replace("CloudTrail/", "CloudTrail-Insight/"), id="in another kind's folder"),
    pytest.param(LOG.replace("CloudTrail", "CloudTrail-Digest"), id="in the digests' folder"),
    pytest.param(DIGEST, id="a digest"),
]


@pytest.mark.parametrize("key", MALFORMED_LOG_KEYS)
def test_a_key_cloudtrail_would_not_make_is_no_log_file_key(key):
    with pytest.raises(MalformedKey, match="is not the key of a CloudTrail log file"):
        LogFileKey.parse(key)


# Public keys


def wrapped():
    """The simulated key once more, as X.509 SubjectPublicKeyInfo."""
    key = serialization.load_der_public_key(simulated_key().value)
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def der_of(private):
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(simulated_key().value, id="PKCS#1 bytes, as boto3 gives them"),
        pytest.param(
            base64.b64encode(simulated_key().value).decode(), id="PKCS#1 base64, as the CLI prints it"
        ),
        pytest.param(wrapped(), id="SubjectPublicKeyInfo"),
    ],
)
def test_a_key_verifies_in_either_encoding(value):
    signature = bytes.fromhex(simulated_key().sign("said"))
    ring = KeyRing.of([{"Value": value}])
    (key,) = ring.keys.values()

    assert key.verifies(signature, b"said")
    assert not key.verifies(signature, b"not said")
    assert not key.verifies(signature[:-1], b"said")
    assert not key.verifies(b"", b"said")


def test_a_fingerprint_is_the_md5_of_the_value():
    assert fingerprint(b"") == "d41d8cd98f00b204e9800998ecf8427e"
    assert simulated_key().fingerprint == fingerprint(simulated_key().value)


def test_a_ring_finds_a_key_by_the_fingerprint_aws_names_in_either_case():
    ring = KeyRing.of([{"Value": b"der", "Fingerprint": "ABCDEF"}])

    assert ring.find("abcdef") == ring.find("ABCDEF") != None  # noqa: E711  (both are the key)
    assert ring.find(fingerprint(b"der")) is None


def test_a_ring_keeps_the_validity_and_joins_another():
    now = datetime(2024, 1, 1, tzinfo=UTC)
    ours = KeyRing.of(list_public_keys(now, now)["PublicKeyList"])

    joined = ours | KeyRing.of([{"Value": b"other"}])

    assert len(joined) == 2
    key = joined.find(simulated_key().fingerprint)
    assert key.valid_from < now < key.valid_until


UNUSABLE = [
    pytest.param(b"", "neither PKCS#1", id="empty"),
    pytest.param(b"\x30\x82 no key", "neither PKCS#1", id="not DER"),
    pytest.param(simulated_key().value[:-5], "neither PKCS#1", id="cut short"),
    pytest.param(der_of(ec.generate_private_key(ec.SECP256R1())), "not an RSA key", id="elliptic curve"),
    pytest.param(der_of(rsa.generate_private_key(65537, 1024)), "1024 bits", id="too short"),
]


@pytest.mark.parametrize(("der", "why"), UNUSABLE)
def test_a_key_that_cannot_be_used_says_why(der, why):
    (key,) = KeyRing.of([{"Value": der, "Fingerprint": "f"}]).keys.values()

    with pytest.raises(UnusableKey, match=why):
        key.verifies(b"signature", b"message")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        pytest.param({}, "no Value", id="no value"),
        pytest.param({"Value": 7}, "no Value", id="a number"),
        pytest.param({"Value": "not/base64!"}, "not base64", id="not base64"),
    ],
)
def test_a_list_of_keys_that_is_none_is_refused(entry, why):
    with pytest.raises(UnusableKey, match=why):
        KeyRing.of([entry])
