"""Triggers of functions, as data. Each trigger recognises its payloads by their envelope.

Lambda hands a function one JSON object, and its shape says what sent it: an EventBridge event has `source`
and `detail-type`, a log subscription's payload has `awslogs`, and the `Records` of a queue or a topic name
their service. AWS writes all of these. Values that other people chose lie deeper and are not read.

Sources: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Raw = Mapping[str, Any]

# The fields that name an event. By these, and no others, two rules of one function are told apart. A call
# with `managementEvent` false is a data event; one without the field is none.
_IS_MANAGEMENT = ("detail", "managementEvent")
_NAMING = (("source",), ("detail-type",), ("detail", "eventName"), _IS_MANAGEMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnEvent:
    """An EventBridge rule on the default bus.

    `pattern` may hold CloudFormation references. `everywhere`: the event may happen in any watched region,
    so the spoke template forwards it to the home region's bus. `forwards`: the pattern it forwards, if the
    home region needs more events than those that wake the function. `reads`: calls that only read wake it
    too; a rule hears of Describe, Get and List only in a state of its own.
    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
    """

    pattern: Raw
    everywhere: bool = False
    forwards: Raw | None = None
    reads: bool = False

    @property
    def forwarded(self) -> Raw:
        """The pattern of the spoke's rule."""
        return self.pattern if self.forwards is None else self.forwards

    @property
    def state(self) -> str:
        """The state of its rules."""
        return "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" if self.reads else "ENABLED"

    def woke(self, raw: Raw) -> bool:
        """Whether this is an event of the names that the pattern asks for."""
        return _is_named(raw, self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSchedule:
    """An EventBridge schedule, such as `rate(1 hour)`. `condition`: the stack's, where it isn't always."""

    expression: str
    condition: str = ""

    @property
    def pattern(self) -> Raw:
        """What every schedule's event looks like."""
        return {"source": ["aws.events"], "detail-type": ["Scheduled Event"]}

    def woke(self, raw: Raw) -> bool:
        """Whether this is a schedule's event; it does not say which schedule's."""
        return _is_named(raw, self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnLogs:
    """A CloudWatch Logs subscription: `log_group` is the logical id of a group in the stack."""

    log_group: str
    pattern: str

    def woke(self, raw: Raw) -> bool:
        """Whether this is a subscription's payload; which group's is said inside, compressed."""
        return "awslogs" in raw


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTopic:
    """A subscription to an SNS topic: `topic` is the logical id of one in the stack.

    `only`: a policy for the body of its messages, which are JSON then; None takes all.
    """

    topic: str
    only: Mapping[str, Any] | None = None

    def woke(self, raw: Raw) -> bool:
        """Whether these are messages of a topic."""
        return _service_of_records(raw) == "aws:sns"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnQueue:
    """A queue that Lambda reads for the function: `queue` is the logical id of one in the stack.

    A batch the function failed on comes again, all `batch` messages of it, once the queue's visibility
    timeout has run out; that must be at least the function's timeout, and AWS advises six times it.
    `at_once`: how many messages are handled at the same time at most, 2 and more; 0 leaves it to Lambda.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """

    queue: str
    batch: int = 1
    at_once: int = 0

    def woke(self, raw: Raw) -> bool:
        """Whether these are messages of a queue."""
        return _service_of_records(raw) == "aws:sqs"


Trigger = OnEvent | OnSchedule | OnLogs | OnTopic | OnQueue


def successful_calls(sources: Iterable[str], names: Iterable[str]) -> Raw:
    """The pattern of calls of these names, of these services (`iam`). A refused call changed nothing."""
    services = list(sources)
    return {
        "source": [f"aws.{each}" for each in services],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": [f"{each}.amazonaws.com" for each in services],
            "eventName": list(names),
            "errorCode": [{"exists": False}],
        },
    }


def may_be_confused(one: Trigger, other: Trigger) -> bool:
    """Whether a payload could belong to both triggers, so that it wouldn't show which one woke a function.

    Two rules are told apart if both name literal alternatives for the same naming field and share none.
    """
    if isinstance(one, OnEvent | OnSchedule) and isinstance(other, OnEvent | OnSchedule):
        pairs = ((_literals(one.pattern, path), _literals(other.pattern, path)) for path in _NAMING)
        return not any(ours and theirs and ours.isdisjoint(theirs) for ours, theirs in pairs)
    return type(one) is type(other)


def _is_named(raw: Raw, pattern: Raw) -> bool:
    """Whether an EventBridge event bears names that the pattern asks for literally, wherever it asks so."""
    if not all(isinstance(raw.get(field), str) for field in ("source", "detail-type")):
        return False
    asked = ((_literals(pattern, path), _name(raw, path)) for path in _NAMING)
    return all(
        not literals or (isinstance(name, str | bool) and name in literals) for literals, name in asked
    )


def _name(raw: Raw, path: tuple[str, ...]) -> Any:
    found = _at(raw, path)
    return True if found is None and path is _IS_MANAGEMENT else found


def _literals(pattern: Raw, path: tuple[str, ...]) -> frozenset[str | bool]:
    """The names a pattern lists there; none where it lists none, or also conditions such as a prefix."""
    listed = _at(pattern, path)
    literal = isinstance(listed, list) and all(isinstance(each, str | bool) for each in listed)
    return frozenset(listed) if literal else frozenset()


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _service_of_records(raw: Raw) -> str:
    """`aws:sqs` or `aws:sns`, if every record says so; SNS writes the field's name with a capital."""
    records = raw.get("Records")
    if not isinstance(records, list) or not records:
        return ""
    services = [_at(each, ("eventSource",)) or _at(each, ("EventSource",)) for each in records]
    first = services[0]
    return first if isinstance(first, str) and all(each == first for each in services) else ""
