"""The page at `/`: the timeline as it grows, the inbox, the clock with its buttons; no build step.

Suspects choose names and titles: the script puts texts in as texts, never as markup. The content security
policy lets the browser use this style and this script, and ask this very origin.
"""

import base64
import hashlib
from functools import cache

from chalicelib.http.html import STYLE
from scenarios.serve.messages import HttpAnswer

_STYLE = (
    STYLE
    + """
header { position: sticky; top: 0; padding: 0.6rem 0; background: var(--ground); }
#clock { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; margin: 0.6rem 0 0; }
#now { font-size: 1.1rem; font-variant-numeric: tabular-nums; }
.at { width: 7rem; } .kind { width: 8rem; }
details { margin: 0.4rem 0; padding: 0.5rem 0.8rem; background: var(--paper); border: 1px solid var(--line); }
summary { cursor: pointer; overflow-wrap: break-word; }
.mail, .alarm { color: var(--high); } .holes { color: var(--critical); }
@media (max-width: 44rem) { td { display: inline; padding: 0 0.3rem; } .words { display: block; } }
"""
)

_SCRIPT = """
"use strict";
const MOST = 500, EACH = 1500;
const by = (id) => document.getElementById(id);
let last = 0, mails = -1, silent = false;

async function ask(path, body) {
  const how = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch("/_world/" + path, how);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.message);
  return told;
}

function element(name, words, kind) {
  const made = document.createElement(name);
  made.textContent = words;
  if (kind) made.className = kind;
  return made;
}

function row(line) {
  const made = document.createElement("tr");
  const well = line.kind === "alarm" && !line.words.endsWith("ALARM");
  const at = element("td", line.at.slice(11, 19), "at");
  at.title = line.at;
  made.append(at, element("td", line.kind, "kind " + (well ? "" : line.kind.replace(/[^a-z]/g, "-"))),
    element("td", line.words, "words"));
  return made;
}

function letter(mail) {
  const made = document.createElement("details");
  made.append(element("summary", mail.at.slice(11, 19) + "  " + mail.subject + "  (to " + mail.to + ")"),
    element("pre", mail.text));
  return made;
}

async function look() {
  const health = await ask("health");
  by("now").textContent = health.now.slice(0, 19).replace("T", " ") + " UTC";
  by("speed").textContent = health.speed === 0 ? "stands still" : health.speed + " x real time";
  by("holes").textContent = health.not_simulated.length
    ? "Not simulated: " + health.not_simulated[health.not_simulated.length - 1] : "";
  const lines = await ask("timeline?most=" + MOST + "&after=" + last);
  const body = by("timeline");
  for (const line of lines) { body.prepend(row(line)); last = line.number; }
  while (body.childElementCount > MOST) body.lastElementChild.remove();
  const inbox = await ask("inbox");
  if (inbox.length !== mails) {
    mails = inbox.length;
    by("inbox").replaceChildren(...inbox.slice(-100).reverse().map(letter));
    by("mails").textContent = mails;
  }
}

async function press(path, body) {
  by("wrong").textContent = "";
  try {
    await ask(path, body);
    if (path === "reset") { last = 0; mails = -1; by("timeline").replaceChildren(); }
    await look();
  } catch (error) { by("wrong").textContent = error.message; }
}

for (const button of document.querySelectorAll("button")) {
  button.addEventListener("click", () => press(button.dataset.path, JSON.parse(button.dataset.body)));
}

async function again() {
  try {
    if (!document.hidden) await look();
    if (silent) by("wrong").textContent = "";
    silent = false;
  } catch (error) { silent = true; by("wrong").textContent = "No answer: " + error.message; }
  setTimeout(again, EACH);
}
again();
"""

_BUTTONS = (
    ("+1 minute", "clock", '{"advance": "1m"}'),
    ("+5 minutes", "clock", '{"advance": "5m"}'),
    ("+1 hour", "clock", '{"advance": "1h"}'),
    ("Until idle", "clock", '{"until": "idle"}'),
    ("Begin anew", "reset", "{}"),
)


@cache
def page() -> HttpAnswer:
    """The page, and what it lets a browser do."""
    buttons = "".join(
        f'<button type="button" data-path="{path}" data-body=\'{body}\'>{words}</button>'
        for words, path, body in _BUTTONS
    )
    document = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated AWS</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>Simulated AWS</h1>
<div id="clock"><time id="now">...</time><span id="speed" class="soft"></span>{buttons}</div>
<p id="wrong" class="critical" role="alert"></p>
<p id="holes" class="holes"></p>
</header>
<main>
<h2>Inbox (<span id="mails">0</span>)</h2>
<div id="inbox"></div>
<h2>Timeline, the newest first</h2>
<table>
<thead><tr><th class="at">Time</th><th class="kind">What</th><th></th></tr></thead>
<tbody id="timeline"></tbody>
</table>
</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""
    policy = (
        f"default-src 'none'; style-src '{_hash(_STYLE)}'; script-src '{_hash(_SCRIPT)}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HttpAnswer(status=200, headers=headers, body=document.encode())


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
