"""Access logs of API Gateway: their owner's own format, a text with `$context` variables in it.

    log = AccessLog("$context.identity.sourceIp $context.status")
    log.write(lambda path: known[path]), log.read("198.51.100.7 403")

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

import re
from collections.abc import Callable
from typing import Final

from scenarios.service_logs.fields import ABSENT, NotThisFormat

_VARIABLE: Final = re.compile(r"\$context\.([a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_:-]+)*)")


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
        literals = [re.escape(each) for each in _VARIABLE.split(self._template)[::2]]
        found = re.fullmatch("(.*?)".join(literals), line.rstrip("\r\n"), re.DOTALL)
        if found is None:
            raise NotThisFormat("the line doesn't fit the format of API Gateway's access log")
        pairs = zip(self.variables, found.groups(), strict=True)
        return {name: None if text == ABSENT else text for name, text in pairs}
