"""Tokens in front of APIs: JWT of an issuer that the scenario plays, and those of user pools."""

import json

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.tokens import InvalidToken, Signer, read
from scenarios.cloud.kernel.web import WebAnswer
from scenarios.runner.imperative import open_world
from scenarios.runner.words.issuers import Issuer
from tests.forms.forms import POOL, att, event, one, ref, sam, signed_in

ISSUER = Issuer("https://issuer.example")


def http(issuer=ISSUER.url, audience="app", scopes=()):
    own = {
        "JwtConfiguration": {"issuer": issuer, "audience": [audience]},
        "IdentitySource": "$request.header.Authorization",
        **({"AuthorizationScopes": list(scopes)} if scopes else {}),
    }
    auth = {"DefaultAuthorizer": "Own", "Authorizers": {"Own": own}}
    api = {"Http": one("AWS::Serverless::HttpApi", Auth=auth)}
    return sam(event("HttpApi", Path="/x", Method="get", ApiId=ref("Http")), api)


def ask(world, token, name="Http", path="/x"):
    headers = {"Authorization": token} if token else {}
    return world.fetch(None, "GET", world.url(name) + path, headers=headers)


def jwt_of(answer):
    return answer.json["requestContext"]["authorizer"]["jwt"]


@pytest.mark.slow
def test_a_good_token_is_let_in_and_its_claims_are_told_as_texts():
    with open_world(template=http()) as world:
        world.do(ISSUER.answers)
        token = ISSUER.token(world.now, aud=["app", "other"], admin=True, scope="read write")
        answer = ask(world, f"Bearer {token}")

        told = jwt_of(answer)
        assert answer.status == 200
        assert told["scopes"] == ["read", "write"]
        assert (told["claims"]["aud"], told["claims"]["admin"], told["claims"]["sub"]) == (
            "[app other]",
            "true",
            "somebody",
        )


NOW = int("1772420400")  # when worlds begin


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claims", "says"),
    [
        pytest.param({"aud": "other"}, "audience", id="audience"),
        pytest.param({"client_id": "other"}, "audience", id="client"),
        pytest.param({"aud": "app", "iss": "https://elsewhere.example"}, "issuer", id="issuer"),
        pytest.param({"aud": "app", "exp": NOW}, "expired", id="expired"),
        pytest.param({"aud": "app", "exp": None}, "expired", id="without an end"),
        pytest.param({"aud": "app", "nbf": NOW + 60}, "not yet valid", id="not before"),
        pytest.param({"aud": "app", "iat": NOW + 60}, "not yet valid", id="from the future"),
    ],
)
def test_any_other_token_is_refused(claims, says):
    with open_world(template=http()) as world:
        world.do(ISSUER.answers)
        answer = ask(world, ISSUER.token(world.now, **claims))

        assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
        assert says in answer.headers["www-authenticate"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda _: "", "missing token", id="none"),
        pytest.param(lambda _: "a.b", "malformed", id="no token"),
        pytest.param(lambda _: "a.b.c", "malformed", id="no JSON"),
        pytest.param(lambda token: token[:-4] + "AAAA", "signature", id="signature"),
        pytest.param(
            lambda _: Signer(1, "of-the-scenario").token({"aud": "app"}), "signature", id="another key"
        ),
        pytest.param(lambda _: Signer(0, "unknown").token({"aud": "app"}), "unknown key", id="key id"),
        pytest.param(
            lambda token: Signer(0, "of-the-scenario").token(read(token).claims, alg="none"),
            "algorithm",
            id="no algorithm",
        ),
        pytest.param(
            lambda token: Signer(0, "of-the-scenario").token(read(token).claims, alg="HS256"),
            "algorithm",
            id="a shared secret",
        ),
    ],
)
def test_what_the_issuer_did_not_sign_is_refused(spoil, says):
    with open_world(template=http()) as world:
        world.do(ISSUER.answers)
        answer = ask(world, spoil(ISSUER.token(world.now, aud="app")))

        assert answer.status == 401
        assert says in answer.headers["www-authenticate"]


@pytest.mark.slow
def test_a_route_may_ask_for_a_scope():
    with open_world(template=http(scopes=("admin", "write"))) as world:
        world.do(ISSUER.answers)
        refused = ask(world, ISSUER.token(world.now, aud="app", scope="read"))
        let_in = ask(world, ISSUER.token(world.now, aud="app", scp=["write"]))

        assert (refused.status, refused.json) == (403, {"message": "Forbidden"})
        assert "insufficient_scope" in refused.headers["www-authenticate"]
        assert (let_in.status, jwt_of(let_in)["scopes"]) == (200, ["write"])


@pytest.mark.slow
def test_an_issuer_for_whom_nobody_spoke_is_loud_and_one_that_fails_is_an_error():
    with open_world(template=http()) as world:
        token = ISSUER.token(world.now, aud="app")
        with pytest.raises(NotSimulated, match="openid-configuration answers: nobody said it"):
            ask(world, token)
        world.simulated.setting.web.answers(ISSUER.url, WebAnswer(status=503))
        failed = ask(world, token)
        world.do(ISSUER.answers)

        assert failed.status == 500
        assert any("could not read the keys" in moment.words for moment in world.timeline)
        assert ask(world, token).status == 200


