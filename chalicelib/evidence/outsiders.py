"""Whom a resource's own policy lets in who is not of this account: everybody, or strangers by name.

Everybody is let in by `"Principal": "*"` that no condition closes. A condition closes it where it asks for
one of a few keys with fixed values, by an operator that the key's absence doesn't fulfil. That is how S3 says
what public means; other services have no rule of their own, and the same is asked of theirs.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from chalicelib.evidence.statements import listed, statements
from chalicelib.settings import Settings

SETTING = "TRAILWARDEN_TRUSTED_ACCOUNTS"
EVERYBODY = "everybody"

_ACCOUNT = re.compile(r"[0-9]{12}")
# Keys whose fixed values name somebody.
_CLOSING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:resourceorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "kms:calleraccount",
        "kms:viaservice",
        "lambda:eventsourcetoken",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
# Of those, the keys that name who calls.
_OF_CALLERS = frozenset({"aws:principalaccount", "aws:principalarn", "kms:calleraccount"})
_EXACT = frozenset({"stringequals", "stringequalsignorecase", "arnequals"})
_LIKE = frozenset({"stringlike", "arnlike", "arnequals"})
_NARROW = {4: 8, 6: 32}  # a wider network than these is as good as all


def trusted(settings: Settings) -> tuple[str, ...]:
    """The accounts that settings trust."""
    return settings.names(SETTING)


def outsiders(policy: Any, known: Iterable[str]) -> tuple[str, ...]:
    """Who is let in beside the accounts that are known: EVERYBODY, or ARNs and accounts. Each once.

    `policy`: JSON text, or read already.
    """
    accounts = frozenset(known)
    found = [
        each
        for statement in statements(policy)
        if statement.get("Effect") == "Allow"
        for each in _let_in(statement)
        if each == EVERYBODY or _account_of(each) not in accounts
    ]
    return tuple(dict.fromkeys(found))


def _let_in(statement: Mapping[str, Any]) -> Iterator[str]:
    """Everybody whom a statement that allows names, as ARNs, accounts, canonical ids or EVERYBODY."""
    if "NotPrincipal" in statement:
        yield EVERYBODY
        return
    principal = statement.get("Principal")
    named = principal if isinstance(principal, Mapping) else {"AWS": principal}
    for kind in ("AWS", "CanonicalUser"):
        for each in listed(named.get(kind)):
            if each != "*":
                yield str(each)
            else:
                yield from _narrowed(statement.get("Condition"))


def _narrowed(condition: Any) -> Iterator[str]:
    """Whom conditions leave of everybody: EVERYBODY, callers by name, or nobody who is told."""
    closed = False
    for operator, asked in condition.items() if isinstance(condition, Mapping) else ():
        for key, values in asked.items() if isinstance(asked, Mapping) else ():
            if _closes(str(operator).lower(), str(key).lower(), listed(values)):
                closed = True
                yield from (str(each) for each in listed(values) if str(key).lower() in _OF_CALLERS)
    if not closed:
        yield EVERYBODY


def _closes(operator: str, key: str, values: list[Any]) -> bool:
    name = operator.removeprefix("foranyvalue:")
    if key == "aws:sourceip" and name == "ipaddress":
        return bool(values) and all(map(_is_narrow, values))
    if key not in _CLOSING or name not in _EXACT | _LIKE or not values:
        return False
    return all(_is_fixed(str(each), like=name in _LIKE) for each in values)


def _is_fixed(value: str, *, like: bool) -> bool:
    """A pattern is as good as fixed where the account in it is, or where it has no wildcard."""
    if not value:
        return False
    return not like or not ({"*", "?"} & set(value)) or bool(_ACCOUNT.search(_account_of(value)))


def _is_narrow(block: Any) -> bool:
    try:
        network = ip_network(str(block), strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _NARROW[network.version]


def _account_of(principal: str) -> str:
    """The account of an ARN, or of a number; "" for what names none."""
    if _ACCOUNT.fullmatch(principal):
        return principal
    parts = principal.split(":")
    return parts[4] if len(parts) > 5 else ""
