"""API destinations: what is sent, how it is authorised, what is tried again, and where no secret stands."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.faults import PROFILES
from scenarios.cloud.kernel.web import NO_CONNECTION, WebAnswer
from tests.sample import in_turn
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    document,
    heard,
    may,
    noted,
    queue,
    role,
    total,
    world,
)

HOOK = "https://api.example/tickets"
TOKENS = "https://login.example/token"
BASIC = ("BASIC", {"BasicAuthParameters": {"Username": "robot", "Password": "hunter2"}})
KEY = ("API_KEY", {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "hunter2"}})
OAUTH = (
    "OAUTH_CLIENT_CREDENTIALS",
    {
        "OAuthParameters": {
            "AuthorizationEndpoint": TOKENS,
            "HttpMethod": "POST",
            "ClientParameters": {"ClientID": "robot", "ClientSecret": "hunter2"},
            "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "write"}]},
        }
    },
)
MAY = may("events:InvokeApiDestination")


def standing(auth=KEY, statements=(MAY,), target=None, **destination):
    kind, parameters = auth
    given = {
        "Name": "tickets",
        "ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]},
        "HttpMethod": "POST",
        "InvocationEndpoint": HOOK,
        **destination,
    }
    aimed = {
        "Id": "t",
        "Arn": {"Fn::GetAtt": ["Destination", "Arn"]},
        "RoleArn": {"Fn::GetAtt": ["sends", "Arn"]},
        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Dead", "Arn"]}},
        "InputPath": "$.detail",
        **(target or {}),
    }
    rule = {"Name": "tell", "EventPattern": {"source": ["shop"]}, "Targets": [aimed]}
    connection = {"Name": "tickets", "AuthorizationType": kind, "AuthParameters": parameters}
    return {
        **queue("Dead"),
        **role("sends", "events", *statements),
        "Connection": {"Type": "AWS::Events::Connection", "Properties": connection},
        "Destination": {"Type": "AWS::Events::ApiDestination", "Properties": given},
        "Tell": {"Type": "AWS::Events::Rule", "Properties": rule},
    }


class Endpoint:
    """Answers in turn, the last one again and again."""

    def __init__(self, each, *answers, url=HOOK):
        self.each, self.answers, self.got, self.at = each, list(answers) or [WebAnswer()], [], []
        each.setting.web.answers(url, self)

    def __call__(self, request):
        self.got.append(request)
        self.at.append((request.at - self.each.deployment.start).total_seconds())
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def put(each, *details):
    entries = [{"Source": "shop", "DetailType": "sold", "Detail": json.dumps(each)} for each in details]
    admin(each, "events").put_events(Entries=entries)


def gave_up(each):
    return [
        (found["ERROR_CODE"], found["RETRY_ATTEMPTS"]) for found in each.queues.attributes(arn("sqs", "Dead"))
    ]


# ---- what is sent -------------------------------------------------------------------------------


@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_an_endpoint_gets_the_targets_input_with_eventbridges_headers(faults):
    """eb-api-destinations.html: the headers included in requests to API destinations."""
    with world(standing(), faults=PROFILES[faults]) as each:
        endpoint = Endpoint(each)
        put(each, {"n": 1})
        each.run(60)

        assert {request.body for request in endpoint.got} == {'{"n":1}'}
        assert len(endpoint.got) == (2 if PROFILES[faults].duplicates else 1)
        request = endpoint.got[0]
        assert (request.method, request.url, request.headers["X-Key"]) == ("POST", HOOK, "hunter2")
        assert request.headers["User-Agent"] == "Amazon/EventBridge/ApiDestinations"
        assert request.headers["Content-Type"] == "application/json; charset=utf-8"


def test_path_query_and_headers_come_from_the_event_and_from_the_connection():
    """API_HttpParameters.html: path values fill the wildcards of the endpoint."""
    more = {
        "InvocationHttpParameters": {
            "HeaderParameters": [{"Key": "X-Tenant", "Value": "t1"}],
            "QueryStringParameters": [{"Key": "sig", "Value": "s3cret", "IsValueSecret": True}],
            "BodyParameters": [{"Key": "account", "Value": "a1"}],
        }
    }
    own = {
        "PathParameterValues": ["$.detail.shop", "sold"],
        "QueryStringParameters": {"n": "$.detail.n"},
        "HeaderParameters": {"X-Fixed": "yes"},
    }
    auth = (BASIC[0], {**BASIC[1], **more})
    target = {"HttpParameters": own}
    with world(standing(auth, target=target, InvocationEndpoint=f"{HOOK}/*/*")) as each:
        endpoint = Endpoint(each)
        put(each, {"shop": "a b", "n": 7})
        each.run(60)

        [request] = endpoint.got
        assert request.url == f"{HOOK}/a%20b/sold?n=7&sig=s3cret"
        assert json.loads(request.body) == {"shop": "a b", "n": 7, "account": "a1"}
        both = base64.b64encode(b"robot:hunter2").decode()
        assert {name: request.headers[name] for name in ("X-Fixed", "X-Tenant", "Authorization")} == {
            "X-Fixed": "yes",
            "X-Tenant": "t1",
            "Authorization": f"Basic {both}",
        }


@pytest.mark.slow
def test_an_input_transformer_makes_the_body():
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"title": "sold <n>"}'}
    resources = standing(target={"InputTransformer": transformer})
    del resources["Tell"]["Properties"]["Targets"][0]["InputPath"]
    with world(resources) as each:
        endpoint = Endpoint(each)
        put(each, {"n": 3})
        each.run(60)

        assert json.loads(endpoint.got[0].body) == {"title": "sold 3"}


# ---- OAuth --------------------------------------------------------------------------------------


def token(text):
    return WebAnswer(body=json.dumps({"access_token": text}))


def test_a_token_is_fetched_once_and_again_when_it_is_refused():
    """eb-api-destinations.html: tokens are refreshed when a 401 or 407 response is returned."""
    with world(standing(OAUTH)) as each:
        tokens = Endpoint(each, token("one"), token("two"), url=TOKENS)
        endpoint = Endpoint(each, WebAnswer(), WebAnswer(status=401), WebAnswer())
        put(each, {"n": 1})
        each.run(60)
        put(each, {"n": 2})
        each.run(60)

        assert [request.headers["Authorization"] for request in endpoint.got] == [
            "Bearer one",
            "Bearer one",
            "Bearer two",
        ]
        assert len(tokens.got) == 2
        form = "grant_type=client_credentials&client_id=robot&client_secret=hunter2&scope=write"
        assert tokens.got[0].body == form


@pytest.mark.parametrize(
    ("answer", "retries"),
    [(WebAnswer(status=503), "2"), (WebAnswer(status=400), "0"), (WebAnswer(body="{}"), "0")],
)
def test_without_a_token_nothing_is_sent(answer, retries):
    target = {"RetryPolicy": {"MaximumRetryAttempts": 2}}
    with world(standing(OAUTH, target=target)) as each:
        Endpoint(each, answer, url=TOKENS)
        endpoint = Endpoint(each)
        put(each, {"n": 1})
        each.run(60)

        assert (endpoint.got, gave_up(each)) == ([], [("SDK_CLIENT_ERROR", retries)])


# ---- trying again -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code", "retries"),
    [
        (WebAnswer(status=500), "SDK_CLIENT_ERROR", "2"),
        (WebAnswer(status=429), "THROTTLING", "2"),
        (WebAnswer(status=409), "SDK_CLIENT_ERROR", "2"),
        (WebAnswer(status=NO_CONNECTION), "CONNECTION_FAILURE", "2"),
        (WebAnswer(seconds=6), "TIMEOUT", "2"),
        (WebAnswer(status=403), "SDK_CLIENT_ERROR", "0"),
        (WebAnswer(status=302), "SDK_CLIENT_ERROR", "0"),
        (WebAnswer(status=503, headers={"Retry-After": "-1"}), "SDK_CLIENT_ERROR", "0"),
    ],
)
def test_what_is_tried_again_and_what_is_given_up(answer, code, retries):
    """eb-api-destinations.html: 401, 407, 409, 429 and 5xx are retried, the others aren't."""
    target = {"RetryPolicy": {"MaximumRetryAttempts": 2}}
    with world(standing(target=target)) as each:
        endpoint = Endpoint(each, answer)
        put(each, {"n": 1})
        each.run(120)

        assert len(endpoint.got) == int(retries) + 1
        assert gave_up(each) == [(code, retries)]
        assert total(each, "AWS/Events", "InvocationsSentToDlq", RuleName="tell") == 1


