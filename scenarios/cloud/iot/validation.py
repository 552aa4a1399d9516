"""What AWS IoT refuses of a rule: a statement that is none, actions that are none.

Source: https://docs.aws.amazon.com/iot/latest/apireference/API_CreateTopicRule.html; the words are
unconfirmed
"""

from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.iot.broker import ACTIONS
from scenarios.cloud.iot.sql import ParseError, parse
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.validation import Request, Validation

_MOST_ACTIONS: Final = 10
_ROLELESS: Final = frozenset({"lambda"})


def rule(request: Request) -> None:
    """A rule's statement can be read, and each of its actions is one."""
    payload = request.parameters["topicRulePayload"]
    if payload.get("awsIotSqlVersion", "2016-03-23") == "2015-10-08":
        raise NotSimulated("iot", "the SQL version 2015-10-08")
    try:
        parse(str(payload["sql"]))
    except ParseError as error:
        raise Refused("SqlParseException", f"Error parsing SQL: {error}", 400) from None
    actions = list(payload.get("actions", ()))
    if len(actions) > _MOST_ACTIONS:
        raise Refused("InvalidRequestException", f"A rule has at most {_MOST_ACTIONS} actions", 400)
    for each in (*actions, *([payload["errorAction"]] if payload.get("errorAction") else [])):
        _check(each)


def _check(action: Mapping[str, Any]) -> None:
    if len(action) != 1:
        raise Refused("InvalidRequestException", "An action names one thing that it acts on", 400)
    [(kind, given)] = action.items()
    if kind not in ACTIONS:
        raise NotSimulated("iot", f"the action {kind} of a rule")
    if kind not in _ROLELESS and not given.get("roleArn"):
        raise Refused("InvalidRequestException", f"The action {kind} needs a role", 400)


VALIDATION = Validation(
    code="InvalidRequestException",
    rules={"CreateTopicRule": (rule,), "ReplaceTopicRule": (rule,)},
)
