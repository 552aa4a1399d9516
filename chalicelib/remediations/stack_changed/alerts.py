"""The alerts about a part of Trailwarden's own stack: what was done to it, what stops by it, how to go on."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from chalicelib.events import ApiCallEvent
from chalicelib.evidence.call import call_facts, failure_fact
from chalicelib.remediation import Alert, Call, Flood, Severity
from chalicelib.remediations.stack_changed.deeds import KINDS, Deed, deed_of, deploying, name_of, off
from chalicelib.remediations.stack_changed.parts import SPOKES_RULE, is_of_a_spoke, stack_of_a_spoke
from chalicelib.remediations.stack_changed.promise import Part, Place
from chalicelib.remediations.stack_changed.reading import Seen
from chalicelib.wording import LONGEST_FACT, aws_command, whole

_REFUSED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized")
_ASK = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first: whoever \
blinds Trailwarden is about to do something that it would tell. Look at what else they did: alerts of it may \
be missing."""
_EXPECTED = """\
If this caller deploys the stack, name them in its parameter StackChangedDeployers: then their calls are \
recorded, without an alert."""
_ATTEMPT = """\
This call changed nothing. Ask the caller what they wanted; if the caller is unknown, look at what else \
these credentials did."""
_OURS = """\
This role belongs to a function of Trailwarden, which never makes this call: somebody else uses it, or the \
function's code is another. Disable the role's sessions, and deploy the code again."""
_BY_HAND = """\
Nothing of Trailwarden's needs a person to do this: approve, refuse, undo and redrive ask its API. Ask the \
caller whether this was meant. If the caller is unknown, disable their credentials first, and look at the \
findings and alerts since then: who forges one may hide another."""
_OFF_TOO = """\
Look in CloudTrail's event history who disabled this rule. If the caller is unknown, disable their \
credentials first, and look at what else they did since then: alerts of it may be missing."""
_UNDOING = (
    "the call that changed it, made again by who deploys the stack; it is in CloudTrail with its parameters, "
    "and Trailwarden makes no call that blinds itself"
)
_CODE = "The code is not put back by itself: package and deploy it again from a checkout that you trust."
_WORD = re.compile(r"[A-Z][a-z]+|[A-Z]+(?![a-z])")


def changed(event: ApiCallEvent, seen: Seen, calls: Sequence[Call], overruled: Sequence[str] = ()) -> Alert:
    """Somebody changed a part of the stack. Severity: that of the gravest thing it does.

    `overruled`: patterns for deployers that are too wide.
    """
    deeds = [(part, deed_of(event, part)) for part in seen.parts]
    part, deed = max(deeds, key=lambda each: _rank(each[1].severity))
    harmless = deed.severity is Severity.LOW and seen.own_role is None
    severity = Severity.CRITICAL if seen.own_role else deed.severity
    return Alert(
        severity=severity,
        title=f"Trailwarden itself: {_named(part)} {deed.done}{_and_more(seen.parts)}",
        facts=(
            *(("What that means", _means(each, part, seen)) for part, each in _each_meaning(deeds)),
            *_parts(seen.parts),
            ("Call", event.name),
            *call_facts(event),
            *_who_it_is(seen),
            *(("Not obeyed", f"the deployer {each}, which is too wide") for each in overruled),
            *(("Could not look", each.why) for each in seen.could_not_read),
            *_put_back(event, seen, calls),
        ),
        advice="" if harmless else "\n".join(_advice(event, seen)),
        # To deploy a spoke, or to delete it, is many calls.
        flood=Flood(subject=f"{what}:{event.principal}") if (what := deploying(event, part)) else None,
    )


def off_too(event: ApiCallEvent, seen: Seen, rule: Part, calls: Sequence[Call]) -> Alert:
    """A rule is off, which was found when the one that alone hears of that was touched: nobody was told."""
    found = off()
    return Alert(
        severity=found.severity,
        title=f"Trailwarden itself: {_named(rule)} {found.done}",
        facts=(
            ("What that means", _means(found, rule, seen)),
            *_parts((rule,)),
            ("Found when", f"{event.name} was looked at; the event of this rule's change came to nobody"),
            *_by_hand(calls),
        ),
        advice=_OFF_TOO,
    )


