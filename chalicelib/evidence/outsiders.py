"""Whom a resource's own policy lets in who is not of this account: everybody, or strangers by name.

Everybody is let in by `"Principal": "*"` that no condition closes. A condition closes it where it asks for
one of a few keys with fixed values, by an operator that the key's absence doesn't fulfil. That is how S3 says
what public means; other services have no rule of their own, and the same is asked of theirs.

Closed is not yet ours: whoever writes a policy may close it for everybody but themselves. So whom the values
name is told, where no other condition of the statement names us: an account, an organization, a network.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws,
https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from chalicelib.aws import Aws
from chalicelib.events import ApiCallEvent
from chalicelib.evidence.statements import listed, statements
from chalicelib.looking import answer
from chalicelib.remediation import Grant
from chalicelib.settings import Settings

SETTING = "TRAILWARDEN_TRUSTED_ACCOUNTS"
EVERYBODY = "everybody"
# How strangers begin who are known by where they come from, or by their organization.
NETWORK, ORGANIZATION = "the network ", "the organization "
GRANTS = (
    Grant(
        action="organizations:DescribeOrganization",
        resource="*",
        because="an account is in one organization: the call takes no resource",
    ),
)

_ACCOUNT = re.compile(r"[0-9]{12}")
_BY_ACCOUNT = "{}"
# Keys whose fixed values name somebody, and how these are told; "" for those that say nothing of who it is.
_CLOSING: Mapping[str, str] = {
    "aws:principalaccount": _BY_ACCOUNT,
    "aws:principalarn": _BY_ACCOUNT,
    "aws:principalorgid": f"{ORGANIZATION}{{}}",
    "aws:principalorgpaths": f"{ORGANIZATION}{{}}",
    "aws:sourceaccount": _BY_ACCOUNT,
    "aws:sourcearn": _BY_ACCOUNT,
    "aws:sourceip": f"{NETWORK}{{}}",
    "aws:sourceorgid": f"{ORGANIZATION}{{}}",
    "aws:sourceorgpaths": f"{ORGANIZATION}{{}}",
    "aws:sourceowner": _BY_ACCOUNT,
    "aws:sourcevpc": f"{NETWORK}{{}}",
    "aws:sourcevpce": f"{NETWORK}{{}}",
    "aws:userid": "the user id {}",
    "kms:calleraccount": _BY_ACCOUNT,
    "lambda:eventsourcetoken": "",
    "s3:dataaccesspointaccount": _BY_ACCOUNT,
    "s3:dataaccesspointarn": _BY_ACCOUNT,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "",
}
# Who signs tokens for everybody, and the claim that says for whom.
_SIGN_FOR_ALL: Mapping[str, str] = {
    "token.actions.githubusercontent.com": "sub",
    "gitlab.com": "sub",
    "app.terraform.io": "sub",
    "cognito-identity.amazonaws.com": "aud",
    "accounts.google.com": "aud",
    "graph.facebook.com": "app_id",
    "www.amazon.com": "app_id",
}
_OWNER = re.compile(r"[a-z_]+:[^/:*?$]+[/:]")  # `repo:octo/`, `project_path:group/`, `organization:name:`
_EXACT = frozenset({"stringequals", "stringequalsignorecase", "arnequals"})
_LIKE = frozenset({"stringlike", "arnlike", "arnequals"})
_NARROW = {4: 8, 6: 32}  # a wider network than these is as good as all


def trusted(settings: Settings) -> tuple[str, ...]:
    """The accounts that settings trust."""
    return settings.names(SETTING)


def let_in(aws: Aws, event: ApiCallEvent, policy: Any, settings: Settings) -> tuple[str, ...]:
    """Who is let in beside our account, those that settings trust, and our organization where one is named.

    Raises what Organizations raises.
    """
    known = (event.account, *trusted(settings))
    found = outsiders(policy, known)
    if not any(each.startswith(ORGANIZATION) for each in found):
        return found
    return outsiders(policy, (*known, *_organization(aws, event)))


def _organization(aws: Aws, event: ApiCallEvent) -> tuple[str, ...]:
    """The id of the organization that our account belongs to; none where it belongs to none."""
    ask = aws.client("organizations", event.region).describe_organization
    return answer(
        lambda: (str(ask()["Organization"]["Id"]),),
        unless=("AWSOrganizationsNotInUseException",),
        otherwise=(),
    )


def outsiders(policy: Any, known: Iterable[str]) -> tuple[str, ...]:
    """Who is let in beside those that are known: EVERYBODY, or ARNs, accounts and the like. Each once.

    `policy`: JSON text, or read already. `known`: numbers of accounts, ids of organizations.
    """
    ours = frozenset(known)
    found = [
        each
        for statement in statements(policy)
        if statement.get("Effect") == "Allow"
        for each in _let_in(statement, ours)
        if not _is_ours(each, ours)
    ]
    return tuple(dict.fromkeys(found))


def _is_ours(whom: str, ours: frozenset[str]) -> bool:
    if whom.startswith(ORGANIZATION):
        return whom.removeprefix(ORGANIZATION).partition("/")[0] in ours
    return _account_of(whom) in ours


def _let_in(statement: Mapping[str, Any], ours: frozenset[str]) -> Iterator[str]:
    """Everybody whom a statement that allows names, as ARNs, accounts, canonical ids or EVERYBODY."""
    if "NotPrincipal" in statement:
        yield EVERYBODY
        return
    principal, condition = statement.get("Principal"), statement.get("Condition")
    named = principal if isinstance(principal, Mapping) else {"AWS": principal}
    for kind in ("AWS", "CanonicalUser"):
        for each in listed(named.get(kind)):
            if each != "*":
                yield str(each)
            else:
                yield from _narrowed(condition, ours)
    for each in listed(named.get("Federated")):
        yield from _federated(str(each), condition)


def _asked(condition: Any) -> Iterator[tuple[str, str, list[Any]]]:
    """The operator, the key and the values of each condition, the first two in small letters."""
    for operator, asked in condition.items() if isinstance(condition, Mapping) else ():
        for key, values in asked.items() if isinstance(asked, Mapping) else ():
            yield str(operator).lower(), str(key).lower(), listed(values)


def _narrowed(condition: Any, ours: frozenset[str]) -> Iterator[str]:
    """Whom conditions leave of everybody: EVERYBODY, callers by name, or nobody who is told.

    Conditions hold together: where one of them lets only us in, nobody else gets in by the others.
    """
    closing = [
        [_CLOSING[key].format(each) for each in values if _CLOSING[key]]
        for operator, key, values in _asked(condition)
        if _closes(operator, key, values)
    ]
    if not closing:
        yield EVERYBODY
    elif not any(all(_is_ours(each, ours) for each in whom) for whom in closing):
        yield from closing[0]


def _federated(provider: str, condition: Any) -> Iterator[str]:
    """EVERYBODY, where one who signs tokens for everybody is trusted, and no condition says whose."""
    issuer = provider.rpartition("oidc-provider/")[2]
    if issuer not in _SIGN_FOR_ALL and issuer != "*":
        return
    claim = f"{issuer}:{_SIGN_FOR_ALL.get(issuer)}"
    for operator, key, values in _asked(condition):
        name = operator.removeprefix("foranyvalue:")
        if key == claim and name in _EXACT | _LIKE and values and all(map(_names_whom, values)):
            return
    yield EVERYBODY


def _names_whom(claimed: Any) -> bool:
    """Whether a claim's pattern says whose it is: `repo:octo/*` does, `repo:*` and `repo:octo*` don't."""
    value = str(claimed)
    return _is_fixed(value, like=True) or bool(_OWNER.match(value))


def _closes(operator: str, key: str, values: list[Any]) -> bool:
    name = operator.removeprefix("foranyvalue:")
    if key == "aws:sourceip":
        return name == "ipaddress" and bool(values) and all(map(_is_narrow, values))
    if key not in _CLOSING or name not in _EXACT | _LIKE or not values:
        return False
    return all(_is_fixed(_told_by(key, str(each)), like=name in _LIKE) for each in values)


def _told_by(key: str, value: str) -> str:
    """What of a value says who it is: of a path through an organization its beginning."""
    return value.partition("/")[0] if key.endswith("orgpaths") else value


def _is_fixed(value: str, *, like: bool) -> bool:
    """A pattern is as good as fixed where the account in it is, or where it has no wildcard.

    A variable is not: `${aws:PrincipalAccount}` is whoever calls.
    """
    if not value or "${" in value:
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
