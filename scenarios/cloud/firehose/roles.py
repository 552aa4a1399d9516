"""What Firehose may do under a role of a delivery stream.

Source: https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
"""

from collections.abc import Iterable
from typing import Final

from scenarios.cloud.setting import Setting

SERVICE: Final = "firehose.amazonaws.com"


def denied(setting: Setting, role: str, asked: Iterable[tuple[str, str]]) -> str:
    """Why Firehose may not do one of these under a role, or ""; `asked`: actions and their resources."""
    for action, resource in asked:
        decision = setting.identity.role_may(role, SERVICE, action, resource)
        if not decision.allowed:
            return f"{role.rpartition('/')[2]} may not {action} because {decision.because}"
    return ""
