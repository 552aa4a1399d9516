"""Each dangerous call wakes something, or says why not."""

import pytest

from chalicelib.catalog import CATALOG
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
