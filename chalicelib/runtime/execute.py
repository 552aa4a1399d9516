"""The only module that changes anything in AWS on a remediation's behalf."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.aws import Aws
from chalicelib.errors import LedgerUnreachable, NotAllowed, NotDeclared, foreseen
from chalicelib.ledger.entries import LedgerEntry, key_of
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import Call, CallProgress, Outcome, Remediation
from chalicelib.runtime import declared
from chalicelib.seal import Oddity
from chalicelib.settings import Settings


def carry_out(
    aws: Aws, ledger: Ledger, entry: LedgerEntry, *, remediation: Remediation, settings: Settings
) -> tuple[LedgerEntry, Exception | None]:
    """Make the plan's calls in order, noting each; a retry goes on with the first that isn't settled.

    Returns the finding after that, ACTED or FAILED, and the error that stopped it: NotDeclared, NotAllowed,
    Throttled, or an unforeseen error of AWS's. The error is returned and not raised, because it must be
    reported first.

    Where the ledger can't be reached any more, nothing further is done; the finding that is returned then
    says how far it came, and the ledger may not.
    """
    try:
        declared.check(entry, remediation, settings, aws)
    except NotDeclared as error:
        ledger.rows.notice(Oddity.UNDECLARED, key_of(entry))
        return _settled(ledger, entry, Outcome.FAILED, str(error)), error
    for index in entry.unsettled:
        call, before = entry.plan.calls[index], entry.progress.get(index)
        try:
            entry = ledger.did(entry, index, CallProgress.BEGUN)
        except LedgerUnreachable as error:
            return _stopped(entry, error), error
        try:
            progress, answer = _made(aws, call, tried_before=before is CallProgress.BEGUN)
        except Exception as error:  # noqa: BLE001 - any error is reported and then rises
            failure = _explained(error, call, entry)
            known = {index: CallProgress.REFUSED} if _refused(error) else {}
            return _settled(ledger, entry, Outcome.FAILED, str(failure), known), failure
        try:
            entry = ledger.did(entry, index, progress, answer)
        except LedgerUnreachable as error:
            done = replace(
                entry,
                progress={**entry.progress, index: progress},
                plan=entry.plan.knowing(index, answer),
            )
            return _stopped(done, error), error
    return _settled(ledger, entry, Outcome.ACTED), None


def undo(
    aws: Aws, ledger: Ledger, entry: LedgerEntry, moved: Callable[[Call], str]
) -> tuple[LedgerEntry, Exception | None]:
    """Make the undo of each call that was ours, the last one first, noting each; a retry goes on.

    `moved`: says where what a call made is no longer so. An undo that had begun is not made again then: it
    is in effect, or what is there now is somebody else's. A call without an undo stays as it is. Returns the
    finding after that, and the error that stopped it.
    """
    for index in reversed(range(len(entry.plan.calls))):
        call, before = entry.plan.calls[index].undo, entry.progress.get(index)
        if call is None or before not in (CallProgress.DONE, CallProgress.UNDOING):
            continue
        try:
            if before is CallProgress.UNDOING and moved(entry.plan.calls[index]):
                entry = ledger.did(entry, index, CallProgress.PERHAPS_UNDONE)
                continue
            entry = ledger.did(entry, index, CallProgress.UNDOING)
            _made(aws, call, tried_before=before is CallProgress.UNDOING)
            entry = ledger.did(entry, index, CallProgress.UNDONE)
        except Exception as error:  # noqa: BLE001 - any error is reported and then rises
            return entry, _explained(error, call, entry)
    return entry, None


def _stopped(entry: LedgerEntry, error: LedgerUnreachable) -> LedgerEntry:
    return replace(entry, outcome=Outcome.FAILED, failure=str(error))


def _settled(
    ledger: Ledger,
    entry: LedgerEntry,
    outcome: Outcome,
    failure: str = "",
    progress: Mapping[int, CallProgress] = MappingProxyType({}),
) -> LedgerEntry:
    """Note the outcome. If that fails it is told all the same; the next write of the run fails likewise."""
    try:
        return ledger.settle(entry, outcome, failure, progress)
    except LedgerUnreachable:
        return replace(entry, outcome=outcome, failure=failure, progress={**entry.progress, **progress})


def _made(aws: Aws, call: Call, *, tried_before: bool) -> tuple[CallProgress, Mapping[str, Any]]:
    """Make one call, and say what AWS answered; one of its `already` codes means that the world is as wanted.

    It may be so by an earlier try: of this function, or of botocore where it has sent the request again.
    """
    if call.account != aws.account:
        raise NotAllowed(f"the call belongs to account {call.account!r}, this function to {aws.account}")
    try:
        answer = getattr(aws.client(call.service, call.region), call.operation)(**call.parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] not in call.already:
            raise
        found = CallProgress.UNSURE if tried_before or _sent_again(error) else CallProgress.FOUND
        return found, {}
    return CallProgress.DONE, answer


def _refused(error: Exception) -> bool:
    """Whether the answer says for certain that the call is not in effect: the request was at fault.

    Where botocore has sent it again, an earlier one may have been carried out without an answer.
    """
    if not isinstance(error, ClientError):
        return isinstance(error, NotAllowed)
    about = error.response.get("ResponseMetadata", {})
    return 400 <= int(about.get("HTTPStatusCode", 0)) < 500 and not _sent_again(error)


def _sent_again(error: ClientError) -> bool:
    """Whether botocore has sent the request more than once."""
    return bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts"))


def _explained(error: Exception, call: Call, entry: LedgerEntry) -> Exception:
    failure = foreseen(
        error,
        remediation=entry.remediation,
        event_key=entry.event_key,
        resource=f"{call.service}.{call.operation}",
    )
    if failure is not error:
        failure.__cause__ = error
    return failure
