"""Log groups with a KMS key: CloudWatch Logs decrypts what is read, with its own permission for the key.

A reader needs no right to the key. The key's policy must let `logs.REGION.amazonaws.com` decrypt, under the
encryption context `aws:logs:arn`, which is the group's ARN. With a disabled or
deleted key, reads fail. AWS doesn't document the message of such a failure: the one here is that of a group
that is refused a key.

Left out: lines from before the group had the key, the five minutes until a change takes effect, and filters,
subscriptions and exports.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_secrets, moto_state
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.logs.linked import Group, group_asked
from scenarios.cloud.setting import Setting

_READS = ("FilterLogEvents", "GetLogEvents")


class GroupEncryption:
    """Which log groups their keys allow to be read."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        for operation in _READS:
            setting.calls.check("logs", operation, self._must_decrypt)

    def _must_decrypt(self, asked: Asked) -> None:
        named = asked.parameters.get("logGroupName") or asked.parameters.get("logGroupIdentifier", "")
        self.must_decrypt(asked.region, group_asked(asked, named))

    def must_decrypt(self, region: str, named: Group) -> None:
        """Raise Refused where the key of a group doesn't let Logs read it."""
        group = moto_state.log_group(named.account, region, named.name)
        if group is None or not group.kms_key_id:
            return
        arn = named.arn(region)
        if not self._may_decrypt(str(group.kms_key_id), region, named.account, arn):
            why = f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{arn}'"
            raise Refused("AccessDeniedException", why)

    def _may_decrypt(self, key: str, region: str, account: str, group_arn: str) -> bool:
        found = moto_secrets.kms_key(key, account, region)
        if found is None or not found.enabled:
            return False
        context: dict[str, str | bool] = {
            "aws:SourceAccount": account,
            "aws:SourceArn": group_arn,
            "kms:EncryptionContext:aws:logs:arn": group_arn,
        }
        may = self._setting.identity.service_may
        return may("logs.amazonaws.com", "kms:Decrypt", str(found.arn), context).allowed
