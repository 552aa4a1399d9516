"""AWS's two filter languages, whole: EventBridge event patterns and CloudWatch Logs filter patterns."""

from chalicelib.matching.errors import InvalidPattern

__all__ = ["InvalidPattern"]
