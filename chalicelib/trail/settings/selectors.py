"""The events that a trail's selectors record, as a set: a trail that records less than before is weaker.

Both kinds are understood, basic and advanced. An advanced selector with a filter this module
doesn't know counts only as itself, so a narrowed selector is never taken for one that records everything.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

READS, WRITES = "management events that read", "management events that write"
# The sources of management events that a selector may leave out.
NOISY = ("kms.amazonaws.com", "rdsdata.amazonaws.com")
EVERY_MANAGEMENT_EVENT = ""  # the selectors of a trail without selectors of its own

_BY_TYPE = MappingProxyType({"All": (READS, WRITES), "ReadOnly": (READS,), "WriteOnly": (WRITES,)})
_BY_READ_ONLY = MappingProxyType({("true",): (READS,), ("false",): (WRITES,), (): (READS, WRITES)})
_BUT_NOT_BY = ", but not by "
_OF_DATA = MappingProxyType({READS: "reads", WRITES: "writes"})

Selector = Mapping[str, Any]


def seen(selectors: str) -> frozenset[str]:
    """Everything these selectors (JSON, or "" for the default) make a trail record."""
    if not selectors:
        return frozenset((READS, WRITES, *NOISY))
    return frozenset(what for each in json.loads(selectors) for what in _seen_by(each))


def selectors_in_words(selectors: str) -> str:
    """`management events that write, without kms.amazonaws.com`."""
    found = seen(selectors)
    if not found:
        return "nothing"
    left_out = [source for source in NOISY if source not in found]
    more = sorted(found - {READS, WRITES, *NOISY})
    managed = [each for each in (READS, WRITES) if each in found]
    words = "all management events" if len(managed) == 2 else (managed or ["no management events"])[0]
    if managed and left_out:
        words += f", without {' and '.join(left_out)}"
    return ", and ".join([words, *_by_callers(more)])


def _by_callers(found: Sequence[str]) -> list[str]:
    """Who is left out is said once, behind all that they are left out of."""
    by: dict[str, list[str]] = {}
    for each in found:
        what, but, callers = each.partition(_BUT_NOT_BY)
        by.setdefault(but + callers, []).append(what)
    return [", and ".join(what) + but for but, what in by.items()]


def _seen_by(selector: Selector) -> Iterator[str]:
    if "FieldSelectors" in selector:
        yield from _seen_by_advanced(selector["FieldSelectors"])
        return
    kind = selector.get("ReadWriteType", "All")
    if selector.get("IncludeManagementEvents", True):
        excluded = selector.get("ExcludeManagementEventSources", ())
        yield from _BY_TYPE.get(kind, ())
        yield from (source for source in NOISY if source not in excluded)
    for resources in selector.get("DataResources", ()):
        for value in resources.get("Values", ()):
            for read_or_write in ("reads", "writes"):
                if kind in ("All", "ReadOnly" if read_or_write == "reads" else "WriteOnly"):
                    yield f"{read_or_write} of {resources.get('Type', '')} {_in_words(value)}"


def _in_words(value: str) -> str:
    return value if names_one(value) else f"{begins(value)}*"


def names_one(value: str) -> bool:
    """Whether a value of a basic selector is a table or a function; all others are the beginning of ARNs.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html
    """
    return ":table/" in value or ":function:" in value


def begins(value: str) -> str:
    """How the ARNs begin that a basic selector's value stands for: "" for all, as `arn:aws:s3` does."""
    if value.count(":") == 2 or value.endswith(":::"):
        return ""
    return f"{value}/" if ":s3:::" in value and "/" not in value else value


def _seen_by_advanced(conditions: Sequence[Selector]) -> Iterator[str]:
    """It sees all that its conditions don't leave out; a condition unknown here may leave out most."""
    by_field = {
        each.get("Field", ""): {how: values for how, values in each.items() if how != "Field"}
        for each in conditions
    }
    category = by_field.pop("eventCategory", {})
    read_only = by_field.pop("readOnly", {"Equals": []})
    if category == {"Equals": ["Data"]} and (data := list(_data(by_field, read_only))):
        yield from data
        return
    sources = by_field.pop("eventSource", {"NotEquals": []})
    understood = category == {"Equals": ["Management"]} and not by_field
    understood = understood and set(read_only) == {"Equals"} and set(sources) == {"NotEquals"}
    if not understood or not set(sources["NotEquals"]) <= set(NOISY):
        yield f"events where {json.dumps(list(conditions), sort_keys=True)}"
        return
    yield from _BY_READ_ONLY.get(tuple(read_only["Equals"]), ())
    yield from (source for source in NOISY if source not in sources["NotEquals"])


def _data(by_field: Mapping[str, Mapping[str, Any]], read_only: Mapping[str, Any]) -> Iterator[str]:
    """Data events of resources by ARNs or how these begin, perhaps not by some callers; else nothing."""
    kinds = by_field.get("resources.type", {}).get("Equals", [])
    arns = by_field.get("resources.ARN", {"StartsWith": [""]})
    callers = by_field.get("userIdentity.arn", {"NotStartsWith": []})
    understood = (
        not by_field.keys() - {"resources.type", "resources.ARN", "userIdentity.arn"}
        and set(read_only) == {"Equals"}
        and set(arns) <= {"Equals", "StartsWith"}
        and set(callers) == {"NotStartsWith"}
    )
    if not understood:
        return
    left_out = " or ".join(f"{each}*" for each in sorted(callers["NotStartsWith"]))
    but = f"{_BUT_NOT_BY}{left_out}" if left_out else ""
    named = [*arns.get("Equals", ()), *(f"{each}*" for each in arns.get("StartsWith", ()))]
    for what in _BY_READ_ONLY.get(tuple(read_only["Equals"]), ()):
        yield from (f"{_OF_DATA[what]} of {kind} {arn}{but}" for kind in kinds for arn in named)
