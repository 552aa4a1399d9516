"""CloudFormation's own schemas of its types, as cfn-lint carries them.

They are asked when something is unknown here: is it a slip in the template, or does AWS have it? A stack that
is created as it stands reads none of them.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]

_REGION = "us-east-1"  # it has every type that the others have


@cache
def _folder() -> Path:
    """Where the schemas lie; importing cfn-lint itself would take a second."""
    found = find_spec("cfnlint")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("cfn-lint, which carries CloudFormation's schemas, isn't installed")
    return Path(found.origin).parent / "data" / "schemas"


@cache
def _types() -> Mapping[str, str]:
    types: Mapping[str, str] = json.loads((_folder() / "providers" / f"{_REGION}.json").read_text())
    return types


@cache
def schema_of(name: str) -> Schema | None:
    """The schema of a type (`AWS::SQS::Queue`); None: CloudFormation has no such type."""
    if name not in _types():
        return None
    schema: Schema = json.loads((_folder() / "resources" / f"{_types()[name]}.json").read_text())
    return schema


def has_property(name: str, path: str) -> bool:
    """Whether a type has the property at a path, such as `Targets[0].Id`."""
    schema = schema_of(name)
    if schema is None:
        return False
    parts = [schema]
    for step in re.findall(r"[^.\[\]]+", path):
        parts = [below for part in parts for below in _below(schema, part, step)]
    return bool(parts)


def _below(schema: Schema, part: Schema, step: str) -> Iterator[Schema]:
    for form in forms_of(schema, part):
        if step.isdecimal() and "items" in form:
            yield form["items"]
        elif step in form.get("properties", {}):
            yield form["properties"][step]


def forms_of(schema: Schema, part: Schema) -> Iterator[Schema]:
    """A part of a schema, what it refers to, and its alternatives."""
    yield part
    if "$ref" in part:
        referred: Any = schema
        for name in part["$ref"].removeprefix("#/").split("/"):
            referred = referred[name]
        yield from forms_of(schema, referred)
    for alternatives in ("anyOf", "oneOf", "allOf"):
        for each in part.get(alternatives, ()):
            yield from forms_of(schema, each)
