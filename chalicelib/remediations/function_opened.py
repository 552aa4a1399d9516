"""A Lambda function was opened to everybody or to a stranger: by a permission, or by a URL without a sign-in.

Whoever may invoke a function has what its role may do, for as long as the permission stands; it is a way
back in that no key and no password shows.

What we do: after AddPermission report whom the statement lets in, as it stands now, where that is
everybody, an account that is neither this one nor one of `TrustedAccounts`, or an organization that isn't
ours: HIGH. After CreateFunctionUrlConfig and UpdateFunctionUrlConfig report a URL that asks for no sign-in:
HIGH. In mode enforce the statement is removed, and the URL asks for signed requests (AWS_IAM) from then on.
The URL can be undone; a statement a person adds again, with the command that the alert has, since nothing
here may open a function.

What we leave alone: permissions of AWS's services, with whatever condition; other statements of the
function; layers; code that was changed; what is gone by the time we look; refused attempts. A function with
the tag of the parameter `ExpectedTag` is told as LOW.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html,
https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.outsiders import EVERYBODY, let_in
from chalicelib.evidence.outsiders import GRANTS as OUTSIDERS
from chalicelib.evidence.outsiders import SETTING as TRUSTED
from chalicelib.evidence.seen import Seen, blind, see, tell
from chalicelib.own_calls import own_calls
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG, TRUSTED_ACCOUNTS
from chalicelib.remediation import (
    Asked,
    Call,
    DeclaredCall,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Severity,
    Undoing,
    Way,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command, some, whole

NAME = "function_opened"
_ADDED = ("AddPermission20150331v2", "AddPermission20150331", "AddPermission")
_URLS = ("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig")
PATTERN = successful_calls(("lambda",), (*_ADDED, *_URLS))
_FUNCTIONS = "arn:${AWS::Partition}:lambda:*:${AWS::AccountId}:function:*"
_ANY = "which function is opened, and in which region, isn't known before"
GRANTS = (
    *(
        Grant(action=f"lambda:{action}", resource=_FUNCTIONS, because=_ANY)
        for action in ("GetPolicy", "GetFunctionUrlConfig", "ListTags")
    ),
    *OUTSIDERS,
    *LATELY,
    *(
        Grant(action=f"lambda:{action}", resource=_FUNCTIONS, because=_ANY, acting=True)
        for action in ("RemovePermission", "UpdateFunctionUrlConfig")
    ),
)
_FUNCTION = "arn:{partition}:lambda:{region}:{account}:function:{FunctionName}"
DECLARED_CALLS = (
    DeclaredCall(operation="lambda.remove_permission", needs=(("lambda:RemovePermission", _FUNCTION),)),
    DeclaredCall(
        operation="lambda.update_function_url_config",
        needs=(("lambda:UpdateFunctionUrlConfig", _FUNCTION),),
    ),
)
_GONE = "ResourceNotFoundException"
_ADVICE = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first, and look \
who invoked the function meanwhile: its log group, and CloudTrail's data events if these are on."""
_NO_SIGN_IN, _SIGNED = "NONE", "AWS_IAM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What lets others in: EVERYBODY or strangers, by a statement of this id or a URL without a sign-in."""

    function: str
    qualifier: str
    whom: tuple[str, ...]
    statement: str = ""
    url: str = ""


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Opened]:
    """Whom the call lets in, as far as it still does."""
    client = aws.client("lambda", event.region)
    function, qualifier = named_by(event)

    def read() -> Opened | None:
        if event.name in _URLS:
            return _url(client, function, qualifier)
        return _statement(aws, event, settings)

    def tags(_: Opened) -> Mapping[str, str]:
        arn = f"arn:{aws.partition}:lambda:{event.region}:{event.account}:function:{function}"
        found: Mapping[str, str] = client.list_tags(Resource=arn)["Tags"]
        return found

    return see(
        aws,
        event,
        settings,
        remediation=NAME,
        about=function or NOT_RECORDED,
        read=read,
        gone=(_GONE,),
        tags=tags,
    )


def named_by(event: ApiCallEvent) -> tuple[str, str]:
    """A function's name, and the version or alias; a caller may have given its ARN."""
    given = str(event.parameters.get("functionName") or "")
    qualifier = str(event.parameters.get("qualifier") or "")
    name, _, behind = given.rpartition(":function:")[2].partition(":")
    return name, qualifier or behind


def _asked(function: str, qualifier: str) -> dict[str, str]:
    return {"FunctionName": function, **({"Qualifier": qualifier} if qualifier else {})}