@pytest.mark.parametrize("after", ["100", "Mon, 02 Mar 2026 03:01:41 GMT"])
def test_an_endpoint_may_ask_for_more_time_than_eventbridge_would_take(after):
    with world(standing()) as each:
        endpoint = Endpoint(each, WebAnswer(status=503, headers={"retry-after": after}), WebAnswer())
        put(each, {"n": 1})
        each.run(300)

        first, second = endpoint.at
        assert 99 <= second - first <= 102
        assert noted(each, "delivered") == [f"EventBridge to {HOOK}"]


@pytest.mark.slow
def test_after_a_day_an_event_is_given_up():
    with world(standing()) as each:
        Endpoint(each, WebAnswer(status=503))
        put(each, {"n": 1})
        each.run(24 * 3600 + 600)

        [found] = each.queues.attributes(arn("sqs", "Dead"))
        assert found["EXHAUSTED_RETRY_CONDITION"] in ("MaximumEventAgeInSeconds", "MaximumRetryAttempts")


@pytest.mark.slow
def test_no_more_requests_a_second_than_the_destination_takes():
    with world(standing(InvocationRateLimitPerSecond=1)) as each:
        endpoint = Endpoint(each)
        put(each, *({"n": n} for n in range(5)))
        each.run(60)

        assert len(endpoint.at) == 5
        assert all(
            later - sooner >= 0.999 for sooner, later in zip(endpoint.at, endpoint.at[1:], strict=False)
        )


