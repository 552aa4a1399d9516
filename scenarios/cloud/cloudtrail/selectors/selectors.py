"""Which events a trail logs, by its event selectors, basic or advanced. Pure.

A trail without selectors logs every management event and no data event. With selectors, an event is logged
when any one of them matches it. In an advanced selector all fields must match; within a field, any value of
Equals, StartsWith or EndsWith does, and no value of NotEquals, NotStartsWith or NotEndsWith may.

What a trail does not log does not reach EventBridge by that trail either.

Sources:
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

Record = Mapping[str, Any]
Selector = Mapping[str, Any]

# The selectors of a trail without selectors of its own, as GetEventSelectors returns them.
DEFAULT_SELECTORS: Final[Sequence[Selector]] = (
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    },
)

# The type of a data event's resource that a selector asks for. S3's requests about many objects have it too.
_S3_OBJECT: Final = "AWS::S3::Object"
# Function ARNs are exact, but for the prefix that means all; the others are prefixes.
_ALL_FUNCTIONS: Final = "arn:aws:lambda"

_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def completed(selectors: Sequence[Selector]) -> list[dict[str, Any]]:
    """Basic selectors with what was left out filled in, as GetEventSelectors answers."""
    return [{**DEFAULT_SELECTORS[0], **each} for each in selectors]


def selects(basic: Sequence[Selector], advanced: Sequence[Selector], record: Record) -> bool:
    """Whether a trail with these selectors, of which one kind is empty, logs the record.

    A record that does not tell its category, or whether it reads, is a management event that writes.
    """
    said = _said(basic, advanced)
    seen = repr(
        (
            *map(record.get, said.fields),
            record.get("userIdentity", {}).get("arn"),
        )
    )
    if seen not in said.of:
        if len(said.of) >= _MOST_SAID:
            said.of.clear()
        said.of[seen] = _selects(basic, advanced, record)
    return said.of[seen]


def _selects(basic: Sequence[Selector], advanced: Sequence[Selector], record: Record) -> bool:
    if advanced:
        return any(_advanced_matches(each, record) for each in advanced)
    return any(_basic_matches(each, record) for each in completed(basic or DEFAULT_SELECTORS))


class _Said(NamedTuple):
    """What the same selectors said before, by what they look at in a record: most records look alike to them.

    `fields`: what they look at beside the ARN of who called.
    """

    fields: tuple[str, ...]
    of: dict[str, bool]


_LOOKED_AT: Final = ("eventCategory", "readOnly", "eventSource", "resources")
_SAID: Final[dict[str, _Said]] = {}
_MOST_SAID: Final = 4096


def _said(basic: Sequence[Selector], advanced: Sequence[Selector]) -> _Said:
    written = repr((basic, advanced))
    found = _SAID.get(written)
    if found is None:
        if len(_SAID) >= _MOST_SAID:
            _SAID.clear()
        named = (each["Field"] for selector in advanced for each in selector["FieldSelectors"])
        found = _SAID[written] = _Said((*_LOOKED_AT, *sorted({*named} - {*_LOOKED_AT})), {})
    return found


def asks_for_data(basic: Sequence[Selector], advanced: Sequence[Selector]) -> bool:
    """Whether any data event at all could match."""
    return any(each.get("DataResources") for each in basic) or any(
        "Data" in _values(each, "eventCategory") for each in advanced
    )


def is_data(record: Record) -> bool:
    """Whether this is a data event."""
    return str(record.get("eventCategory")) == "Data"


# ---- basic --------------------------------------------------------------------------------------


def _basic_matches(selector: Selector, record: Record) -> bool:
    if not _reads_and_writes(selector["ReadWriteType"], record):
        return False
    if is_data(record):
        return any(_resources_match(each, record) for each in selector["DataResources"])
    excluded = selector["ExcludeManagementEventSources"]
    return bool(selector["IncludeManagementEvents"]) and record.get("eventSource") not in excluded


def _reads_and_writes(wanted: str, record: Record) -> bool:
    reads = bool(record.get("readOnly", False))
    return wanted == "All" or reads == (wanted == "ReadOnly")


def _resources_match(wanted: Selector, record: Record) -> bool:
    """`Values` may be empty, and then nothing matches."""
    kind = wanted["Type"]
    found = list(_arns(record, kind))
    if kind == "AWS::Lambda::Function":
        return any(value in (_ALL_FUNCTIONS, arn) for value in wanted.get("Values", ()) for arn in found)
    return any(_within(arn, value) for value in wanted.get("Values", ()) for arn in found)


def _within(arn: str, value: str) -> bool:
    """`arn:aws:s3:::bucket/prefix` takes in what begins so; a table's, itself and all below it.

    `arn:aws:s3:::bucket` without a slash is read as the whole bucket.
    """
    if value.startswith("arn:aws:s3:::") and "/" not in value:
        return arn.startswith(f"{value}/")
    if ":table/" in value:
        return arn == value or arn.startswith(f"{value}/")
    return arn.startswith(value)


# ---- advanced -----------------------------------------------------------------------------------


def _advanced_matches(selector: Selector, record: Record) -> bool:
    return all(_field_matches(each, record, selector) for each in selector["FieldSelectors"])


def _field_matches(condition: Selector, record: Record, selector: Selector) -> bool:
    wanted = {how: values for how, values in condition.items() if how != "Field" and values}
    found = list(_found(condition["Field"], record, selector))
    included = [how for how in _OPERATORS if how in wanted]
    if included and not any(_any(how, found, wanted[how]) for how in included):
        return False
    return not any(_any(how, found, wanted.get(f"Not{how}", ())) for how in _OPERATORS)


def _any(how: str, found: Sequence[str], values: Sequence[str]) -> bool:
    return any(_OPERATORS[how](each, value) for each in found for value in values)


def _found(field: str, record: Record, selector: Selector) -> Iterator[str]:
    """What the record has in a selector's field; of its resources, those of the type the selector names."""
    match field:
        case "eventCategory":
            yield record.get("eventCategory", "Management")
        case "readOnly":
            yield str(bool(record.get("readOnly", False))).lower()
        case "resources.type":
            yield from {_resource_type(record)} - {""}
        case "resources.ARN":
            for kind in _values(selector, "resources.type"):
                yield from _arns(record, kind)
        case "userIdentity.arn":
            yield record.get("userIdentity", {}).get("arn", "")
        case _:
            yield str(record.get(field, ""))


def _values(selector: Selector, field: str) -> list[str]:
    fields = selector.get("FieldSelectors", ())
    return [value for each in fields if each["Field"] == field for value in each.get("Equals", ())]


# ---- a data event's resources -------------------------------------------------------------------


def _arns(record: Record, kind: str) -> Iterator[str]:
    """The ARNs of the record's resources of one type; requests about many objects tell an ARN's beginning."""
    if _resource_type(record) != kind:
        return
    for each in record.get("resources", ()):
        if each.get("type") == kind:
            yield each.get("ARN") or each.get("ARNPrefix", "")


def _resource_type(record: Record) -> str:
    """The type a data event is selected by: that of its first resource, an object's before its bucket's."""
    if not is_data(record):
        return ""
    types = [each.get("type", "") for each in record.get("resources", ())]
    return _S3_OBJECT if _S3_OBJECT in types else types[0] if types else ""
