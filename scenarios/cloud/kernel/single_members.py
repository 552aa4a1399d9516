"""Structures that hold one member, as DynamoDB's values do: `{"S": "a"}`.

Readers of JSON, botocore's and moto's alike, look for each member that a structure may have; of these one is
enough.
"""

from typing import Any


def single_member(shape: Any, value: Any) -> tuple[str, Any, Any] | None:
    """The name, the shape and the value of the one member of a structure, or None.

    None also where its reader has more to do: for a document, for a null, and for a member that is called
    otherwise in JSON, or that the structure doesn't know.
    """
    if type(value) is not dict or len(value) != 1 or shape.is_document_type:
        return None
    ((name, inner),) = value.items()
    member = shape.members.get(name)
    if member is None or inner is None or member.serialization.get("name", name) != name:
        return None
    return name, member, inner
