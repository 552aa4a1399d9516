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
from scenarios.people.api import AnswerIsNo, ApiError, Refused, SignedApi, _told
from scenarios.people.deciding import decide
from scenarios.people.direct import Direct
from scenarios.people.options import URL, path_of
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario
from scenarios.runner.words.people import ask, on_call
from tests.sample import sample

AN_ID = "table_deleted:2026-03-02T03:00:00.000Z:0123456789ab"
PLAN = Scenario(
    name="plan",
    title="",
    parameters=(*APPROVE, ("Operators", "arn:aws:iam::123456789012:user/admin")),
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
        return _told(answer.status, answer.body.encode())


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


@pytest.mark.slow
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

    code, text, _ = typed(WorldApi(waiting, mallory), "approve", identity, "--yes")
    assert (code, text.splitlines()[-1]) == (1, "rejected: who did it can't decide about it")

    code, _, error = typed(ann, "approve", identity, "--plan", "00000000", "--yes")
    assert (code, error) == (1, "trailwarden: The plan is another one by now: look at the finding again\n")

    mail, *_ = (each for each in waiting.topics.inbox if identity in each.text and "To approve" in each.text)
    (command,) = (line for line in mail.text.splitlines() if line.startswith("To approve: "))
    words = command.removeprefix("To approve: trailwarden ").split()
    code, text, _ = typed(ann, *words, "--yes")
    assert (code, text.splitlines()[-1]) == (
        0,
        "granted: by arn:aws:iam::123456789012:user/ann; the finding is acted",
    )

    code, _, error = typed(ann, "refuse", identity, "--yes")
    assert (code, error) == (1, "trailwarden: Nothing waits for a decision: the finding is acted\n")
    assert f"To undo it: trailwarden undo {identity}" in typed(ann, "show", identity)[1]


@pytest.mark.slow
def test_an_undo_is_tried_dry_before_it_is_made(acted, typed):
    ann = WorldApi(acted, on_call("ann"))
    identity = the_id(ann)

    code, text, _ = typed(ann, "undo", identity, "--dry-run")
    assert code == 0
    assert "can't bring back: what was written to the table since it was restored" in text
    assert text.splitlines()[-1].startswith("would undo: aws dynamodb delete-table --table-name orders")

    code, text, _ = typed(ann, "undo", identity, "--reason", "a test", "--format", "json", "--yes")
    assert code == 0
    assert json.loads(text)["decision"]["ruling"] == "undone"
    assert "orders" not in acted.client(acted.user("reader"), "dynamodb").list_tables()["TableNames"]


@pytest.mark.slow
def test_what_takes_too_long_is_noted_and_not_waited_for(waiting, capsys):
    class Slow(WorldApi):
        def get(self, path, query=None):
            found = super().get(path, query)
            return {**found, "outcome": "awaiting approval", "decisions": []} if "id" in found else found

        def post(self, path, body):
            return {"id": "1"}

    slow = Slow(waiting, on_call("bob"))

    assert decide(slow, "approve", the_id(slow), yes=True, wait=lambda _: None) == 2
    assert "noted, and not done yet; look again with: trailwarden show" in capsys.readouterr().err


@pytest.mark.slow
def test_nobody_without_the_right_to_ask_the_api_is_answered(waiting):
    nobody = WorldApi(waiting, type(mallory)(name="nobody", policies=()))

    with pytest.raises(Refused, match="not authorized to perform: execute-api:Invoke"):
        nobody.get("/findings")


# ---- with rights of one's own -----------------------------------------------------------------------


def directly(world, actor):
    resources = {name: each.physical_id for name, each in world.home.resources.items()}
    return Direct(world.session(actor.caller(world)), resources)


@pytest.mark.slow
def test_directly_the_calls_are_made_under_ones_own_name(waiting, typed):
    direct = directly(waiting, mallory)
    identity = the_id(direct)
    assert typed(direct, "show", identity, "--direct")[0] == 0

    code, text, _ = typed(direct, "approve", identity, "--direct", "--yes")

    assert code == 0
    assert "under your own name:" in text
    assert "orders" in waiting.client(waiting.user("reader"), "dynamodb").list_tables()["TableNames"]
    code, _, error = typed(direct, "refuse", identity, "--direct", "--yes")
    assert (code, "only the API notes decisions" in error) == (2, True)


@pytest.mark.slow
def test_who_has_no_rights_of_their_own_is_told_to_leave_out_direct(waiting, typed):
    direct = directly(waiting, on_call("ann"))

    code, _, error = typed(direct, "redrive", "--direct")

    assert code == 2
    assert error.endswith("; without --direct you only need the right to ask the API\n")


@pytest.mark.slow
def test_a_dry_run_with_ones_own_rights_says_that_it_is_one(acted, typed):
    direct = directly(acted, mallory)

    code, text, _ = typed(direct, "undo", the_id(direct), "--direct", "--dry-run")

    assert (code, text.splitlines()[0]) == (
        0,
        "with --direct undo would make these calls under your own name:",
    )
    assert "orders" in acted.client(acted.user("reader"), "dynamodb").list_tables()["TableNames"]


# ---- dead letters -------------------------------------------------------------------------------------


@pytest.mark.slow
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


@pytest.mark.slow
def test_while_somebody_else_reads_the_letters_nobody_is_told_that_there_are_none(waiting, typed):
    ann, admin = WorldApi(waiting, on_call("ann")), waiting.user("admin")
    queue, sqs = waiting.home.resources["DeadLetters"].physical_id, waiting.client(admin, "sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="not ours")
    sqs.receive_message(QueueUrl=queue, VisibilityTimeout=60)

    assert typed(ann, "redrive") == (0, "", "1 more can't be read just now; try again in a minute\n")
    code, text, error = typed(ann, "redrive", "--all")
    assert (code, text) == (1, "sent again: 0\n")
    assert error == "1 more can't be read just now; try again in a minute\n"

    waiting.run(61)
    code, text, error = typed(ann, "redrive")
    assert ("nothing of Trailwarden's put it there" in text, error) == (True, "")


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
        (["show", AN_ID, "--url", "ftp://x"], "'ftp://x' is no URL: one begins with https://"),
        (["show", AN_ID, "--url", "https://"], "'https://' is no URL"),
        (["show", AN_ID, "--url", "http://localhost:1"], "http://localhost:1 could not be asked"),
        (["show", AN_ID], "home region with --region, or name the API's URL with --url or TRAILWARDEN_URL"),
        (
            ["undo", AN_ID, "--direct", "--yes"],
            "name the stack's home region with --region",
        ),
        (["undo", AN_ID], "undo asks before it acts; without a terminal it needs --yes"),
        (["approve", AN_ID], "approve asks before it acts; without a terminal it needs --yes"),
        (
            ["refuse", AN_ID, "--format", "json"],
            "refuse asks before it acts; without a terminal",
        ),
        (["redrive", ""], "'' is no dead letter's id"),
        (["redrive", "a/../b?c"], "'a/../b?c' is no dead letter's id"),
        (["redrive", "x" * 10_000], "is no dead letter's id"),
    ],
)
def test_bad_input_is_one_sentence(words, sentence, monkeypatch):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", URL):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(main, words)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "identity",
    [
        "",
        " ",
        "..",
        "x/../y",
        "table_deleted:?",
        f"{AN_ID} ",
        f"{AN_ID}/undo",
        "x" * 10_000,
        f"{'x' * 300}{AN_ID}",
    ],
)
@pytest.mark.parametrize(
    "words", [("show",), ("approve", "--yes"), ("refuse", "--yes"), ("undo", "--dry-run")]
)
def test_what_is_no_id_is_asked_of_nobody(words, identity, monkeypatch):
    monkeypatch.delenv(URL, raising=False)
    result = CliRunner().invoke(main, [words[0], identity, *words[1:]])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "is no finding's id: one looks like table_deleted:2026-03-02T03:00:00.000Z:" in result.stderr
    assert len(result.stderr) < 300


