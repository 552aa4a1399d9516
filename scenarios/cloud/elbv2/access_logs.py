"""Access logs of Application and Network Load Balancers: a file every five minutes, in a bucket.

Each balancer has one node here, and no targets: who asks for what, and how it is answered, a scenario says.
A Network Load Balancer logs the TLS connections to
its TLS listener, and nothing without one; AWS's log delivery writes its files, also under a KMS key whose
policy lets it.

Left out, and loud: access logs of other load balancers, connection logs, health check logs. Unconfirmed: how
long after its window a file comes; that the refusal for a Network Load Balancer has the same words.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html and
enable-access-logs.html there; those of `scenarios/cloud/elb/log_files.py`
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.elb.log_files import NODE, file_of, put, tail, try_it
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.deliveries import Refusal
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.cloud.service_logs_delivery import Windows, put_file
from scenarios.cloud.setting import Setting
from scenarios.service_logs import ALB, NLB
from scenarios.service_logs.visits import Visit, of_load_balancer, of_network_balancer

WINDOW: Final = 300
LATE_SECONDS: Final = (5.0, 60.0)


class AccessLogs:
    """Every load balancer of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._files = Windows[tuple[str, str]](
            setting, "elb.access_logs", WINDOW, LATE_SECONDS, self._deliver
        )
        setting.calls.check("elbv2", "ModifyLoadBalancerAttributes", self._about_to_log)

    def asked(self, region: str, name: str, visits: Sequence[Visit]) -> None:
        """These requests reach a load balancer; raises WorldError where there is none of this name."""
        balancer = next((each for each in self._balancers(region).values() if each.name == name), None)
        if balancer is None:
            raise WorldError(f"there is no load balancer {name} in {region}")
        if balancer.attrs.get("access_logs.s3.enabled") != "true":
            return
        listener = next((each for each in balancer.listeners.values() if each.protocol == "TLS"), None)
        if _is_network(balancer) and listener is None:
            return  # it logs TLS connections alone
        for visit in visits:
            line = self._line(balancer, visit, listener)
            self._files.add((region, balancer.arn), visit.at, line)

    def _line(self, balancer: Any, visit: Visit, listener: Any) -> str:
        if _is_network(balancer):
            return _tls_line(balancer, visit, listener)
        trace = self._setting.random("elb.trace").getrandbits(96)
        return ALB.write(of_load_balancer(visit, _id(balancer), trace))

    def _balancers(self, region: str) -> dict[str, Any]:
        found: dict[str, Any] = moto_state.backend("elbv2", self._setting.account, region).load_balancers
        return found

    # ---- the API ---------------------------------------------------------------------------------

    def _about_to_log(self, asked: Asked) -> None:
        given = {each.get("Key", ""): each.get("Value", "") for each in asked.parameters["Attributes"]}
        others = ("connection_logs.s3.enabled", "health_check_logs.s3.enabled")
        if any(given.get(each) == "true" for each in others):
            raise NotSimulated("elbv2", "logs of load balancers but access logs")
        balancer = self._balancers(asked.region).get(asked.parameters["LoadBalancerArn"])
        if balancer is None:
            return
        wanted = {**balancer.attrs, **given}
        if wanted.get("access_logs.s3.enabled") != "true":
            return
        if balancer.type not in ("application", "network"):
            raise NotSimulated("elbv2", f"access logs of {balancer.arn}")
        place = (wanted.get("access_logs.s3.bucket", ""), wanted.get("access_logs.s3.prefix", ""))
        try_it(self._setting, asked.region, *place, partial(self._put, asked.region, balancer))

    # ---- delivery --------------------------------------------------------------------------------

    def _deliver(self, which: tuple[str, str], start: datetime, lines: Sequence[str]) -> None:
        region, arn = which
        balancer = self._balancers(region).get(arn)
        if balancer is None or balancer.attrs.get("access_logs.s3.enabled") != "true":
            return
        bucket, prefix = (balancer.attrs.get(f"access_logs.s3.{each}", "") for each in ("bucket", "prefix"))
        end, name = start + timedelta(seconds=WINDOW), _id(balancer).replace("/", ".")
        stem = file_of(self._setting, region, (bucket, prefix), name, end)
        node = "" if _is_network(balancer) else f"{NODE}_"
        key = f"{stem}_{node}{tail(self._setting)}.log.gz"
        refusal = self._put(region, balancer, key, lines, packed=True)
        self._setting.note_lost(len(lines), f"lines of the access log of {name}", refusal)

    def _put(
        self, region: str, balancer: Any, key: str, lines: Sequence[str], *, packed: bool = False
    ) -> Refusal | None:
        """Why a file of a load balancer may not be written; None where it was."""
        if not _is_network(balancer):
            return put(self._setting, region, key, lines, packed=packed)
        return put_file(self._setting, region, key, lines, packed=packed)


def _tls_line(balancer: Any, visit: Visit, listener: Any) -> str:
    """A line of a Network Load Balancer."""
    if visit.rule:
        raise WorldError(f"{balancer.name} has no web ACL before it: none stands before a network one")
    listener_id = str(listener.arn).rpartition("/")[2]
    return NLB.write(of_network_balancer(visit, _id(balancer), listener_id, str(listener.certificate)))


def _is_network(balancer: Any) -> bool:
    return bool(balancer.type == "network")


def _id(balancer: Any) -> str:
    """`app/NAME/ID`, or `net/NAME/ID`; moto has `app` in every ARN."""
    name_and_id = balancer.arn.partition(":loadbalancer/")[2].partition("/")[2]
    return f"{'net' if _is_network(balancer) else 'app'}/{name_and_id}"


def register(setting: Setting) -> None:
    """The laws of load balancers."""
    setting.laws.add(AccessLogs(setting))
