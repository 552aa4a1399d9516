"""Many records: what patterns ask for is found, nothing else is, and both exactly as record by record."""

import gzip
import json
import tracemalloc

import pytest

from chalicelib.matching import EventPattern, LogPattern
from scenarios.records.events import event_of
from scenarios.records.reader import FoundRecord, NotARecord, Place
from scenarios.records.sieve import NAMED, Sieve
from scenarios.records.sift import MOST_REMEMBERED, Hit, Missed, Sift
from scenarios.runner.replay.ours import Ours
from scenarios.runner.replay.rehearsal import deployment_for
from scenarios.runner.replay.watched import watched_by
from tests.scenarios.records.forms import DELETED, ROOT, data, lines, log_file

RULES = {
    "deleted": {"source": ["aws.dynamodb"], "detail": {"eventName": ["DeleteTable"]}},
    "root": {
        "detail-type": ["AWS Console Sign In via CloudTrail"],
        "detail": {"userIdentity": {"type": ["Root"]}},
    },
    "ours": {"account": ["111122223333"], "region": [{"prefix": "ap-"}]},
    "write": {"detail": {"readOnly": [False]}},
    "number for true": {"detail": {"readOnly": [1]}},
    "nested": {"detail": {"requestParameters": {"ipPermissions": {"items": {"cidrIp": ["0.0.0.0/0"]}}}}},
}
FILTERS = {
    "root used": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS'
    ' && $.eventType != "AwsServiceEvent" }',
    "refused": '{ ($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*") }',
    "number": "{ $.count > 3 }",
    "no mfa": '{ $.additionalEventData.MFAUsed != "Yes" }',
    "word": '"NoSuchBucket"',
    "read": "{ $.readOnly IS TRUE && $.count = 7 }",
    "wild": '{ $.resources[*].type = "AWS::S3::Bucket" }',
}
RECORDS = [
    ROOT,
    DELETED,
    {**ROOT, "userIdentity": {"type": "Root", "invokedBy": "x"}},
    {**ROOT, "eventType": "AwsServiceEvent"},
    {**DELETED, "errorCode": "Client.UnauthorizedOperation"},
    {**DELETED, "eventName": "DescribeTable", "errorCode": "AccessDeniedException"},
    {**DELETED, "eventName": "DescribeTable", "errorCode": "NoSuchBucket"},
    {**DELETED, "eventName": "DescribeTable", "errorCode": ["AccessDenied"]},
    {**DELETED, "eventName": "DescribeTable", "count": 4},
    {**DELETED, "eventName": "DescribeTable", "count": "4"},
    {**DELETED, "eventName": "DescribeTable", "additionalEventData": {"MFAUsed": "No"}},
    {**DELETED, "eventName": "DescribeTable", "additionalEventData": {"MFAUsed": "Yes"}},
    {**DELETED, "eventName": "DescribeTable", "additionalEventData": "text"},
    {**DELETED, "eventName": "DescribeTable", "userIdentity": "text"},
    {**DELETED, "eventName": "DescribeTable", "userIdentity": [{"type": "Root"}]},
    {**DELETED, "recipientAccountId": "", "awsRegion": "ap-east-1", "userIdentity": [{"accountId": "1"}]},
    {**DELETED, "eventName": "DescribeTable", "awsRegion": "ap-south-1"},
    {**DELETED, "eventName": "DescribeTable", "resources": [{"type": "AWS::S3::Bucket"}]},
    {
        **DELETED,
        "eventName": "X",
        "requestParameters": {"ipPermissions": {"items": [{"cidrIp": "0.0.0.0/0"}]}},
    },
    {**DELETED, "eventName": "X", "requestParameters.ipPermissions": {"items": {"cidrIp": "0.0.0.0/0"}}},
    *({**DELETED, "eventName": "X", "readOnly": value} for value in (True, 1, 1.0, False, 0, "true", None)),
    {**DELETED, "eventName": "X", "readOnly": True, "count": 7},
    {**DELETED, "eventName": "X", "readOnly": [False]},
    {**DELETED, "eventType": "AwsVpceEvent"},
    {**DELETED, "eventName": "DescribeTable", "eventID": ["no text"]},
    {**DELETED, "eventName": "DescribeTable", "eventID": None},
    {**DELETED, "eventName": "DescribeTable"},
]
RECORDS = [
    each if each.get("eventID") in (None, ["no text"]) else {**each, "eventID": f"id-{number}"}
    for number, each in enumerate(RECORDS)
]


def sift(**more):
    filters = {name: LogPattern(text) for name, text in FILTERS.items()}
    return Sift(Sieve(RULES, filters, also=NAMED), filters, **more)


def expected(record):
    """Which rules and filters ask for a record, each asked alone."""
    event = event_of(FoundRecord(where=Place(""), record=record), "")
    line = json.dumps(record, separators=(",", ":"))
    rules = {name for name, rule in RULES.items() if event and EventPattern(rule).matches(event)}
    return rules, {name for name, text in FILTERS.items() if LogPattern(text).matches(line)}


