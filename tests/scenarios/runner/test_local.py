"""What `chalice local` serves: every route of the deployed application, on the simulated AWS."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from chalice.config import Config
from chalice.local import LocalGateway

from chalicelib.aws import Aws
from chalicelib.http import routes as http
from chalicelib.settings import LEDGER, VALIDATIONS
from chalicelib.warden import Warden
from scenarios.runner import local
from tests.moto_alone import moto_alone

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

    def ask(self, method, path, body=None):
        """The status, and the body as it is."""
        headers = {"content-type": "application/json"}
        answer = self._gateway.handle_request(
            method=method, path=path, headers=headers, body=json.dumps(body).encode() if body else b""
        )
        return answer["statusCode"], answer["body"]


@pytest.fixture(scope="module")
def served():
    with pytest.MonkeyPatch.context() as patch, moto_alone():
        for name in ("AWS_DEFAULT_REGION", LEDGER, VALIDATIONS):
            patch.setenv(name, "restored afterwards")
        patch.setattr(http, "AWS", Aws())
        yield Served()


def test_every_route_has_its_request_here(served):
    routes = {(method, path) for path, methods in served.app.routes.items() for method in methods}

    assert routes == set(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_every_route_works_as_on_aws(served, route):
    path, body, status = ROUTES[route]

    assert served.ask(route[0], path, body)[0] == status


def test_a_validation_comes_to_its_verdict(served):
    _, accepted = served.ask("POST", "/validations", SPAN)

    _, body = served.ask("GET", f"/validations/{json.loads(accepted)['id']}")
    said = json.loads(body)
    assert (said["state"], said["verdict"]) == ("done", "sound")
    assert said["digests"] >= 2


def test_a_scenarios_findings_are_served(served):
    served.ask("POST", "/scenarios/table_deleted", {})

    _, body = served.ask("GET", "/findings?remediation=table_deleted")
    assert [each["remediation"] for each in json.loads(body)["findings"]] == ["table_deleted"]