def _url(client: Any, function: str, qualifier: str) -> Opened | None:
    found = client.get_function_url_config(**_asked(function, qualifier))
    if found["AuthType"] != _NO_SIGN_IN:
        return None
    return Opened(function=function, qualifier=qualifier, whom=(EVERYBODY,), url=found["FunctionUrl"])


def _statement(aws: Aws, event: ApiCallEvent, settings: Settings) -> Opened | None:
    """The statement that the call has added, as it stands in the policy."""
    client = aws.client("lambda", event.region)
    function, qualifier = named_by(event)
    policy = json.loads(client.get_policy(**_asked(function, qualifier))["Policy"])
    statement = event.parameters.get("statementId")
    mine = [each for each in policy["Statement"] if each.get("Sid") == statement]
    whom = let_in(aws, event, {"Statement": mine}, settings)
    if not whom:
        return None
    return Opened(function=function, qualifier=qualifier, whom=whom, statement=str(statement))


def decide(event: ApiCallEvent, facts: Seen[Opened], _now: datetime, _settings: Settings) -> Plan:
    """Tell who may invoke it, and close it."""
    if event.failed or facts.nothing:
        return Plan.nothing()
    found = facts.state
    function = named_by(event)[0] or NOT_RECORDED
    with_all = found is not None and EVERYBODY in found.whom
    told = "is open to everybody" if with_all else "is open to a stranger" if found else "may be open"
    return tell(
        event,
        facts,
        severity=Severity.HIGH,
        title=f"Function {function} {told}",
        facts=_facts(event, found, function),
        advice=_ADVICE,
        calls=[_closed(event, found)] if found else (),
        asks=[Asked("what-was-done-to", function)],
    )


def _facts(event: ApiCallEvent, found: Opened | None, function: str) -> Iterator[tuple[str, str]]:
    yield "Function", function
    yield "Call", event.name
    if found is None:
        return
    yield "Lets in", some(found.whom)
    if found.url:
        yield "URL", f"{found.url} asks for no sign-in"
    else:
        yield "Statement", found.statement
        yield "If meant, repeat with", whole(_added_again(event))


_OPTIONS = {
    "functionName": "--function-name",
    "qualifier": "--qualifier",
    "statementId": "--statement-id",
    "action": "--action",
    "principal": "--principal",
    "principalOrgID": "--principal-org-id",
    "sourceArn": "--source-arn",
    "sourceAccount": "--source-account",
    "functionUrlAuthType": "--function-url-auth-type",
}


def _added_again(event: ApiCallEvent) -> str:
    given = {
        option: str(event.parameters[name]) for name, option in _OPTIONS.items() if name in event.parameters
    }
    by_url = ("--invoked-via-function-url",) if event.parameters.get("invokedViaFunctionUrl") is True else ()
    return aws_command("lambda", "add-permission", {**given, "--region": event.region}, *by_url)


def _closed(event: ApiCallEvent, found: Opened) -> Call:
    asked = _asked(found.function, found.qualifier)

    def call(operation: str, more: Mapping[str, Any], undo: Call | None = None) -> Call:
        return Call(
            service="lambda",
            operation=operation,
            parameters={**asked, **more},
            account=event.account,
            region=event.region,
            already=(_GONE,),
            undo=undo,
        )

    if found.url:
        undo = call("update_function_url_config", {"AuthType": _NO_SIGN_IN})
        return call("update_function_url_config", {"AuthType": _SIGNED}, undo)
    return call("remove_permission", {"StatementId": found.statement})


def moved(aws: Aws, call: Call, _settings: Settings) -> str:
    """Whether a URL is gone or open again; raises what Lambda raises."""
    asked = _asked(call.parameters["FunctionName"], call.parameters.get("Qualifier", ""))
    now = aws.client("lambda", call.region).get_function_url_config(**asked)["AuthType"]
    return "" if now == _SIGNED else f"the URL asks for {now} by now"


REMEDIATION = Remediation(
    name=NAME,
    title="A function was opened to everybody or to a stranger",
    woken_by="a call of Lambda that adds a permission or a URL, anywhere",
    response="reports who may invoke it; takes that back where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=api_call,
            look=look,
            decide=decide,
            blind=blind,
            proof=Proof(by=ProvenBy.STATE, because="who is let in is let in, whoever said so"),
        ),
        COUNTING,
        own_calls("FunctionOpenedRole", ("lambda",), ("RemovePermission20150331v2",)),
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=Undoing(
        calls=(DECLARED_CALLS[1],),
        moved=moved,
    ),
    settings={
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        TRUSTED: TRUSTED_ACCOUNTS.joined,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    managed_rules=("LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED",),
    controls=("Security Hub Lambda.1", "ATT&CK T1098", "ATT&CK T1546"),
)
