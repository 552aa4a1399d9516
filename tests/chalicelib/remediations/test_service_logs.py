"""What the entries on services' logs decide of rows, odd ones too: whoever may write there writes anything."""

# ruff: noqa: E501 - a row a line

from datetime import UTC, datetime

import pytest

from chalicelib.events import Tick
from chalicelib.looking import Unseen
from chalicelib.remediations import dns_tunnel, path_traversal, port_scan, surge_of_errors
from chalicelib.settings import Settings

NOW = datetime(2026, 3, 2, 3, 10, tzinfo=UTC)
TICK = Tick(key="t", at=NOW, account="123456789012", region="eu-west-1")
SETTINGS = Settings(
    topic_arn="",
    ledger="",
    values={
        **{
            f"{each}_GROUP": "log/group"
            for each in ("PORT_SCAN", "DNS_TUNNEL", "PATH_TRAVERSAL", "SURGE_OF_ERRORS")
        },
        "PORT_SCAN_PORTS": "20",
        "PORT_SCAN_HOSTS": "20",
        "PORT_SCAN_EXPECTED": "192.0.2.0/24,198.51.100.9,2001:db8::/64",
        "DNS_TUNNEL_NAMES": "50",
        "DNS_TUNNEL_EXPECTED": "Scanner.example",
        "PATH_TRAVERSAL_EXPECTED": "",
        "SURGE_OF_ERRORS_FAILURES": "50",
        "SURGE_OF_ERRORS_REFUSALS": "100",
        "SURGE_OF_ERRORS_EXPECTED": "192.0.2.9",
    },
)
WHY = Unseen(why="there is no log group log/group")


class Aws:
    """Answers queries in turn with rows; `scanned` events were read for each."""

    def __init__(self, *answers, scanned=100):
        self.answers, self.scanned, self.texts = list(answers), scanned, []

    def client(self, service):
        assert service == "logs"
        return self

    def start_query(self, **asked):
        self.texts.append(asked["queryString"])
        return {"queryId": "q"}

    def get_query_results(self, **_):
        rows = [
            [{"field": name, "value": value} for name, value in row.items()] for row in self.answers.pop(0)
        ]
        return {"status": "Complete", "results": rows, "statistics": {"recordsScanned": float(self.scanned)}}


def told(remediation, *answers, scanned=100):
    """The alerts for these answers, and the queries that were asked."""
    aws = Aws(*answers, scanned=scanned)
    facts = remediation.look(aws, TICK, SETTINGS)
    return remediation.decide(TICK, facts, NOW, SETTINGS).alerts, aws.texts


def scan(source, **more):
    row = {"srcAddr": source, "ports": "25", "hosts": "1", "refusals": "30", "first": "1772420400"}
    return {**row, "last": "1772420460", "host": "10.0.0.9", **more}


@pytest.mark.parametrize("each", [port_scan, dns_tunnel, path_traversal, surge_of_errors])
def test_a_look_that_saw_nothing_is_told_high(each):
    (alert,) = each.decide(TICK, each.blind(TICK, WHY, SETTINGS), NOW, SETTINGS).alerts

    assert alert.severity == "HIGH"
    assert "no log group" in dict(alert.facts)["Why"]


@pytest.mark.parametrize(
    ("each", "severity"),
    [(port_scan, "MEDIUM"), (dns_tunnel, "MEDIUM"), (path_traversal, "MEDIUM"), (surge_of_errors, "MEDIUM")],
)
def test_lines_that_nobody_can_read_are_told(each, severity):
    (alert,), _ = told(each, [], [{"records": "9", "known": "0"}])

    assert (alert.severity, "can't be read" in alert.title) == (severity, True)


@pytest.mark.parametrize(
    ("each", "count"), [(port_scan, 1), (dns_tunnel, 1), (path_traversal, 0), (surge_of_errors, 0)]
)
def test_a_log_without_events_is_told_where_there_are_always_some(each, count):
    alerts, _ = told(each, [], [{}], scanned=0)

    assert len(alerts) == count


# ---- port_scan -----------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["192.0.2.77", "198.51.100.9", "2001:db8::7", "no address", ""])
def test_by_order_or_no_address_is_no_scan(source):
    assert told(port_scan, [scan(source)], [])[0] == ()


@pytest.mark.parametrize(
    ("source", "severity"),
    [("10.0.0.5", "HIGH"), ("fd00::5", "HIGH"), ("100.64.1.1", "HIGH"), ("203.0.113.5", "MEDIUM")],
)
def test_from_inside_is_worse(source, severity):
    (alert,), texts = told(
        port_scan, [scan(source)], [{"srcAddr": source, "dstAddr": "10.0.0.9", "dstPort": "22"}]
    )

    assert alert.severity == severity
    assert "10.0.0.9:22" in str(alert.facts)
    assert f'srcAddr in ["{source}"]' in texts[1]


