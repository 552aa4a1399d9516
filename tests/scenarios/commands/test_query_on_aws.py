"""`trailwarden query --on-aws`: which options go together, the price first, a yes, and the answer."""

import json

import pytest
from click.testing import CliRunner

from scenarios.commands import query_on_aws
from scenarios.commands.cli import main
from scenarios.on_aws.answers import Answered, Estimate, NoAnswer

TEXT = "fields eventName | sort eventName asc"
ARN = "arn:aws:logs:eu-west-1:111122223333:log-group:g"
ASKED = ("--on-aws", "--since", "2026-03-01", "--region", "eu-west-1")


def query(*arguments, given=None):
    return CliRunner().invoke(main, ["query", *arguments], input=given)


class Engine:
    """Answers with two rows, once its price was asked for."""

    def __init__(self, error=None):
        self.error, self.said = error, []

    def estimate(self):
        self.said.append("price")
        return Estimate(bytes=1, words="It costs about $1.")

    def ask(self):
        self.said.append("asked")
        if self.error:
            raise self.error
        return Answered(names=["a", "b"], rows=[["1", None], ["2", "x"]], words="2 events scanned")


@pytest.fixture
def engines(monkeypatch):
    """The engines that the command makes, with what they were made of."""
    made = []

    def engine(**given):
        made.append(given)
        return Engine()

    monkeypatch.setattr("scenarios.on_aws.insights.Insights", engine)
    monkeypatch.setattr("scenarios.on_aws.athena.Athena", engine)
    return made


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((TEXT, "--log-group", "g"), "--log-group is for --on-aws"),
        ((TEXT, "--yes"), "--yes is for --on-aws"),
        ((TEXT, "file.json", *ASKED, "--log-group", "g"), "leave files and --table out"),
        ((TEXT, "--on-aws", "--log-group", "g"), "wants --since"),
        ((TEXT, *ASKED), "wants --log-group"),
        ((TEXT, *ASKED, "--log-group", "g", "--database", "d"), "--database is not for the language of"),
        (("SELECT 1", "--on-aws", "--log-group", "g"), "--log-group is not for SQL"),
        (("SELECT 1", *ASKED), "LIMIT and WHERE say how many"),
        (("SELECT 1", "--on-aws", "--region", "a", "--region", "b"), "one region at a time"),
        ((TEXT, *ASKED, "--region", "us-east-1", "--log-group", ARN), "no log group is named for us-east-1"),
        ((TEXT, *ASKED, *(f"--log-group=g{number}" for number in range(51))), "takes 50 log groups"),
        ((TEXT, *ASKED, "--log-group", "g"), "without a terminal it wants --yes"),
        ((TEXT, *ASKED, "--log-group", "g", "--profile", "nobody"), "nobody"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(engines, arguments, why):
    result = query(*arguments)

    assert result.exit_code == 2
    assert why in result.stderr
    assert result.stdout == ""


def test_the_price_is_said_before_the_answer(engines):
    result = query(TEXT, *ASKED, "--log-group", "g", "--yes", "--format", "json", "--limit", "7")

    assert result.exit_code == 0
    assert result.stderr.splitlines() == ["trailwarden: It costs about $1.", "2 rows; 2 events scanned"]
    assert [json.loads(line) for line in result.stdout.splitlines()] == [{"a": "1"}, {"a": "2", "b": "x"}]
    (given,) = engines
    assert (given["groups"], given["regions"], given["limit"]) == (("g",), ("eu-west-1",), 7)


def test_a_query_with_source_names_its_groups_itself(engines):
    assert query(f"SOURCE logGroups() | {TEXT}", *ASKED, "--yes").exit_code == 0


def test_an_arn_says_its_region(engines):
    assert query(TEXT, "--on-aws", "--since", "2026-03-01", "--log-group", ARN, "--yes").exit_code == 0
    assert engines[0]["regions"] == ("eu-west-1",)


def test_sql_goes_to_athena(engines):
    result = query(
        "SELECT 1", "--on-aws", "--region", "eu-west-1", "--database", "d", "--yes", "--format", "json"
    )

    assert result.exit_code == 0
    assert json.loads(result.stdout.splitlines()[0]) == {"a": "1", "b": None}
    assert (engines[0]["database"], engines[0]["workgroup"]) == ("d", "primary")


@pytest.mark.parametrize(("answer", "said"), [("y\n", ["price", "asked"]), ("n\n", ["price"])])
def test_on_a_terminal_it_asks(monkeypatch, answer, said):
    engine = Engine()
    monkeypatch.setattr("scenarios.on_aws.insights.Insights", lambda **_: engine)
    monkeypatch.setattr(query_on_aws, "_is_terminal", lambda: True)

    assert query(TEXT, *ASKED, "--log-group", "g", given=answer).exit_code == 0
    assert engine.said == said


def test_a_malformed_query_has_a_caret_under_its_place(monkeypatch):
    engine = Engine(NoAnswer("MalformedQueryException: unexpected symbol", 7))
    monkeypatch.setattr("scenarios.on_aws.insights.Insights", lambda **_: engine)

    result = query(TEXT, *ASKED, "--log-group", "g", "--yes")

    assert result.exit_code == 2
    assert result.stderr.splitlines()[1:] == [
        "trailwarden: MalformedQueryException: unexpected symbol",
        f"  {TEXT}",
        "         ^",
    ]


def test_ctrl_c_ends_it(monkeypatch):
    monkeypatch.setattr("scenarios.on_aws.insights.Insights", lambda **_: Engine(KeyboardInterrupt()))

    assert query(TEXT, *ASKED, "--log-group", "g", "--yes").exit_code == 130
