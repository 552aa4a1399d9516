"""Somebody asks everything that the API has; nobody else gets in."""

import json
from collections.abc import Mapping

from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.people import ask, on_call

ann = on_call("ann")
mallory = Actor(name="mallory", address="203.0.113.66", policies=())
eve = Actor(name="eve", address="203.0.113.67")
# Each route with what it answers where nothing has happened yet, and where a body says nothing.
ROUTES = (
    ("GET", "/", 200),
    ("GET", "/dead-letters", 200),
    ("POST", "/dead-letters/redrive", 400),
    ("GET", "/findings", 200),
    ("GET", "/findings/none", 404),
    ("POST", "/findings/none/approve", 404),
    ("POST", "/findings/none/refuse", 404),
    ("POST", "/findings/none/undo", 404),
    ("GET", "/health", 200),
    ("POST", "/match", 400),
    ("GET", "/remediations", 200),
    ("GET", "/validations", 200),
    ("POST", "/validations", 400),
    ("GET", "/validations/none", 404),
)


def asks_everything(actor: Actor) -> Action:
    """Ask each route once; each is answered by Trailwarden itself."""

    def do(world: World, caller: Caller) -> None:
        for method, path, status in ROUTES:
            answer = ask(world, caller, method, path, {} if method == "POST" else None)
            if answer.status != status:
                raise AssertionError(f"{method} {path}: the API answered {answer.status} {answer.body}")

    return actor.does("asks everything that the API has", do)


def is_kept_out(actor: Actor, *, signs: bool) -> Action:
    """Ask each route, but the one that is open, and be refused by API Gateway."""

    def do(world: World, caller: Caller) -> None:
        for method, path, _ in ROUTES:
            answer = world.api.request(caller if signs else None, method, path)
            wanted = 200 if path == "/health" else 403
            if answer.status != wanted:
                raise AssertionError(f"{method} {path}: the API answered {answer.status} {answer.body}")

    how = "without the right to" if signs else "without a signature"
    return actor.does(f"asks everything that the API has, {how}", do)


def invokes_it(actor: Actor) -> Action:
    """Invoke the API's function past API Gateway, in both ways there are; neither is allowed to anybody."""

    def do(world: World, caller: Caller) -> None:
        client = world.client(caller, "lambda")
        name = world.home.resources["APIHandler"].physical_id
        for call, more in ((client.invoke, {}), (client.invoke_async, {"InvokeArgs": b"{}"})):
            try:
                call(FunctionName=name, **more)
            except ClientError as error:
                if error.response["Error"]["Code"] == "AccessDeniedException":
                    continue
                raise
            raise AssertionError("the API's function was invoked past API Gateway")

    return actor.does("invokes the API's function itself, and is refused", do)


def asks(actor: Actor | None, path: str, status: int) -> Action:
    """Ask one route, as somebody or as nobody, and be answered with this status."""

    def do(world: World, caller: Caller | None) -> None:
        answer = ask(world, caller, "GET", path)
        if answer.status != status:
            raise AssertionError(f"GET {path}: the API answered {answer.status} {answer.body}")

    words = f"asks GET {path}, and is answered {status}"
    if actor is None:
        return Action(f"somebody, unsigned, {words}", lambda world: do(world, None))
    return actor.does(words, do)


def logged(*lines: Mapping[str, str]) -> Check:
    """The log of requests has these lines and no others, with these fields among others.

    Where the function breaks, that request has a line, too, and is made once more: after what others ask, it
    may be.
    """

    def judge(world: World) -> str | None:
        group = world.home.resources["ApiAccessLogGroup"].physical_id
        with world.calls.muted():
            found = world.harness.client("logs").filter_log_events(logGroupName=group)["events"]
        told = [json.loads(each["message"]) for each in found]
        answered = [each for each in told if not each["status"].startswith("5")]
        if len(answered) == len(lines) and all(
            any(line.items() <= one.items() for one in answered) for line in lines
        ):
            return None
        return f"it has {told}"

    return Check("each request is a line of the API's log", judge)


# What an account needs once, so that API Gateway may write logs.
LETS_GATEWAY_WRITE = {
    "Resources": {
        "GatewayRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Principal": {"Service": "apigateway.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    },
                },
                "ManagedPolicyArns": [
                    "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
                ],
            },
        },
        "Gateway": {
            "Type": "AWS::ApiGateway::Account",
            "Properties": {"CloudWatchRoleArn": {"Fn::GetAtt": ["GatewayRole", "Arn"]}},
        },
    }
}
ANN, MALLORY = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("ann", "mallory"))
LOGGED = Scenario(
    name="people.logged",
    title="Where that is wanted, each request to the API is a line of a log: who asked what, and the answer",
    before=LETS_GATEWAY_WRITE,
    parameters=(("ApiAccessLogs", "yes"),),
    when=[
        at("01:00", asks(ann, "/findings", 200)),
        at("02:00", asks(mallory, "/findings", 403)),
        at("03:00", asks(None, "/health", 200)),
    ],
    then=[
        at_the_end(
            logged(
                {"method": "GET", "path": "/prod/findings", "status": "200", "who": ANN},
                {"method": "GET", "path": "/prod/findings", "status": "403", "who": MALLORY},
                {"method": "GET", "path": "/prod/health", "status": "200", "who": "-"},
            )
        ),
        at_the_end(no_more_alerts_than(1)),
    ],
    lasts="10:00",
)
ASK = Scenario(
    name="people.ask",
    title="Who may ask the API asks every route; who may not gets no further than API Gateway, or is told of",
    when=[
        at("01:00", asks_everything(ann)),
        at("02:00", is_kept_out(mallory, signs=False)),
        at("03:00", is_kept_out(mallory, signs=True)),
        at("04:00", invokes_it(eve)),
    ],
    then=[
        by("06:00", alert("stack_changed", "MEDIUM", "an attempt at the function APIHandler")),
        by("08:00", alert("cis_alarms", "MEDIUM", "refused for lack of permission")),
        at_the_end(no_more_alerts_than(2)),
    ],
)
SCENARIOS = (ASK, LOGGED)