@pytest.mark.slow
def test_an_unknown_id_is_one_sentence(waiting, typed):
    ann = WorldApi(waiting, on_call("ann"))

    for words in (("show", AN_ID), ("approve", AN_ID, "--yes")):
        code, _, error = typed(ann, *words)
        assert (code, error) == (1, f"trailwarden: No finding has the id {AN_ID!r}\n")


class _Gateway(BaseHTTPRequestHandler):
    """Answers as Chalice does, and remembers what it was asked."""

    asked: list = []  # noqa: RUF012 - one server at a time

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
    _Gateway.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), _Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_request_is_signed(gateway):
    api = SignedApi(gateway, boto3.Session(region_name="eu-west-1"))

    assert api.get("/findings", {"actor": "a b", "limit": "3"}) == {"findings": [], "next": ""}
    with pytest.raises(Refused, match="No finding"):
        api.get(path_of(AN_ID))

    (listed, signature, date), (shown, _, _) = _Gateway.asked
    assert listed == "/findings?actor=a%20b&limit=3"
    assert shown == f"/findings/{AN_ID}"
    assert f"/{date[:8]}/eu-west-1/execute-api/aws4_request" in signature


@pytest.mark.parametrize("served", [True, False])
def test_the_callers_own_key_signs_where_aws_is_served_and_a_name_elsewhere_on_this_machine(
    gateway, monkeypatch, served
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", gateway if served else "http://127.0.0.1:9")
    keys = {"aws_access_key_id": "AKIAMADEINTHERE12345", "aws_secret_access_key": "any"}

    SignedApi(gateway, boto3.Session(**keys)).get("/findings", {"limit": "1"})

    assert ("Credential=AKIAMADEINTHERE12345/" in _Gateway.asked[-1][1]) is served


@pytest.mark.parametrize(
    ("key", "signs"), [("mallory", "mallory"), ("AKIAIOSFODNN7EXAMPLE", "me"), ("x" * 40, "me")]
)
def test_on_ones_own_machine_a_plain_word_says_who_asks_and_no_real_key_is_sent(
    gateway, monkeypatch, key, signs
):
    monkeypatch.setattr("scenarios.people.api.getpass.getuser", lambda: "me")
    session = boto3.Session(key, "any", region_name="eu-west-1")

    SignedApi(gateway, session).get("/findings", {"limit": "3"})

    assert f"Credential={signs}/" in _Gateway.asked[-1][1]


@pytest.mark.slow
def test_the_url_may_stand_in_the_environment(gateway, monkeypatch):
    monkeypatch.setenv(URL, gateway)

    result = CliRunner().invoke(main, ["findings"])

    assert (result.exit_code, result.stderr) == (0, "nothing was found\n")


@pytest.mark.parametrize(
    ("status", "content"),
    [(200, b"<html>"), (200, b"[]"), (200, b"[" * 100_000), (302, b"{}"), (500, b"")],
    ids=["html", "list", "deep", "redirect", "empty"],
)
def test_an_answer_that_is_not_the_apis_is_told(status, content):
    with pytest.raises(ApiError, match=f"is not Trailwarden's API \\(HTTP {status}\\)"):
        _told(status, content)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"Code": "NotFoundError", "Message": "NotFoundError: No"}, AnswerIsNo),
        (409, {"Code": "ConflictError", "Message": "ConflictError: No"}, AnswerIsNo),
        (404, {"message": "No"}, Refused),
        (403, {"message": "No"}, Refused),
        (400, {"Code": "BadRequestError", "Message": "BadRequestError: No"}, Refused),
        (503, {"Code": "ServiceUnavailableError", "Message": "ServiceUnavailableError: No"}, Refused),
    ],
)
def test_only_what_was_looked_for_and_is_not_so_is_a_no(status, body, kind):
    with pytest.raises(Refused, match=r"^No$") as caught:
        _told(status, json.dumps(body).encode())

    assert type(caught.value) is kind


