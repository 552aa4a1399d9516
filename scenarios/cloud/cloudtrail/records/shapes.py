"""`requestParameters` and `responseElements`: what CloudTrail prints of a call's parameters and answer.

The rule for most services: the API's own structure with each member's first letter lowered (`tableName`,
`dBInstanceIdentifier`, `sSHPublicKey`), map keys as they are, `null` for nothing at all. Binary values are
left out. What botocore's model marks as sensitive is left out by some services and masked by the others.
Answers of reads are not printed. EC2 and S3 print forms of their own (`Recorded.forms`).

A shape is compiled once for each operation into plain functions; botocore's models are not asked again.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html,
the examples on each service's own CloudTrail page, and records published with stratus-red-team.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, partial
from json import dumps
from typing import Any, Final
from urllib.parse import quote

from botocore.model import ListShape, MapShape, Shape, StructureShape

from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import HIDDEN, Elements, Recorded, Style
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.kernel.texts import lowered

Writer = Callable[[Any], Any]

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def printed_date(moment: object, *, comma_after_year: bool) -> object:
    """`Mar 2, 2026, 3:00:00 AM` in UTC; what isn't a date (seconds, text) stays as it was given."""
    if not isinstance(moment, datetime):
        return moment
    at = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    comma = "," if comma_after_year else ""
    clock = f"{at.hour % 12 or 12}:{at.minute:02}:{at.second:02} {'AM' if at.hour < 12 else 'PM'}"
    return f"{_MONTHS[at.month - 1]} {at.day}, {at.year}{comma} {clock}"


def request_parameters(call: ApiCall, recorded: Recorded) -> Elements:
    """`requestParameters` of a call to a service without a form of its own."""
    writer = _request_writer(recorded, call.operation)
    return (writer(call.parameters) or None) if writer else None


def response_elements(call: ApiCall, recorded: Recorded) -> Elements:
    """`responseElements`, likewise; None for answers without content."""
    writer = _response_writer(recorded, call.operation)
    return (writer(call.response) or None) if writer else None


@cache
def _request_writer(recorded: Recorded, operation: str) -> Writer | None:
    shape = operation_model(recorded.service, operation).input_shape
    return _Compiler(recorded.style).writer(shape) if shape else None


@cache
def _response_writer(recorded: Recorded, operation: str) -> Writer | None:
    shape = operation_model(recorded.service, operation).output_shape
    return _Compiler(recorded.style).writer(shape) if shape else None


class _Compiler:
    """Makes writers of botocore's shapes. Some shapes contain themselves, so each is made once by name."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._made: dict[str, Writer] = {}

    def writer(self, shape: Shape) -> Writer:
        if shape.name not in self._made:
            # A shape that contains itself finds this writer, which looks up the finished one when it is
            # needed.
            self._made[shape.name] = partial(self._write_later, shape.name)
            self._made[shape.name] = self._make(shape)
        return self._made[shape.name]

    def _write_later(self, name: str, value: Any) -> Any:
        return self._made[name](value)

    def _make(self, shape: Shape) -> Writer:
        if shape.name == "AttributeValue" and self._style.plain_attribute_values:
            return _attribute_value
        if isinstance(shape, StructureShape):
            return partial(_write_structure, self._members(shape))
        if isinstance(shape, ListShape):
            return partial(_write_list, self._item_writer(shape.member))
        if isinstance(shape, MapShape):
            return partial(_write_map, self._item_writer(shape.value))
        if shape.type_name == "timestamp":
            return partial(printed_date, comma_after_year=self._style.comma_after_year)
        return _write_text if shape.type_name == "string" else _as_it_is

    def _members(self, shape: StructureShape) -> tuple[tuple[str, str, Writer], ...]:
        members = ((name, self._member_writer(name, member)) for name, member in shape.members.items())
        return tuple((name, lowered(name), writer) for name, writer in members if writer is not None)

    def _member_writer(self, name: str, member: Shape) -> Writer | None:
        """How to print a member, or None for one that is not printed."""
        if name in self._style.omitted or member.type_name == "blob":
            return None
        if member.serialization.get("location") == "statusCode" or member.serialization.get("eventstream"):
            return None
        if _is_secret(member) or name in self._style.masked:
            return partial(_write_mask, self._style.mask) if self._style.mask else None
        return self.writer(member)

    def _item_writer(self, item: Shape) -> Writer:
        """An item of a list or map keeps its place, so a secret one is masked by every service."""
        if _is_secret(item) or item.type_name == "blob":
            return partial(_write_mask, self._style.mask or HIDDEN)
        return self.writer(item)


def _is_secret(shape: Shape) -> bool:
    """A map whose keys are secret is one as a whole."""
    keys_too = isinstance(shape, MapShape) and shape.key.metadata.get("sensitive")
    return bool(shape.metadata.get("sensitive") or keys_too)


def _write_mask(mask: str, _: Any) -> str:
    return mask


def _write_structure(
    members: tuple[tuple[str, str, Writer], ...], value: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        key: writer(value[name]) for name, key, writer in members if name in value and value[name] is not None
    }


def _write_list(writer: Writer, value: Any) -> list[Any]:
    return [writer(item) for item in value]


def _write_map(writer: Writer, value: Mapping[str, Any]) -> dict[str, Any]:
    # Sorted: equal calls give equal bytes, for every order of their tags.
    return {key: writer(value[key]) for key in sorted(value)}


def _write_text(value: Any) -> Any:
    """Text as it is; a policy document that botocore parsed goes back to IAM's URL-encoded JSON."""
    return value if isinstance(value, str) else quote(dumps(value, separators=(",", ":")), safe="")


def _as_it_is(value: Any) -> Any:
    return value


def _attribute_value(value: Any) -> Any:
    """A DynamoDB key's value without its type: `{"S": "a"}`, or what a boto3 resource was given, is `a`."""
    plain = next(iter(value.values())) if isinstance(value, Mapping) and len(value) == 1 else value
    return (
        plain if isinstance(plain, str | bool) else str(plain) if isinstance(plain, Decimal | int) else None
    )
