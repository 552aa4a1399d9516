"""SetStackPolicy and GetStackPolicy, and the policy that another call brings along.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html and
API_GetStackPolicy.html there
"""

from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudformation.given import text_in_s3
from scenarios.cloud.cloudformation.stack_policies import checked
from scenarios.cloud.cloudformation.stacks import Stacks
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting


class Policies:
    """Answers the calls about stacks' policies."""

    def __init__(self, setting: Setting, stacks: Stacks) -> None:
        self._setting = setting
        self._stacks = stacks
        setting.calls.answer("cloudformation", "SetStackPolicy", self._set)
        setting.calls.answer("cloudformation", "GetStackPolicy", self._get)

    def _set(self, asked: Asked) -> dict[str, Any]:
        standing = self._stacks.named(asked)
        standing.policy = policy_given(self._setting, asked)
        return {}

    def _get(self, asked: Asked) -> dict[str, Any]:
        standing = self._stacks.named(asked)
        return {"StackPolicyBody": standing.policy} if standing.policy else {}


def policy_given(setting: Setting, asked: Asked, name: str = "StackPolicy") -> str:
    """The text of the policy that a call brings; "" for none. Raises Refused for what is no policy."""
    body, url = (asked.parameters.get(f"{name}{form}") for form in ("Body", "URL"))
    if body is not None and url is not None:
        raise Refused("ValidationError", f"You cannot specify both {name}URL and {name}Body")
    if body is None and url is None:
        return ""
    return checked(str(body) if url is None else text_in_s3(setting, asked, str(url)))
