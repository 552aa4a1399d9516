"""Sinks and links: a monitoring account makes a sink and says who may link to it; a source account links.

An account has one sink in a region, and links to at most five. Both stand in the same region. A sink's policy
lets accounts or an organization's members link, and may say with which resource types: CreateLink brings
`oam:ResourceTypes`. A policy that changes leaves the links that stand; UpdateLink is asked about anew. A sink
with links is not deleted.

Sources: https://docs.aws.amazon.com/OAM/latest/APIReference/API_CreateSink.html, API_PutSinkPolicy.html,
API_CreateLink.html and API_DeleteSink.html beside it,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html. Unconfirmed: which of
its error codes a second sink and a second link meet, all words of refusals, and that a link from an account
to its own sink is refused.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Answer, Asked
from scenarios.cloud.authorization.document import MalformedPolicy, parse
from scenarios.cloud.authorization.request_keys import UNKNOWN, Found
from scenarios.cloud.authorization.rows import Arn, Document, document
from scenarios.cloud.kernel.arns import account_of, region_of
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.paging import Paging
from scenarios.cloud.oam.shared import shares
from scenarios.cloud.setting import Setting

LOG_GROUP: Final = "AWS::Logs::LogGroup"
METRIC: Final = "AWS::CloudWatch::Metric"
SHARED_BY: Final = {
    LOG_GROUP: "logs",
    METRIC: "cloudwatch",
    "AWS::XRay::Trace": "xray",
    "AWS::ApplicationInsights::Application": "applicationinsights",
    "AWS::InternetMonitor::Monitor": "internetmonitor",
    "AWS::ApplicationSignals::Service": "application-signals",
    "AWS::ApplicationSignals::ServiceLevelObjective": "application-signals",
}
"""What can be shared, and the service whose action `Link` whoever links needs for it."""
MOST_LINKS: Final = 5
_TAGS: Final = ("TagResource", "UntagResource", "ListTagsForResource")


def _paging(default: int, most: int) -> Paging:
    return Paging(
        onward="NextToken",
        limit="MaxResults",
        default=default,
        most=most,
        code="InvalidParameterException",
        message="The NextToken is invalid.",
    )


_SINKS, _LINKS, _ATTACHED = _paging(100, 100), _paging(5, 5), _paging(1_000, 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """What source accounts link to. `policy`: as it was put, "" before that."""

    arn: str
    name: str
    tags: Mapping[str, str]
    policy: str = ""

    def told(self) -> dict[str, Any]:
        """As ListSinks tells it."""
        return {"Arn": self.arn, "Id": _id(self.arn), "Name": self.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What an account shares with the owner of a sink. `configuration`: which log groups and metrics."""

    arn: str
    sink: str
    template: str
    types: tuple[str, ...]
    configuration: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def filter(self) -> str:
        """Which log groups it shares; "" for all."""
        return str(self.configuration.get("LogGroupConfiguration", {}).get("Filter", ""))

    def shares(self, group: str) -> bool:
        """Whether it shares a log group of this name."""
        return LOG_GROUP in self.types and (not self.filter or shares(self.filter)(group))

    def told(self) -> dict[str, Any]:
        """As GetLink tells it. Accounts have no names here: a label's place for one has the id."""
        label = self.template
        for each in ("$AccountEmailNoDomain", "$AccountEmail", "$AccountName"):
            label = label.replace(each, account_of(self.arn))
        return {
            "Arn": self.arn,
            "Id": _id(self.arn),
            "Label": label,
            "LabelTemplate": self.template,
            "ResourceTypes": list(self.types),
            "SinkArn": self.sink,
            **({"LinkConfiguration": dict(self.configuration)} if self.configuration else {}),
        }


