"""What a function measures of a finding: severity and latency, as CloudWatch reads them from a log line."""

import json
from dataclasses import replace
from datetime import timedelta

from chalicelib.ledger.entries import entry_of
from chalicelib.remediation import Alert, Outcome, Plan, Severity
from chalicelib.runtime.measures import of_finding
from scenarios.cloud.logs.embedded import embedded
from tests.chalicelib.runtime.house import NOON, Happening

LOW, HIGH = (Alert(severity=each, title="t") for each in (Severity.LOW, Severity.HIGH))
ENTRY = entry_of("remedy", Happening(), Plan.alert(LOW), Outcome.UNDER_WAY)


def measured(entry=ENTRY, *, sent=True, later=12.5):
    line = of_finding("Trailwarden/tw", entry, [LOW, HIGH], sent=sent, now=NOON + timedelta(seconds=later))
    return {each.name: each for each in embedded(json.dumps(line))}


def test_a_finding_counts_by_the_gravest_of_its_alerts():
    found = measured()

    assert (found["Findings"].dimensions, found["Findings"].values) == ({"Severity": "HIGH"}, [1.0])
    assert (found["AlertLatency"].dimensions, found["AlertLatency"].values) == ({}, [12.5])
    assert {(each.namespace, each.at) for each in found.values()} == {
        ("Trailwarden/tw", NOON + timedelta(seconds=12.5))
    }


def test_an_alert_that_is_only_counted_has_no_latency():
    assert list(measured(sent=False)) == ["Findings"]


def test_an_event_from_a_clock_that_is_ahead_has_no_negative_latency():
    ahead = replace(ENTRY, at=NOON + timedelta(hours=1))

    assert measured(ahead)["AlertLatency"].values == [0.0]
