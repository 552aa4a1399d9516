"""`trailwarden dashboard`: which dashboard, the page, and one sentence for everything that goes wrong."""

import json

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from scenarios.commands import dashboard
from scenarios.commands.cli import main

NOTE = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "all is well"}}]})
EXPLORER = {"type": "explorer", "properties": {"metrics": [], "labels": []}}
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:mine"
CUSTOM = json.dumps({"widgets": [{"type": "custom", "properties": {"endpoint": FUNCTION, "title": "mine"}}]})


class Account:
    """An account with one stack and its dashboard."""

    body, outputs = NOTE, [{"OutputKey": "DashboardName", "OutputValue": "board"}]

    def describe_stacks(self, StackName):  # noqa: N803 - AWS's name
        assert StackName == "trailwarden"
        return {"Stacks": [{"Outputs": self.outputs}]}

    def get_dashboard(self, DashboardName):  # noqa: N803 - likewise
        if DashboardName != "board":
            error = {"Error": {"Code": "ResourceNotFound", "Message": "Dashboard other does not exist"}}
            raise ClientError(error, "GetDashboard")
        return {"DashboardBody": self.body}


@pytest.fixture
def account(monkeypatch):
    found = Account()
    monkeypatch.setattr("chalicelib.aws.Aws.client", lambda *_: found)
    return found


def drawn(*arguments):
    return CliRunner().invoke(main, ["dashboard", *map(str, arguments)])


def test_without_a_name_it_is_the_stacks_own(account, tmp_path):
    out = tmp_path / "page.html"

    ran = drawn("--out", out, "--region", "eu-west-1")

    assert (ran.exit_code, ran.output) == (0, "")
    assert "<h1>board</h1>" in out.read_text()
    assert "<p>all is well</p>" in out.read_text()


def test_what_is_not_drawn_is_told_and_the_page_is_there(account, tmp_path):
    account.body = CUSTOM
    out = tmp_path / "page.html"

    ran = drawn("board", "--out", out, "--region", "eu-west-1")

    assert ran.exit_code == 2
    assert ran.output == "trailwarden: not drawn: mine: widgets of the kind custom are not drawn here\n"
    assert "Not drawn" in out.read_text()


def test_a_page_that_cannot_be_written_is_told(account, tmp_path):
    ran = drawn("board", "--out", tmp_path / "none" / "page.html", "--region", "eu-west-1")

    assert (ran.exit_code, ran.output.count("\n")) == (2, 1)
    assert "could not write" in ran.output


def test_a_dashboard_that_is_not_there_is_told(account, tmp_path):
    ran = drawn("other", "--out", tmp_path / "page.html", "--region", "eu-west-1")

    assert (ran.exit_code, ran.output.count("\n")) == (2, 1)
    assert "Dashboard other does not exist" in ran.output


def test_a_text_that_is_none_is_told_in_one_line(account, tmp_path):
    account.body = json.dumps({"widgets": [EXPLORER]})

    ran = drawn("board", "--out", tmp_path / "page.html", "--region", "eu-west-1")

    assert (ran.exit_code, ran.output.count("\n")) == (2, 1)
    assert "the dashboard board: The dashboard body is invalid" in ran.output


def test_a_stack_without_a_dashboard_is_told(account, tmp_path):
    account.outputs = []

    ran = drawn("--out", tmp_path / "page.html", "--region", "eu-west-1")

    assert (ran.exit_code, "name a dashboard" in ran.output) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["board"], "--out"),
        (["--out", "p", "--scenario", "root_login", "--region", "eu-west-1"], "leave --region and --profile"),
        (["--out", "p", "--scenario", "no-such-scenario"], "no-such-scenario"),
        (["--out", "p", "--profile", "no-such-profile"], "no-such-profile"),
    ],
)
def test_bad_usage_is_one_sentence(arguments, why):
    ran = drawn(*arguments)

    assert (ran.exit_code, ran.output.count("\n")) == (2, 1)
    assert why in ran.output


def test_a_page_is_drawn_of_what_a_scenario_leaves(monkeypatch, tmp_path):
    """The way through a scenario; what one leaves is in tests of its own, since a run takes seconds."""
    out = tmp_path / "page.html"
    told = dashboard.Page(text="page", undrawn=())
    wanted = ("root_login", None, 7)
    monkeypatch.setattr(dashboard, "_rehearsed", lambda *asked: told if asked == wanted else None)

    assert drawn("--out", out, "--scenario", "root_login", "--seed", "7").exit_code == 0
    assert out.read_text() == "page"