class Links:
    """Every sink and every link, of every account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._sinks: dict[str, Sink] = {}
        self._links: dict[str, Link] = {}
        answers: dict[str, Answer] = {
            "CreateSink": self._create_sink,
            "GetSink": lambda asked: self._shown(self._sink(asked), asked),
            "ListSinks": lambda asked: _page(_SINKS, self._own(self._sinks.values(), asked), asked),
            "DeleteSink": self._delete_sink,
            "PutSinkPolicy": self._put_policy,
            "GetSinkPolicy": self._get_policy,
            "ListAttachedLinks": self._attached,
            "CreateLink": self._create_link,
            "UpdateLink": self._update_link,
            "GetLink": lambda asked: self._shown(self._link(asked), asked),
            "ListLinks": lambda asked: _page(_LINKS, self._own(self._links.values(), asked), asked),
            "DeleteLink": self._delete_link,
            **dict.fromkeys(_TAGS, self._no_tags),
        }
        for operation, answer in answers.items():
            setting.calls.answer("oam", operation, answer)
        setting.calls.in_every_account("oam", *answers)
        setting.identity.policies_by("oam", self._policy_of)

    def to(self, monitoring: str, region: str) -> Iterator[Link]:
        """The links of a region to an account's sink."""
        for link in self._links.values():
            if account_of(link.sink) == monitoring and region_of(link.sink) == region:
                yield link

    def monitoring(self, source: str, region: str, group: str) -> list[str]:
        """The accounts that a source account shows a log group."""
        return [
            account_of(link.sink)
            for link in self._links.values()
            if account_of(link.arn) == source and region_of(link.arn) == region and link.shares(group)
        ]

    # ---- sinks -----------------------------------------------------------------------------------

    def _create_sink(self, asked: Asked) -> dict[str, Any]:
        if list(self._own(self._sinks.values(), asked)):
            raise Refused("ServiceQuotaExceededException", "An account can have one sink in a Region.")
        sink = Sink(
            arn=self._new_arn(asked, "sink"),
            name=asked.parameters["Name"],
            tags=asked.parameters.get("Tags", {}),
        )
        self._sinks[sink.arn] = sink
        return sink.told() | {"Tags": dict(sink.tags)}

    def _delete_sink(self, asked: Asked) -> dict[str, Any]:
        sink = self._sink(asked)
        if any(link.sink == sink.arn for link in self._links.values()):
            raise Refused("ConflictException", "A sink with links can't be deleted: delete its links first.")
        del self._sinks[sink.arn]
        return {}

    def _put_policy(self, asked: Asked) -> dict[str, Any]:
        sink, text = self._sink(asked, "SinkIdentifier"), asked.parameters["Policy"]
        try:
            parse(json.loads(text), attached_to_resource=True)
        except (ValueError, MalformedPolicy) as error:
            raise _invalid(f"The policy is malformed: {error}") from error
        self._sinks[sink.arn] = replace(sink, policy=text)
        return self._get_policy(asked)

    def _get_policy(self, asked: Asked) -> dict[str, Any]:
        sink = self._sink(asked, "SinkIdentifier")
        return {"SinkArn": sink.arn, "SinkId": _id(sink.arn), "Policy": sink.policy or "{}"}

    def _attached(self, asked: Asked) -> dict[str, Any]:
        sink = self._sink(asked, "SinkIdentifier")
        names = ("Label", "ResourceTypes")
        found = [
            {"LinkArn": link.arn, **{name: link.told()[name] for name in names}}
            for link in self._links.values()
            if link.sink == sink.arn
        ]
        page, more = _ATTACHED.page(found, asked.parameters)
        return {"Items": page, **more}

    def _policy_of(self, arn: Arn) -> Document | None:
        sink = self._sinks.get(arn.text)
        return document(sink.policy) if sink is not None and sink.policy else None

    # ---- links -----------------------------------------------------------------------------------

    def _create_link(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        self._must_share(asked)
        sink = self._sinks.get(given["SinkIdentifier"])
        if sink is None or region_of(sink.arn) != asked.region:
            raise _invalid(f"There is no sink {given['SinkIdentifier']} in {asked.region}.")
        if account_of(sink.arn) == asked.caller.account:
            raise _invalid("The sink is of this account: a source account links to another account's.")
        standing = list(self._own(self._links.values(), asked))
        if any(link.sink == sink.arn for link in standing):
            raise Refused("ConflictException", f"This account is linked to {sink.arn} already.")
        if len(standing) == MOST_LINKS:
            words = f"An account can be linked to {MOST_LINKS} monitoring accounts."
            raise Refused("ServiceQuotaExceededException", words)
        link = Link(
            arn=self._new_arn(asked, "link"),
            sink=sink.arn,
            template=given["LabelTemplate"],
            types=tuple(given["ResourceTypes"]),
            configuration=_configured(given),
            tags=given.get("Tags", {}),
        )
        self._links[link.arn] = link
        return link.told() | {"Tags": dict(link.tags)}

    def _update_link(self, asked: Asked) -> dict[str, Any]:
        """The sink's policy is asked about the new types, too."""
        link, types = self._link(asked), tuple(asked.parameters["ResourceTypes"])
        self._must_share(asked)
        self._must_be_allowed(asked, "oam:UpdateLink", link.sink)
        self._links[link.arn] = replace(link, types=types, configuration=_configured(asked.parameters))
        return self._shown(self._links[link.arn], asked)

    def _must_share(self, asked: Asked) -> None:
        """Whose data a link shares, that service is asked too."""
        for each in asked.parameters["ResourceTypes"]:
            self._must_be_allowed(asked, f"{SHARED_BY[each]}:Link", "*")

    def _must_be_allowed(self, asked: Asked, action: str, resource: str) -> None:
        ask = partial(_types, tuple(asked.parameters["ResourceTypes"]))
        if not self._setting.identity.judge(asked.caller, action, resource, ask=ask).allowed:
            words = f"User: {asked.caller.arn} is not authorized to perform: {action} on resource: {resource}"
            raise Refused("AccessDeniedException", words, status=403)

    def _delete_link(self, asked: Asked) -> dict[str, Any]:
        del self._links[self._link(asked).arn]
        return {}

    # ---- both ------------------------------------------------------------------------------------

    def _shown(self, found: Sink | Link, asked: Asked) -> dict[str, Any]:
        tags = {"Tags": dict(found.tags)} if asked.parameters.get("IncludeTags") else {}
        return found.told() | tags

    def _own(self, found: Iterable[Any], asked: Asked) -> Iterator[Any]:
        """Those of the caller's account in the region."""
        for each in found:
            if account_of(each.arn) == asked.caller.account and region_of(each.arn) == asked.region:
                yield each

    def _sink(self, asked: Asked, name: str = "Identifier") -> Sink:
        found: Sink = self._found(self._sinks.values(), asked, name)
        return found

    def _link(self, asked: Asked) -> Link:
        found: Link = self._found(self._links.values(), asked, "Identifier")
        return found

    def _found(self, among: Iterable[Any], asked: Asked, name: str) -> Any:
        identifier = asked.parameters[name]
        for each in self._own(among, asked):
            if each.arn == identifier:
                return each
        raise Refused("ResourceNotFoundException", f"{identifier} doesn't exist.", status=404)

    def _new_arn(self, asked: Asked, kind: str) -> str:
        number = self._setting.new_uuid("oam")
        return f"arn:aws:oam:{asked.region}:{asked.caller.account}:{kind}/{number}"

    def _no_tags(self, asked: Asked) -> dict[str, Any]:
        raise NotSimulated("oam", asked.operation)


def _types(types: tuple[str, ...], key: str) -> Found:
    return types if key == "oam:resourcetypes" else UNKNOWN


def _configured(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a link is told to share of its types; raises Refused for a filter that is none."""
    found: Mapping[str, Any] = given.get("LinkConfiguration", {})
    named = {"LogGroupConfiguration": LOG_GROUP, "MetricConfiguration": METRIC}
    for name, of in named.items():
        if name in found and of not in given["ResourceTypes"]:
            raise _invalid(f"{name} is for links that share {of}.")
    text = found.get("LogGroupConfiguration", {}).get("Filter")
    if text is not None:
        try:
            shares(text)
        except ValueError:
            raise _invalid(f"The filter of log groups is malformed: {text}") from None
    return found


def _page(paging: Paging, found: Iterable[Any], asked: Asked) -> dict[str, Any]:
    page, more = paging.page(list(found), asked.parameters)
    names = ("Arn", "Id", "Name", "Label", "ResourceTypes", "SinkArn")
    items = [{name: value for name, value in each.told().items() if name in names} for each in page]
    return {"Items": items, **more}


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]


def _invalid(why: str) -> Refused:
    return Refused("InvalidParameterException", why)
