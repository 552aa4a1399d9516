"""What every page is made of: its frame, its style, and text that nobody can put markup into.

Pages are single HTML documents with their style inside and no script. The suspect may have chosen names and
titles in findings, so all text goes through `text`. The content security policy lets the browser use this
style and nothing else, and send forms to this very API only. A word is only broken where no line can hold
it.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from chalicelib.remediation import Severity
from chalicelib.wording import safe

LONG = 60
LONGEST_TEXT = 240  # a title says it in a line or two; the finding itself has the rest

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5a6577; --line: #dfe3ea; --paper: #fff;
  --ground: #f5f6f8; --link: #1f5fbf; --critical: #a4103a; --high: #b3410a; --medium: #84620a;
  --low: #2b6a4d; --info: #4a5873; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ef; --soft: #9aa5b8; --line: #2d3543; --paper: #181d26; --ground: #10141b;
    --link: #86b4ff; --critical: #ff7d9c; --high: #ff9d66; --medium: #e5be5c; --low: #74cfa2;
    --info: #a9b6cf; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 2rem 1.25rem 3rem; background: var(--ground);
  color: var(--ink); font: 0.95rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; } h2 { margin: 2rem 0 0.6rem; font-size: 1.1rem; }
p { margin: 0.3rem 0 0; color: var(--soft); }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
table { width: 100%; border-collapse: collapse; background: var(--paper); border: 1px solid var(--line); }
table { table-layout: fixed; }
th, td { padding: 0.55rem 0.8rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: break-word; }
.when { width: 8.5rem; } .account { width: 9rem; } .name { width: 19rem; }
.short { width: 7rem; } .middle { width: 15rem; }
dl { margin: 0.8rem 0 0; background: var(--paper); border: 1px solid var(--line); }
dl > div { display: flex; gap: 1rem; padding: 0.35rem 0.8rem; border-bottom: 1px solid var(--line); }
dl > div:last-child { border-bottom: 0; }
dt { flex: 0 0 11rem; color: var(--soft); }
dd { flex: 1; min-width: 0; margin: 0; overflow-wrap: break-word; }
h3 { margin: 1.2rem 0 0.4rem; font-size: 1rem; }
pre { margin: 0.4rem 0; padding: 0.6rem 0.8rem; background: var(--paper); border: 1px solid var(--line);
  font: 0.88em ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: break-word; }
form { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: end; margin: 0.6rem 0; }
label { color: var(--soft); font-size: 0.8rem; }
input, select { display: block; font: inherit; max-width: 12rem; }
td form { margin: 0; }
button { font: inherit; padding: 0.15rem 0.8rem; }
nav { display: flex; gap: 1rem; margin-top: 0.6rem; }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-size: 0.8rem; font-weight: 600; }
code { font: 0.88em ui-monospace, monospace; }
time { font-variant-numeric: tabular-nums; }
.soft { color: var(--soft); }
.note { padding: 0.8rem 1rem; background: var(--paper); border: 1px solid var(--line); }
.badge { padding: 0.05rem 0.45rem; border: 1px solid; border-radius: 0.3rem; font-size: 0.75rem;
  font-weight: 600; white-space: nowrap; }
.critical { color: var(--critical); } .high { color: var(--high); } .medium { color: var(--medium); }
.low { color: var(--low); } .info { color: var(--info); }
ul { margin: 0; padding: 0; list-style: none; }
@media (max-width: 44rem) {
  thead { display: none; } table, tbody { display: block; }
  tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  dl > div { display: block; }
  td { display: inline-block; padding: 0.1rem 0.8rem; border: 0; } td:has(a), td:has(ul) { display: block; }
}
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

# https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


def document(title: str, body: str, *, prefix: str = "", links: Iterable[tuple[str, str]] = ()) -> str:
    """The whole document around a body that is HTML already. `links`: of the navigation, words and path."""
    named = "".join(f'<a href="{html.escape(prefix + path)}">{text(words)}</a>' for words, path in links)
    nav = f"<nav>{named}</nav>\n" if named else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{text(title)}</h1>
{nav}</header>
<main>
{body}
</main>
</body>
</html>
"""


def table(heads: Iterable[tuple[str, str]], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already; each head with the class of its column, "" for the rest."""
    head = "".join(
        f'<th class="{kind}">{words}</th>' if kind else f"<th>{words}</th>" for words, kind in heads
    )
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Labels and values, both HTML already."""
    return (
        "<dl>" + "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in pairs) + "</dl>"
    )


def badge(severity: Severity) -> str:
    """How grave something is."""
    return f'<span class="badge {text(severity.lower())}">{text(severity)}</span>'


def path_to(identity: str, prefix: str) -> str:
    """The path of a finding's page, for an attribute."""
    return html.escape(f"{prefix}/findings/{quote(identity, safe=':')}")


def text(value: str, longest: int = LONGEST_TEXT) -> str:
    """Text for HTML: escaped, on one line; characters that don't print are shown as escape sequences."""
    return html.escape(safe(value, longest))


def long_text(value: str, longest: int) -> str:
    """The same for what may be longer than a line: a line may end behind a slash and a colon, too."""
    escaped = text(value, longest)
    return re.sub("([/:])", r"\1<wbr>", escaped) if len(value) > LONG else escaped
