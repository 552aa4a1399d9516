"""KMS's safety check: a key policy must leave whoever sets it the right to set it again.

Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization.policy import Principal, Request, decide
from scenarios.cloud.authorization.principals import policies_of
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

LOCKS_OUT = "The new key policy will not allow you to update the key policy in the future."
_NEW = "arn:aws:kms:*:*:key/new"  # a key that is being made has no ARN yet
_BYPASS = "BypassPolicyLockoutSafetyCheck"


def locks_out(
    policy: Any, principal: Principal, identity_policies: Iterable[Mapping[str, Any]], key: str = _NEW
) -> bool:
    """Whether a policy, a document or JSON text, keeps a principal from setting the next one of that key."""
    request = Request(principal=principal, action="kms:PutKeyPolicy", resource=key)
    return not decide(request, identity_policies, policy).allowed


class LockoutCheck:
    """Refuses a policy that locks its caller out, unless the caller bypasses the check."""

    def __init__(self, setting: Setting) -> None:
        for operation in ("CreateKey", "PutKeyPolicy"):
            setting.calls.check("kms", operation, self._check)
        setting.calls.in_every_account("kms", "CreateKey", "PutKeyPolicy")

    def _check(self, asked: Asked) -> None:
        policy = asked.parameters.get("Policy")
        if not policy or asked.parameters.get(_BYPASS):
            return
        given = str(asked.parameters.get("KeyId", ""))
        here = f"arn:aws:kms:{asked.region}:{asked.caller.account}:key/"
        key = given if given.startswith("arn:") or not given else here + given
        if locks_out(policy, Principal.of(asked.caller), policies_of(asked.caller), key or _NEW):
            raise Refused("MalformedPolicyDocumentException", LOCKS_OUT)
