import pytest

from chalicelib.ledger.entries import entry_of
from chalicelib.remediation import CallProgress, Outcome, Plan
from chalicelib.runtime.notify import LONGEST_LABEL, message_of, publish, subject_of
from chalicelib.wording import LONGEST_FACT, safe
from tests.chalicelib.runtime.house import Happening, alert, built, creates

ID = "remedy:2026-03-02T12:00:00.000Z:0123456789ab"
CALLS = (creates("a"), creates("b"))


def text_of(one=None, outcome=Outcome.TOLD, calls=(), progress=None, **more):
    return message_of(one or alert(), ID, outcome, calls, progress or {}, **more)


# ---- nothing forges a line -----------------------------------------------------------------------

HOSTILE = [
    pytest.param("a\nWho: somebody else", id="line feed"),
    pytest.param("a\r\nWho: somebody else", id="carriage return"),
    pytest.param("a\u2028b\u2029c\x85d\x0be\x0cf", id="every other line break"),
    pytest.param("\x1b[2J\x1b[31m", id="terminal escapes"),
    pytest.param("evil\u202egnp.exe", id="right-to-left override"),
    pytest.param("a\u200bb\ufeffc", id="invisible characters"),
    pytest.param("\ud800", id="half a surrogate pair"),
    pytest.param("\x00", id="null"),
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("where", ["title", "label", "fact", "failure", "call", "finding"])
def test_no_text_breaks_out_of_its_line(text, where):
    one = alert(
        title=text if where == "title" else "t",
        facts=((text if where == "label" else "l", text if where == "fact" else "f"),),
    )
    message = message_of(
        one,
        text if where == "finding" else ID,
        Outcome.FAILED,
        [creates(text if where == "call" else "t")],
        {0: CallProgress.BEGUN},
        failure=text if where == "failure" else "no",
    )
    harmless = message_of(
        alert("t", facts=(("l", "f"),)),
        ID,
        Outcome.FAILED,
        [creates("t")],
        {0: CallProgress.BEGUN},
        failure="no",
    )

    assert len(message.splitlines()) == len(harmless.splitlines())
    assert all(line.isprintable() for line in message.split("\n"))
    message.encode()  # SNS takes UTF-8


@pytest.mark.parametrize("text", HOSTILE)
def test_a_subject_is_one_line_of_printable_ascii(text):
    subject = subject_of(alert(text))

    assert subject.isascii()
    assert subject.isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("orders-2026", "orders-2026", id="plain"),
        pytest.param("Zoë Müller", "Zoë Müller", id="letters of any language"),
        pytest.param("a\tb", "a\\tb", id="a tab"),
        pytest.param("\x1b", "\\x1b", id="an escape"),
    ],
)
def test_what_prints_is_shown_and_what_does_not_is_spelt(text, shown):
    assert safe(text) == shown


# ---- lengths -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "cut"),
    [pytest.param(93, False, id="just fits"), pytest.param(94, True, id="one too many")],
)
def test_a_subject_is_shorter_than_a_hundred_characters(length, cut):
    subject = subject_of(alert("x" * length))

    assert len(subject) == 99
    assert subject.endswith("...") == cut


def test_a_label_and_a_fact_end_somewhere():
    text = text_of(alert(facts=(("l" * 500, "f" * 5000),)))

    line = text.splitlines()[2]
    assert line == f"{'l' * (LONGEST_LABEL - 1)}…: {'f' * (LONGEST_FACT - 1)}…"


@pytest.mark.parametrize(
    ("outcome", "elsewhere"),
    [
        pytest.param(Outcome.OBSERVED, f"; to see it: trailwarden show {ID}", id="in the ledger"),
        pytest.param(Outcome.UNRECORDED, "", id="nowhere else"),
    ],
)
def test_half_a_command_is_never_shown(outcome, elsewhere):
    text = text_of(outcome=outcome, calls=[creates("t" * 5000)])

    (line,) = [line for line in text.splitlines() if line.startswith("  - ")]
    assert line == f"  - aws dynamodb create-table, too long to show here{elsewhere}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "one",
    [
        pytest.param(alert(facts=tuple(("Host", "😀" * 2000) for _ in range(300))), id="facts"),
        pytest.param(alert(advice="\n".join("é" * 3000 for _ in range(300))), id="advice"),
        pytest.param(alert("😀" * 70_000), id="title"),
    ],
)
def test_a_message_stays_under_what_sns_takes(one):
    text = text_of(
        one, Outcome.ACTED, [creates("😀" * 225)] * 300, {0: CallProgress.DONE}, failure="x" * 300_000
    )

    assert len(text.encode()) < 255 * 1024
    assert "more lines, left out" in text
    assert text.splitlines()[-1] == f"Finding {ID}"


