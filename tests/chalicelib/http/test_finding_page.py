"""The page of one finding, and how both pages look in a browser, where one is installed."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from chalicelib.catalog import CATALOG
from chalicelib.http.finding_page import finding_page
from chalicelib.http.page import page
from chalicelib.ledger.entries import Decision, Ruling
from chalicelib.remediation import Call, CallProgress, Outcome, Plan
from tests.chalicelib.http.test_page import HOSTILE, Document, alert, finding
from tests.sample import sample

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARN = "arn:aws:dynamodb:eu-central-1:111122223333:table/orders/backup/01774234800000-be6521cc"
RESTORE = Call(
    service="dynamodb",
    operation="restore_table_from_backup",
    parameters={"TargetTableName": "orders", "BackupArn": ARN},
    account="111122223333",
    region="eu-central-1",
    lost="its tags",
    undo=Call(
        service="dynamodb",
        operation="delete_table",
        parameters={"TableName": "orders"},
        account="111122223333",
        region="eu-central-1",
        lost="what was written since",
    ),
)
TOLD = replace(alert(), facts=(("Restore with", RESTORE.command),), advice="Ask the caller.")
WAITS = finding(
    plan=Plan.alert(TOLD, calls=[RESTORE]), outcome=Outcome.AWAITING_APPROVAL, told=frozenset({0})
)
DONE = replace(WAITS, outcome=Outcome.ACTED, progress={0: CallProgress.DONE}, facts='{"newest": ["a"]}')
DECIDED = Decision(
    id="1",
    verb="approve",
    who="arn:aws:sts::111122223333:assumed-role/on-call/ann",
    at=WAITS.at,
    plan=WAITS.plan.digest,
    ruling=Ruling.REPLANNED,
    words=f"no longer: {RESTORE.command}",
    reason="ticket 17",
)


def shown(found, **more):
    return Document(finding_page(found, **more)).text


def test_what_waits_names_the_commands_that_decide_and_what_can_not_come_back():
    text = shown(WAITS)

    assert f"trailwarden approve {WAITS.id}" in text
    assert f"trailwarden refuse {WAITS.id}" in text
    assert "Can't come back: its tags" in text
    assert "trailwarden undo" not in text


def test_what_was_done_names_its_undo_and_the_facts_that_it_was_decided_from():
    text = shown(DONE)

    assert f"trailwarden undo {WAITS.id} --dry-run" in text
    assert "Can't come back: what was written since" in text
    assert "done by Trailwarden aws dynamodb restore-table-from-backup" in text
    assert '"newest": [ "a" ]' in text
    assert "trailwarden approve" not in text


def test_what_was_only_told_has_nothing_to_decide():
    assert "What you can do" not in shown(finding())
    assert "An alert was sent." in shown(finding(told=frozenset({0})))
    assert "Not sent yet." in shown(finding())


def test_who_decided_what_and_why():
    text = shown(replace(WAITS, decisions=(DECIDED,)))

    assert (
        "approve by arn:aws:sts::111122223333:assumed-role/on-call/ann, saying: ticket 17 replanned" in text
    )


def test_nothing_on_the_page_acts():
    """Not even a form: who decides types the command, which signs a POST."""
    assert not {"form", "button", "script"} & set(Document(finding_page(WAITS)).tags)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(replace(WAITS, principal=HOSTILE.replace("\ud800", "")), id="who"),
        pytest.param(replace(WAITS, failure=HOSTILE), id="why"),
        pytest.param(replace(DONE, facts=json.dumps([HOSTILE])), id="facts"),
        pytest.param(replace(WAITS, decisions=(replace(DECIDED, reason=HOSTILE),)), id="reason"),
        pytest.param(
            replace(WAITS, plan=Plan.alert(replace(TOLD, advice=HOSTILE, facts=((HOSTILE, HOSTILE),)))),
            id="alert",
        ),
    ],
)
def test_whatever_it_holds_is_shown_and_never_obeyed(hostile):
    text = finding_page(hostile)

    document = Document(text)
    assert not {"script", "img"} & set(document.tags)
    assert all(char.isprintable() or char == "\n" for char in text)


# ---- in a browser -------------------------------------------------------------------------------------

# Counts the lines that each word stands on. A hyphen, a slash and a blank are where a line may end.
_MEASURE = r"""<script>
const broken = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; node = walk.nextNode();) for (const word of node.data.matchAll(/[^\s\-\/?]+/g)) {
  const range = document.createRange();
  range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
  if (new Set([...range.getClientRects()].map(each => each.top)).size > 1) broken.push(word[0]);
}
const wide = document.documentElement.scrollWidth > window.innerWidth;
document.body.dataset.measured = JSON.stringify({broken, wide});
</script>"""


def measured(text, folder, width) -> dict:
    """Which words of a page are broken, and whether it is wider than the window."""
    (folder / "page.html").write_text(text.replace("</body>", f"{_MEASURE}</body>"))
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900"]
    made = subprocess.run(
        [*command, "--dump-dom", f"file://{folder}/page.html"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (said,) = re.findall(r'data-measured="([^"]*)"', made.stdout)
    return json.loads(said.replace("&quot;", '"'))


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed; .ci/run installs Debian's")
@pytest.mark.parametrize("width", sample([500, 1200], of=2))
@pytest.mark.parametrize("which", ["list", "finding"])
def test_no_word_is_broken_in_the_middle(which, width, tmp_path):
    found = replace(DONE, decisions=(DECIDED,))
    # Every outcome stands in the list: the longest has to fit as well.
    listed = [found, finding(), *(replace(finding(), outcome=each) for each in Outcome)]
    text = page(CATALOG, listed) if which == "list" else finding_page(found)

    assert measured(text, tmp_path, width) == {"broken": [], "wide": False}


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed; .ci/run installs Debian's")
def test_a_word_that_is_broken_is_seen(tmp_path):
    broken = page((), [finding(alert("x" * 200))])

    assert measured(broken, tmp_path, 1200)["broken"] != []
