"""Which data events of the stack's own parts a trail's selectors leave out, and the selectors that add them.

PutEventSelectors replaces all that a trail has, so what is added carries all that was there. A trail has
basic selectors or advanced ones: basic ones are written as the advanced ones that record the same.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from chalicelib.data_events import EVERY_MANAGEMENT_EVENT, Owner, by_type
from chalicelib.trail.settings.selectors import begins, names_one

# A selector as GetEventSelectors returns it, basic or advanced.
Selector = Mapping[str, Any]

MOST_VALUES = 500  # of all advanced selectors of one trail
_READ_ONLY: Final[Mapping[str, str]] = {"ReadOnly": "true", "WriteOnly": "false"}


def unrecorded(selectors: Iterable[Selector], owner: Owner, parts: Mapping[str, Sequence[str]]) -> list[str]:
    """The types of parts that others may write to, or invoke, without a record.

    Args:
        selectors: What the trail has.
        owner: The stack whose parts they are; its own roles may be left out.
        parts: ARNs by type.
    """
    advanced = [each for one in selectors for each in as_advanced(one)]
    return [
        kind
        for kind, arns in parts.items()
        if not all(any(_records(each, kind, arn, owner) for each in advanced) for arn in arns)
    ]


def extended(
    selectors: Iterable[Selector], owner: Owner, kinds: Iterable[str], *, management: bool = False
) -> list[Selector]:
    """All that the trail has, as advanced selectors, and the data events of these types of parts.

    With `management`, every management event takes the place of those that the trail records.
    """
    present = [each for one in selectors for each in as_advanced(one)]
    if management:
        managed = [each for each in present if _conditions(each).get("eventCategory") == _MANAGEMENT]
        present = [EVERY_MANAGEMENT_EVENT, *(each for each in present if each not in managed)]
    return [*present, *(by_type(owner)[kind] for kind in kinds)]


def values_of(selectors: Iterable[Selector]) -> int:
    """How many values all conditions have together."""
    return sum(
        len(values)
        for selector in selectors
        for condition in _conditions(selector).values()
        for values in condition.values()
    )


def as_advanced(selector: Selector) -> Iterator[Selector]:
    """The advanced selectors that record what this one does; an advanced one is itself."""
    if "FieldSelectors" in selector:
        yield selector
        return
    read_only = _READ_ONLY.get(selector.get("ReadWriteType", "All"))
    limited = [{"Field": "readOnly", "Equals": [read_only]}] if read_only else []
    if selector.get("IncludeManagementEvents", True):
        excluded = list(selector.get("ExcludeManagementEventSources", ()))
        sources = [{"Field": "eventSource", "NotEquals": excluded}] if excluded else []
        yield _advanced("Management", *limited, *sources)
    for resource in selector.get("DataResources", ()):
        if resource.get("Values"):
            kind = {"Field": "resources.type", "Equals": [resource["Type"]]}
            yield _advanced("Data", kind, *limited, *_arns(resource["Values"]))


def _advanced(category: str, *conditions: Selector) -> Selector:
    return {"FieldSelectors": [{"Field": "eventCategory", "Equals": [category]}, *conditions]}


def _arns(values: Sequence[str]) -> Iterator[Selector]:
    """No condition where one of the values stands for every resource of the type."""
    whole = [each for each in values if names_one(each)]
    beginnings = [begins(each) for each in values if not names_one(each)]
    if "" not in beginnings:
        found = {"Equals": whole, "StartsWith": beginnings}
        yield {"Field": "resources.ARN", **{how: arns for how, arns in found.items() if arns}}


# ---- what an advanced selector records ------------------------------------------------------------


_MANAGEMENT: Final = {"Equals": ["Management"]}


def _conditions(selector: Selector) -> dict[str, dict[str, Any]]:
    """By field: each operator with its values."""
    return {
        each["Field"]: {how: values for how, values in each.items() if how != "Field" and values}
        for each in selector["FieldSelectors"]
    }


def _records(selector: Selector, kind: str, arn: str, owner: Owner) -> bool:
    """Whether it records every write to a part, by everybody but the stack's own roles.

    A field that isn't known here may leave out any of them.
    """
    by_field = _conditions(selector)
    return (
        by_field.pop("eventCategory", {}) == {"Equals": ["Data"]}
        and by_field.pop("resources.type", {}) == {"Equals": [kind]}
        and by_field.pop("readOnly", {"Equals": ["false"]}) == {"Equals": ["false"]}
        and _names(by_field.pop("resources.ARN", {"StartsWith": [""]}), arn)
        and _leaves_out_only_ours(by_field.pop("userIdentity.arn", {}), owner)
        and not by_field
    )


def _names(condition: Mapping[str, Sequence[str]], arn: str) -> bool:
    within = any(arn.startswith(each) for each in condition.get("StartsWith", ()))
    return not condition.keys() - {"Equals", "StartsWith"} and (within or arn in condition.get("Equals", ()))


def _leaves_out_only_ours(condition: Mapping[str, Sequence[str]], owner: Owner) -> bool:
    left_out = [*condition.get("NotStartsWith", ()), *condition.get("NotEquals", ())]
    understood = not condition.keys() - {"NotStartsWith", "NotEquals"}
    return understood and all(each.startswith(owner.roles) for each in left_out)
