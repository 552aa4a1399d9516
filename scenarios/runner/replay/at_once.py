"""Calls that functions make for every record that fires, always the same: answered at once.

The MAC that a function's seal is made of is the same each time, and nobody reads the alerts of a replay.
The first call of a kind goes the whole way, with permissions, records and deliveries; so does each that SNS
may refuse.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from botocore.client import BaseClient

from scenarios.cloud.asked import SendThese
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.setting import Setting

_LONGEST_MESSAGE: Final = 60_000  # characters; SNS takes 256 KB
_PLAIN_SUBJECT: Final = re.compile(r"[!-~][ -~]{0,98}")
_Kind = tuple[object, ...]


class AnsweredAtOnce:
    """From now on such calls are answered here."""

    def __init__(self, setting: Setting) -> None:
        self._macs: dict[_Kind, Mapping[str, Any]] = {}
        self._published: set[_Kind] = set()
        calls = setting.calls
        calls.after("kms", "GenerateMac", self._was_made)
        calls.in_place_of_everything(
            "kms", "GenerateMac", lambda given: _mac_of(given) in self._macs, self._mac
        )
        calls.after("sns", "Publish", self._was_published)
        calls.in_place_of_everything("sns", "Publish", self._was_published_before, _published)

    def _was_made(self, call: ApiCall) -> None:
        assert call.response is not None
        self._macs[_mac_of(call.parameters)] = call.response

    def _mac(self, _: BaseClient, given: Mapping[str, Any], __: SendThese) -> dict[str, Any]:
        return {**self._macs[_mac_of(given)], **_ANSWERED}

    def _was_published(self, call: ApiCall) -> None:
        self._published.add(_message_of(call.parameters))

    def _was_published_before(self, given: Mapping[str, Any]) -> bool:
        plain = len(given.get("Message", "")) < _LONGEST_MESSAGE and (
            "Subject" not in given or _PLAIN_SUBJECT.fullmatch(given["Subject"]) is not None
        )
        return plain and _message_of(given) in self._published


_ANSWERED: Final = {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0, "HTTPHeaders": {}}}


def _published(_: BaseClient, __: Mapping[str, Any], ___: SendThese) -> dict[str, Any]:
    return {"MessageId": "00000000-0000-0000-0000-000000000000", **_ANSWERED}


def _mac_of(given: Mapping[str, Any]) -> _Kind:
    return given.get("KeyId"), given.get("Message"), given.get("MacAlgorithm")


def _message_of(given: Mapping[str, Any]) -> _Kind:
    """What SNS goes by, beside the text: the topic, and which attributes with which values there are."""
    attributes = given.get("MessageAttributes", {})
    values = ((name, value.get("StringValue")) for name, value in sorted(attributes.items()))
    return given.get("TopicArn"), *sorted(given), *values
