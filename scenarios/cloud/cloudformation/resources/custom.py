"""Custom resources as types: `AWS::CloudFormation::CustomResource` and every `Custom::Name`.

What they are made of is up to a function or a topic, which is asked over time (see `custom_resources`); so no
function here makes one.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import Form, Shape, Text, Whole
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.stack import Resource

CUSTOM_RESOURCE: Final = "AWS::CloudFormation::CustomResource"
_PREFIX: Final = "Custom::"
_NAME = re.compile(r"Custom::[A-Za-z0-9_@-]+\Z")
_LONGEST_NAME: Final = 60
_PROVIDER: Final = r"arn:[a-z-]+:(lambda|sns):[a-z0-9-]+:\d{12}:.+"
MOST_SECONDS: Final = 3600


def is_custom(kind: str) -> bool:
    """Whether a type is a custom resource's."""
    return kind == CUSTOM_RESOURCE or kind.startswith(_PREFIX)


def is_known(kinds: Mapping[str, Kind], name: str) -> bool:
    """Whether there is a type of this name here."""
    return is_custom(name) or name in kinds


def kind_of(kinds: Mapping[str, Kind], name: str) -> Kind:
    """The type of this name, which is known; all custom resources are of one."""
    return kinds[CUSTOM_RESOURCE if name.startswith(_PREFIX) else name]


def checked_name(kind: str, at: str) -> None:
    """Refuse a name that no custom resource can have."""
    if kind.startswith(_PREFIX) and (not _NAME.match(kind) or len(kind) > _LONGEST_NAME):
        why = f"the name of a custom resource's type has up to {_LONGEST_NAME} letters, digits, _, @ and -"
        raise InvalidTemplate(f"{at}.Type", why)


class _AsItIs:
    """A property whose meaning is the provider's business."""

    def check(self, value: Any, at: str) -> Any:
        """Return it."""
        del at
        return value


_OWN: Final[Mapping[str, Form]] = {
    "ServiceToken": Text(pattern=_PROVIDER),
    "ServiceTimeout": Whole(low=1, high=MOST_SECONDS),
}


class _AnyShape(Shape):
    """Two properties are CloudFormation's own; all others are the provider's, whatever they are called."""

    __slots__ = ()

    def check(self, value: Any, at: str) -> dict[str, Any]:
        """Return all of them."""
        theirs = {name: _AsItIs() for name in value if name not in _OWN}
        return Shape(fields={**_OWN, **theirs}, required=("ServiceToken",)).check(value, at)


class _Fields(dict[str, Form]):
    """What stands for the form of each property."""

    def __missing__(self, _: str) -> Form:
        return _AsItIs()


def _create(order: Order) -> Identity:
    """Only `Creation` and `Update` can wait for a provider's answer."""
    what = f"{order.logical_id}: a custom resource of a stack that stands before its world begins"
    raise NotSimulated("CloudFormation", what)


def _update(order: Order, _: Resource) -> Identity:
    return _create(order)


def _delete(removal: Removal) -> None:
    what = f"{removal.resource.logical_id}: a custom resource that goes without being asked"
    raise NotSimulated("CloudFormation", what)


KINDS: Mapping[str, Kind] = {
    CUSTOM_RESOURCE: Kind(
        shape=_AnyShape(fields=_Fields(_OWN), required=("ServiceToken",)),
        create=_create,
        update=_update,
        delete=_delete,
    )
}
