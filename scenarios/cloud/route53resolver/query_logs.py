"""Query logs: what interfaces of a VPC ask its resolver, as AWS's log delivery writes it down.

What the resolver answers from its cache is not logged. AWS lets its log delivery in at the destination when a
configuration is made, where the caller may change the destination's policy; later it writes only as long as
that policy says so.

Left out: what comes as an answer (`answers` is empty), DNS Firewall, and Firehose as a destination. How long
a name is kept in the cache, how long a delivery takes, and the names of streams are our choice.

Sources: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs.html,
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html,
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-choosing-target-resource.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.ec2.interfaces import Interface, interface_at
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.deliveries import LogLines, Refusal
from scenarios.cloud.kernel.errors import NotSimulated, Refused, WorldError
from scenarios.cloud.service_logs_delivery import (
    DELIVERY,
    folder_in,
    let_in_at_bucket,
    let_in_at_group,
    put_file,
    source_of,
)
from scenarios.cloud.setting import Setting
from scenarios.service_logs import RESOLVER

CACHED: Final = timedelta(seconds=60)
LOGS_SECONDS: Final = (30.0, 120.0)
S3_SECONDS: Final = (300.0, 600.0)
_TO_LOGS: Final[tuple[str, ...]] = (
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:PutResourcePolicy",
)
_TO_S3: Final[tuple[str, ...]] = ("s3:GetBucketPolicy", "s3:PutBucketPolicy")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """One query, and the interface that asked."""

    at: datetime
    name: str
    kind: str
    source: str
    interface: Interface


class QueryLogs:
    """Every query that is asked in the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._cache: dict[tuple[str, str, str], datetime] = {}
        setting.calls.check("route53resolver", "CreateResolverQueryLogConfig", self._about_to_create)

    def ask(self, region: str, address: str, names: Iterable[str], kind: str) -> None:
        """An interface asks its VPC's resolver for names, now.

        Raises WorldError where no interface of the account has this address.
        """
        interface = interface_at(self._setting, region, address)
        if interface is None:
            raise WorldError(f"{address} is no interface of the account")
        now = self._setting.clock.now
        queries = []
        for name in names:
            known = (interface.vpc, name.lower(), kind)
            if now >= self._cache.get(known, now):
                queries.append(_Query(at=now, name=name, kind=kind, source=address, interface=interface))
                self._cache[known] = now + CACHED
        destinations = self._destinations(region, interface.vpc) if queries else ()
        for destination in destinations:
            to_s3 = destination.startswith("arn:aws:s3:::")
            wait = self._setting.random("route53resolver").uniform(*(S3_SECONDS if to_s3 else LOGS_SECONDS))
            self._after(wait, region, destination, queries)

    def _after(self, wait: float, region: str, destination: str, queries: list[_Query]) -> None:
        deliver = self._to_s3 if destination.startswith("arn:aws:s3:::") else self._to_logs
        what = f"query log to {destination}"
        self._setting.clock.after(wait, lambda: deliver(region, destination, queries), what)

    def _destinations(self, region: str, vpc: str) -> list[str]:
        backend = moto_state.backend("route53resolver", self._setting.account, region)
        configs = backend.resolver_query_log_configs
        found = backend.resolver_query_log_config_associations.values()
        return [
            str(configs[each.resolver_query_log_config_id].destination_arn)
            for each in found
            if each.resource_id == vpc and each.resolver_query_log_config_id in configs
        ]

    # ---- the API ---------------------------------------------------------------------------------

    def _about_to_create(self, asked: Asked) -> None:
        """Let log delivery in, as AWS does; refuse a caller who may not change the destination's policy."""
        destination, account = str(asked.parameters["DestinationArn"]), self._setting.account
        if destination.startswith("arn:aws:s3:::"):
            bucket = destination.removeprefix("arn:aws:s3:::").partition("/")[0]
            needed, on = _TO_S3, f"arn:aws:s3:::{bucket}"
        elif ":logs:" in destination:
            needed, on = _TO_LOGS, "*"
        else:
            raise NotSimulated("route53resolver", f"query logs to {destination}")
        judged = [self._setting.identity.judge(asked.caller, action, on) for action in needed]
        if not all(each.allowed for each in judged):
            because = next(each.because for each in judged if not each.allowed)
            raise Refused("AccessDeniedException", because)
        if destination.startswith("arn:aws:s3:::"):
            client = self._setting.session.client("s3")
            let_in_at_bucket(client, folder_in(destination, account), account, asked.region)
        else:
            client = self._setting.session.client("logs", region_name=asked.region)
            let_in_at_group(client, destination, account, asked.region)

    # ---- delivery --------------------------------------------------------------------------------

    def _to_logs(self, region: str, destination: str, queries: list[_Query]) -> None:
        first = queries[0].interface
        lines = [(each.at, RESOLVER.write(self._values(region, each))) for each in queries]
        stream = f"{first.vpc}_{first.instance or first.id}"
        group, payload = destination.removesuffix(":*"), LogLines(stream=stream, lines=lines)
        source = source_of(self._setting.account, region)
        self._told(
            destination, self._setting.deliveries.hand_over(group, payload, by=DELIVERY, source=source), lines
        )

    def _to_s3(self, region: str, destination: str, queries: list[_Query]) -> None:
        account, now, vpc = self._setting.account, self._setting.clock.now, queries[0].interface.vpc
        lines = [RESOLVER.write(self._values(region, each)) for each in queries]
        tail = f"{self._setting.random('route53resolver.names').getrandbits(32):08x}"
        key = (
            f"{folder_in(destination, account)}vpcdnsquerylogs/{vpc}/{now:%Y/%m/%d}/"
            f"{vpc}_vpcdnsquerylogs_{account}_{now:%Y%m%dT%H%MZ}_{tail}.log.gz"
        )
        self._told(destination, put_file(self._setting, region, key, lines), lines)

    def _told(self, destination: str, refusal: Refusal | None, lines: list[Any]) -> None:
        self._setting.note_lost(len(lines), f"queries for {destination}", refusal)

    def _values(self, region: str, query: _Query) -> Mapping[str, Any]:
        instance = query.interface.instance
        return {
            "version": "1.100000",
            "account_id": self._setting.account,
            "region": region,
            "vpc_id": query.interface.vpc,
            "query_timestamp": f"{query.at:%Y-%m-%dT%H:%M:%SZ}",
            "query_name": f"{query.name.rstrip('.')}.",
            "query_type": query.kind,
            "query_class": "IN",
            "rcode": "NOERROR",
            "answers": [],
            "srcaddr": query.source,
            "srcport": str(self._setting.random("route53resolver.ports").randint(1024, 65535)),
            "transport": "UDP",
            "srcids": {"instance": instance} if instance else {},
        }


def register(setting: Setting) -> None:
    """The laws of Route 53 Resolver."""
    setting.laws.add(QueryLogs(setting))
