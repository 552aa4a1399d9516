"""The only module that changes anything in AWS on a remediation's behalf."""

from botocore.exceptions import ClientError

from chalicelib.aws import Aws
from chalicelib.errors import NotAllowed, NotDeclared, foreseen
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
    """
    try:
        declared.check(entry, remediation, settings, aws)
    except NotDeclared as error:
        ledger.rows.notice(Oddity.UNDECLARED, key_of(entry))
        return ledger.settle(entry, Outcome.FAILED, str(error)), error
    for index, call in enumerate(entry.plan.calls):
        before = entry.progress.get(index)
        if before not in (None, CallProgress.BEGUN):
            continue
        entry = ledger.did(entry, index, CallProgress.BEGUN)
        try:
            progress = _made(aws, call, tried_before=before is CallProgress.BEGUN)
        except Exception as error:  # noqa: BLE001 - any error is reported and then rises
            failure = _explained(error, call, entry)
            return ledger.settle(entry, Outcome.FAILED, str(failure)), failure
        entry = ledger.did(entry, index, progress)
    return ledger.settle(entry, Outcome.ACTED), None


def _made(aws: Aws, call: Call, *, tried_before: bool) -> CallProgress:
    """Make one call; an error that is one of its `already` codes means that the world is as wanted."""
    if call.account != aws.account:
        raise NotAllowed(f"the call belongs to account {call.account!r}, this function to {aws.account}")
    try:
        getattr(aws.client(call.service, call.region), call.operation)(**call.parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] not in call.already:
            raise
        return CallProgress.UNSURE if tried_before else CallProgress.FOUND
    return CallProgress.DONE


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
