"""Policy variables: `${aws:username}` in a resource or a condition's value, with or without a default.

A variable stands for a key's one value. Where the key is absent, a default (`${aws:username, 'anyone'}`) is
used; without one, what holds the variable fits nothing. A value that is filled in is taken letter by letter:
a `*` in it is no wildcard. `${*}`, `${?}` and `${$}` are escapes, not variables.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re

from scenarios.cloud.authorization.request_keys import RequestKeys
from scenarios.cloud.kernel.errors import NotSimulated

_VARIABLE = re.compile(r"\$\{(?![*?$]\})([^},]*)(?:,\s*'([^']*)'\s*)?\}")
_SPECIAL = re.compile(r"[*?$]")


class Unresolved(LookupError):
    """A variable's key is absent from the request, and it has no default."""


def variable_in(text: str) -> str | None:
    """The first policy variable in the text, such as `${aws:username}`; escapes are none."""
    found = _VARIABLE.search(text)
    return found[0] if found else None


def filled_in(text: str, keys: RequestKeys) -> str:
    """The text with each variable replaced, what is special in a value escaped.

    Raises:
        Unresolved: a key is absent, and its variable has no default.
        NotSimulated: a key isn't known, or has several values.
    """

    def value(variable: re.Match[str]) -> str:
        key, default = variable[1].strip(), variable[2]
        found = keys.get(key)
        if isinstance(found, tuple):
            raise NotSimulated("iam", f"the policy variable {variable[0]}, whose key has several values")
        if found is None and default is None:
            raise Unresolved(key)
        return _SPECIAL.sub(lambda special: f"${{{special[0]}}}", default if found is None else found)

    return _VARIABLE.sub(value, text)
