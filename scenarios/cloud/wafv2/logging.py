"""AWS WAF's logs of web ACLs: to S3 every five minutes, to CloudWatch Logs, to Firehose.

A destination's name begins with `aws-waf-logs-`, and there is one for each web ACL. Switching logs on lets
log delivery in at a bucket or a log group, which its caller must be allowed to; to Firehose WAF writes under
its service-linked role. Rules are not judged: which request a rule blocks, a scenario says.

Left out, and loud: redacted fields, filters, and web ACLs of CloudFront. How soon lines come to a log group,
how long after its window a file comes, and the end of its name are our choice.

Sources: https://docs.aws.amazon.com/waf/latest/APIReference/API_PutLoggingConfiguration.html,
https://docs.aws.amazon.com/waf/latest/developerguide/logging-s3.html, logging-cw-logs.html,
logging-kinesis.html and using-service-linked-roles.html there
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3, moto_state, moto_streams
from scenarios.cloud.kernel.deliveries import LogLines, Refusal
from scenarios.cloud.kernel.errors import NotSimulated, Refused, WorldError
from scenarios.cloud.service_logs_delivery import (
    DELIVERY,
    Windows,
    folder_in,
    let_in_at_bucket,
    let_in_at_group,
    linked_role,
    put_file,
    put_records,
    source_of,
)
from scenarios.cloud.setting import Setting
from scenarios.service_logs import WAF
from scenarios.service_logs.visits import Visit, of_waf
from scenarios.service_logs.waf import may_be_destination

WINDOW: Final = 300
LATE_SECONDS: Final = (5.0, 60.0)
SOON_SECONDS: Final = (5.0, 30.0)
SERVICE: Final = "wafv2.amazonaws.com"
ROLE: Final = "AWSServiceRoleForWAFV2Logging"
_WRITES: Final = {
    "Effect": "Allow",
    "Action": ["firehose:PutRecord", "firehose:PutRecordBatch"],
    "Resource": "arn:aws:firehose:*:*:deliverystream/aws-waf-logs-*",
}
# What whoever switches logs on must be allowed, by the service of the destination.
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "s3": ("s3:PutBucketPolicy", "s3:GetBucketPolicy"),
    "logs": ("logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
    "firehose": ("firehose:ListDeliveryStreams", "iam:CreateServiceLinkedRole"),
}
_Timed = tuple[datetime, str]


class Logging:
    """Every web ACL of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._files = Windows[tuple[str, str]](setting, "waf.logs", WINDOW, LATE_SECONDS, self._to_s3)
        setting.calls.check("wafv2", "PutLoggingConfiguration", self._about_to_log)

    def saw(
        self, region: str, name: str, visits: Sequence[Visit], before: tuple[str, str] = ("ALB", "")
    ) -> None:
        """These requests reach a web ACL, by its name; `before`: what it stands before, and that one's id.

        Raises WorldError where there is none.
        """
        arn = next((each for each in self._acls(region) if f"/webacl/{name}/" in each), "")
        if not arn:
            raise WorldError(f"there is no web ACL {name} in {region}")
        kept = self._backend(region).logging_configurations.get(arn)
        if kept is None:
            return
        (to,) = kept.log_destination_configs
        lines = [(each.at, self._line(each, arn, before)) for each in visits]
        if to.startswith("arn:aws:s3:"):
            for at, line in lines:
                self._files.add((region, arn), at, line)
            return
        deliver = partial(self._to_stream if ":firehose:" in to else self._to_group, region, to, name, lines)
        wait = self._setting.random("waf.soon").uniform(*SOON_SECONDS)
        last = max(at for at, _ in lines)
        self._setting.clock.at(last + timedelta(seconds=wait), deliver, f"log of the web ACL {name}")

    def _line(self, visit: Visit, acl: str, before: tuple[str, str]) -> str:
        request_id = (
            f"1-{int(visit.at.timestamp()):08x}-{self._setting.random('waf.ids').getrandbits(96):024x}"
        )
        return WAF.write(of_waf(visit, acl, before, request_id))

    def _backend(self, region: str) -> Any:
        return moto_state.backend("wafv2", self._setting.account, region)

    def _acls(self, region: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._backend(region).wacls
        return found

    # ---- the API ---------------------------------------------------------------------------------

    def _about_to_log(self, asked: Asked) -> None:
        given = asked.parameters["LoggingConfiguration"]
        for each in ("RedactedFields", "LoggingFilter"):
            if given.get(each):
                raise NotSimulated("wafv2", f"{each} of a web ACL's logs")
        if "/global/" in given["ResourceArn"] or ":global/" in given["ResourceArn"]:
            raise NotSimulated("wafv2", "logs of a web ACL of CloudFront")
        if len(given["LogDestinationConfigs"]) != 1:
            raise Refused("WAFInvalidParameterException", "Error reason: one log destination is taken")
        (to,) = given["LogDestinationConfigs"]
        self._must_fit(to, asked.region)
        kind = to.split(":")[2]
        on = {"s3": to}.get(kind, "*")
        judge = self._setting.identity.judge
        if not all(judge(asked.caller, each, on).allowed for each in _NEEDED[kind]):
            raise Refused(
                "WAFLogDestinationPermissionIssueException",
                "Unable to deliver logs to the configured destination. You might need to grant log delivery "
                "permissions for the destination.",
            )
        account = self._setting.account
        if kind == "s3":
            client = self._setting.session.client("s3")
            let_in_at_bucket(client, folder_in(to, account), account, asked.region)
        if kind == "logs":
            logs = self._setting.session.client("logs", region_name=asked.region)
            let_in_at_group(logs, to, account, asked.region)

    def _must_fit(self, to: str, region: str) -> None:
        """Refuse a destination that is none, or isn't there."""
        parts = to.split(":", 5)
        kind, rest = (parts[2], parts[5]) if len(parts) == 6 else ("", "")
        name = rest.removeprefix("log-group:").removesuffix(":*").rpartition("/")[2]
        fits = kind in _NEEDED and (kind == "s3" or parts[3:5] == [region, self._setting.account])
        if not fits or not may_be_destination(name):
            why = (
                "Error reason: The ARN isn't valid. A valid ARN begins with arn: and includes other "
                f"information separated by colons or slashes., field: LOG_DESTINATION, parameter: {to}"
            )
            raise Refused("WAFInvalidParameterException", why)
        there = {
            "s3": lambda: moto_s3.bucket(self._setting.account, name),
            "logs": lambda: moto_state.log_group(self._setting.account, region, name),
            "firehose": lambda: moto_streams.delivery_stream(to),
        }
        if there[kind]() is None:
            why = "AWS WAF couldn't perform the operation because your resource doesn't exist."
            raise Refused("WAFNonexistentItemException", why)

    # ---- delivery --------------------------------------------------------------------------------

    def _to_s3(self, which: tuple[str, str], start: datetime, lines: Sequence[str]) -> None:
        region, arn = which
        kept = self._backend(region).logging_configurations.get(arn)
        if kept is None or not kept.log_destination_configs[0].startswith("arn:aws:s3:"):
            return
        account, name = self._setting.account, arn.split("/")[-2]
        folder = folder_in(kept.log_destination_configs[0], account)
        tail = f"{self._setting.random('waf.names').getrandbits(32):08x}"
        key = (
            f"{folder}WAFLogs/{region}/{name}/{start:%Y/%m/%d/%H/%M}/"
            f"{account}_waflogs_{region}_{name}_{start:%Y%m%dT%H%MZ}_{tail}.log.gz"
        )
        self._told(name, put_file(self._setting, region, key, lines), len(lines))

    def _to_group(self, region: str, to: str, name: str, lines: Sequence[_Timed]) -> None:
        payload = LogLines(stream=f"{region}_{name}_0", lines=lines)
        refusal = self._setting.deliveries.hand_over(
            to.removesuffix(":*"), payload, by=DELIVERY, source=source_of(self._setting.account, region)
        )
        self._told(name, refusal, len(lines))

    def _to_stream(self, _: str, to: str, name: str, lines: Sequence[_Timed]) -> None:
        role = linked_role(self._setting.account, SERVICE, ROLE, _WRITES)
        self._told(name, put_records(self._setting, to, [line for _, line in lines], by=role), len(lines))

    def _told(self, name: str, refusal: Refusal | None, count: int) -> None:
        self._setting.note_lost(count, f"lines of the log of web ACL {name}", refusal)


def register(setting: Setting) -> None:
    """The laws of AWS WAF."""
    setting.laws.add(Logging(setting))
