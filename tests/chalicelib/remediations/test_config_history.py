"""A history file of AWS Config is split by resource; what is none is told."""

import gzip
import io
import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import MalformedEvent
from chalicelib.looking import Unseen
from chalicelib.matching import EventPattern
from chalicelib.remediation import Severity
from chalicelib.remediations.config_history import (
    BUCKET,
    MOST_BYTES,
    PATTERN,
    NotSplit,
    Split,
    blind,
    decide,
    history_file,
    key_of,
    look,
    split,
    write,
)
from chalicelib.settings import Settings

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = (
    "logs/AWSLogs/123456789012/Config/us-east-1/2026/3/2/ConfigHistory/123456789012_Config_us-east-1_"
    "ConfigHistory_AWS::EC2::SecurityGroup_20260302T030000Z_20260302T085959Z_1.json.gz"
)
FOLDER = "logs/AWSLogs/123456789012/ConfigResources/us-east-1/AWS::EC2::SecurityGroup"
RAW = {
    "source": "aws.config",
    "detail-type": "Config Configuration History Delivery Status",
    "account": "123456789012",
    "region": "us-east-1",
    "detail": {
        "s3Bucket": "config",
        "s3ObjectKey": KEY,
        "notificationCreationTime": "2026-03-02T09:00:05.000Z",
        "messageType": "ConfigurationHistoryDeliveryCompleted",
        "recordVersion": "1.1",
    },
}
EVENT = history_file(RAW)
SETTINGS = Settings(topic_arn="", ledger="", values={BUCKET: "config"})


def item(identity, kind="AWS::EC2::SecurityGroup", **more):
    return {"resourceType": kind, "resourceId": identity, **more}


def packed(*items):
    return gzip.compress(json.dumps({"fileVersion": "1.0", "configurationItems": items}).encode())


class Aws:
    """S3 with one object, and what was put."""

    def __init__(self, body=b"", error=None):
        self.body, self.error, self.objects = body, error, {}

    def client(self, service):
        assert service == "s3"
        return self

    def get_object(self, **asked):
        assert asked == {"Bucket": "config", "Key": KEY}
        if self.error:
            raise ClientError({"Error": {"Code": self.error}}, "GetObject")
        return {"Body": io.BytesIO(self.body)}

    def put_object(self, **given):
        assert (given["Bucket"], given["ContentType"]) == ("config", "application/json")
        self.objects[given["Key"]] = json.loads(given["Body"])


def test_each_resource_has_a_file_with_all_its_items_in_order():
    one, two, other = item("sg-1", n=1), item("sg-1", n=2), item("sg-2")
    aws = Aws(packed(one, other, two))

    found = look(aws, EVENT, SETTINGS)
    write(aws, EVENT, found, SETTINGS)

    times = "20260302T030000Z_20260302T085959Z_1.json"
    assert aws.objects == {
        f"{FOLDER}/sg-1/{times}": {"fileVersion": "1.0", "configurationItems": [one, two]},
        f"{FOLDER}/sg-2/{times}": {"fileVersion": "1.0", "configurationItems": [other]},
    }
    assert decide(EVENT, found, NOON, SETTINGS).empty


def test_a_file_in_another_bucket_is_not_read():
    nobody = Settings(topic_arn="", ledger="", values={BUCKET: "none"})

    assert look(None, EVENT, nobody) == blind(EVENT, Unseen(why="denied"), nobody) == Split()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no history file"),
        (b"plain", "no history file"),
        (packed(item("sg-1"))[:-4], "no history file"),
        (gzip.compress(b"[]"), "no history file"),
        (gzip.compress(b'{"configurationItems": {}}'), "holds no items"),
        (gzip.compress(b" " * (MOST_BYTES + 1)), "no history file"),
        (packed("x"), "names no resource"),
        (packed(item("")), "names no resource"),
        (packed(item(7)), "names no resource"),
        (packed(item("x", kind="AWS::EC2::VPC")), "of the type AWS::EC2::VPC"),
        (packed(item("x" * 1024)), "too long"),
        (packed(*(item(f"sg-{n}") for n in range(1001))), "1001 resources"),
    ],
    ids=[
        "empty",
        "not packed",
        "cut short",
        "no object",
        "its items are no list",
        "too large",
        "an item that is none",
        "no id",
        "an id that is no text",
        "another type",
        "a long id",
        "too many",
    ],
)
def test_what_is_no_history_file_is_told_with_where_it_lies(body, why):
    found = look(Aws(body), EVENT, SETTINGS)
    (alert,) = decide(EVENT, found, NOON, SETTINGS).alerts

    assert found.files == {}
    assert why in dict(alert.facts)["Could not look"]
    assert (alert.severity, dict(alert.facts)["File"]) == (Severity.LOW, f"s3://config/{KEY}")


def test_what_may_not_be_read_is_told():
    found = look(Aws(error="AccessDenied"), EVENT, SETTINGS)

    assert found.could_not_read.denied
    assert decide(EVENT, found, NOON, SETTINGS).alerts
    assert decide(EVENT, blind(EVENT, Unseen(why="x"), SETTINGS), NOON, SETTINGS).alerts


@pytest.mark.parametrize(
    "key", ["x", KEY.removesuffix(".gz"), KEY.replace("ConfigHistory/", "ConfigSnapshot/")]
)
def test_a_name_that_config_does_not_give_is_refused(key):
    with pytest.raises(NotSplit, match="its name"):
        key_of(key, "AWS::EC2::SecurityGroup", "sg-1")


def test_an_id_stays_within_its_folder():
    kind = "AWS::EC2::SecurityGroup"

    assert key_of(KEY, kind, "../a/b?c").startswith(f"{FOLDER}/..%2Fa%2Fb%3Fc/")
    assert key_of(KEY, kind, "arn:aws:sns:us-east-1:1:t").startswith(f"{FOLDER}/arn:aws:sns:us-east-1:1:t/")
    assert split(KEY, packed()) == {}


def test_only_a_delivery_of_history_wakes_it():
    pattern = EventPattern(PATTERN)
    started = {**RAW, "detail": {**RAW["detail"], "messageType": "ConfigurationSnapshotDeliveryStarted"}}

    assert pattern.matches(RAW)
    assert not pattern.matches(started)


@pytest.mark.parametrize("missing", ["s3Bucket", "s3ObjectKey"])
def test_a_delivery_without_a_place_is_malformed(missing):
    detail = {name: value for name, value in RAW["detail"].items() if name != missing}

    with pytest.raises(MalformedEvent, match="no bucket or no key"):
        history_file({**RAW, "detail": detail})
