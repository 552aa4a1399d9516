"""The HTTP side, asked as API Gateway asks it, over a ledger in a mocked DynamoDB."""

import base64
import json
import re
import tomllib
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from chalice import Blueprint, Chalice, IAMAuthorizer
from chalice.test import Client

from chalicelib.aws import Aws
from chalicelib.catalog import CATALOG
from chalicelib.http import routes as http
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import Alert, Outcome, Plan, Severity
from chalicelib.settings import LEDGER
from tests.moto_alone import moto_alone
from tests.project import PROJECT

TABLE = "ledger"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EVENT = {"source": "aws.signin", "detail": {"eventName": "ConsoleLogin"}}
PATTERN = {"detail": {"eventName": ["ConsoleLogin"]}}
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"


class Api:
    """The routes behind API Gateway: its proxy integration's event in, what a caller sees out."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.app = Chalice(app_name="test", configure_logs=False)
        self.app.register_blueprint(blueprint)

    def get(self, resource="/", query=None, **path):
        return self._ask("GET", resource, query=query, path=path)

    def post(self, resource, body, **more):
        return self._ask("POST", resource, body=body, **more)

    def match(self, pattern, *events):
        return self.post("/match", json.dumps({"pattern": pattern, "events": events}))

    def _ask(self, method, resource, *, query=None, path=None, body=None, encoded=False):
        event = {
            "requestContext": {
                "httpMethod": method,
                "resourcePath": resource,
                "path": f"/prod{resource}",
            },
            "headers": {"Content-Type": "application/json"},
            "pathParameters": path or None,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()}
            if query
            else None,
            "stageVariables": None,
            "body": body,
            "isBase64Encoded": encoded,
        }
        return Answer(self.app(event, None))


class Answer:
    def __init__(self, raw) -> None:
        self.status = raw["statusCode"]
        self.headers = raw["headers"]
        self.text = raw["body"]

    @property
    def json(self):
        assert self.headers["Content-Type"] == "application/json"
        return json.loads(self.text)

    @property
    def refusal(self):
        """The status, and the one sentence."""
        return self.status, self.json["Message"]


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv(LEDGER, TABLE)
    # A client of another test's mock or region must not linger.
    monkeypatch.setattr(http, "AWS", Aws())
    return Api(http.routes)


@pytest.fixture
def ledger(api):
    with moto_alone():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        yield Ledger(client, TABLE)


def found(ledger, remediation="root_login", minute=0, title="Root signed in") -> LedgerEntry:
    one = LedgerEntry(
        remediation=remediation,
        event_key=f"event-{minute}",
        account="111122223333",
        region="us-east-1",
        at=NOON + timedelta(minutes=minute),
        principal="",
        outcome=Outcome.TOLD,
        plan=Plan.alert(Alert(severity=Severity.HIGH, title=title)),
    )
    ledger.store(one)
    return one


def ids(answer):
    return [finding["id"] for finding in answer.json["findings"]]


# ---- who may ask ---------------------------------------------------------------------------------


def every_route(api):
    return [
        (path, method, entry) for path, methods in api.app.routes.items() for method, entry in methods.items()
    ]


def test_these_are_all_the_routes(api):
    assert {(path, method) for path, method, _ in every_route(api)} == {
        ("/", "GET"),
        ("/health", "GET"),
        ("/remediations", "GET"),
        ("/findings", "GET"),
        ("/findings/{id}", "GET"),
        ("/findings/{id}/approve", "POST"),
        ("/findings/{id}/refuse", "POST"),
        ("/findings/{id}/undo", "POST"),
        ("/dead-letters", "GET"),
        ("/dead-letters/redrive", "POST"),
        ("/match", "POST"),
        ("/validations", "POST"),
        ("/validations", "GET"),
        ("/validations/{id}", "GET"),
    }


def test_every_route_but_health_asks_for_iam_authorisation(api):
    open_to_all = {
        path for path, _, entry in every_route(api) if not isinstance(entry.authorizer, IAMAuthorizer)
    }

    assert open_to_all == {"/health"}


def test_a_second_application_gets_the_same_routes_with_the_same_authorisation(api):
    second = Api(http.routes)

    assert every_route(second) == every_route(api)


def test_no_route_is_open_to_other_origins(api):
    assert [path for path, _, entry in every_route(api) if entry.cors] == []


def test_the_function_may_read_the_ledger_ask_for_validations_and_nothing_else():
    writes = [grant for grant in http.GRANTS if grant.action not in ("dynamodb:Query", "dynamodb:GetItem")]

    assert [(grant.action, grant.resource, grant.leading_keys) for grant in writes] == [
        ("dynamodb:PutItem", "${Ledger.Arn}", ("request",)),
        ("dynamodb:PutItem", "${Ledger.Arn}", ("instruction#*",)),
        ("sqs:SendMessage", "${Validations.Arn}", ()),
        ("sqs:ReceiveMessage", "${DeadLetters.Arn}", ()),
        ("sqs:DeleteMessage", "${DeadLetters.Arn}", ()),
        ("sqs:ChangeMessageVisibility", "${DeadLetters.Arn}", ()),
        ("sqs:GetQueueAttributes", "${DeadLetters.Arn}", ()),
    ]


# ---- health and catalogue ------------------------------------------------------------------------


def test_health_says_that_it_runs_and_nothing_about_the_account(api):
    assert api.get("/health").json == {"status": "ok", "version": http.VERSION}


def test_the_version_is_the_package_s():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())

    assert project["project"]["version"] == http.VERSION


def test_health_needs_neither_settings_nor_aws(api, monkeypatch):
    monkeypatch.delenv(LEDGER)

    assert api.get("/health").status == 200


def test_the_catalogue_lists_every_remediation_in_its_order(api):
    listed = api.get("/remediations").json["remediations"]

    assert [each["name"] for each in listed] == [each.name for each in CATALOG]
    assert {each["does"] for each in listed} <= {"acts", "tells"}
    assert listed[0]["triggers"] == [
        "ConsoleLogin from aws.signin, in every watched region",
        "by the clock, rate(1 hour)",
    ]
    assert listed[0]["page"] == CATALOG[0].page


# ---- findings ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_findings_of_all_remediations_come_newest_first(api, ledger):
    first = found(ledger, "table_deleted", minute=0)
    third = found(ledger, "table_deleted", minute=2)
    second = found(ledger, "root_login", minute=1)

    assert ids(api.get("/findings")) == [third.id, second.id, first.id]


def test_findings_of_one_remediation_leave_the_others_out(api, ledger):
    mine = found(ledger, "root_login")
    found(ledger, "table_deleted")

    assert ids(api.get("/findings", {"remediation": "root_login"})) == [mine.id]


@pytest.mark.slow
def test_a_limit_keeps_the_newest_whichever_remediation_found_them(api, ledger):
    for minute in range(4):
        newest = found(ledger, ("root_login", "table_deleted")[minute % 2], minute=minute)

    assert ids(api.get("/findings", {"limit": "1"})) == [newest.id]


@pytest.mark.slow
def test_an_empty_ledger_has_no_findings(api, ledger):
    assert api.get("/findings").json == {"findings": [], "next": ""}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        pytest.param({"limit": "0"}, "limit is a whole number from 1 to 100", id="none"),
        pytest.param({"limit": "101"}, "limit is a whole number from 1 to 100", id="too many"),
        pytest.param({"limit": "-1"}, "limit is a whole number from 1 to 100", id="negative"),
        pytest.param({"limit": ""}, "limit is a whole number from 1 to 100", id="empty"),
        pytest.param({"limit": "ten"}, "limit is a whole number from 1 to 100", id="a word"),
        pytest.param({"limit": "1.5"}, "limit is a whole number from 1 to 100", id="a fraction"),
        pytest.param(
            {"limit": "\u0663"}, "limit is a whole number from 1 to 100", id="a digit of another script"
        ),
        pytest.param(
            {"limit": "9" * 5000}, "limit is a whole number from 1 to 100", id="beyond Python's own limit"
        ),
        pytest.param(
            {"remediation": "nobody"},
            "no remediation is called 'nobody'; there are " + ", ".join(each.name for each in CATALOG),
            id="no such remediation",
        ),
    ],
)
def test_a_question_that_cannot_be_answered_gets_one_sentence(api, ledger, query, sentence):
    assert api.get("/findings", query).refusal == (400, sentence)


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["1", "100"])
def test_the_ends_of_the_limit_belong_to_it(api, ledger, limit):
    assert api.get("/findings", {"limit": limit}).status == 200


def test_a_finding_is_read_by_its_id(api, ledger):
    one = found(ledger, minute=3)
    found(ledger, minute=4)

    assert api.get("/findings/{id}", id=one.id).json == json.loads(json.dumps(one.as_json()))


def test_a_finding_is_read_by_an_id_that_was_quoted_for_a_path(api, ledger):
    one = found(ledger)

    assert api.get("/findings/{id}", id=one.id.replace(":", "%3A")).json["id"] == one.id


@pytest.mark.parametrize(
    "identity",
    [
        pytest.param("root_login:2026-03-02T12:00:00.000Z:0123456789ab", id="unknown"),
        pytest.param("root_login", id="cut off"),
        pytest.param("switch:kill", id="another item of the table"),
        pytest.param(HOSTILE, id="hostile"),
        pytest.param("x" * 5000, id="longer than a key may be"),
    ],
)
def test_an_id_that_no_finding_has_is_not_found(api, ledger, identity):
    assert api.get("/findings/{id}", id=identity).refusal == (404, f"No finding has the id {identity!r}")


LEDGER_ROUTES = [
    pytest.param({"resource": "/findings"}, id="findings"),
    pytest.param(
        {"resource": "/findings/{id}", "id": "root_login:2026-03-02T12:00:00.000Z:0123456789ab"},
        id="one finding",
    ),
]


@pytest.mark.parametrize("question", LEDGER_ROUTES)
def test_a_ledger_that_cannot_be_read_is_a_503_that_gives_nothing_away(api, monkeypatch, question):
    monkeypatch.setenv(LEDGER, "no-such-table")
    with moto_alone():
        answer = api.get(**question)

    assert answer.refusal == (503, "The ledger could not be read; the function's log says why")
    assert "no-such-table" not in answer.text


@pytest.mark.parametrize("question", LEDGER_ROUTES)
def test_a_function_without_a_ledger_is_a_503_that_gives_nothing_away(api, monkeypatch, question):
    monkeypatch.delenv(LEDGER)

    answer = api.get(**question)

    assert answer.refusal == (503, "The ledger could not be read; the function's log says why")
    assert LEDGER not in answer.text


# ---- the page ------------------------------------------------------------------------------------


def test_the_page_shows_catalogue_and_findings_as_html_under_its_policy(api, ledger):
    one = found(ledger, title="Root signed in without MFA")

    answer = api.get("/")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "Root signed in without MFA" in answer.text
    assert f'href="/prod/findings/{one.id}"' in answer.text
    assert all(f"<code>{each.name}</code>" in answer.text for each in CATALOG)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:IAMAuthorizer is not a supported")
def test_the_page_s_links_lead_to_findings_on_a_local_server(api, ledger, tmp_path):
    one = found(ledger)

    with Client(api.app, project_dir=str(tmp_path)) as local:
        link = re.search(r'href="([^"]+)"', local.http.get("/").body.decode())[1]
        answer = local.http.get(link)

    assert answer.json_body["id"] == one.id


@pytest.mark.slow
def test_a_hostile_finding_is_shown_and_never_obeyed(api, ledger):
    found(ledger, title=HOSTILE)

    answer = api.get("/")

    assert "<script" not in answer.text
    assert r"&lt;script&gt;alert(1)&lt;/script&gt;\x1b[31m\u202e" in answer.text


def test_the_page_still_shows_the_catalogue_where_the_ledger_cannot_be_read(api, monkeypatch):
    monkeypatch.delenv(LEDGER)

    answer = api.get("/")

    assert answer.status == 200
    assert "The ledger could not be read" in answer.text
    assert f"<code>{CATALOG[0].name}</code>" in answer.text


# ---- match ---------------------------------------------------------------------------------------


def test_an_event_pattern_says_which_field_failed_against_what(api):
    answer = api.match(PATTERN, EVENT, {"detail": {"eventName": "SwitchRole"}})

    assert answer.json == {
        "language": "event pattern",
        "results": [
            {"match": True, "why": []},
            {
                "match": False,
                "why": [{"path": "detail.eventName", "wanted": "'ConsoleLogin'", "found": '"SwitchRole"'}],
            },
        ],
    }


def test_a_log_pattern_says_which_condition_failed(api):
    results = api.match('{ $.code = "A" }', '{"code": "A"}', {"code": "B"}).json["results"]

    assert [result["match"] for result in results] == [True, False]
    assert results[1]["why"][0]["value"] == '"B"'
    assert results[1]["why"][0]["position"] == 2


@pytest.mark.parametrize(
    ("pattern", "language"),
    [
        pytest.param(PATTERN, "event pattern", id="object"),
        pytest.param(json.dumps(PATTERN), "event pattern", id="text of an object"),
        pytest.param(f"\n {json.dumps(PATTERN, indent=2)}", "event pattern", id="indented"),
        pytest.param('{ $.a = "b" }', "log pattern (json)", id="JSON selectors"),
        pytest.param('{($.a = "b")}', "log pattern (json)", id="JSON selectors in parentheses"),
        pytest.param("[ip, user]", "log pattern (space-delimited)", id="fields"),
        pytest.param("ERROR -timeout", "log pattern (terms)", id="terms"),
        pytest.param("", "log pattern (terms)", id="blank matches all"),
    ],
)
def test_the_two_languages_are_told_apart(api, pattern, language):
    assert api.match(pattern).json == {"language": language, "results": []}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{}", id="an empty object"),
        pytest.param("{", id="hardly begun"),
        pytest.param('{"a": [1]', id="cut off"),
    ],
)
def test_a_broken_text_of_an_object_is_refused_as_an_event_pattern(api, text):
    answer = api.match(text)

    assert answer.status == 400
    assert answer.json["reason"].startswith(("Empty objects", "Not JSON"))


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param('"Müller"', id="letters stay letters"),
        pytest.param(r"%user\x22:\x22M%", id="without blanks"),
    ],
)
def test_an_object_is_matched_by_a_log_pattern_as_an_agent_would_have_logged_it(api, pattern):
    assert api.match(pattern, {"user": "Müller"}).json["results"] == [{"match": True, "why": []}]


def test_an_event_may_be_given_as_text(api):
    assert api.match(PATTERN, json.dumps(EVENT)).json["results"] == [{"match": True, "why": []}]


def test_an_invalid_event_pattern_says_what_and_where(api):
    text = '{"source": "aws.ec2"}'

    answer = api.match(text)

    assert answer.status == 400
    assert answer.json["Code"] == "InvalidPattern"
    assert answer.json["where"] == "source"
    assert answer.json["position"] == text.index('"aws.ec2"')
    assert answer.json["Message"] == f"{answer.json['reason']} (at source)"


def test_an_invalid_pattern_that_came_as_an_object_has_no_position(api):
    assert api.match({"source": "aws.ec2"}).json["position"] is None


def test_an_invalid_log_pattern_says_what_and_where(api):
    text = "{ $.a == 1 }"

    answer = api.match(text)

    assert answer.status == 400
    assert answer.json["position"] == text.index("==")


BODY = '{"pattern": {"a": ["b"]}, "events": '


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        pytest.param(None, "The body is not JSON", id="none"),
        pytest.param("", "The body is not JSON", id="empty"),
        pytest.param("{", "The body is not JSON", id="cut off"),
        pytest.param("\ud800", "The body is not JSON", id="half a character"),
        pytest.param(f"{BODY}[NaN]}}", "The body is not JSON", id="NaN"),
        pytest.param("9" * 5000, "The body is not JSON", id="a number beyond Python's limit"),
        pytest.param("[]", "The body is a JSON object", id="a list"),
        pytest.param("{}", "pattern is", id="nothing asked"),
        pytest.param('{"pattern": 1, "events": []}', "pattern is", id="a number as pattern"),
        pytest.param('{"pattern": "x"}', "events is a list", id="no events"),
        pytest.param(f"{BODY}{{}}}}", "events is a list", id="an object as events"),
        pytest.param(f"{BODY}{[0] * 101}}}", "events is a list of at most 100", id="too many events"),
        pytest.param(f"{BODY}[{{}}, 7]}}", "events[1]: An event is a JSON object", id="a number as event"),
        pytest.param(f'{BODY}["["]}}', "events[0]: ", id="an event's text that is not JSON"),
        pytest.param(
            '{"pattern": "x", "events": [7]}', "events[0]: A log event is", id="a number as log event"
        ),
        pytest.param("[" * 100_000, "The body is nested too deeply", id="too deep a body"),
        pytest.param(
            f"{BODY}[{'[' * 900}{']' * 900}]}}", "events[0]: An event is", id="a deep list as event"
        ),
        pytest.param(
            f'{BODY}["{" " * http.LONGEST_BODY}"]}}',
            "The body has 262,185 bytes; at most 262,144",
            id="too long",
        ),
    ],
)
def test_a_body_that_cannot_be_used_is_a_400_with_one_sentence(api, body, begins):
    status, sentence = api.post("/match", body).refusal

    assert status == 400
    assert sentence.startswith(begins)
    assert "\n" not in sentence


def test_the_longest_body_is_read(api):
    body = json.dumps({"pattern": PATTERN, "events": []})

    assert api.post("/match", body.ljust(http.LONGEST_BODY)).status == 200
    assert api.post("/match", body.ljust(http.LONGEST_BODY + 1)).status == 400


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("???", id="not base64"),
        pytest.param("\u00fc", id="not ASCII"),
        pytest.param(base64.b64encode(b"\xff\xfe\xff").decode(), id="not UTF-8"),
    ],
)
def test_an_encoded_body_that_cannot_be_decoded_is_a_400(api, body):
    assert api.post("/match", body, encoded=True).status == 400


def test_an_encoded_body_is_decoded(api):
    body = base64.b64encode(json.dumps({"pattern": PATTERN, "events": [EVENT]}).encode()).decode()

    assert api.post("/match", body, encoded=True).json["results"] == [{"match": True, "why": []}]


def deep(levels, leaf):
    return leaf if levels == 0 else {"a": deep(levels - 1, leaf)}


@pytest.mark.parametrize(
    ("pattern", "event"),
    [
        pytest.param(deep(300, ["x"]), {}, id="a deep pattern"),
        pytest.param({"a": ["x"]}, deep(300, 1), id="a deep event"),
        pytest.param({"a": ["\ud800"]}, {"a": "\udfff"}, id="half characters"),
        pytest.param({"a": [1e300]}, {"a": 10**400}, id="numbers out of range"),
        pytest.param("ERROR", deep(300, 1), id="a deep log event"),
        pytest.param('{ $.a = "\ud800" }', {"a": "\ud800"}, id="half a character in a log pattern"),
    ],
)
def test_what_is_merely_unusual_is_answered_or_refused_but_never_fails(api, pattern, event):
    assert api.match(pattern, event).status in {200, 400}


@pytest.mark.slow
def test_an_answer_stays_small_however_long_the_pattern_is(api):
    answer = api.match({f"field-{n}": ["x" * 1000] for n in range(200)}, *({} for _ in range(100)))

    assert answer.status == 200
    assert len(answer.text) < 2_000_000


# ---- every answer --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda api: api.get("/health"), id="health"),
        pytest.param(lambda api: api.get("/"), id="page"),
        pytest.param(lambda api: api.get("/findings", {"limit": "x"}), id="a refusal"),
        pytest.param(lambda api: api.get("/findings"), id="a failure"),
        pytest.param(lambda api: api.post("/match", "{"), id="bad JSON"),
        pytest.param(lambda api: api.match({"a": "b"}), id="invalid pattern"),
    ],
)
def test_no_answer_is_kept_guessed_or_shared_with_other_origins(api, monkeypatch, ask):
    monkeypatch.delenv(LEDGER)

    headers = ask(api).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Type" in headers
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_what_nobody_foresaw_is_a_500_without_a_trace_or_a_secret(api, monkeypatch):
    class Broken:
        def client(self, service):
            raise RuntimeError("secret-1234")

    monkeypatch.setattr(http, "AWS", Broken())

    answer = api.get("/findings")

    assert answer.status == 500
    assert answer.json == {"Code": "InternalServerError", "Message": "An internal server error occurred."}
