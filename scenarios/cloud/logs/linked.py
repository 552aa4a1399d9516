"""Log groups of source accounts, which a monitoring account reads by a link of Observability Access Manager.

A link lets the monitoring account's principals read, as far as their own policies do, and nothing else.
Without one IAM refuses, as for any resource of another account: AccessDeniedException. That AWS says the same
about a log group of an account that isn't linked is unconfirmed.

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html ("in a
monitoring account to start a query in a linked source account"),
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account-Setup.html
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization.rows import Arn, Document
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.arns import account_of
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.logs.events import group_named
from scenarios.cloud.oam.links import Links
from scenarios.cloud.setting import Setting

READS: Final = ("logs:StartQuery", "logs:GetLogRecord", "logs:FilterLogEvents", "logs:GetLogEvents")
"""What is read here of another account's groups. AWS shares more: their tags, streams and fields.

The pages of StartQuery, FilterLogEvents and GetLogEvents say so. That of GetLogRecord doesn't: unconfirmed,
but a row's @ptr would lead nowhere without it.
"""


class Group(NamedTuple):
    """A log group of an account."""

    account: str
    name: str

    def arn(self, region: str) -> str:
        """Its ARN, without `:*` behind it."""
        return f"arn:aws:logs:{region}:{self.account}:log-group:{self.name}"


def group_asked(asked: Asked, name_or_arn: str) -> Group:
    """The group that a call names: its caller's own, or that of the account in an ARN."""
    return Group(account_of(name_or_arn) or asked.caller.account, group_named(name_or_arn))


class LinkedGroups:
    """Which log groups of other accounts an account sees."""

    def __init__(self, setting: Setting, links: Links) -> None:
        self._links = links
        self._own_policy = setting.identity.policies_by("logs", self._policy)
        setting.calls.check("logs", "DescribeLogGroups", self._own_alone)
        setting.calls.in_every_account("logs", "DescribeLogGroups")

    def seen_by(self, account: str, region: str) -> Iterator[Group]:
        """The groups of other accounts that are linked to this one."""
        for link in self._links.to(account, region):
            source = account_of(link.arn)
            for name in moto_state.log_groups(source, region):
                if link.shares(name):
                    yield Group(source, name)

    def sources_of(self, account: str, region: str) -> set[str]:
        """The accounts that are linked to this one."""
        return {account_of(link.arn) for link in self._links.to(account, region)}

    def _policy(self, arn: Arn) -> Document | None:
        """The policy of a group's region; to it comes what links let monitoring accounts do."""
        own = self._own_policy(arn) if self._own_policy else None
        if not arn.rest.startswith("log-group:"):
            return own
        group = arn.rest.removeprefix("log-group:").partition(":log-stream:")[0].removesuffix(":*")
        readers = self._links.monitoring(arn.account, arn.region, group)
        if not readers:
            return own
        linked = {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{each}:root" for each in readers]},
            "Action": list(READS),
            "Resource": "*",
        }
        return {"Version": "2012-10-17", "Statement": [*(own or {}).get("Statement", ()), linked]}

    def _own_alone(self, asked: Asked) -> None:
        if asked.parameters.get("includeLinkedAccounts") or asked.parameters.get("accountIdentifiers"):
            raise NotSimulated("logs", "DescribeLogGroups of linked accounts")
