"""Where saved queries are kept: in moto, since those of a stack are made before there are laws."""

from typing import Any


def saved_queries(backend: Any) -> dict[str, dict[str, Any]]:
    """The saved queries of a region, by id, as DescribeQueryDefinitions tells them."""
    found: dict[str, dict[str, Any]] = backend.__dict__.setdefault("saved_queries", {})
    return found
