"""Access logs of API Gateway: their owner's own format, a text with `$context` variables in it.

    log = AccessLog("$context.identity.sourceIp $context.status")
    log.write(lambda path: known[path]), log.read("198.51.100.7 403")

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
AWS's pages have no table in SQL for them; the columns are by the format.
"""

import json
import re
from collections.abc import Callable
from typing import Final

from scenarios.service_logs.fields import ABSENT, NotThisFormat

_VARIABLE: Final = re.compile(r"\$context\.([a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_:-]+)*)")


STANDARD: Final = (
    '{"requestId":"$context.requestId","extendedRequestId":"$context.extendedRequestId",'
    '"ip":"$context.identity.sourceIp","caller":"$context.identity.caller","user":"$context.identity.user",'
    '"requestTime":"$context.requestTime","httpMethod":"$context.httpMethod",'
    '"resourcePath":"$context.resourcePath","status":"$context.status","protocol":"$context.protocol",'
    '"responseLength":"$context.responseLength"}'
)
"""The JSON format that the console and AWS's page offer."""


def is_template(text: str) -> bool:
    """Whether a text is a format of access logs."""
    return _VARIABLE.search(text) is not None


class AccessLog:
    """A stage's format, for its writer and its reader."""

    def __init__(self, template: str) -> None:
        self._template = template
        self.variables = tuple(match[1] for match in _VARIABLE.finditer(template))

    def write(self, value: Callable[[str], str]) -> str:
        """The line of a request; `value` gives a variable's text, by its name without `$context.`."""
        return _VARIABLE.sub(lambda match: value(match[1]), self._template)

    def read(self, line: str) -> dict[str, str | None]:
        """The variables of a line by their names; None for an absent one.

        A variable ends where what follows it in the format begins first: a value that holds this itself
        can't be told apart. Raises NotThisFormat for a line that the format doesn't fit.
        """
        found = re.fullmatch(self.pattern, line.rstrip("\r\n"), re.DOTALL)
        if found is None:
            raise NotThisFormat("the line doesn't fit the format of API Gateway's access log")
        pairs = zip(self.variables, found.groups(), strict=True)
        return {name: None if text == ABSENT else text for name, text in pairs}

    @property
    def pattern(self) -> str:
        """A regular expression for a line; a group for each variable."""
        return "(.*?)".join(re.escape(each) for each in _VARIABLE.split(self._template)[::2])

    @property
    def is_json(self) -> bool:
        """Whether each line is a JSON object, with a variable or a constant under each key."""
        return self._keys() is not None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its table's columns; raises NotThisFormat where two are one."""
        keys = self._keys()
        names = tuple(
            re.sub(r"[^a-z0-9]+", "_", each.lower()) for each in (self.variables if keys is None else keys)
        )
        twice = sorted({each for each in names if names.count(each) > 1})
        if twice or not names:
            what = f"the column {twice[0]} twice" if twice else "no column"
            raise NotThisFormat(f"the format of API Gateway's access log comes to {what}")
        return names

    def _keys(self) -> tuple[str, ...] | None:
        try:
            found = json.loads(_VARIABLE.sub("0", self._template))
        except ValueError:
            return None
        flat = isinstance(found, dict) and not any(isinstance(each, dict | list) for each in found.values())
        return tuple(found) if flat else None
