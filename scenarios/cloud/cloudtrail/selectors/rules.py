"""What PutEventSelectors and PutInsightSelectors refuse, in CloudTrail's words. Pure.

The limits and the fields of each category are documented; AWS documents few of the messages, so a refusal's
words are ours where no page has them.

Sources:
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html (5 selectors, 250
data resources, 500 values), https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from scenarios.cloud.cloudtrail.selectors.selectors import completed, selects
from scenarios.cloud.kernel.errors import NotSimulated, Refused

Selector = Mapping[str, Any]

MOST_SELECTORS: Final = 5
MOST_DATA_RESOURCES: Final = 250
MOST_VALUES: Final = 500

EXCLUDABLE: Final = ("kms.amazonaws.com", "rdsdata.amazonaws.com")
# The prefixes that a value of each basic type begins with; the prefix alone means all.
_PREFIXES: Final[Mapping[str, str]] = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb",
    "AWS::Lambda::Function": "arn:aws:lambda",
    "AWS::S3::Object": "arn:aws:s3",
}
# The types whose data events become records with resources of that type here.
_DATA_TYPES: Final = (
    "AWS::DynamoDB::Table",
    "AWS::Kinesis::Stream",
    "AWS::Lambda::Function",
    "AWS::S3::Object",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
)
# The fields a trail's selector may have, by its category; `eventName` of management events is for Lake only.
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "Management": frozenset({"eventCategory", "eventSource", "readOnly"}),
    "Data": frozenset(
        {
            "eventCategory",
            "eventName",
            "eventSource",
            "eventType",
            "readOnly",
            "resources.ARN",
            "resources.type",
            "sessionCredentialFromConsole",
            "userIdentity.arn",
        }
    ),
}
_ONLY_EQUALS: Final = ("eventCategory", "readOnly", "resources.type")
_OPERATORS: Final = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")

_A_WRITE: Final = {"eventCategory": "Management", "readOnly": False}
_A_READ: Final = {"eventCategory": "Management", "readOnly": True}

INSIGHT_TYPES: Final = ("ApiCallRateInsight", "ApiErrorRateInsight")


def check_event_selectors(basic: Sequence[Selector], advanced: Sequence[Selector]) -> None:
    """Refuse what PutEventSelectors refuses.

    Raises:
        Refused: InvalidEventSelectorsException.
        NotSimulated: for data events whose records name no resource here, and network activity events.
    """
    if basic and advanced:
        raise _invalid("You can't specify both EventSelectors and AdvancedEventSelectors in one request.")
    if not basic and not advanced:
        raise _invalid("Specify at least one event selector or advanced event selector.")
    if basic:
        _check_basic(completed(basic))
    for each in advanced:
        _check_advanced(each)
    values = sum(
        len(field.get(how, ())) for each in advanced for field in _fields(each) for how in _OPERATORS
    )
    if values > MOST_VALUES:
        raise _invalid(f"A trail can have up to {MOST_VALUES} values in all its advanced event selectors.")


def check_insight_selectors(
    selectors: Sequence[Selector], basic: Sequence[Selector], advanced: Sequence[Selector]
) -> None:
    """Refuse what PutInsightSelectors refuses; the trail must log what an Insights type looks at.

    Raises:
        Refused: InvalidInsightSelectorsException.
        NotSimulated: for Insights on data events.
    """
    writes, reads = (selects(basic, advanced, event) for event in (_A_WRITE, _A_READ))
    for each in selectors:
        kind = each.get("InsightType")
        if kind not in INSIGHT_TYPES:
            raise Refused("InvalidInsightSelectorsException", f"The Insights type {kind} is not valid.")
        categories = each.get("EventCategories") or ["Management"]
        if "Data" in categories:
            raise NotSimulated("cloudtrail", "Insights on data events")
        if categories != ["Management"]:
            raise Refused("InvalidInsightSelectorsException", f"Event categories {categories} are not valid.")
        if not (writes or (reads and kind == "ApiErrorRateInsight")):
            what = "write management events" if kind == "ApiCallRateInsight" else "management events"
            raise Refused("InvalidInsightSelectorsException", f"The trail must log {what} for {kind}.")


# ---- basic --------------------------------------------------------------------------------------


def _check_basic(selectors: Sequence[Selector]) -> None:
    if len(selectors) > MOST_SELECTORS:
        raise _invalid(f"A trail can have up to {MOST_SELECTORS} event selectors.")
    for each in selectors:
        if each["ReadWriteType"] not in ("All", "ReadOnly", "WriteOnly"):
            raise _invalid(f"The ReadWriteType {each['ReadWriteType']} is not valid.")
        for source in each["ExcludeManagementEventSources"]:
            if source not in EXCLUDABLE or not each["IncludeManagementEvents"]:
                raise _invalid(f"The event source {source} can't be excluded.")
        if not each["IncludeManagementEvents"] and not each["DataResources"]:
            raise _invalid("An event selector must include management events or data resources.")
    resources = [each for selector in selectors for each in selector["DataResources"]]
    for each in resources:
        _check_data_resource(each)
    values = [value for each in resources for value in each.get("Values", ())]
    if len([value for value in values if value not in _PREFIXES.values()]) > MOST_DATA_RESOURCES:
        raise _invalid(f"A trail can have up to {MOST_DATA_RESOURCES} data resources.")


def _check_data_resource(resource: Selector) -> None:
    kind = resource.get("Type", "")
    if kind not in _PREFIXES:
        raise _invalid(f"The data resource type {kind} is not valid for event selectors.")
    for value in resource.get("Values", ()):
        prefix = _PREFIXES[kind]
        if value != prefix and not value.startswith(f"{prefix}:"):
            raise _invalid(f"Value {value} for DataResources.Values is invalid.")


# ---- advanced -----------------------------------------------------------------------------------


def _check_advanced(selector: Selector) -> None:
    fields = _fields(selector)
    names = [each.get("Field", "") for each in fields]
    if len(set(names)) < len(names):
        raise _invalid("A field can be in an advanced event selector only once.")
    category: list[str] = next(
        (each.get("Equals", []) for each in fields if each["Field"] == "eventCategory"), []
    )
    if len(category) != 1:
        raise _invalid("An advanced event selector must have eventCategory with one value of Equals.")
    if category[0] == "NetworkActivity":
        raise NotSimulated("cloudtrail", "network activity events")
    if category[0] not in _FIELDS:
        raise _invalid(f"The eventCategory {category[0]} is not valid for a trail.")
    for each in fields:
        _check_field(each, category[0])
    if category[0] == "Data":
        _check_data_type(fields)


def _check_field(field: Selector, category: str) -> None:
    name = field["Field"]
    used = [how for how in _OPERATORS if field.get(how)]
    if name not in _FIELDS[category]:
        raise _invalid(f"The field {name} is not valid in a selector of {category} events.")
    if not used:
        raise _invalid(f"The field {name} must have an operator with at least one value.")
    if name in _ONLY_EQUALS and used != ["Equals"]:
        raise _invalid(f"The field {name} takes Equals only.")
    if name == "readOnly" and field["Equals"] not in (["true"], ["false"]):
        raise _invalid("The field readOnly is true or false.")
    if name == "eventSource" and category == "Management":
        _check_excluded(field, used)


def _check_excluded(field: Selector, used: Sequence[str]) -> None:
    """A trail's management events can be left out by source, and only those of two."""
    if used != ["NotEquals"] or not set(field["NotEquals"]) <= set(EXCLUDABLE):
        raise _invalid(f"The field eventSource takes NotEquals with {' or '.join(EXCLUDABLE)}.")


def _check_data_type(fields: Sequence[Selector]) -> None:
    types: list[str] = next((each["Equals"] for each in fields if each["Field"] == "resources.type"), [])
    if len(types) != 1:
        raise _invalid("A selector of data events must have resources.type with one value of Equals.")
    if types[0] not in _DATA_TYPES:
        raise NotSimulated("cloudtrail", f"data events of {types[0]}")


def _fields(selector: Selector) -> Sequence[Selector]:
    fields: Sequence[Selector] = selector["FieldSelectors"]
    return fields


def _invalid(why: str) -> Refused:
    return Refused("InvalidEventSelectorsException", why)