@pytest.mark.slow
def test_what_waits_longer_than_it_may_is_given_up():
    target = {"RetryPolicy": {"MaximumEventAgeInSeconds": 60}}
    with world(standing(target=target, InvocationRateLimitPerSecond=1)) as each:
        endpoint = Endpoint(each)
        for _ in range(8):
            put(each, *({"n": n} for n in range(10)))
        each.run(120)

        assert len(endpoint.got) + len(heard(each, "Dead")) == 80
        assert 55 <= len(endpoint.got) <= 65


# ---- who may, and secrets -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        ((), "NO_PERMISSIONS"),
        ((may("events:InvokeApiDestination", arn("events", "api-destination/other/*")),), "NO_PERMISSIONS"),
        ((may("events:InvokeApiDestination", arn("events", "api-destination/tickets/*")),), ""),
    ],
)
def test_the_targets_role_must_allow_it(statements, code):
    with world(standing(statements=statements)) as each:
        endpoint = Endpoint(each)
        put(each, {"n": 1})
        each.run(60)

        assert (len(endpoint.got), [found for found, _ in gave_up(each)]) == (
            (0, [code]) if code else (1, [])
        )


@pytest.mark.parametrize("how", ["deauthorized", "without its secret"])
def test_a_connection_that_no_longer_authorises_lets_nothing_through(how):
    with world(standing()) as each:
        endpoint, events = Endpoint(each), admin(each, "events")
        if how == "deauthorized":
            events.deauthorize_connection(Name="tickets")
            assert events.describe_connection(Name="tickets")["ConnectionState"] == "DEAUTHORIZED"
        else:
            secret = events.describe_connection(Name="tickets")["SecretArn"]
            with each.calls.muted():
                each.setting.session.client("events").delete_connection(Name="tickets")
            assert secret.partition(":secret:")[2].startswith("events!connection/tickets/")
        put(each, {"n": 1})
        each.run(60)
        assert (endpoint.got, gave_up(each)) == ([], [("SDK_CLIENT_ERROR", "0")])

        if how == "deauthorized":
            given = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "new"}}
            events.update_connection(Name="tickets", AuthParameters=given)
            put(each, {"n": 2})
            each.run(60)
            assert endpoint.got[0].headers["X-Key"] == "new"


