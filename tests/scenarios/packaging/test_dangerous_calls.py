"""Each dangerous call wakes something, or says why not."""

import botocore.session
import pytest

from chalicelib.catalog import CATALOG
from chalicelib.triggers import OnEvent
from scenarios.cloud.services import REGISTRY
from scenarios.packaging.dangerous_calls import CALLS, watchers


def complaint(source, name, reason):
    woken = watchers(CATALOG, source, name)
    said = f"{source} {name} wakes {woken or 'nothing'}, and the reason is {reason!r}"
    return said if bool(woken) == bool(reason) else ""


@pytest.mark.slow
def test_a_call_wakes_something_or_says_why_not():
    """Not both: a reason that no longer holds goes."""
    told = [complaint(source, *each) for source, calls in CALLS.items() for each in calls.items()]

    assert told
    assert [each for each in told if each] == []


def test_a_call_loses_its_watcher_with_the_remediation_or_its_pattern():
    others = [each for each in CATALOG if each.name != "detector_disabled"]

    assert watchers(CATALOG, "guardduty", "DeleteDetector") == ["detector_disabled"]
    assert watchers(others, "guardduty", "DeleteDetector") == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        pytest.param("s3", "PutBucketVersioning", id="of our own bucket alone"),
        pytest.param("lambda", "RemovePermission20150331v2", id="by our own role alone"),
        pytest.param("glue", "DeleteTable", id="of another service"),
        pytest.param("dynamodb", "DescribeTable", id="another call"),
        pytest.param("config", "PutEvaluations", id="by strangers alone"),
    ],
)
def test_what_is_about_our_own_parts_or_something_else_is_no_watcher(source, name):
    assert watchers(CATALOG, source, name) == []


def test_cis_filters_count_too():
    assert watchers(CATALOG, "organizations", "LeaveOrganization") == ["cis_alarms"]


@pytest.mark.parametrize(
    ("source", "name", "woken"),
    [("config", "DeleteEvaluationResults", "noncompliant"), ("ec2", "CreateNatGateway", "cis_alarms")],
)
def test_what_a_pattern_names_in_an_or_counts_too(source, name, woken):
    assert watchers(CATALOG, source, name) == [woken]


# Names that records have and no operation has: who signs in calls none, and Lambda's records differ by age.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
NO_OPERATIONS = {
    ("signin.amazonaws.com", "ConsoleLogin"),
    ("lambda.amazonaws.com", "AddPermission20150331"),
    ("lambda.amazonaws.com", "AddPermission"),
}


def named(node, sources):
    """Each call that a pattern names, with the sources beside it or around it; [] for those of any."""
    if isinstance(node, list):
        for each in node:
            yield from named(each, sources)
    if isinstance(node, dict):
        here = [each for each in node.get("eventSource", ()) if isinstance(each, str)] or sources
        yield from ((here, name) for name in node.get("eventName", ()) if isinstance(name, str))
        for each in node.values():
            yield from named(each, here)


def named_by(remediation):
    """The calls that the patterns of its rules name."""
    for trigger in remediation.triggers:
        if isinstance(trigger, OnEvent):
            services = [each for each in trigger.pattern.get("source", ()) if isinstance(each, str)]
            sources = [f"{each.removeprefix('aws.')}.amazonaws.com" for each in services]
            yield from named(trigger.pattern.get("detail", {}), sources)


@pytest.fixture(scope="module")
def operations():
    """By event source, the names that records have of a service's operations."""
    session, found = botocore.session.get_session(), {}
    available = {*session.get_available_services()}
    patterns = {source for each in CATALOG for sources, _ in named_by(each) for source in sources}
    prefixes = {source.partition(".")[0] for source in patterns}
    # Access Analyzer's source has a hyphen, and its client has none.
    services = {*REGISTRY.records, *prefixes, *(each.replace("-", "") for each in prefixes)} & available
    for service in services:
        records = REGISTRY.records[service]
        calls = session.get_service_model(service).operation_names
        found.setdefault(records.event_source, set()).update(map(records.event_name, calls))
    return found


@pytest.mark.slow
def test_each_call_that_a_pattern_names_is_one_that_aws_records(operations):
    """A name with a slip in it never matches, and nobody hears of that."""
    calls = [(each.name, *call) for each in CATALOG for call in named_by(each)]
    unknown = [
        (remediation, name)
        for remediation, sources, name in calls
        if not any(name in operations.get(source, ()) for source in sources or operations)
        and not any((source, name) in NO_OPERATIONS for source in sources)
    ]

    assert unknown == []
    assert len(calls) > 200


def test_the_calls_of_a_pattern_are_found_wherever_they_stand():
    pattern = {
        "eventSource": ["a.amazonaws.com"],
        "eventName": ["One", {"prefix": "Two"}],
        "$or": [{"eventSource": ["b.amazonaws.com"], "eventName": ["Three"]}, {"eventName": ["Four"]}],
    }

    assert list(named(pattern, ["c.amazonaws.com"])) == [
        (["a.amazonaws.com"], "One"),
        (["b.amazonaws.com"], "Three"),
        (["a.amazonaws.com"], "Four"),
    ]