def test_of_many_inside_the_first_are_told_one_by_one():
    alerts, _ = told(port_scan, [scan(f"10.0.0.{number}") for number in range(1, 9)], [])

    assert len(alerts) == 6
    assert alerts[-1].title.startswith("3 addresses inside")


@pytest.mark.parametrize("odd", [{"first": "x"}, {"host": "evil"}, {"first": "9e99"}])
def test_a_row_that_nobody_wrote_right_is_passed_over(odd):
    assert told(port_scan, [scan("10.0.0.5", **odd)], [])[0] == ()


# ---- dns_tunnel ----------------------------------------------------------------------------------


def names(domain, **more):
    return {"domain": domain, "srcaddr": "10.0.0.5", "names": "60", "queries": "61", "length": "48.2", **more}


@pytest.mark.parametrize(
    "domain", ["scanner.example", "files.scanner.example", "amazonaws.com", "in-addr.arpa"]
)
def test_domains_that_work_so_are_no_tunnel(domain):
    assert told(dns_tunnel, [names(domain)])[0] == ()


def test_below_a_domain_of_many_it_is_asked_whose():
    (alert,), texts = told(dns_tunnel, [names("co.uk")], [names("bad.co.uk", instance="i-1")])

    assert "bad.co.uk" in alert.title
    assert r"/\.(co\.uk)\.?$/" in texts[1]


def test_an_example_with_control_characters_is_shown_safely():
    (alert,), _ = told(dns_tunnel, [names("evil.example", example="\x1b[2Jx.evil.example")])

    assert "\x1b" not in str(alert.facts)


# ---- path_traversal ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "title", "shown"),
    [
        ({"action": "ALLOW"}, "the log does not say how it was answered", "(no status)"),
        ({"action": "BLOCK"}, "and was refused", "(blocked)"),
        ({"action": "BLOCK", "code": "404"}, "and was refused", "(404)"),
    ],
)
def test_what_wafs_log_does_not_say_is_not_told_as_refused(row, title, shown):
    rows = [{"client": "203.0.113.66", "url": "/..%2f..%2fetc/passwd", "requests": "2", **row}]
    (alert,), _ = told(path_traversal, rows)

    assert alert.severity.name == "MEDIUM"
    assert title in alert.title
    assert shown in dict(alert.facts)["Asked for"]


def test_one_that_was_answered_is_worse_and_first():
    rows = [
        {"client": "203.0.113.1", "url": "/../../x", "code": "404", "requests": "9"},
        {
            "client": "203.0.113.2",
            "url": "/f",
            "args": "a=..%2f..%2fetc%2fpasswd",
            "code": "200",
            "requests": "1",
        },
        {"client": "203.0.113.3", "url": "/v1..v2", "args": "-", "code": "200", "requests": "1"},
    ]
    alerts, _ = told(path_traversal, rows)

    assert [each.severity for each in alerts] == ["HIGH", "MEDIUM"]
    assert "/f?a=" in dict(alerts[0].facts)["Asked for"]


@pytest.mark.slow
def test_too_many_to_look_at_are_told():
    rows = [
        {"client": "203.0.113.3", "url": f"/v1..v{number}", "code": "200", "requests": "1"}
        for number in range(2000)
    ]
    (alert,), _ = told(path_traversal, rows)

    assert "than can be looked at" in alert.title


# ---- surge_of_errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(("failed", "fine", "count"), [(50, 450, 1), (49, 0, 0), (50, 451, 0), (60, 0, 1)])
def test_a_surge_is_many_and_a_tenth_of_all(failed, fine, count):
    classes = [{"class": "5", "requests": str(failed)}, {"class": "2", "requests": str(fine)}]

    assert len(told(surge_of_errors, classes, [])[0]) == count


REFUSED = {
    "client": "203.0.113.1",
    "requests": "120",
    "urls": "9",
    "example": "/a",
    "lowest": "403",
    "highest": "404",
}


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({}, 1),
        ({"client": "192.0.2.9"}, 0),
        ({"urls": "1", "lowest": "404"}, 0),
        ({"urls": "1", "lowest": "401", "highest": "401"}, 1),
    ],
)
def test_a_client_that_is_refused(more, count):
    assert len(told(surge_of_errors, [{"class": "4", "requests": "130"}], [{**REFUSED, **more}])[0]) == count
