"""Query logs of public hosted zones: what resolvers ask Route 53, in CloudWatch Logs of us-east-1.

A resolver keeps an answer for its TTL, and asks again then; what it answers from its cache Route 53 never
sees. A name that the zone has no record for, nor a wildcard, is NXDOMAIN, and kept as long as the zone's SOA
says, which is 900 seconds where nobody changed it. Each log stream is of a zone and an edge location. Making
a configuration is refused where the log group's resource policies don't let Route 53 write; later it writes
only as long as they do.

Left out: what comes as an answer, other edge locations than one, delegations. Unconfirmed: how long a
delivery takes, and the code and words for a private zone.

Sources: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html,
https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateQueryLoggingConfig.html,
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html. The words of the refusal:
moto, which quotes AWS
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.deliveries import LogLines, Missing
from scenarios.cloud.kernel.errors import Refused, WorldError
from scenarios.cloud.setting import Setting
from scenarios.service_logs import HOSTED_ZONE

SERVICE: Final = "route53.amazonaws.com"
REGION: Final = "us-east-1"
LOGS_SECONDS: Final = (30.0, 120.0)
_EDGE: Final = "FRA6"
_NO_SUCH_NAME: Final = timedelta(seconds=900)
_ALIAS: Final = timedelta(seconds=60)
_MAY_NOT: Final = (
    "The resource policy that you're using for Route 53 query logging doesn't grant Route 53 sufficient "
    "permission to create a log stream in the specified log group."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query: for a name, by a resolver, which may say from which network it was asked."""

    name: str
    resolver: str
    kind: str = "A"
    subnet: str = ""


