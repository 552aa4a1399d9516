"""The commands for people, against the API of a simulated stack, and with rights of one's own."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from click.testing import CliRunner

from scenarios.cloud.world import World
from scenarios.commands import approve, findings, redrive, refuse, show, undo
from scenarios.commands.cli import main
from scenarios.incidents.people import APPROVE, DELETED, NAME, ORDERS, mallory
from scenarios.people.api import ApiError, Refused, SignedApi
from scenarios.people.deciding import decide
from scenarios.people.direct import Direct
from scenarios.people.options import URL, path_of
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario
from scenarios.runner.words.people import ask, on_call

PLAN = Scenario(
    name="plan",
    title="",
    parameters=(*APPROVE, ("Operators", "arn:aws:iam::*:user/admin")),
    given=ORDERS,
    when=[],
    then=[],
)
ENFORCED = Scenario(
    name="enforced", title="", parameters=(("TableDeletedMode", "enforce"),), given=ORDERS, when=[], then=[]
)


class WorldApi:
    """The API of a world, as an actor asks it; the world's time goes on while a command waits."""

    def __init__(self, world, actor) -> None:
        self.world, self.caller = world, actor.caller(world)

    def get(self, path, query=None):
        self.world.run(1)
        return self._told(ask(self.world, self.caller, "GET", path, query=query))

    def post(self, path, body):
        return self._told(ask(self.world, self.caller, "POST", path, body))

    def _told(self, answer):
        if answer.status >= 400:
            raise Refused(answer.status, answer.json["Message"])
        return answer.json


@contextmanager
def begun(scenario):
    """A world in which the orders table was deleted, and event history knows it by now."""
    with World(deployment_of(scenario)) as world:
        with world.calls.muted():
            for given in scenario.given:
                given.do(world)
        DELETED.do(world)
        world.run(780)
        yield world


@pytest.fixture
def waiting():
    with begun(PLAN) as world:
        yield world


@pytest.fixture
def acted():
    with begun(ENFORCED) as world:
        yield world


@pytest.fixture
def typed(monkeypatch):
    """Type a command; `api` is what it asks."""

    def run(api, *words):
        for each in (findings, show, approve, refuse, undo, redrive):
            monkeypatch.setattr(each, "api_of", lambda *_, **__: api)
        monkeypatch.setattr("scenarios.people.deciding.time.sleep", lambda _: None)
        result = CliRunner().invoke(main, words)
        return result.exit_code, result.stdout, result.stderr

    return run


def the_id(api):
    """The finding with a plan; our own restore, by an event of its own, is a finding too."""
    (found,) = (
        each for each in api.get("/findings", {"remediation": NAME})["findings"] if each["plan_digest"]
    )
    return found["id"]


# ---- looking, deciding --------------------------------------------------------------------------------


def test_from_the_list_to_the_approval_and_what_became_of_it(waiting, typed):
    """One after the other on one world: what an alert says can be typed as it stands."""
    ann = WorldApi(waiting, on_call("ann"))
    identity = the_id(ann)

    code, listed, _ = typed(ann, "findings", "--severity", "high", "--actor", "mallory", "--since", "1h")
    assert (code, identity in listed, "user/mallory" in listed) == (0, True, True)
    assert typed(ann, "findings", "--severity", "critical")[2] == "nothing was found\n"

    code, shown, _ = typed(ann, "show", identity)
    assert code == 0
    assert f"To approve: trailwarden approve {identity}" in shown
    assert "not done: aws dynamodb restore-table-from-backup" in shown
    assert "can't bring back: the table's id" in shown

    code, text, _ = typed(WorldApi(waiting, mallory), "approve", identity)
    assert (code, text.splitlines()[-1]) == (1, "rejected: who did it can't decide about it")

    code, _, error = typed(ann, "approve", identity, "--plan", "00000000")
    assert (code, error) == (2, "trailwarden: The plan is another one by now: look at the finding again\n")

    mail, *_ = (each for each in waiting.topics.inbox if identity in each.text and "To approve" in each.text)
    (command,) = (line for line in mail.text.splitlines() if line.startswith("To approve: "))
    words = command.removeprefix("To approve: trailwarden ").split()
    code, text, _ = typed(ann, *words)
    assert (code, text.splitlines()[-1]) == (0, "granted: by arn:aws:iam::123456789012:user/ann")

    code, _, error = typed(ann, "refuse", identity)
    assert (code, error) == (2, "trailwarden: Nothing waits for a decision: the finding is acted\n")
    assert f"To undo it: trailwarden undo {identity}" in typed(ann, "show", identity)[1]


def test_an_undo_is_tried_dry_before_it_is_made(acted, typed):
    ann = WorldApi(acted, on_call("ann"))
    identity = the_id(ann)

    code, text, _ = typed(ann, "undo", identity, "--dry-run")
    assert code == 0
    assert "can't bring back: what was written to the table since it was restored" in text
    assert text.splitlines()[-1].startswith("would undo: aws dynamodb delete-table --table-name orders")

    code, text, _ = typed(ann, "undo", identity, "--reason", "a test", "--format", "json")
    assert code == 0
    assert json.loads(text)["decision"]["ruling"] == "undone"
    assert "orders" not in acted.client(acted.user("reader"), "dynamodb").list_tables()["TableNames"]


def test_what_takes_too_long_is_noted_and_not_waited_for(waiting, capsys):
    class Slow(WorldApi):
        def get(self, path, query=None):
            found = super().get(path, query)
            return {**found, "outcome": "awaiting approval", "decisions": []} if "id" in found else found

        def post(self, path, body):
            return {"id": "1"}

    slow = Slow(waiting, on_call("bob"))

    assert decide(slow, "approve", the_id(slow), wait=lambda _: None) == 0
    assert "noted, and not done yet" in capsys.readouterr().out


