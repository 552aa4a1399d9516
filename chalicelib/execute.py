"""The only module that changes anything in AWS on a remediation's behalf."""

from botocore.exceptions import ClientError

from chalicelib.aws import Aws
from chalicelib.errors import foreseen
from chalicelib.ledger import Finding, Ledger


def carry_out(aws: Aws, ledger: Ledger, finding: Finding) -> Finding:
    """Make the plan's calls in order, noting each; a retry goes on after the last one noted.

    A call whose error is one of its `already` codes counts as done: somebody was faster.
    Raises NotAllowed, Throttled, or whatever AWS said that nobody foresaw.
    """
    for index, call in enumerate(finding.plan.calls):
        if index in finding.done:
            continue
        try:
            getattr(aws.client(call.service, call.region), call.operation)(**call.parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] not in call.already:
                raise foreseen(
                    error,
                    remediation=finding.remediation,
                    event_key=finding.event_key,
                    resource=f"{call.service}.{call.operation}",
                ) from error
        finding = ledger.mark(finding, "done", index)
    return finding