@pytest.mark.slow
def test_the_keys_are_remembered_for_two_hours():
    with open_world(template=http()) as world:
        world.do(ISSUER.answers)
        token = ISSUER.token(world.now, aud="app", seconds=10_000)
        for _ in range(2):
            ask(world, token)
        before = len(world.simulated.setting.web.requests)
        world.run(hours=2)
        ask(world, token)

        assert (before, len(world.simulated.setting.web.requests)) == (2, 4)


@pytest.mark.slow
def test_an_authorizer_that_stands_alone_reads_a_pools_tokens():
    route = {
        "Http": one("AWS::ApiGatewayV2::Api", Name="app", ProtocolType="HTTP"),
        "Gate": one(
            "AWS::ApiGatewayV2::Authorizer",
            ApiId=ref("Http"),
            AuthorizerType="JWT",
            Name="pool",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Audience": [ref("Cl")], "Issuer": att("U", "ProviderURL")},
        ),
        "I": one(
            "AWS::ApiGatewayV2::Integration",
            ApiId=ref("Http"),
            IntegrationType="AWS_PROXY",
            IntegrationUri=att("Fn"),
            PayloadFormatVersion="2.0",
        ),
        "R": one(
            "AWS::ApiGatewayV2::Route",
            ApiId=ref("Http"),
            RouteKey="GET /x",
            Target={"Fn::Sub": "integrations/${I}"},
            AuthorizationType="JWT",
            AuthorizerId=ref("Gate"),
        ),
        "St": one("AWS::ApiGatewayV2::Stage", ApiId=ref("Http"), StageName="$default"),
        "P": one(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName=ref("Fn"),
            Principal="apigateway.amazonaws.com",
        ),
    }
    with open_world(template=sam(None, {**route, **POOL})) as world:
        tokens = signed_in(world)

        assert jwt_of(ask(world, tokens["IdToken"]))["claims"]["cognito:username"] == "bea"
        # An access token names its client in the audience's place.
        assert jwt_of(ask(world, tokens["AccessToken"]))["claims"]["client_id"] == world.physical_id("Cl")


# ---- user pools in front of REST APIs ---------------------------------------------------------------


def rest(**more):
    pool = {"UserPoolArn": att("U"), **more}
    api = one(
        "AWS::Serverless::Api",
        StageName="dev",
        Auth={"DefaultAuthorizer": "Pool", "Authorizers": {"Pool": pool}},
    )
    return sam(event("Api", Path="/x", Method="get", RestApiId=ref("Api")), {"Api": api, **POOL})


@pytest.mark.slow
def test_an_identity_token_is_let_in_and_an_access_token_is_not():
    with open_world(template=rest()) as world:
        tokens = signed_in(world)
        answer = ask(world, tokens["IdToken"], "Api")

        assert answer.json["requestContext"]["authorizer"]["claims"]["cognito:username"] == "bea"
        assert ask(world, tokens["AccessToken"], "Api").status == 401
        assert ask(world, "", "Api").json == {"message": "Unauthorized"}
        forged = Issuer(f"https://cognito-idp.us-east-1.amazonaws.com/{world.physical_id('U')}")
        assert ask(world, forged.token(world.now, token_use="id"), "Api").status == 401


@pytest.mark.slow
def test_a_token_is_good_for_an_hour():
    with open_world(template=rest()) as world:
        tokens = signed_in(world)
        world.run(minutes=59)
        before = ask(world, tokens["IdToken"], "Api").status
        world.run(minutes=1)
        after = ask(world, tokens["IdToken"], "Api")

        assert before == 200
        assert (after.status, after.json) == (401, {"message": "The incoming token has expired"})


@pytest.mark.slow
def test_with_scopes_an_access_token_is_asked_for():
    with open_world(template=rest(AuthorizationScopes=["aws.cognito.signin.user.admin"])) as world:
        tokens = signed_in(world)

        assert ask(world, tokens["AccessToken"], "Api").status == 200
        assert ask(world, tokens["IdToken"], "Api").status == 401
    with open_world(template=rest(AuthorizationScopes=["orders/write"])) as world:
        assert ask(world, signed_in(world)["AccessToken"], "Api").status == 401


@pytest.mark.parametrize("text", ["", "a", "a.b.c.d", "e30.e30", "e30.W10.e30", "e30.e30.!"])
def test_what_is_no_token_is_none(text):
    with pytest.raises(InvalidToken):
        read(text).verify({})


def test_a_token_reads_as_it_was_written():
    token = Signer(0, "k").token({"a": "é"})

    read(token).verify(Signer(0, "k").keys)
    assert read(token).claims == {"a": "é"}
    assert json.loads(json.dumps(read(token).header)) == {"alg": "RS256", "kid": "k", "typ": "JWT"}