class Elsewhere:
    """Answers JSON, as anything might; `answer` to whatever it is asked."""

    def __init__(self, answer) -> None:
        self.answer = answer

    def get(self, *_):
        return self.answer

    post = get


A_FINDING = {
    **dict.fromkeys(("id", "principal", "account", "region", "failure", "plan_digest"), ""),
    "at": "2026-03-02T03:00:00.000Z",
    "outcome": "awaiting approval",
    "plan": {"alerts": [], "calls": []},
    "deeds": {},
    "decisions": [],
}


@pytest.mark.parametrize(
    "words",
    [
        ("findings",),
        ("show", AN_ID),
        ("approve", AN_ID, "--yes"),
        ("refuse", AN_ID, "--yes"),
        ("undo", AN_ID, "--dry-run"),
        ("redrive",),
        ("redrive", "--all"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"findings": [{}], "dead_letters": [{}], "sent": 3, "not_sent": [], "next": ""},
        {**A_FINDING, "plan": {"alerts": [{"severity": "LOUD"}], "calls": []}},
        {**A_FINDING, "plan": {"alerts": [], "calls": [{"service": "ec2"}]}},
        {**A_FINDING, "plan": None},
        {**A_FINDING, "deeds": {"0": 1}},
        {"findings": {"a": 1}, "dead_letters": "x", "sent": ["1"], "not_sent": {"2": None}},
    ],
)
def test_json_of_another_server_is_one_sentence(words, answer, typed):
    code, text, error = typed(Elsewhere(answer), *words)

    assert (code, text) == (2, "")
    assert "is not this version of Trailwarden's API: its answer has no " in error
    assert len(error.splitlines()) == 1


