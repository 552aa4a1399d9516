"""Regular expressions of the agent's configuration, which Go reads (RE2), as Python's.

Source: https://github.com/google/re2/wiki/Syntax
"""

import re

from scenarios.cloud.agent.shapes import InvalidConfiguration
from scenarios.cloud.kernel.errors import NotSimulated

# What Python reads and RE2 refuses: lookarounds, atomic groups, possessive repetitions, references back.
_ONLY_PYTHON = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:[=!>#(]|<[=!]|P=)|[*+?}]\+|\\[1-9])")
# What RE2 reads and Python reads otherwise or not at all.
_ONLY_GO = re.compile(r"(?<!\\)(?:\\\\)*(?:\\[pPQECzx]|\[\[:|\(\?[a-z]*U)")


def expression(text: str, at: str) -> re.Pattern[str]:
    """The expression; raises InvalidConfiguration where Go would not compile it, `at` names it."""
    if _ONLY_PYTHON.search(text):
        raise InvalidConfiguration(f"{at} {text} is no regular expression of Go")
    if _ONLY_GO.search(text):
        raise NotSimulated("the CloudWatch agent", f"the regular expression {text}")
    try:
        return re.compile(text, re.ASCII)
    except re.error as error:
        raise InvalidConfiguration(f"{at} {text} is no regular expression ({error})") from error
