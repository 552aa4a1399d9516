"""The page of GET /: what a person sees, and what nobody may put into it."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from chalicelib.catalog import CATALOG
from chalicelib.http.html import HEADERS, LONGEST_TEXT
from chalicelib.http.page import does, loudest, page, trigger_in_words
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Alert, Grant, Outcome, Plan, Remediation, Severity
from chalicelib.triggers import OnEvent, OnLogs, OnQueue, OnSchedule
from chalicelib.wording import safe

VOID = {"meta", "input", "wbr"}
HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(1)>\'"&amp;\x1b[31m\x00\u202e\ud800\u2028'


def finding(*alerts: Alert, **other) -> LedgerEntry:
    facts = {
        "remediation": "table_deleted",
        "event_key": "e-1",
        "account": "111122223333",
        "region": "eu-central-1",
        "at": datetime(2026, 3, 2, 3, 0, 5, tzinfo=UTC),
        "principal": "arn:aws:iam::111122223333:user/alice",
        "outcome": Outcome.TOLD,
        "plan": Plan.alert(*(alerts or (alert(),))),
    }
    return LedgerEntry(**(facts | other))


def alert(title="DynamoDB table orders was deleted", severity=Severity.HIGH) -> Alert:
    return Alert(severity=severity, title=title)


class Document(HTMLParser):
    """What a browser makes of the page: tags, their attributes and text. Refuses what is unbalanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(f" {word} " for word in self.words).split())


def test_a_finding_says_when_how_bad_what_who_found_it_where_and_what_became_of_it():
    shown = Document(page((), [finding()])).text

    assert (
        "2026-03-02 03:00:05 UTC HIGH DynamoDB table orders was deleted user/alice table_deleted "
        "111122223333 told" in shown
    )


def test_the_catalogue_says_name_title_triggers_and_how_far_each_goes():
    shown = Document(page(CATALOG, [])).text

    for each in CATALOG:
        triggers = " ".join(safe(trigger_in_words(trigger), LONGEST_TEXT) for trigger in each.triggers)
        assert f"{each.name} {each.title} {triggers} {does(each)}" in shown


def test_an_empty_ledger_is_told_from_one_that_could_not_be_read():
    assert "Nothing was found yet" in page((), [])
    assert "could not be read" not in page((), [])
    assert "could not be read" in page((), None)


def test_the_loudest_alert_stands_for_a_finding_and_the_others_are_counted():
    quiet, loud = alert("quiet", Severity.LOW), alert("loud", Severity.CRITICAL)

    assert loudest(finding(quiet, loud)) == loud
    assert "CRITICAL loud and 1 more" in Document(page((), [finding(quiet, loud)])).text


def test_a_finding_that_was_not_told_is_listed_without_a_severity():
    suppressed = finding(plan=Plan.nothing(), outcome=Outcome.SUPPRESSED)

    document = Document(page((), [suppressed]))

    assert "Recorded, no alert sent" in document.text
    assert ("class", "badge") not in document.attributes


@pytest.mark.parametrize("prefix", [pytest.param("", id="local"), pytest.param("/prod", id="behind a stage")])
def test_a_finding_links_to_itself(prefix):
    one = finding()

    links = [value for name, value in Document(page((), [one], prefix=prefix)).attributes if name == "href"]

    assert links == [f"{prefix}/findings/{one.id}"]


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(finding(alert(HOSTILE)), id="title"),
        # Half a character can't be stored but inside a plan, which is kept as ASCII.
        pytest.param(finding(account=HOSTILE.replace("\ud800", "")), id="account"),
        pytest.param(finding(remediation=HOSTILE.replace("\ud800", "")), id="remediation"),
    ],
)
def test_whatever_a_finding_holds_is_shown_and_never_obeyed(hostile):
    harmless = Document(page((), [finding()]))

    text = page((), [hostile])

    document = Document(text)
    assert document.tags == harmless.tags
    assert [name for name, _ in document.attributes] == [name for name, _ in harmless.attributes]
    assert '<script>alert("1")</script>' in document.text
    assert r"\x1b[31m\x00\u202e" in document.text
    assert all(char.isprintable() or char == "\n" for char in text)
    text.encode()


def test_a_hostile_prefix_stays_inside_its_attribute():
    document = Document(page((), [finding()], prefix='"><script>'))

    assert "script" not in document.tags


def test_an_endless_title_ends():
    assert len(page((), [finding(alert("A" * 100_000))])) < 10_000


def test_the_policy_lets_in_this_very_style_and_nothing_else():
    style = re.search(r"<style>(.*?)</style>", page((), []), re.DOTALL)[1]
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))

    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def test_the_page_needs_nothing_from_elsewhere_and_no_script():
    document = Document(page(CATALOG, [finding()]))

    assert not {"script", "link", "img", "iframe", "object", "base"} & set(document.tags)
    assert not [name for name, _ in document.attributes if name in {"src", "style"} or name.startswith("on")]
    assert "url(" not in page((), [])
    assert "@import" not in page((), [])


FROM_EC2 = {"source": ["aws.ec2"]}


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        pytest.param(
            OnEvent(pattern={**FROM_EC2, "detail": {"eventName": ["StopInstances"]}}),
            "StopInstances from aws.ec2",
            id="one event name",
        ),
        pytest.param(
            OnEvent(pattern={**FROM_EC2, "detail": {"eventName": ["A", "B"]}}, everywhere=True),
            "A or B from aws.ec2, in every watched region",
            id="several names, in every region",
        ),
        pytest.param(
            OnEvent(
                pattern={
                    "source": ["aws.cloudwatch"],
                    "detail-type": ["CloudWatch Alarm State Change"],
                    "resources": [{"Fn::GetAtt": ["RootAlarm", "Arn"]}],
                }
            ),
            "CloudWatch Alarm State Change of RootAlarm from aws.cloudwatch",
            id="an alarm of the stack",
        ),
        pytest.param(
            OnEvent(pattern={"detail-type": ["Object Created"], "resources": [{"Ref": "Bucket"}]}),
            "Object Created of Bucket",
            id="a reference",
        ),
        pytest.param(
            OnEvent(pattern={"source": [{"prefix": "aws."}]}),
            "any event",
            id="conditions are left to the pattern",
        ),
        pytest.param(OnSchedule(expression="rate(1 hour)"), "by the clock, rate(1 hour)", id="schedule"),
        pytest.param(
            OnLogs(log_group="SecureGroup", pattern="x"),
            "matching lines in the log group SecureGroup",
            id="log subscription",
        ),
        pytest.param(OnQueue(queue="Jobs"), "messages in the queue Jobs", id="queue"),
    ],
)
def test_a_trigger_in_words(trigger, words):
    assert trigger_in_words(trigger) == words


def test_a_remediation_with_an_acting_grant_acts_and_the_others_tell():
    telling = next(each for each in CATALOG if not each.acts)
    grant = Grant(action="ec2:StopInstances", resource="*", because="a test", acting=True)

    acting: Remediation = replace(telling, grants=(grant,))

    assert does(telling) == "tells"
    assert does(acting) == "acts"
