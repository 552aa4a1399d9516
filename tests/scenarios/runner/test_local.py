"""What `chalice local` serves: every route of the deployed application, on the simulated AWS."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from chalice.config import Config
from chalice.local import LocalGateway

from chalicelib.aws import Aws
from chalicelib.http import routes as http
from chalicelib.settings import DEAD_LETTERS, FUNCTIONS, LEDGER, VALIDATIONS
from chalicelib.warden import Warden
from scenarios.runner import local
from tests.moto_alone import moto_alone
from tests.sample import ALL

pytestmark = pytest.mark.filterwarnings("ignore:IAMAuthorizer is not:UserWarning")

NOW = datetime.now(UTC)
SPAN = {"since": (NOW - timedelta(hours=3)).isoformat(), "until": (NOW - timedelta(hours=1)).isoformat()}
PATTERN = {"pattern": {"source": ["aws.signin"]}, "events": [{"source": "aws.signin"}]}

# Each route, a request to it, and the status it answers where there is nothing to find yet.
ROUTES = {
    ("GET", "/"): ("/", None, 200),
    ("GET", "/health"): ("/health", None, 200),
    ("GET", "/remediations"): ("/remediations", None, 200),
    ("GET", "/findings"): ("/findings?limit=5", None, 200),
    ("GET", "/findings/{id}"): ("/findings/none", None, 404),
    ("POST", "/findings/{id}/approve"): ("/findings/none/approve", {"plan": "0" * 8}, 404),
    ("POST", "/findings/{id}/refuse"): ("/findings/none/refuse", {"plan": "0" * 8}, 404),
    ("POST", "/findings/{id}/undo"): ("/findings/none/undo", {"plan": "0" * 8}, 404),
    ("GET", "/dead-letters"): ("/dead-letters", None, 200),
    ("POST", "/dead-letters/redrive"): ("/dead-letters/redrive", {"all": True}, 200),
    ("GET", "/scenarios"): ("/scenarios", None, 200),
    ("GET", "/runs/{number}"): ("/runs/none", None, 404),
    ("POST", "/runs/{number}/decisions"): ("/runs/none/decisions", None, 415),
    ("POST", "/match"): ("/match", PATTERN, 200),
    ("POST", "/validations"): ("/validations", SPAN, 202),
    ("GET", "/validations"): ("/validations", None, 200),
    ("GET", "/validations/{id}"): ("/validations/none", None, 404),
    ("POST", "/scenarios/{name}"): ("/scenarios/root_login", {}, 200),
}


class Served:
    def __init__(self) -> None:
        self.app = Warden(app_name="local")
        self.app.register_blueprint(http.routes)
        local.furnish(self.app)
        self._gateway = LocalGateway(self.app, Config())

    def ask(self, method, path, body=None, **more):
        """The status, and the body as it is."""
        headers = {"content-type": "application/json", **more}
        answer = self.answer(method, path, json.dumps(body).encode() if body else b"", **headers)
        return answer["statusCode"], answer["body"]

    def answer(self, method, path, body, **headers):
        """All of it."""
        return self._gateway.handle_request(method=method, path=path, headers=headers, body=body)


@pytest.fixture(scope="module")
def served():
    with pytest.MonkeyPatch.context() as patch, moto_alone():
        for name in ("AWS_DEFAULT_REGION", LEDGER, VALIDATIONS, DEAD_LETTERS, FUNCTIONS):
            patch.setenv(name, "restored afterwards")
        patch.setattr(http, "LINKS", [])
        patch.setattr(http, "BELOW", [])
        patch.setattr(http, "AWS", Aws())
        yield Served()


@pytest.mark.slow
def test_every_route_has_its_request_here(served):
    routes = {(method, path) for path, methods in served.app.routes.items() for method in methods}

    assert routes == set(ROUTES)


@pytest.fixture(scope="module")
def validation(served):
    """The answer to who asks for a validation; it is made at once, in a world whose trail is hours old."""
    return served.ask("POST", "/validations", SPAN)


@pytest.mark.slow
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_every_route_works_as_on_aws(served, route, request):
    path, body, status = ROUTES[route]
    validates = body is SPAN

    answered = request.getfixturevalue("validation") if validates else served.ask(route[0], path, body)

    assert answered[0] == status


@pytest.mark.slow
def test_a_validation_comes_to_its_verdict(served, validation):
    _, accepted = validation

    _, body = served.ask("GET", f"/validations/{json.loads(accepted)['id']}")
    said = json.loads(body)
    assert (said["state"], said["verdict"]) == ("done", "sound")
    assert said["digests"] >= 2


@pytest.mark.slow
def test_a_scenarios_findings_are_served(served):
    served.ask("POST", "/scenarios/table_deleted", {})

    _, body = served.ask("GET", "/findings?remediation=table_deleted")
    assert [each["remediation"] for each in json.loads(body)["findings"]] == ["table_deleted"]


# ---- runs -------------------------------------------------------------------------------------------


def findings_of(served, remediation="table_deleted"):
    _, body = served.ask("GET", f"/findings?remediation={remediation}")
    return json.loads(body)["findings"]


@pytest.mark.slow
def test_a_second_run_leaves_the_findings_of_the_first_alone(served):
    before = len(findings_of(served))

    for _ in range(2):
        assert served.ask("POST", "/scenarios/table_deleted", {})[0] == 200

    ids = [each["id"] for each in findings_of(served)]
    assert len(ids) == len(set(ids)) == before + 2


@pytest.mark.slow
def test_a_finding_of_a_run_is_approved_in_its_world(served):
    """By somebody whom nobody asks for a password, and not by who did it: the signature is believed."""
    status, body = served.ask("POST", "/scenarios/people.approve_by_the_actor", {})
    assert (status, json.loads(body)["passed"]) == (200, True)
    (found,) = (each for each in findings_of(served) if each["outcome"] == "awaiting approval")
    signed = {
        "authorization": "AWS4-HMAC-SHA256 Credential=ann/20260302/us-east-1/execute-api/aws4_request, ..."
    }

    status, _ = served.ask(
        "POST", f"/findings/{found['id']}/approve", {"plan": found["plan_digest"]}, **signed
    )

    assert status == 202
    _, body = served.ask("GET", f"/findings/{found['id']}")
    now = json.loads(body)
    assert (now["outcome"], now["decisions"][-1]["ruling"]) == ("acted", "granted")
    assert now["decisions"][-1]["who"].endswith(":user/ann")


@pytest.mark.slow
def test_the_pages_of_a_run_show_its_timeline_and_its_findings(served):
    _, begun = served.ask("POST", "/scenarios/root_login", {})
    number = json.loads(begun)["run"]

    status, shown = served.ask("GET", f"/runs/{number}")
    assert status == 200
    assert "Root signed in" in shown
    assert "rule RootLoginTrigger1" in shown

    status, listed = served.ask("GET", "/scenarios")
    assert f'href="/runs/{number}"' in listed
    assert 'action="/scenarios/table_deleted.capped"' in listed


@pytest.mark.slow
def test_a_browsers_button_runs_a_scenario_and_decides(served):
    form = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
    answer = served.answer("POST", "/scenarios/people.approve_by_the_actor", b"", **form)
    assert answer["statusCode"] == 303
    run = answer["headers"]["Location"]
    (found,) = (each for each in findings_of(served) if each["outcome"] == "awaiting approval")
    page = served.ask("GET", f"/findings/{found['id']}", accept="text/html")[1]
    assert f'action="{run}/decisions"' in page
    assert f"trailwarden approve {found['id']}" in page

    body = f"finding={found['id']}&who=bob&verb=refuse".encode()
    answer = served.answer("POST", f"{run}/decisions", body, **form)

    assert answer["statusCode"] == 303
    page = served.ask("GET", answer["headers"]["Location"], accept="text/html")[1]
    assert "declined" in page
    assert "user/bob" in page


@pytest.mark.slow
@pytest.mark.skipif(not ALL, reason="every function is given what it can't read: .ci/run tries it")
def test_dead_letters_of_a_run_are_shown_and_sent_again_in_its_world(served):
    served.ask("POST", "/scenarios/dead_letters", {})

    listed = json.loads(served.ask("GET", "/dead-letters")[1])["dead_letters"]
    assert any("MalformedEvent" in each["reason"] for each in listed)

    sent = json.loads(served.ask("POST", "/dead-letters/redrive", {"ids": [listed[0]["id"]]})[1])
    assert sent == {"sent": [listed[0]["id"]], "not_sent": {}, "hidden": 0}
