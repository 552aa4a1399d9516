"""The page of `GET /`: the newest findings, with filters and pages, then everything that is watched for."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from chalicelib.http.html import badge, document, path_to, table, text
from chalicelib.http.listing import loudest
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Remediation, Severity
from chalicelib.triggers import OnEvent, OnLogs, OnQueue, OnSchedule, OnTopic, Trigger

_WHAT = (
    "Watches the account's audit trail, sends alerts about what it sees, and acts where its mode allows it."
)
_HEADS = (
    ("When", "when"),
    ("Severity", "short"),
    ("What", ""),
    ("Who", "middle"),
    ("Found by", "middle"),
    ("Account", "account"),
    ("Outcome", "account"),
)


def page(
    remediations: Iterable[Remediation],
    findings: Sequence[LedgerEntry] | None,
    *,
    prefix: str = "",
    asked: Mapping[str, str] | None = None,
    following: str = "",
    links: Iterable[tuple[str, str]] = (),
) -> str:
    """The whole document.

    Args:
        remediations: The catalogue, in its order.
        findings: Newest first; None where the ledger could not be read, which the page says.
        prefix: The path before `/findings/ID` in links, such as an API's stage: `/prod`.
        asked: The filters that these findings were asked for with.
        following: Where the next page begins; "" for none.
        links: More of the navigation, words and path.
    """
    known = tuple(remediations)
    body = f"""<p>{_WHAT}</p>
<h2>Newest findings</h2>
{_filters(known, asked or {}, prefix)}
{_findings(findings, prefix)}
{_following(asked or {}, following, prefix)}
<h2>Watched for</h2>
{_catalogue(known)}"""
    return document("Trailwarden", body, prefix=prefix, links=links)


def trigger_in_words(trigger: Trigger) -> str:
    """What wakes a remediation: `DeleteTable from aws.dynamodb, in every watched region`."""
    match trigger:
        case OnEvent(pattern=pattern, everywhere=everywhere):
            where = ", in every watched region" if everywhere else ""
            return f"{_event_in_words(pattern)}{where}"
        case OnSchedule(expression=expression):
            return f"by the clock, {expression}"
        case OnLogs(log_group=group):
            return f"matching lines in the log group {group}"
        case OnTopic(topic=topic):
            return f"messages to the topic {topic}"
        case OnQueue(queue=queue):
            return f"messages in the queue {queue}"


def does(remediation: Remediation) -> str:
    """How far a remediation can go at most; its mode is known to its own function only."""
    return "acts" if remediation.acts else "tells"


def _event_in_words(pattern: Mapping[str, Any]) -> str:
    """Event names say most; where a pattern has none, its kind of event and the resources it names."""
    named = pattern.get("detail", {}).get("eventName", ())
    what = _either(named) or _either(pattern.get("detail-type", ())) or "any event"
    about = _either(_logical_id(resource) for resource in pattern.get("resources", ()))
    source = _either(pattern.get("source", ()))
    return what + (f" of {about}" if about else "") + (f" from {source}" if source else "")


def _logical_id(resource: Any) -> Any:
    """What the stack calls a resource that a pattern refers to by `Ref` or `Fn::GetAtt`."""
    if not isinstance(resource, Mapping):
        return resource
    return resource.get("Ref") or next(iter(resource.get("Fn::GetAtt", ())), None)


def _either(alternatives: Iterable[Any]) -> str:
    """Literals by `or`; conditions such as `{"prefix": ...}` are left to the pattern itself."""
    return " or ".join(each for each in alternatives if isinstance(each, str))


def _filters(remediations: Iterable[Remediation], asked: Mapping[str, str], prefix: str) -> str:
    """A form that asks for this page again."""
    names = [each.name for each in remediations]
    return f"""<form method="get" action="{html.escape(prefix)}/">
<label>Remediation {_choice("remediation", ["", *names], asked)}</label>
<label>Severity from {_choice("severity", ["", *Severity], asked)}</label>
<label>Who {_field("actor", asked)}</label>
<label>Since {_field("since", asked, "2026-03-01T00:00:00Z")}</label>
<button>Show</button>
</form>"""


def _choice(name: str, values: Iterable[str], asked: Mapping[str, str]) -> str:
    chosen = asked.get(name, "")
    options = "".join(
        f'<option value="{text(each)}"{" selected" if each == chosen else ""}>{text(each or "any")}</option>'
        for each in values
    )
    return f'<select name="{name}">{options}</select>'


def _field(name: str, asked: Mapping[str, str], example: str = "") -> str:
    return f'<input name="{name}" value="{text(asked.get(name, ""))}" placeholder="{example}">'


def _following(asked: Mapping[str, str], following: str, prefix: str) -> str:
    if not following:
        return ""
    query = urlencode({**{name: value for name, value in asked.items() if value}, "before": following})
    return f'<p><a href="{html.escape(f"{prefix}/?{query}")}">Older findings</a></p>'


def _findings(findings: Sequence[LedgerEntry] | None, prefix: str) -> str:
    if findings is None:
        return '<p class="note">The ledger could not be read; the function\'s log says why.</p>'
    if not findings:
        return '<p class="note">Nothing was found yet.</p>'
    return rows_of(findings, prefix)


def rows_of(findings: Iterable[LedgerEntry], prefix: str) -> str:
    """Findings as a table, a row each."""
    return table(_HEADS, (_finding(finding, prefix) for finding in findings))


def _finding(finding: LedgerEntry, prefix: str) -> tuple[str, ...]:
    alert = loudest(finding)
    title = text(alert.title if alert else "Recorded, no alert sent")
    more = len(finding.plan.alerts) - 1
    also = f' <span class="soft">and {more} more</span>' if more > 0 else ""
    at = finding.at.strftime("%Y-%m-%d %H:%M:%S")
    who = finding.principal.rpartition(":")[2] or "not recorded"
    return (
        f'<time datetime="{text(finding.at.isoformat())}">{at} UTC</time>',
        badge(alert.severity) if alert else "",
        f'<a href="{path_to(finding.id, prefix)}">{title}</a>{also}',
        f'<span title="{text(finding.principal)}">{text(who)}</span>',
        f"<code>{text(finding.remediation)}</code>",
        f"<code>{text(finding.account)}</code>",
        text(finding.outcome),
    )


def _catalogue(remediations: Iterable[Remediation]) -> str:
    return table(
        (("Name", "middle"), ("What", ""), ("Woken by", ""), ("Does", "short")),
        (_entry(each) for each in remediations),
    )


def _entry(remediation: Remediation) -> tuple[str, ...]:
    triggers = "".join(f"<li>{text(trigger_in_words(each))}</li>" for each in remediation.triggers)
    return (
        f"<code>{text(remediation.name)}</code>",
        text(remediation.title),
        f"<ul>{triggers}</ul>",
        does(remediation),
    )
