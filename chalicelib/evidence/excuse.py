"""A tag on a resource may say that a remediation is to leave it alone: a public website's bucket, say.

The stack's parameter `ExpectedTag` names the tag's key; its value names remediations, with spaces between.
Who may tag a resource may excuse themselves, so what is excused is still told, as LOW; it is not undone.
"""

from collections.abc import Mapping

from chalicelib.settings import Settings

SETTING = "TRAILWARDEN_EXPECTED_TAG"


def matters(settings: Settings) -> bool:
    """Whether tags are read at all."""
    return bool(settings.values.get(SETTING))


def excuse(remediation: str, tags: Mapping[str, str], settings: Settings) -> str:
    """The tag that excuses a resource from this remediation, `key=value`; "" where none does."""
    key = settings.values.get(SETTING, "")
    value = tags.get(key, "") if key else ""
    return f"{key}={value}" if remediation in value.split() else ""
