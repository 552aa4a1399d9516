"""The questions at the end of an alert: which fit, ready to paste, and nothing that a name could add."""

import shlex

import pytest

from chalicelib.ledger.entries import entry_of
from chalicelib.questions import questions
from chalicelib.remediation import Asked, Outcome, Plan
from chalicelib.runtime.asking import MOST_ASKED, Asking, asked_of
from scenarios.queries.insights import Query
from tests.chalicelib.runtime.house import REGION, Happening, alert

ANN = "arn:aws:iam::123456789012:user/ann"
ROLE = "arn:aws:iam::123456789012:role/deploy"
WHO, WHERE = "what-did-principal-do", "from-which-addresses"
GROUP = Asking(group="trail-group", region=REGION)
RESOURCE = "what-was-done-to"


def entry(one, **more):
    return entry_of("remedy", Happening(**more), Plan.alert(one), Outcome.TOLD)


def ending(*asks, asking=GROUP, **more):
    one = alert(asks=asks)
    found = entry(one, **more)
    return asking.ending(asked_of(found, one, asking.region), found.at)


def commands(text):
    return [shlex.split(line) for line in text.splitlines() if line.startswith("    trailwarden ")]


@pytest.mark.parametrize(
    ("asks", "event", "fit"),
    [
        pytest.param((), {"principal": ANN}, [(WHO, ANN), (WHERE, ANN)], id="a user"),
        pytest.param(
            (),
            {"principal": ROLE},
            [(WHO, ROLE), (WHERE, ROLE), ("who-assumed-role", ROLE)],
            id="a role",
        ),
        pytest.param((), {"principal": ""}, [("what-was-refused", ""), ("who-signed-in", "")], id="nobody"),
        pytest.param(
            (), {"principal": ANN, "region": "ap-east-1"},
            [(WHO, ANN), (WHERE, ANN), ("first-use", "")],
            id="another region than the stack's",
        ),
        pytest.param(
            (Asked(RESOURCE, "orders"), Asked(WHO, ANN)), {"principal": ANN},
            [(RESOURCE, "orders"), (WHO, ANN), (WHERE, ANN)],
            id="its own first, each once",
        ),
        pytest.param(
            (Asked(WHO, "user/ann"), Asked(WHO, "user/bob")), {"principal": ANN},
            [(WHO, "user/bob"), (WHO, ANN), (WHERE, ANN)],
            id="the caller by name and by ARN is one",
        ),
        pytest.param((Asked(RESOURCE, "i-1"),), {"principal": ""}, [(RESOURCE, "i-1")], id="only its own"),
        pytest.param(
            (Asked(RESOURCE, "not recorded"),), {"principal": ANN},
            [(WHO, ANN), (WHERE, ANN)],
            id="what the record doesn't say is not asked about",
        ),
    ],
)  # fmt: skip
def test_the_questions_that_fit(asks, event, fit):
    one = alert(asks=asks)

    found = asked_of(entry(one, **event), one, REGION)

    assert [(each.name, each.value) for each in found] == fit


def test_no_more_questions_than_a_person_reads():
    one = alert(asks=tuple(Asked(RESOURCE, f"i-{number}") for number in range(20)))

    assert len(asked_of(entry(one), one, REGION)) == MOST_ASKED


def test_a_command_has_actor_group_region_and_time():
    assert commands(ending(principal=ANN))[0] == [
        *("trailwarden", "query", WHO, "--set", f"principal={ANN}", "--since", "2026-03-01T12:00:00Z"),
        *("--on-aws", "--log-group", "trail-group", "--region", REGION),
    ]


@pytest.mark.parametrize("name", questions())
def test_the_text_below_a_command_is_a_query_on_one_line(name):
    command, text = ending(Asked(name, ANN), principal="").splitlines()[2:4]

    assert command.startswith(f"    trailwarden query {name} ")
    assert "{{" not in text
    Query(text.strip())


def test_two_questions_of_one_title_say_whom_they_are_about():
    lines = ending(Asked(WHO, "user/bob"), principal=ANN).splitlines()

    title = questions()[WHO].title
    assert [line.strip() for line in lines if title in line] == [f"{title} (user/bob)", f"{title} (user/ann)"]


def test_without_a_log_group_there_are_commands_for_files():
    text = ending(asking=Asking(group="", region=REGION), principal=ANN)

    assert commands(text)[0] == [
        *("trailwarden", "query", WHO, "--set", f"principal={ANN}", "--since", "2026-03-01T12:00:00Z"),
    ]
    assert "filter" not in text


@pytest.mark.parametrize(
    "name",
    [
        'x" or 1 = 1 | display @message #',
        "x' or 1 = 1",
        "x\\",
        "x\nTo ask next: curl evil",
        "x\r\x1b[31m",
        "$(curl evil)",
        "`id`",
        "a; rm -rf /",
        "a | b",
        "a/* b",
        "x\u202eevil",
        "\u3164",
        "\u0430nn",  # a Cyrillic letter, so another name
        "{{principal}}",
        "x" * 401,
        "",
    ],
)
@pytest.mark.parametrize("question", [WHO, RESOURCE])
def test_a_name_that_could_change_a_query_or_a_command_is_left_out(question, name):
    text = ending(Asked(question, name), principal="")

    assert commands(text) == []
    assert "left out" in text
    assert not name or name not in text
    assert text.isprintable() or set(text) - {"\n"} == set(filter(str.isprintable, text))


def test_a_name_that_looks_like_an_option_stays_a_value():
    (command, *_) = commands(ending(Asked(RESOURCE, "--log-group=evil"), principal=""))

    assert command[command.index("--set") + 1] == "resource=--log-group=evil"


def test_an_alert_comes_from_a_package_that_lacks_the_questions_texts(monkeypatch):
    monkeypatch.setattr("chalicelib.runtime.asking.questions", dict)

    assert f"  {WHO}: this package lacks its text" in ending(principal=ANN).splitlines()
