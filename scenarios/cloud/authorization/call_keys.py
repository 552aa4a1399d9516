"""The condition keys that a call brings: the services' own, and the tags in its parameters.

A service lists its keys in its `Permissions`, AWS's reference the actions that know them. A key of another
service than the action's is absent, and so is one that the reference gives to other actions alone. A key that
the reference has for the action, and that no service here describes, stays unknown.

Sources: each service's page of
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
and, for tags,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resource-properties
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.cloud.authorization.paths import walk
from scenarios.cloud.authorization.reference import may_bring
from scenarios.cloud.authorization.request_keys import UNKNOWN, Ask, Found
from scenarios.cloud.authorization.rows import Asking, ContextKey, KeyValue, Permissions

_TAG = "aws:requesttag/"

# Keys with a service's prefix that come with the credentials of its sessions, on every call.
_OF_CREDENTIALS = frozenset({"ec2:roledelivery", "ec2:sourceinstancearn", "lambda:sourcefunctionarn"})

# Where operations take tags, and the names of tags that they take away.
_TAGS = ("Tags", "tags", "TagsList", "Tag", "Tagging.TagSet", "CreateBucketConfiguration.Tags")
_TAG_KEYS = ("TagKeys", "tagKeys")


class CallKeys:
    """The keys that calls of one service bring."""

    def __init__(self, of: Permissions) -> None:
        self._prefix = of.prefix
        self._principal = of.principal or f"{of.prefix}.amazonaws.com"
        self._keys = {each.key.lower(): each for each in of.context if each.key[-1] not in ":/"}
        self._families = {each.key.lower(): each for each in of.context if each.key[-1] in ":/"}

    def of(self, asking: Asking) -> Ask:
        """Who answers for one action on one resource."""
        return lambda key: self._value(asking, key)

    def _value(self, asking: Asking, key: str) -> Found:
        prefix = key.partition(":")[0]
        if prefix == "aws":
            return _tagged(asking, key, own=asking.action.startswith(f"{self._prefix}:"))
        if key == "iam:passedtoservice" and asking.action == "iam:PassRole":
            return self._principal
        if key in _OF_CREDENTIALS or _is_others_to_know(prefix, key):
            return UNKNOWN
        other = prefix != asking.action.partition(":")[0]
        if other or may_bring(asking.action, key, asking.resource) is False:
            return None
        known, rest = self._described(key)
        return UNKNOWN if known is None else _brought(known, rest, asking)

    def _described(self, key: str) -> tuple[ContextKey | None, str]:
        if key in self._keys:
            return self._keys[key], ""
        family = next((each for each in self._families if key.startswith(each)), "")
        return (self._families[family], key[len(family) :]) if family else (None, "")


def _is_others_to_know(prefix: str, key: str) -> bool:
    """Whether a key follows from an identity provider, or from the resource: its tags."""
    return "." in prefix or prefix == "saml" or key.startswith(f"{prefix}:resourcetag/")


def _brought(known: ContextKey, rest: str, asking: Asking) -> Found:
    if known.value is not None:
        return _as_compared(known.value(asking, rest))
    if known.operations and asking.operation not in known.operations:
        return None
    found = [each for each in walk(known.parameter, asking.parameters) if each is not None]
    if rest:
        entries = (each for each in found if isinstance(each, Mapping))
        return next((str(each[name]) for each in entries for name in each if name.lower() == rest), None)
    if "[" in known.parameter or "{" in known.parameter:
        return tuple(map(str, found)) or None
    return _as_compared(found[0] if found else known.default or None)


def _as_compared(value: KeyValue) -> Found:
    if value is None or value is UNKNOWN or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else tuple(value) or None


def _tagged(asking: Asking, key: str, *, own: bool) -> Found:
    """The tags in a call's parameters; only actions of the called service see them."""
    if key == "aws:tagkeys":
        names = [*dict(_tags(asking.parameters)), *_tag_keys(asking.parameters)]
        return tuple(names) or None if own else None
    if not key.startswith(_TAG):
        return UNKNOWN
    wanted = key.removeprefix(_TAG)
    values = (value for name, value in _tags(asking.parameters) if name.lower() == wanted)
    return next(values, None) if own else None


def _tags(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value of each tag, however the service spells them."""
    specified = [each.get("Tags", ()) for each in parameters.get("TagSpecifications", ())]
    for tags in [*(found for path in _TAGS for found in walk(path, parameters)), *specified]:
        if isinstance(tags, Mapping):
            yield from ((name, str(value)) for name, value in tags.items())
        elif isinstance(tags, list | tuple):
            yield from ((_part(tag, "key"), _part(tag, "value")) for tag in tags if isinstance(tag, Mapping))


def _part(tag: Mapping[str, Any], part: str) -> str:
    return next((str(value) for name, value in tag.items() if name.lower().removeprefix("tag") == part), "")


def _tag_keys(parameters: Mapping[str, Any]) -> list[str]:
    return [name for each in _TAG_KEYS for name in parameters.get(each, ())]
