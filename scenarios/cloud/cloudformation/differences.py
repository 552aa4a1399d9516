"""What an update of a stack would change: resources added, modified, replaced and removed.

Two templates are compared with every function resolved. A reference to a resource that is new, or that is
replaced, has another value afterwards, whatever it will be; the rest is known before anything is done.

A property that CloudFormation's schema calls create-only can't be changed on what stands: the resource is
replaced by another one, unless it has a name of its own, which two can't share.

Sources:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html,
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html (create-only),
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-name.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scenarios.cloud.cloudformation.building import plan_of
from scenarios.cloud.cloudformation.resources.custom import is_custom, kind_of
from scenarios.cloud.cloudformation.schemas import schema_of
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.stack import Resource, Stack


class Deed(StrEnum):
    """CloudFormation's own words for what a change does."""

    ADD = "Add"
    MODIFY = "Modify"
    REMOVE = "Remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One resource that an update changes. `properties`: the names of those that differ.

    `perhaps`: only what a custom resource will tell can change it, so it may turn out to stay as it is.
    """

    deed: Deed
    logical_id: str
    type: str
    physical_id: str = ""
    replaced: bool = False
    properties: tuple[str, ...] = ()
    perhaps: bool = False


class _Unknown(Mapping[str, str]):
    """The attributes of a resource that isn't there yet: each has some value, and none that it had before."""

    def __init__(self, logical_id: str) -> None:
        self._logical_id = logical_id

    def __getitem__(self, name: str) -> str:
        return f"<{self._logical_id}.{name}: known after the update>"

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def differences(
    before: Stack, after: Stack, unchanged: Mapping[str, Mapping[str, Any]] | None = None
) -> list[Difference]:
    """What changes from one stack to the other, in the order in which it is done; removals come last.

    `before`: as it stands, with its resources; `after`: the new template under its parameters. `unchanged`:
    the properties of resources that are not yet as `before` declares them, by logical id.
    Raises InvalidTemplate for what CloudFormation refuses, naming the resource.
    """
    old, new = plan_of(before), plan_of(after)
    made: dict[str, Resource] = dict(before.resources)
    asked = {}  # as it would be if custom resources told the same as before
    found = []
    for declared in new.in_order():
        name, standing = declared.logical_id, before.resources.get(declared.logical_id)
        if standing is None:
            made[name] = _to_come(name, declared.type)
            found.append(Difference(deed=Deed.ADD, logical_id=name, type=declared.type))
            continue
        if standing.type != declared.type:
            why = "Update of resource type is not permitted. The new template modifies resource type of"
            why = f"{why} the following resources: [{name}]"
            raise InvalidTemplate(name, why)
        was = (unchanged or {}).get(name) or resolved(old, name, before.resources)
        will_be = resolved(new, name, made)
        changed = tuple(
            sorted(each for each in was.keys() | will_be.keys() if was.get(each) != will_be.get(each))
        )
        if not changed:
            continue
        replaced = _is_replaced(declared.type, changed)
        if is_custom(declared.type):
            _keeps_its_provider(name, was, will_be)
            asked[name] = made[name]
            made[name] = _to_come(name, declared.type)
        elif replaced:
            _may_be_replaced(name, declared.type, was, will_be)
            made[name] = _to_come(name, declared.type)
        found.append(
            Difference(
                deed=Deed.MODIFY,
                logical_id=name,
                type=declared.type,
                physical_id=standing.physical_id,
                replaced=replaced,
                properties=changed,
                perhaps=was == resolved(new, name, {**made, **asked}),
            )
        )
    gone = [each for name, each in before.resources.items() if name not in new.resources]
    return found + [
        Difference(deed=Deed.REMOVE, logical_id=each.logical_id, type=each.type, physical_id=each.physical_id)
        for each in reversed(gone)
    ]


def must_be_possible(found: list[Difference], kinds: Mapping[str, Any]) -> None:
    """Raise NotSimulated for a change in place that this type doesn't know here."""
    for each in found:
        if each.deed is Deed.MODIFY and not each.replaced and kind_of(kinds, each.type).update is None:
            what = f"{each.logical_id}: an update of {each.type} in place ({', '.join(each.properties)})"
            raise NotSimulated("CloudFormation", what)


def _keeps_its_provider(name: str, was: Mapping[str, Any], will_be: Mapping[str, Any]) -> None:
    """Another one can't take over: its updates are not supported, says the page of `resources.custom`."""
    if was.get("ServiceToken") != will_be.get("ServiceToken"):
        raise InvalidTemplate(name, "Modifying service token is not allowed.")


def _to_come(logical_id: str, kind: str) -> Resource:
    return Resource(
        logical_id=logical_id,
        type=kind,
        physical_id=f"<{logical_id}: known after the update>",
        attributes=_Unknown(logical_id),
        properties={},
    )


def resolved(plan: Template, name: str, made: Mapping[str, Resource]) -> dict[str, Any]:
    """The properties of a resource as a template declares it; `made`: the resources that it may refer to."""
    properties: dict[str, Any] = plan.intrinsics.resolve(plan.resources[name].properties, name, made)
    return properties


def _is_replaced(kind: str, changed: tuple[str, ...]) -> bool:
    schema = schema_of(kind) or {}
    only = {
        path.removeprefix("/properties/").split("/")[0] for path in schema.get("createOnlyProperties", ())
    }
    return any(each in only for each in changed)


def _may_be_replaced(name: str, kind: str, was: Mapping[str, Any], will_be: Mapping[str, Any]) -> None:
    """Refuse where the two would have the same name of their own."""
    schema = schema_of(kind) or {}
    identifiers = [path.removeprefix("/properties/") for path in schema.get("primaryIdentifier", ())]
    if all(each in will_be and was.get(each) == will_be[each] for each in identifiers):
        own = ", ".join(str(will_be[each]) for each in identifiers)
        why = (
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {own} and update the stack again."
        )
        raise InvalidTemplate(name, why)