def attempted(event: ApiCallEvent, seen: Seen) -> Alert:
    """A call that AWS refused, that a protection stopped, or that failed."""
    refused = any(code in event.error_code for code in _REFUSED)
    held = "protection" in event.error_message.lower()
    why = "AWS refused" if refused else "a protection held" if held else "it failed"
    ours = seen.own_role is not None
    return Alert(
        severity=Severity.HIGH if ours else Severity.MEDIUM if refused or held else Severity.LOW,
        title=f"Trailwarden itself: an attempt at {_named(seen.parts[0])} ({name_of(event)}): {why}",
        facts=(
            *_parts(seen.parts),
            ("Call", event.name),
            *call_facts(event),
            *_who_it_is(seen),
            failure_fact(event),
        ),
        advice=_OURS if ours else _ATTEMPT if refused or held else "",
        # Anybody may be refused, as often as they like; it never counts among what succeeded.
        flood=Flood(subject=f"refused:{event.principal}"),
    )


def used(event: ApiCallEvent, seen: Seen) -> Alert:
    """Somebody used a part by hand. Severity: that of the gravest thing it does."""
    deeds = [(part, deed_of(event, part)) for part in seen.parts]
    part, deed = max(deeds, key=lambda each: _rank(each[1].severity))
    return Alert(
        severity=deed.severity,
        title=f"Trailwarden itself: {_named(part)} {deed.done}{_and_more(seen.parts)}",
        facts=(
            *(("What that means", _means(each, part, seen)) for part, each in _each_meaning(deeds)),
            *_parts(seen.parts),
            ("Call", event.name),
            *_which_item(event),
            *call_facts(event),
            *_who_it_is(seen),
            *(("Could not look", each.why) for each in seen.could_not_read),
        ),
        advice=f"{_BY_HAND}\n{_EXPECTED}",
        # Whoever may do it may do it as often as they like; each kind of use, of each part, is told.
        flood=Flood(subject=f"used:{event.principal or event.actor.label}:{event.name}:{part.logical_id}"),
    )


def whose(part: Part, functions: Sequence[str]) -> str:
    """The remediation that a part belongs to, by its name in the template; else the whole."""
    owners = [each for each in functions if part.logical_id.startswith(each)]
    if not owners:
        return "Trailwarden"
    return "_".join(_WORD.findall(max(owners, key=len))).lower()


def _rank(severity: Severity) -> int:
    return list(Severity).index(severity)


def _named(part: Part) -> str:
    kind = KINDS.get(part.type, "")
    return f"the {kind} {part.logical_id}" if kind else part.logical_id


def _and_more(parts: Sequence[Part]) -> str:
    return f", and {len(parts) - 1} more" if len(parts) > 1 else ""


def _each_meaning(deeds: Sequence[tuple[Part, Deed]]) -> Iterator[tuple[Part, Deed]]:
    """Each part with what the call means for it, but not the same sentence twice."""
    told = set()
    for part, deed in deeds:
        if deed.means not in told:
            told.add(deed.means)
            yield part, deed


def _means(deed: Deed, part: Part, seen: Seen) -> str:
    return deed.means.replace("{whose}", whose(part, seen.functions))