@pytest.mark.slow
@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("form", [log_file, lines, data, lambda records: b"".join(map(data, records))])
def test_the_sieve_answers_as_each_pattern_alone(tmp_path, form, named):
    (tmp_path / "x").write_bytes(form(RECORDS))
    sifted = sift(named=named)

    came = list(sifted.through([str(tmp_path / "x")]))

    hits = [each for each in came if isinstance(each, Hit)]
    asked_for = [each for each in RECORDS if any(expected(each))]
    assert [each.found.record for each in hits] == asked_for
    assert [(set(each.rules), set(each.filters)) for each in hits] == [expected(each) for each in asked_for]
    assert sifted.counts.records == len(RECORDS)
    if named:
        assert len(came) == len(RECORDS)


def test_records_that_nobody_asks_for_come_by_name_where_they_are_wanted(tmp_path):
    quiet = {**DELETED, "eventName": "DescribeTable"}
    (tmp_path / "x").write_bytes(
        lines([quiet, quiet, {**quiet, "eventType": "AwsVpceEvent", "eventID": "other"}])
    )

    came = list(sift(named=True).through([str(tmp_path / "x")]))

    assert all(isinstance(each, Missed) for each in came)
    assert [(each.duplicate, each.carried) for each in came] == [(False, True), (True, True), (False, False)]
    assert [str(each.where) for each in came] == ["x:1", "x:2", "x:3"]


def test_what_comes_twice_is_a_duplicate_whoever_asks_for_it(tmp_path):
    quiet = {**DELETED, "eventName": "DescribeTable", "eventID": "quiet"}
    (tmp_path / "x").write_bytes(log_file([quiet, DELETED]))
    (tmp_path / "y").write_bytes(gzip.compress(log_file([DELETED, quiet])))
    sifted = sift()

    came = list(sifted.through([str(tmp_path)]))

    assert [each.duplicate for each in came] == [False, True]
    assert (sifted.counts.records, sifted.counts.duplicates) == (4, 2)


def test_an_array_on_the_way_to_a_field_makes_its_record_be_decoded_whole_and_no_other():
    asked = {**DELETED, "eventName": "X", "requestParameters": {"ipPermissions": {"items": [{"a": 1}]}}}
    sieve = Sieve(RULES, {})

    answers = [sieve.asks(json.dumps(each).encode()) for each in (asked, {**DELETED, "eventName": "X"})]

    assert answers == [None, frozenset()]


def test_a_record_that_is_no_text_is_told_where_patterns_may_ask_for_it(tmp_path):
    spoilt = data({**DELETED, "requestParameters": {"tableName": "?"}}).replace(b'"?"', b'"\xff"')
    (tmp_path / "x").write_bytes(b"[" + data(ROOT) + b"," + spoilt + b"]")

    came = list(sift().through([str(tmp_path / "x")]))

    assert [str(each) for each in came if isinstance(each, NotARecord)] == [
        "x, record 2: it is no text in UTF-8"
    ]


def test_what_is_no_record_is_told_among_those_that_are(tmp_path):
    (tmp_path / "x").write_bytes(lines([DELETED]) + b'{"a": 1}\n' + lines([ROOT]))
    sifted = sift()

    came = list(sifted.through([str(tmp_path / "x")]))

    assert [type(each) for each in came] == [Hit, NotARecord, Hit]
    assert str(came[1]) == "x:2: a CloudTrail record needs eventSource and eventName"
    assert (sifted.counts.records, sifted.counts.unread) == (2, 1)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_records(tmp_path):
    quiet = {**DELETED, "eventName": "DescribeTable", "responseElements": {"x": "y" * 500}}
    for number in range(20):
        many = [{**quiet, "eventID": f"{number}-{each}"} for each in range(500)]
        (tmp_path / f"{number:02}.json.gz").write_bytes(gzip.compress(log_file(many), 1))
    sifted = sift()
    sifted._seen = set(map(str, range(MOST_REMEMBERED)))
    files = sorted(map(str, tmp_path.iterdir()))
    list(sifted.through(files[:2]))

    tracemalloc.start()
    list(sifted.through(files))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sifted.counts.records == 11_000
    assert held < 500_000


def test_the_stack_s_own_patterns_need_few_fields_of_a_usual_record():
    """What a rule asks below an array would else have every record decoded whole."""
    watched = watched_by(deployment_for(Ours()))
    sieve = Sieve({name: dict(pattern) for name, pattern in watched.rules.items()}, watched.filters)
    usual = {
        **DELETED,
        "eventName": "DescribeTable",
        "readOnly": True,
        "managementEvent": True,
        "resources": [{"ARN": "arn:aws:dynamodb:us-east-1:111122223333:table/orders"}],
    }

    assert sieve.decoder.of_list(json.dumps([usual]).encode()) is not None
    assert sieve.asks(json.dumps(usual).encode()) == frozenset()
