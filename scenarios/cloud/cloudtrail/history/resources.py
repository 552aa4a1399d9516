"""The resources that event history names for an event: by the record's own list, and by what was asked for.

LookupEvents answers with types and names. AWS publishes no table of them; these are the names that the record
holds under parameters whose meaning is plain, and what the record itself lists.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Resource.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.cloud.kernel.recorded import Records

Record = Mapping[str, Any]

# In the record's own list these stand by ARN, in the history by name.
_BY_NAME: Final = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")


def resources(record: Record, records: Records) -> list[tuple[str, str]]:
    """(type, name) of what the event was about, each once; `records` tell what names a resource."""
    named_by = records.history_of(str(record.get("eventSource")))
    return list(dict.fromkeys([*_asked_for(record, named_by), *_listed(record)]))


def _asked_for(record: Record, named_by: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for part in ("requestParameters", "responseElements"):
        for name, value in (record.get(part) or {}).items():
            if name in named_by and isinstance(value, str):
                yield named_by[name], value
            elif isinstance(value, Mapping) and (made := value.get(f"{name}Id")):  # EC2's `networkInterface`
                yield from _items(named_by, {"items": [{f"{name}Id": made}]})
            elif name.endswith("sSet") and isinstance(value, Mapping):  # EC2's `instancesSet`
                yield from _items(named_by, value)


def _items(named_by: Mapping[str, str], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in values.get("items", ()):
        for name, value in item.items():
            if name in named_by and isinstance(value, str):
                yield named_by[name], value


def _listed(record: Record) -> Iterator[tuple[str, str]]:
    for each in record.get("resources", ()):
        kind, arn = each.get("type", ""), each.get("ARN", "")
        if kind and arn:
            yield kind, arn.rpartition(":")[2].removeprefix("table/") if kind in _BY_NAME else arn
