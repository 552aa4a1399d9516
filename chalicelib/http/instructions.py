"""What a person asks of a finding: its limits, who asks, the way into the ledger, and waking who does it."""

import json
import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.errors import NotConfigured
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.instructions import Instruction, Verb, instruction, note
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import CallProgress, Outcome
from chalicelib.runtime.woken import waking
from chalicelib.seal import Voucher
from chalicelib.settings import FUNCTIONS, INSTRUCTION_KEY
from chalicelib.wording import PERHAPS_DONE

LONGEST_REASON = 200
SHORTEST_PLAN = 8
_PLAN = re.compile(r"[0-9a-f]{8,64}", re.ASCII)
_NAMES = {"plan", "dry_run", "reason"}
_WAITING = (Outcome.AWAITING_APPROVAL, Outcome.CAPPED)
_NOTHING_DONE = "Nothing was done that could be undone"
_OURS = (CallProgress.DONE, CallProgress.UNDOING)


class BadInstruction(ValueError):
    """What was asked can't be done; the message is one sentence for the caller."""


class NoSuchPlan(BadInstruction):
    """The finding is no longer as the caller saw it."""


def caller_of(context: Mapping[str, Any]) -> str:
    """The ARN of who asks, as API Gateway's IAM authorizer tells it; raises BadInstruction where it doesn't.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    identity = context.get("identity")
    arn = identity.get("userArn") if isinstance(identity, Mapping) else None
    if not isinstance(arn, str) or not arn.startswith("arn:"):
        raise BadInstruction("who asks is not known: the request has to be signed by an IAM identity")
    return arn


def asked_for(
    body: Mapping[str, Any], found: LedgerEntry, verb: Verb, now: datetime, context: Mapping[str, Any]
) -> Instruction:
    """The instruction a request's body asks for; `context` is API Gateway's.

    Raises BadInstruction, NoSuchPlan.
    """
    who = caller_of(context)
    if unknown := sorted(set(body) - _NAMES):
        raise BadInstruction(f"{unknown[0][:100]!r} is not known here; there are plan, dry_run and reason")
    dry, reason = body.get("dry_run", False), body.get("reason", "")
    if not isinstance(dry, bool) or (dry and verb is not Verb.UNDO):
        raise BadInstruction("dry_run is true or false, and of an undo only")
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        raise BadInstruction(f"reason is a text of at most {LONGEST_REASON} characters")
    _check_plan(body.get("plan"), found)
    _check_state(found, verb)
    return instruction(
        found.id,
        verb,
        found.plan.digest,
        who,
        now,
        dry=dry,
        reason=reason,
        after=found.ruled,
    )


def _check_plan(plan: Any, found: LedgerEntry) -> None:
    if not isinstance(plan, str) or not _PLAN.fullmatch(plan):
        raise BadInstruction(
            f"plan is the finding's plan_digest, or its first {SHORTEST_PLAN} characters: so nobody decides "
            "about a plan that they have not seen"
        )
    if not found.plan.digest.startswith(plan):
        raise NoSuchPlan("The plan is another one by now: look at the finding again")


def _check_state(found: LedgerEntry, verb: Verb) -> None:
    if verb is not Verb.UNDO and found.outcome not in _WAITING:
        raise NoSuchPlan(f"Nothing waits for a decision: the finding is {found.outcome!s}")
    if verb is Verb.UNDO and not any(each in _OURS for each in found.progress.values()):
        unsure = any(each is CallProgress.UNSURE for each in found.progress.values())
        raise NoSuchPlan(PERHAPS_DONE if unsure else f"{_NOTHING_DONE}: the finding is {found.outcome!s}")


def begin(kms: Any, client: Any, ledger: Ledger, asked: Instruction) -> None:
    """Note the instruction and wake the function that does it; raises NotConfigured, what boto3 raises."""
    function = functions().get(asked.finding.partition(":")[0])
    if function is None:
        raise NotConfigured(f"the environment variable {FUNCTIONS} names no function for {asked.finding}")
    note(ledger, asked, Voucher(lambda: kms, _needed(INSTRUCTION_KEY)))
    wake(client, function, waking(asked.finding))


def wake(client: Any, function: str, payload: Any) -> None:
    """Hand a function a payload, for which nobody waits; raises what boto3 raises."""
    client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(payload))


def functions() -> Mapping[str, str]:
    """The name of each remediation's function; raises NotConfigured."""
    return pairs(_needed(FUNCTIONS))


def pairs(text: str) -> dict[str, str]:
    """`name=value,name=value` as a mapping."""
    return dict(each.split("=", 1) for each in text.split(",") if "=" in each)


def _needed(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise NotConfigured(f"the environment variable {name} is missing")