def test_a_finding_of_the_right_shape_is_shown(typed):
    assert typed(Elsewhere(A_FINDING), "show", AN_ID)[0] == 0


# ---- asking first -------------------------------------------------------------------------------------


@pytest.fixture
def answers(monkeypatch):
    """Somebody at a terminal, who answers the question so."""

    def run(api, answer, *words):
        for each in (approve, refuse, undo):
            monkeypatch.setattr(each, "api_of", lambda *_, **__: api)
        monkeypatch.setattr("scenarios.people.deciding.time.sleep", lambda _: None)
        monkeypatch.setattr("scenarios.people.deciding._at_a_terminal", lambda: True)
        result = CliRunner().invoke(main, words, input=answer)
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.mark.slow
def test_each_command_shows_and_asks_and_a_no_changes_nothing(waiting, answers):
    ann = WorldApi(waiting, on_call("ann"))
    identity = the_id(ann)

    for verb in ("approve", "refuse"):
        code, text, error = answers(ann, "n\n", verb, identity)
        assert code == 1
        assert "aws dynamodb restore-table-from-backup" in text
        assert "can't bring back: the table's id" in text
        assert f"{verb} it? [y/N]: " in error
        assert "nothing was done" in error
    direct = directly(waiting, mallory)
    assert answers(direct, "n\n", "approve", identity, "--direct")[0] == 1

    assert ann.get(path_of(identity))["decisions"] == []
    assert "orders" not in waiting.client(waiting.user("reader"), "dynamodb").list_tables()["TableNames"]
    code, text, _ = answers(ann, "y\n", "refuse", identity)
    assert (code, text.splitlines()[-1]) == (0, "declined: the plan is never carried out")


@pytest.mark.slow
def test_an_undo_shows_what_cannot_come_back_and_a_no_changes_nothing(acted, answers):
    ann = WorldApi(acted, on_call("ann"))
    identity = the_id(ann)

    code, text, error = answers(ann, "n\n", "undo", identity, "--format", "json")

    assert (code, text) == (1, "")
    assert "would be undone by:\n  aws dynamodb delete-table --table-name orders" in error
    assert "can't bring back: what was written to the table since it was restored" in error
    assert ann.get(path_of(identity))["decisions"] == []


@pytest.mark.slow
def test_nobody_is_asked_about_what_cannot_be_done(waiting, answers):
    ann = WorldApi(waiting, on_call("ann"))

    code, text, error = answers(ann, "", "undo", the_id(ann))

    assert (code, text) == (1, "")
    assert error == "trailwarden: Nothing was done that could be undone: the finding is awaiting approval\n"


# ---- while AWS fails ----------------------------------------------------------------------------------


def calls_of_ours(world, name):
    """How often event history knows this call on the table, by a role."""
    asked = [{"AttributeKey": "EventName", "AttributeValue": name}]
    client = world.client(world.user("reader"), "cloudtrail")
    found = client.lookup_events(LookupAttributes=asked)["Events"]
    return sum("TableDeletedRole" in each["CloudTrailEvent"] for each in found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "scenario", "said"),
    [("approve", PLAN, "granted"), ("undo", ENFORCED, "undone")],
    ids=["approve", "undo"],
)
@pytest.mark.parametrize("service", sample(["sns", "kms"], of=2))
def test_while_a_service_fails_for_ten_minutes(service, verb, scenario, said, typed):
    """The person reads how far it is; the act happens once; in the end it is told once."""
    with begun(scenario) as world:
        ann = WorldApi(world, on_call("ann"))
        identity = the_id(ann)

        world.throttles.overload(service)
        code, _, error = typed(ann, verb, identity, "--yes")
        world.run(600)
        world.throttles.relieve(service)

        assert code == 2
        if service == "sns":
            assert f"{said}, and not finished yet: by arn:aws:iam::123456789012:user/ann" in error
            assert "the alert about it is not sent yet; look again with: trailwarden show" in error
            assert typed(ann, "redrive", "--all")[0] == 0
        else:
            assert error == (
                "trailwarden: What you ask could not be passed on; ask again; the function's log says why\n"
            )
            assert typed(ann, verb, identity, "--yes")[0] == 0
        world.run(1200)
        (decision,) = ann.get(path_of(identity))["decisions"]
        assert (decision["ruling"], decision["told"]) == (said, True)
        title, call = {"approve": ("Approved", "RestoreTableFromBackup"), "undo": ("Undone", "DeleteTable")}[
            verb
        ]
        assert calls_of_ours(world, call) == 1
        assert sum(title in each.subject for each in world.topics.inbox) == 1