# ---- what was done -------------------------------------------------------------------------------


def test_an_alert_reads_title_facts_advice_and_finding():
    text = text_of(
        alert("Root signed in", facts=(("Who", "root"), ("Account", "1")), advice="Ask.\nThen act.")
    )

    assert text == (
        "[HIGH] Root signed in\n\nWho:     root\nAccount: 1\n\nAsk.\nThen act.\n\n"
        "Finding remedy:2026-03-02T12:00:00.000Z:0123456789ab"
    )


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_words_for_what_it_did_not_do(outcome):
    assert "  - aws dynamodb create-table --table-name a" in text_of(outcome=outcome, calls=CALLS)


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        pytest.param({}, True, id="to be made"),
        pytest.param({0: CallProgress.DONE}, False, id="answered"),
    ],
)
def test_what_only_the_answer_of_a_call_will_tell_is_said(progress, said):
    made = creates("a", gives={"GroupId": "${quarantine}"})
    calls = [made.knowing({"${quarantine}": "sg-1"}) if progress else made]

    text = text_of(outcome=Outcome.CAPPED, calls=calls, progress=progress)

    assert ("    its answer has the GroupId: put it in the place of ${quarantine} below" in text) == said


@pytest.mark.parametrize(
    ("outcome", "progress", "words"),
    [
        pytest.param(
            Outcome.ACTED, {0: CallProgress.DONE, 1: CallProgress.DONE}, ["Trailwarden did:"], id="all done"
        ),
        pytest.param(
            Outcome.ACTED,
            {0: CallProgress.DONE, 1: CallProgress.FOUND},
            ["Trailwarden did:", "This was so already, and not by"],
            id="one found",
        ),
        pytest.param(
            Outcome.FAILED,
            {0: CallProgress.DONE, 1: CallProgress.BEGUN},
            ["Trailwarden did:", "Trailwarden could not do:", "    because denied", "It is tried again"],
            id="one failed",
        ),
        pytest.param(
            Outcome.FAILED,
            {0: CallProgress.BEGUN},
            ["Trailwarden could not do:", "Trailwarden did not yet try:"],
            id="the first failed",
        ),
        pytest.param(
            Outcome.CAPPED,
            {0: CallProgress.DONE, 1: CallProgress.BEGUN},
            ["Trailwarden did:", "Trailwarden held back"],
            id="the switch came between",
        ),
    ],
)
def test_who_did_what_is_told_in_order(outcome, progress, words):
    text = text_of(outcome=outcome, calls=CALLS, progress=progress, failure="denied")

    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_only_what_we_did_can_be_undone_and_last_things_first():
    text = text_of(outcome=Outcome.ACTED, calls=CALLS, progress={0: CallProgress.DONE, 1: CallProgress.DONE})

    undo = text[text.index("To undo it:") :].splitlines()[:4]
    assert [line.partition(" --region")[0] for line in undo] == [
        f"To undo it: trailwarden undo {ID}",
        "which does:",
        "  - aws dynamodb delete-table --table-name b",
        "  - aws dynamodb delete-table --table-name a",
    ]


def test_half_a_command_is_never_offered_as_the_undo():
    text = text_of(outcome=Outcome.ACTED, calls=[creates("t" * 5000)], progress={0: CallProgress.DONE})

    shown = f"  - aws dynamodb delete-table, too long to show here; to see it: trailwarden show {ID}"
    assert shown in text.splitlines()


@pytest.mark.parametrize("outcome", [Outcome.OBSERVED, Outcome.AWAITING_APPROVAL, Outcome.CAPPED])
def test_what_was_not_done_has_nothing_to_undo(outcome):
    assert "To undo it:" not in text_of(outcome=outcome, calls=CALLS)


def test_an_approval_names_its_command():
    text = text_of(outcome=Outcome.AWAITING_APPROVAL, calls=CALLS)

    assert f"To approve: trailwarden approve {ID}" in text.splitlines()


# ---- sending -------------------------------------------------------------------------------------


def test_an_alert_leaves_with_attributes_that_filters_can_use():
    with built() as house:
        finding = entry_of("remedy", Happening(), Plan.alert(alert()), Outcome.TOLD)
        publish(
            house.aws.client("sns"),
            house.topic,
            remediation="remedy",
            alert=alert(),
            message=message_of(alert(), finding.id, finding.outcome),
        )

        (mail,) = house.mail
    assert mail.subject == "HIGH: Something happened"
    assert mail.attributes == {"severity": "HIGH", "remediation": "remedy"}
