"""The only module that changes anything in AWS on a remediation's behalf."""

from botocore.exceptions import ClientError

from chalicelib.aws import Aws
from chalicelib.errors import NotAllowed, foreseen
from chalicelib.ledger.findings import Finding
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import Call, Deed, Outcome


def carry_out(aws: Aws, ledger: Ledger, finding: Finding) -> tuple[Finding, Exception | None]:
    """Make the plan's calls in order, noting each; a retry goes on with the first that isn't settled.

    Returns the finding as it stands then, ACTED or FAILED, and what stopped it: NotAllowed, Throttled, or
    whatever AWS said that nobody foresaw. It is returned rather than raised, because it is to be told first.
    """
    for index, call in enumerate(finding.plan.calls):
        before = finding.deeds.get(index)
        if before not in (None, Deed.BEGUN):
            continue
        finding = ledger.did(finding, index, Deed.BEGUN)
        try:
            deed = _made(aws, call, tried_before=before is Deed.BEGUN)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and then rises
            failure = _explained(error, call, finding)
            return ledger.settle(finding, Outcome.FAILED, str(failure)), failure
        finding = ledger.did(finding, index, deed)
    return ledger.settle(finding, Outcome.ACTED), None


def _made(aws: Aws, call: Call, *, tried_before: bool) -> Deed:
    """Make one call; an error that is one of its `already` codes means that the world is as wanted."""
    if call.account != aws.account:
        raise NotAllowed(f"the call belongs to account {call.account!r}, this function to {aws.account}")
    try:
        getattr(aws.client(call.service, call.region), call.operation)(**call.parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] not in call.already:
            raise
        return Deed.UNSURE if tried_before else Deed.FOUND
    return Deed.DONE


def _explained(error: Exception, call: Call, finding: Finding) -> Exception:
    failure = foreseen(
        error,
        remediation=finding.remediation,
        event_key=finding.event_key,
        resource=f"{call.service}.{call.operation}",
    )
    if failure is not error:
        failure.__cause__ = error
    return failure
