"""AWS's two filter languages, whole: EventBridge event patterns and CloudWatch Logs filter patterns."""

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.event_index import EventRules
from chalicelib.matching.event_pattern import EventPattern

__all__ = ["EventPattern", "EventRules", "InvalidPattern"]
