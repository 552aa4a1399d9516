"""Words about people who look at findings and decide about them, through the API and nothing else."""

from collections.abc import Sequence
from typing import Any

from chalicelib.ledger.entries import Decision, LedgerEntry
from scenarios.cloud.apigateway.messages import HttpAnswer, path_of
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import findings

ONLY_THE_API = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}],
}


def on_call(name: str) -> Actor:
    """Somebody who may ask the API, and nothing else in the account."""
    return Actor(name=name, address="198.51.100.30", policies=(ONLY_THE_API,))


def decides(
    actor: Actor, verb: str, remediation: str, *, status: int = 202, plan: str = "", **body: Any
) -> Action:
    """Approve, refuse or undo the newest finding, as `trailwarden VERB ID` does.

    `status`: what the API answers. `plan`: where it isn't the one that the finding has now.
    """

    def do(world: World, caller: Caller) -> None:
        found = newest(world, caller, remediation)
        path = path_of("findings", found["id"], verb)
        answer = ask(world, caller, "POST", path, {"plan": plan or found["plan_digest"], **body})
        if answer.status != status:
            raise AssertionError(f"{verb}: the API answered {answer.status} {answer.body}")

    dry = " (dry run)" if body.get("dry_run") else ""
    refused = "" if status == 202 else f", and is answered {status}"
    return actor.does(f"types trailwarden {verb}{dry} for {remediation}{refused}", do)


def newest(world: World, caller: Caller, remediation: str) -> Any:
    """The newest finding of a remediation that has a plan, as the API tells it."""
    answer = ask(world, caller, "GET", "/findings", query={"remediation": remediation})
    if answer.status != 200:
        raise AssertionError(f"the API answered {answer.status} {answer.body}")
    return next(each for each in answer.json["findings"] if each["plan_digest"])


def ask(
    world: World,
    caller: Caller | None,
    method: str,
    path: str,
    body: Any = None,
    *,
    query: Any = None,
    attempts: Sequence[int] = (1, 2),
) -> HttpAnswer:
    """A request; where the function breaks, it is made once more, as a person would."""
    for attempt in attempts:
        answer = world.api.request(caller, method, path, body=body, query=query, attempt=attempt)
        if answer.status < 500:
            break
    return answer


def ruled(remediation: str, *wanted: str, says: str = "") -> Check:
    """What became of each instruction on the finding with a plan, in their order; `says`: of the last one.

    Where a fault of the walk struck, some may be rejected besides: the person asks again.
    """

    def judge(world: World) -> str | None:
        decisions = _decisions(findings(world, remediation))
        rulings = tuple(str(each.ruling) for each in decisions)
        if rulings != wanted and not (world.one_fault.struck and _but_for_rejected(rulings, wanted)):
            return f"it is {', '.join(rulings) or 'nothing'}"
        last = decisions[-1].words if decisions else ""
        return None if says in last else f"the last one says {last!r}"

    said = f" ({says})" if says else ""
    return Check(f"what people asked about {remediation} is {', '.join(wanted) or 'nothing'}{said}", judge)


def _but_for_rejected(rulings: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether these are those that are wanted, in their order, and more that were rejected."""
    left = list(wanted)
    more = [each for each in rulings if not (left and each == left[0] and left.pop(0))]
    return not left and set(more) <= {"rejected"}


def _decisions(entries: list[LedgerEntry]) -> tuple[Decision, ...]:
    return next((each.decisions for each in entries if each.decisions), ())


def redrives(
    actor: Actor,
    *,
    only: str = "",
    one: bool = False,
    shows: Sequence[str] = (),
    status: int = 200,
    attempt: int = 1,
) -> Action:
    """Send the dead letters again, as `trailwarden redrive` does; `only`: those whose reason says so.

    `one`: the oldest of them alone. `shows`: what the reasons say together, before anything is sent.
    `attempt`: the second one, should the function have died at the first. Then the letters are hidden for a
    minute, so it is not made at once.
    """

    def do(world: World, caller: Caller) -> None:
        answer = ask(world, caller, "GET", "/dead-letters", attempts=(2,))
        if answer.status != 200:
            raise AssertionError(f"redrive: the API answered {answer.status} {answer.body}")
        listed = answer.json["dead_letters"]
        reasons = [each["reason"] for each in listed]
        if missing := [words for words in shows if not any(words in reason for reason in reasons)]:
            raise AssertionError(f"redrive: no reason says {missing[0]!r}: {reasons}")
        ids = [each["id"] for each in listed if only in each["reason"]][: 1 if one else None]
        if only and not ids and status == 200:
            return  # an earlier redrive has sent them, though it died before it could say so
        body = {"ids": ids} if only else {"all": True}
        answer = ask(world, caller, "POST", "/dead-letters/redrive", body, attempts=(attempt,))
        if answer.status not in (status, 502):
            raise AssertionError(f"redrive: the API answered {answer.status} {answer.body}")

    which = f"{'one of ' if one else ''}those that say {only!r}" if only else "all"
    return actor.does(f"types trailwarden redrive, for {which}", do)
