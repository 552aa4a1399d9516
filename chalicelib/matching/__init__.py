"""AWS's two filter languages, whole: EventBridge event patterns and CloudWatch Logs filter patterns.

Each name is loaded when it is first used: a function that matches events doesn't load the log language at
its cold start, and one that only catches `InvalidPattern` loads no language.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.matching.errors import InvalidPattern
    from chalicelib.matching.events.index import EventRules
    from chalicelib.matching.events.pattern import EventPattern
    from chalicelib.matching.logs.pattern import LogPattern

__all__ = ["EventPattern", "EventRules", "InvalidPattern", "LogPattern"]

_HOMES = {
    "EventPattern": "events.pattern",
    "EventRules": "events.index",
    "InvalidPattern": "errors",
    "LogPattern": "logs.pattern",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