def _parts(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    for part in parts:
        yield KINDS.get(part.type, "Named").capitalize(), part.physical_id


def _which_item(event: ApiCallEvent) -> Iterator[tuple[str, str]]:
    """Of the ledger: CloudTrail records an item's key, and no more of it."""
    key = event.parameters.get("key")
    if isinstance(key, Mapping):
        yield "Item", json.dumps(key)


def _who_it_is(seen: Seen) -> Iterator[tuple[str, str]]:
    if seen.own_role:
        yield "Who that is", f"the role of {whose(seen.own_role, seen.functions)}, Trailwarden's own"


def _advice(event: ApiCallEvent, seen: Seen) -> Iterator[str]:
    yield _OURS if seen.own_role else _ASK
    if name_of(event) in ("UpdateFunctionCode", "DeleteFunction"):
        yield _CODE
    if not seen.own_role:
        yield _EXPECTED


# ---- commands ---------------------------------------------------------------------------------------


def _put_back(event: ApiCallEvent, seen: Seen, calls: Sequence[Call]) -> Iterator[tuple[str, str]]:
    """These are facts, not advice: a fact stays on one line, even if a name in it is malicious."""
    if taken := taking_away(event):
        yield "Take it away with", taken
        return
    if is_of_a_spoke(seen.parts[0]):
        yield from _spoke_put_back(event, seen)
        return
    yield from _by_hand(calls)
    whole = all(len(call.command) <= LONGEST_FACT for call in calls)
    gravest = max((deed_of(event, part).severity for part in seen.parts), key=_rank)
    if (not calls or not whole) and _rank(gravest) > _rank(Severity.LOW):
        yield "Put everything back with", reverting(seen.place)
        yield "and then with", carrying_out(seen.place)


def _spoke_put_back(event: ApiCallEvent, seen: Seen) -> Iterator[tuple[str, str]]:
    """By hand: the function that tells may do nothing in other regions."""
    (part,) = seen.parts
    name = {"--name": part.physical_id, "--region": event.region}
    if name_of(event) == "DisableRule":
        yield "Put back with", whole(aws_command("events", "enable-rule", name))
        return
    # A role's call is recorded in one region, wherever the spoke is.
    region = event.region if part.type == SPOKES_RULE else "REGION"
    partition, account = seen.place.partition, seen.place.account
    stack = f"stack/{stack_of_a_spoke(part.physical_id)}/-"
    place = Place(stack_id=f"arn:{partition}:cloudformation:{region}:{account}:{stack}")
    yield "Put everything back with", reverting(place)
    yield "and then with", carrying_out(place)


def _by_hand(calls: Sequence[Call]) -> Iterator[tuple[str, str]]:
    if calls:
        yield "Undo it with", _UNDOING


def taking_away(event: ApiCallEvent) -> str:
    """The command that takes away what belongs to no stack: CloudFormation leaves it. Else ""."""
    given, name = event.parameters, name_of(event)
    policy, kind, mute = (str(given.get(each, "")) for each in ("policyName", "policyType", "name"))
    region = {"--region": event.region}
    if name == "PutAccountPolicy":
        named = {"--policy-name": policy, "--policy-type": kind}
        return whole(aws_command("logs", "delete-account-policy", {**named, **region}))
    if name == "PutAlarmMuteRule":
        named = {"--alarm-mute-rule-name": mute}
        return whole(aws_command("cloudwatch", "delete-alarm-mute-rule", {**named, **region}))
    if name == "PutPermission":
        named = {"--statement-id": _statement(given)}
        return whole(aws_command("events", "remove-permission", {**named, **region}))
    return ""


def _statement(given: Mapping[str, Any]) -> str:
    """The statement of a bus's policy that a call has put; the last one of several."""
    found = re.findall(r'"Sid"\s*:\s*"([^"]*)"', str(given.get("policy", "")))
    return str(given.get("statementId", "")) or (found[-1] if found else "STATEMENT")


def reverting(place: Place) -> str:
    """The command that has CloudFormation plan how to bring every part back to its template.

    Deploying the same template again would change nothing: CloudFormation compares it with the last one.
    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
    """
    stack, region = quote(place.stack_name), quote(place.region)
    same = "Stacks[0].Parameters[].{ParameterKey:ParameterKey,UsePreviousValue:`true`}"
    given = f"aws cloudformation describe-stacks --stack-name {stack} --query '{same}' --region {region}"
    return (
        f"aws cloudformation create-change-set --stack-name {stack} --change-set-name put-back "
        f"--deployment-mode REVERT_DRIFT --use-previous-template --capabilities CAPABILITY_IAM "
        f'CAPABILITY_AUTO_EXPAND --parameters "$({given})" --region {region}'
    )


def carrying_out(place: Place) -> str:
    """The command that carries it out, once it is made and was read."""
    stack, region = quote(place.stack_name), quote(place.region)
    return (
        f"aws cloudformation execute-change-set --stack-name {stack} --change-set-name put-back "
        f"--region {region}"
    )