class QueryLogs:
    """Every query that reaches a public hosted zone of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._cache: dict[tuple[str, str, str], datetime] = {}
        setting.calls.answer("route53", "CreateQueryLoggingConfig", self._create)

    def asked(self, queries: Iterable[Query]) -> None:
        """Resolvers look these names up, now.

        Raises WorldError where no public zone of the account has a name.
        """
        by_zone: dict[str, list[str]] = {}
        for query in queries:
            zone = self._zone_of(query.name)
            if self._is_cached(zone, query):
                continue
            by_zone.setdefault(zone.resource_id, []).append(HOSTED_ZONE.write(self._values(zone, query)))
        for zone_id, lines in by_zone.items():
            if self._group_of(zone_id):
                wait = self._setting.random("route53.query_logs").uniform(*LOGS_SECONDS)
                deliver = partial(self._deliver, zone_id, self._setting.clock.now, lines)
                self._setting.clock.after(wait, deliver, f"query log of {zone_id}")

    def _backend(self) -> Any:
        return moto_state.backend("route53", self._setting.account, "aws")

    def _zone_of(self, name: str) -> Any:
        """The public zone that answers for a name: the one with the longest."""
        found = [
            each
            for each in self._backend().zones.values()
            if not each.private_zone and f".{_dotted(name)}".endswith(f".{_dotted(each.name)}")
        ]
        if not found:
            raise WorldError(f"no public hosted zone of the account has {name}")
        return max(found, key=lambda each: len(each.name))

    def _is_cached(self, zone: Any, query: Query) -> bool:
        """Whether the resolver knows the answer; if not, it does from now on."""
        key, now = (query.resolver, _dotted(query.name), query.kind), self._setting.clock.now
        if now < self._cache.get(key, now):
            return True
        records = _records(zone, query.name)
        of_kind = [each for each in records if each.type == query.kind]
        kept = _NO_SUCH_NAME
        if of_kind:
            ttl = of_kind[0].ttl
            kept = timedelta(seconds=int(ttl)) if ttl is not None else _ALIAS
        self._cache[key] = now + kept
        return False

    def _values(self, zone: Any, query: Query) -> Mapping[str, Any]:
        return {
            "version": "1.0",
            "query-timestamp": f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%SZ}",
            "hosted-zone-id": zone.resource_id,
            "query-name": query.name.rstrip("."),
            "query-type": query.kind,
            "response-code": "NOERROR" if _records(zone, query.name) else "NXDOMAIN",
            "protocol": "UDP",
            "edge-location": _EDGE,
            "resolver-ip": query.resolver,
            "edns-client-subnet": query.subnet or None,
        }

    # ---- the API ---------------------------------------------------------------------------------

    def _create(self, asked: Asked) -> dict[str, Any]:
        """Have moto make it, which knows a log group's ARN only with `:*` behind it."""
        self._may_log(asked)
        group = str(asked.parameters["CloudWatchLogsLogGroupArn"])
        answer: dict[str, Any] = self._setting.session.client("route53").create_query_logging_config(
            **{**asked.parameters, "CloudWatchLogsLogGroupArn": f"{group.removesuffix(':*')}:*"}
        )
        answer.pop("ResponseMetadata", None)
        made = self._backend().query_logging_configs[answer["QueryLoggingConfig"]["Id"]]
        made.cloud_watch_logs_log_group_arn = answer["QueryLoggingConfig"]["CloudWatchLogsLogGroupArn"] = (
            group
        )
        return answer

    def _may_log(self, asked: Asked) -> None:
        """Refuse a zone or a log group that may not be; moto refuses those that aren't there."""
        zone = self._backend().zones.get(_bare(asked.parameters["HostedZoneId"]))
        if zone is None:
            return
        if zone.private_zone:
            raise Refused("InvalidInput", f"Query logging is for public hosted zones: {zone.resource_id}")
        group = str(asked.parameters["CloudWatchLogsLogGroupArn"])
        if not group.startswith(f"arn:aws:logs:{REGION}:") or ":log-group:" not in group:
            return
        refusal = self._setting.deliveries.refusal(
            group.removesuffix(":*"),
            LogLines(stream=f"{zone.resource_id}/{_EDGE}", lines=()),
            by=SERVICE,
            source=_arn(zone.resource_id),
        )
        if refusal is not None and refusal.missing is not Missing.RESOURCE:
            raise Refused("InsufficientCloudWatchLogsResourcePolicy", _MAY_NOT)

    # ---- delivery --------------------------------------------------------------------------------

    def _group_of(self, zone_id: str) -> str:
        """Where a zone's queries are logged, without `:*`; "" for nowhere."""
        for each in self._backend().query_logging_configs.values():
            if _bare(each.hosted_zone_id) == zone_id:
                return str(each.cloud_watch_logs_log_group_arn).removesuffix(":*")
        return ""

    def _deliver(self, zone_id: str, at: datetime, lines: list[str]) -> None:
        group = self._group_of(zone_id)
        if not group:
            return
        payload = LogLines(stream=f"{zone_id}/{_EDGE}", lines=[(at, each) for each in lines])
        refusal = self._setting.deliveries.hand_over(group, payload, by=SERVICE, source=_arn(zone_id))
        self._setting.note_lost(len(lines), f"queries of {zone_id} for {group}", refusal)


def _records(zone: Any, name: str) -> list[Any]:
    """The zone's records of this name, or those of the nearest wildcard above it."""
    wanted = _dotted(name)
    named = [each for each in zone.rrsets if _dotted(each.name) == wanted]
    if named:
        return named
    _, _, parent = wanted.partition(".")
    while parent.endswith(_dotted(zone.name)):
        wild = [each for each in zone.rrsets if _dotted(each.name.replace("\\052", "*")) == f"*.{parent}"]
        if wild:
            return wild
        _, _, parent = parent.partition(".")
    return []


def _dotted(name: str) -> str:
    return f"{name.lower().rstrip('.')}."


def _bare(zone_id: str) -> str:
    return str(zone_id).rpartition("/")[2]


def _arn(zone_id: str) -> str:
    return f"arn:aws:route53:::hostedzone/{zone_id}"


def register(setting: Setting) -> None:
    """The laws of Route 53."""
    setting.laws.add(QueryLogs(setting))
