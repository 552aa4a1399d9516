"""Who asks the API is told the truth, or that it could not be done."""

from collections.abc import Iterator, Sequence

from chalicelib.ledger.table import PK, Kind
from scenarios.cloud.apigateway.requests import Request
from scenarios.runner.walk.course import Course, MadeCall

_NOTED = 202  # approve, refuse and undo: noted, and the function is woken
_DONE = 200


def who_asks_is_told_the_truth(without: Course, with_fault: Course) -> Iterator[str]:
    """What an answer says is done was done by then; an answer of 5xx says nothing."""
    del without
    for request in with_fault.requests:
        made = [call for call in with_fault.calls if call.invocation == request.invocation and not call.error]
        for sentence in _untrue(request, made):
            yield f"{request.method} {request.path}, answered {request.answer.status}: {sentence}"


def _untrue(request: Request, made: Sequence[MadeCall]) -> Iterator[str]:
    status, redriven = request.answer.status, request.path == "/dead-letters/redrive"
    if request.method != "POST":
        return
    if status == _NOTED and request.path.startswith("/findings/"):
        if not any(_notes(call) for call in made):
            yield "nothing was noted"
        if not _times("Invoke", made):
            yield "no function was woken"
    if status == _DONE and redriven:
        answer = request.answer.json
        sent, away = _times("Invoke", made) + _times("SendMessage", made), _times("DeleteMessage", made)
        if len(answer["sent"]) > min(sent, away):
            yield f"{len(answer['sent'])} are sent again, and {sent} were, {away} taken away"
        if not answer["sent"] and not answer["not_sent"] and sent:
            yield f"none is sent again, and {sent} were"


def _notes(call: MadeCall) -> bool:
    item = call.parameters.get("Item", {}) if call.operation == "PutItem" else {}
    return str(item.get(PK, {}).get("S", "")).startswith(f"{Kind.INSTRUCTION}#")


def _times(operation: str, made: Sequence[MadeCall]) -> int:
    return sum(call.operation == operation for call in made)
