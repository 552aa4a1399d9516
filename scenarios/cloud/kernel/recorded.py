"""How CloudTrail records a service: which calls, under which names, and what it prints of them.

Each method of `Recorded` holds the general rule; a service's own tables hold what AWS documents for that
service.

Sources:
- data events: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
  and the pages it links for each service
- regions: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
- what is printed: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html,
  the examples on each service's own CloudTrail page, and records published with stratus-red-team.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.service_models import service_model

GLOBAL_REGION: Final = "us-east-1"
HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"

_READ_VERBS: Final = (
    "BatchDescribe",
    "BatchGet",
    "Check",
    "Describe",
    "Detect",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Preview",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Test",
    "TransactGet",
    "Validate",
    "View",
)

Resource = dict[str, str]
Elements = dict[str, Any] | None
"""`requestParameters` or `responseElements`; None is printed as null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a service prints what its API's shapes hold.

    Args:
        mask: what stands for a secret; "" leaves it out (IAM's CreateLoginProfile has no `password`).
        masked: content that is masked although botocore does not call it sensitive.
        omitted: content that is left out.
        comma_after_year: of dates. Java's format lost, with JDK 9, the shape that some services still print.
        plain_attribute_values: whether DynamoDB's typed values are printed without their type.
    """

    mask: str = HIDDEN
    masked: frozenset[str] = frozenset()
    omitted: frozenset[str] = frozenset()
    comma_after_year: bool = True
    plain_attribute_values: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """The forms of a service that prints records in a way of its own; `shapes` prints all others.

    Args:
        request: `requestParameters` of a call.
        response: `responseElements` of a call that succeeded, with the request's id.
        additional: `additionalEventData` of a call.
        host: the host that a call was sent to.
        error_code: `errorCode` for the code in the service's answer.
        user_agent: `userAgent` for the one that the caller sent.
    """

    request: Callable[[ApiCall], Elements]
    response: Callable[[ApiCall, str], Elements]
    additional: Callable[[ApiCall], dict[str, Any]] | None = None
    host: Callable[[ApiCall], str] | None = None
    error_code: Callable[[str], str] | None = None
    user_agent: Callable[[str], str] = str


def _itself(call: ApiCall) -> Iterable[ApiCall]:
    return (call,)


def _nothing(_: ApiCall) -> list[Resource]:
    return []


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recorded:
    """How CloudTrail records one service; what is not said is the general rule.

    Args:
        service: botocore's name for it.
        source: its event source, where that is not its endpoint's prefix (or signing name).
        api_version: its API's version as it prints it, for those that do.
        one_endpoint: it has one endpoint for the partition: its calls are recorded in us-east-1.
        names: CloudTrail's names of operations where they aren't the API's.
        data_events: operations that are data events, which trails do not log unless asked to.
        unrecorded: operations that CloudTrail knows neither as management nor as data events.
        reads: operations that are read-only by another verb, as records show.
        writes: operations that write although their verb reads.
        answered_reads: reads whose answer is printed all the same.
        unanswered_writes: writes whose answer isn't: the items of a table, what a function returned.
        shows_what_was_denied: it judges a request after reading it, so that a denied one shows its
            parameters.
        style, forms: how it prints.
        resources: what a call touched, [] for nothing that the record names.
        calls: the calls that are recorded of one.
        history: the parameters (or elements of the answer) that name a resource in event history, with its
            type.
    """

    service: str
    source: str = ""
    api_version: str = ""
    one_endpoint: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    data_events: frozenset[str] = frozenset()
    unrecorded: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    answered_reads: frozenset[str] = frozenset()
    unanswered_writes: frozenset[str] = frozenset()
    shows_what_was_denied: bool = False
    style: Style = Style()
    forms: Forms | None = None
    resources: Callable[[ApiCall], list[Resource]] = _nothing
    calls: Callable[[ApiCall], Iterable[ApiCall]] = _itself
    history: Mapping[str, str] = field(default_factory=dict)

    @property
    def event_source(self) -> str:
        """`eventSource`: the endpoint's prefix, `monitoring.amazonaws.com` for botocore's `cloudwatch`."""
        return self.source or _event_source(self.service)

    def event_name(self, operation: str) -> str:
        """`eventName`: `CreateFunction20150331` for Lambda's CreateFunction, mostly the API's own name."""
        return self.names.get(operation, operation)

    def is_data_event(self, operation: str) -> bool:
        """Whether the call is a data event, which trails do not log unless asked to."""
        return operation in self.data_events

    def is_recorded(self, operation: str) -> bool:
        """Whether CloudTrail makes an event of the call at all, be it management or data."""
        return operation not in self.unrecorded

    def is_read_only(self, operation: str) -> bool:
        """CloudTrail's `readOnly`: by the operation's verb, but for those where records show otherwise."""
        if operation in self.reads:
            return True
        return operation.startswith(_READ_VERBS) and operation not in self.writes

    def answer_is_printed(self, operation: str) -> bool:
        """Whether CloudTrail prints this operation's answer."""
        if self.is_read_only(operation):
            return operation in self.answered_reads
        return operation not in self.unanswered_writes

    def is_global(self, region: str) -> bool:
        """Whether a call goes to an endpoint without a region: IAM's, or STS's global one.

        `aws-global` is botocore's region of such an endpoint.
        """
        return self.one_endpoint or region == "aws-global"

    def region(self, region: str) -> str:
        """`awsRegion`, which is also the region of the EventBridge bus that hears of the call."""
        return GLOBAL_REGION if self.is_global(region) else region


class Records(dict[str, Recorded]):
    """How each service is recorded, by botocore's name; by the general rule, where no more is known."""

    def __init__(self, known: Iterable[Recorded]) -> None:
        super().__init__({each.service: each for each in known})

    def history_of(self, source: str) -> Mapping[str, str]:
        """What names a resource in a source's events; services with such names are called as their source."""
        known = self.get(source.removesuffix(".amazonaws.com"))
        return known.history if known else {}

    def __missing__(self, service: str) -> Recorded:
        made = self[service] = Recorded(service=service)
        return made


@cache
def _event_source(service: str) -> str:
    """A prefix with a dot (`api.ecr`) names a host, not the service; there the signing name stands."""
    model = service_model(service)
    prefix = model.endpoint_prefix
    return f"{model.signing_name if '.' in prefix else prefix}.amazonaws.com"