def test_nobody_without_the_right_to_ask_the_api_is_answered(waiting):
    nobody = WorldApi(waiting, type(mallory)(name="nobody", policies=()))

    with pytest.raises(Refused, match="not authorized to perform: execute-api:Invoke"):
        nobody.get("/findings")


# ---- with rights of one's own -----------------------------------------------------------------------


def directly(world, actor):
    resources = {name: each.physical_id for name, each in world.home.resources.items()}
    return Direct(world.session(actor.caller(world)), resources)


def test_directly_the_calls_are_made_under_ones_own_name(waiting, typed):
    direct = directly(waiting, mallory)
    identity = the_id(direct)
    assert typed(direct, "show", identity, "--direct")[0] == 0

    code, text, _ = typed(direct, "approve", identity, "--direct")

    assert code == 0
    assert "under your own name:" in text
    assert "orders" in waiting.client(waiting.user("reader"), "dynamodb").list_tables()["TableNames"]
    code, _, error = typed(direct, "refuse", identity, "--direct")
    assert (code, "only the API notes decisions" in error) == (2, True)


# ---- dead letters -------------------------------------------------------------------------------------


def test_dead_letters_are_shown_with_their_reasons_and_sent_again_one_or_all(waiting, typed):
    ann, admin = WorldApi(waiting, on_call("ann")), waiting.user("admin")
    function = waiting.home.resources["TableDeleted"].physical_id
    for number in (1, 2):
        payload = json.dumps({"number": number})
        waiting.client(admin, "lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)
    waiting.client(admin, "sqs").send_message(
        QueueUrl=waiting.home.resources["DeadLetters"].physical_id, MessageBody="not ours"
    )
    waiting.run(300)

    code, listed, _ = typed(ann, "redrive", "--format", "json")
    letters = [json.loads(line) for line in listed.splitlines()]
    assert code == 0
    assert [each["to"] for each in letters].count(function) == 2
    reason = "RetriesExhausted after 3 tries: MalformedEvent: table_deleted: what woke"
    assert [each["reason"].startswith(reason) for each in letters].count(True) == 2

    one, _ = (each["id"] for each in letters if each["to"])
    code, text, _ = typed(ann, "redrive", one)
    assert (code, text) == (0, "sent again: 1\n")
    assert typed(ann, "redrive", "no-such-id")[0] == 1

    code, text, _ = typed(ann, "redrive", "--all")
    assert code == 1  # what somebody else has put there goes nowhere
    assert "sent again: 1" in text
    assert "nothing of Trailwarden's put it there" in text


# ---- bad input, and the way there ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["findings", "--since", "yesterday"],
            "--since 'yesterday' is neither a time nor a span such as 24h",
        ),
        (["findings", "--severity", "loud"], "'loud' is not one of"),
        (["findings", "--limit", "0"], "0 is not in the range"),
        (["show"], "Missing argument 'ID'"),
        (["redrive", "x", "--all"], "name dead letters, or say --all, not both"),
        (["show", "x", "--url", "ftp://x"], "'ftp://x' is no URL: it begins with https://"),
        (["show", "x", "--url", "http://localhost:1"], "http://localhost:1 could not be asked"),
        (["show", "x"], "no region: --region names the home region"),
        (["undo", "x", "--direct"], "no region: --region names the home region"),
    ],
)
def test_bad_input_is_one_sentence(words, sentence, monkeypatch):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", URL):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(main, words)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_unknown_id_is_one_sentence(waiting, typed):
    code, _, error = typed(WorldApi(waiting, on_call("ann")), "approve", "root_login:nothing")

    assert (code, error) == (2, "trailwarden: No finding has the id 'root_login:nothing'\n")


class _Gateway(BaseHTTPRequestHandler):
    """Answers as Chalice does, and remembers what it was asked."""

    asked: list = []  # noqa: RUF012 - one server, one test

    def do_GET(self):
        self.asked.append((self.path, self.headers["Authorization"], self.headers["X-Amz-Date"]))
        known = self.path.startswith("/findings?")
        answer = {"findings": [], "next": ""} if known else {"Code": "NotFoundError", "Message": "No finding"}
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        """Silence."""


@pytest.fixture
def gateway():
    server = HTTPServer(("127.0.0.1", 0), _Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_request_is_signed_and_an_id_is_quoted(gateway):
    api = SignedApi(gateway, boto3.Session(region_name="eu-west-1"))

    assert api.get("/findings", {"actor": "a b", "limit": "3"}) == {"findings": [], "next": ""}
    with pytest.raises(Refused, match="No finding"):
        api.get(path_of("root_login:x/../y"))

    (listed, signature, date), (shown, _, _) = _Gateway.asked
    assert listed == "/findings?actor=a%20b&limit=3"
    assert shown == "/findings/root_login:x%2F..%2Fy"
    assert f"/{date[:8]}/eu-west-1/execute-api/aws4_request" in signature


def test_the_url_may_stand_in_the_environment(gateway, monkeypatch):
    monkeypatch.setenv(URL, gateway)

    result = CliRunner().invoke(main, ["findings"])

    assert (result.exit_code, result.stderr) == (0, "nothing was found\n")


def test_an_answer_that_is_not_the_apis_is_told():
    from scenarios.people.api import _told

    with pytest.raises(ApiError, match="is not Trailwarden's API"):
        _told(200, b"<html>")
