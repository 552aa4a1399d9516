"""The page of `GET /`: the newest findings, then everything that is watched for.

It is one HTML document with its style inside and no script. The suspect may have chosen names and titles
in findings, so all text goes through `_text`. The content security policy lets the browser use this style and
nothing else.
"""

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.http.listing import loudest
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Remediation
from chalicelib.triggers import OnEvent, OnLogs, OnQueue, OnSchedule, OnTopic, Trigger
from chalicelib.wording import safe

_LONGEST_TEXT = 240  # a title says it in a line or two; the finding itself has the rest

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5a6577; --line: #dfe3ea; --paper: #fff;
  --ground: #f5f6f8; --link: #1f5fbf; --critical: #a4103a; --high: #b3410a; --medium: #84620a;
  --low: #2b6a4d; --info: #4a5873; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ef; --soft: #9aa5b8; --line: #2d3543; --paper: #181d26; --ground: #10141b;
    --link: #86b4ff; --critical: #ff7d9c; --high: #ff9d66; --medium: #e5be5c; --low: #74cfa2;
    --info: #a9b6cf; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 3rem; background: var(--ground);
  color: var(--ink); font: 0.95rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; } h2 { margin: 2rem 0 0.6rem; font-size: 1.1rem; }
p { margin: 0.3rem 0 0; color: var(--soft); }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
table { width: 100%; border-collapse: collapse; background: var(--paper); border: 1px solid var(--line); }
th, td { padding: 0.55rem 0.8rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-size: 0.8rem; font-weight: 600; }
code { font: 0.88em ui-monospace, monospace; overflow-wrap: normal; }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.soft { color: var(--soft); }
.note { padding: 0.8rem 1rem; background: var(--paper); border: 1px solid var(--line); }
.badge { padding: 0.05rem 0.45rem; border: 1px solid; border-radius: 0.3rem; font-size: 0.75rem;
  font-weight: 600; white-space: nowrap; }
.critical { color: var(--critical); } .high { color: var(--high); } .medium { color: var(--medium); }
.low { color: var(--low); } .info { color: var(--info); }
ul { margin: 0; padding: 0; list-style: none; }
@media (max-width: 44rem) {
  thead { display: none; } tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  td { display: inline-block; padding: 0.1rem 0.8rem; border: 0; } td:has(a), td:has(ul) { display: block; }
}
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


def page(
    remediations: Iterable[Remediation], findings: Sequence[LedgerEntry] | None, *, prefix: str = ""
) -> str:
    """The whole document.

    Args:
        remediations: The catalogue, in its order.
        findings: Newest first; None where the ledger could not be read, which the page says.
        prefix: The path before `/findings/ID` in links, such as an API's stage: `/prod`.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trailwarden</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>Trailwarden</h1>
<p>Watches the account's audit trail, sends alerts about what it sees, and acts where its mode allows it.</p>
</header>
<main>
<h2>Newest findings</h2>
{_findings(findings, prefix)}
<h2>Watched for</h2>
{_catalogue(remediations)}
</main>
</body>
</html>
"""


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


def _findings(findings: Sequence[LedgerEntry] | None, prefix: str) -> str:
    if findings is None:
        return '<p class="note">The ledger could not be read; the function\'s log says why.</p>'
    if not findings:
        return '<p class="note">Nothing was found yet.</p>'
    heads = ("When", "Severity", "What", "Found by", "Account", "Outcome")
    return _table(heads, (_finding(finding, prefix) for finding in findings))


def _finding(finding: LedgerEntry, prefix: str) -> tuple[str, ...]:
    alert = loudest(finding)
    severity = (
        f'<span class="badge {_text(alert.severity.lower())}">{_text(alert.severity)}</span>' if alert else ""
    )
    title = _text(alert.title if alert else "Recorded, no alert sent")
    more = len(finding.plan.alerts) - 1
    also = f' <span class="soft">and {more} more</span>' if more > 0 else ""
    link = html.escape(f"{prefix}/findings/{quote(finding.id, safe=':')}")
    at = finding.at.strftime("%Y-%m-%d %H:%M:%S")
    return (
        f'<time datetime="{_text(finding.at.isoformat())}">{at} UTC</time>',
        severity,
        f'<a href="{link}">{title}</a>{also}',
        f"<code>{_text(finding.remediation)}</code>",
        f"<code>{_text(finding.account)}</code>",
        _text(finding.outcome),
    )


def _catalogue(remediations: Iterable[Remediation]) -> str:
    return _table(("Name", "What", "Woken by", "Does"), (_entry(each) for each in remediations))


def _entry(remediation: Remediation) -> tuple[str, ...]:
    triggers = "".join(f"<li>{_text(trigger_in_words(each))}</li>" for each in remediation.triggers)
    return (
        f"<code>{_text(remediation.name)}</code>",
        _text(remediation.title),
        f"<ul>{triggers}</ul>",
        does(remediation),
    )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _text(value: str) -> str:
    """Text for HTML: escaped, on one line; characters that don't print are shown as escape sequences."""
    return html.escape(safe(value, _LONGEST_TEXT))