def test_no_secret_stands_in_an_answer_a_record_or_the_trace():
    with world(standing()) as each:
        Endpoint(each)
        events = admin(each, "events")
        given = {
            "BasicAuthParameters": {"Username": "robot", "Password": "swordfish"},
            "InvocationHttpParameters": {
                "HeaderParameters": [
                    {"Key": "X-A", "Value": "sesame", "IsValueSecret": True},
                    {"Key": "X-B", "Value": "plain", "IsValueSecret": False},
                ]
            },
        }
        events.create_connection(Name="new", AuthorizationType="BASIC", AuthParameters=given)
        told = events.describe_connection(Name="new")
        put(each, {"n": 1})
        each.run(600)
        records = admin(each, "cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateConnection"}]
        )["Events"]

        assert len(records) == 1
        for secret in ("swordfish", "sesame", "hunter2"):
            assert secret not in json.dumps([found["CloudTrailEvent"] for found in records])
            assert secret not in repr(each.setting.trace) + repr(each.setting.web.requests)
            assert secret not in repr(told)
        assert told["AuthParameters"]["BasicAuthParameters"] == {"Username": "robot"}
        assert "plain" in repr(told)
        assert "events!connection/new/" in told["SecretArn"]


def test_who_may_read_the_secret_reads_it_in_secrets_manager_alone():
    with world(standing()) as each:
        secret = admin(each, "events").describe_connection(Name="tickets")["SecretArn"]
        found = admin(each, "secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        reader = each.client(each.user("reader", policies=(document(may("events:*")),)), "secretsmanager")

        assert json.loads(found) == {"api_key_name": "X-Key", "api_key_value": "hunter2"}
        with pytest.raises(ClientError, match="AccessDenied"):
            reader.get_secret_value(SecretId=secret)


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"InvocationEndpoint": "http://api.example/"}, "it must be an HTTPS endpoint"),
        ({"ConnectionArn": arn("events", "connection/none/1")}, "does not exist"),
        ({"Name": "tickets"}, "An api-destination 'tickets' already exists"),
        ({"HttpMethod": "TRACE"}, "enum value set"),
    ],
)
def test_a_destination_that_is_refused(change, why):
    with world(standing()) as each:
        events = admin(each, "events")
        connection = events.describe_connection(Name="tickets")["ConnectionArn"]
        given = {"Name": "n", "ConnectionArn": connection, "HttpMethod": "POST", "InvocationEndpoint": HOOK}
        with pytest.raises(ClientError, match=why):
            events.create_api_destination(**{**given, **change})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"AuthorizationType": "BASIC"}, "BasicAuthParameters must be given"),
        ({"Name": "tickets"}, "Connection tickets already exists"),
    ],
)
def test_a_connection_that_is_refused(change, why):
    given = {"Name": "n", "AuthorizationType": "API_KEY", "AuthParameters": KEY[1], **change}
    with world(standing()) as each, pytest.raises(ClientError, match=why):
        admin(each, "events").create_connection(**given)


def test_a_target_needs_a_role():
    with world(standing()) as each:
        events = admin(each, "events")
        destination = events.describe_api_destination(Name="tickets")["ApiDestinationArn"]
        with pytest.raises(ClientError, match="RoleArn is required"):
            events.put_targets(Rule="tell", Targets=[{"Id": "x", "Arn": destination}])
