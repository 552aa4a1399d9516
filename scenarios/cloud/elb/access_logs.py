"""Access logs of Classic Load Balancers: a file every 5 or 60 minutes, not packed, in a bucket.

Each balancer has one node here, and no instances: who asks for what, and how it is answered, a scenario says.
Its first listener is the one that is asked. One of TCP or SSL knows no request, and writes dashes.

Unconfirmed: the code and the words for another interval. How late a file comes within AWS's "up to" is our
choice.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html,
https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_AccessLog.html
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from scenarios.cloud.asked import Asked
from scenarios.cloud.elb.log_files import NODE, file_of, put, tail, try_it
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused, WorldError
from scenarios.cloud.service_logs_delivery import Windows
from scenarios.cloud.setting import Setting
from scenarios.service_logs import CLASSIC
from scenarios.service_logs.visits import Visit, of_classic_balancer

HOURLY: Final = 60
LATE_SECONDS: Final = {5: (0.0, 300.0), HOURLY: (0.0, 900.0)}
"""How long after a window's end a file comes, by the minutes of the window."""


class _Key(NamedTuple):
    region: str
    name: str


class AccessLogs:
    """Every Classic Load Balancer of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._files = {
            minutes: Windows[_Key](
                setting, "elb.access_logs", minutes * 60, late, partial(self._deliver, minutes)
            )
            for minutes, late in LATE_SECONDS.items()
        }
        setting.calls.check("elb", "ModifyLoadBalancerAttributes", self._about_to_log)

    def asked(self, region: str, name: str, visits: Sequence[Visit]) -> None:
        """These requests reach a balancer; raises WorldError where there is none of this name."""
        balancer = self._balancers(region).get(name)
        if balancer is None:
            raise WorldError(f"there is no Classic Load Balancer {name} in {region}")
        if any(each.rule for each in visits):
            raise WorldError(f"{name} has no web ACL before it: none stands before a Classic Load Balancer")
        wanted = balancer.attributes["access_log"]
        if not _is_on(wanted):
            return
        listener = balancer.listeners[0]
        for visit in visits:
            values = of_classic_balancer(visit, name, listener.protocol, int(listener.load_balancer_port))
            self._files[_minutes(wanted)].add(_Key(region, name), visit.at, CLASSIC.write(values))

    def _balancers(self, region: str) -> dict[str, Any]:
        found: dict[str, Any] = moto_state.backend("elb", self._setting.account, region).load_balancers
        return found

    def _about_to_log(self, asked: Asked) -> None:
        wanted = asked.parameters["LoadBalancerAttributes"].get("AccessLog") or {}
        if not _is_on(wanted) or asked.parameters["LoadBalancerName"] not in self._balancers(asked.region):
            return
        if _minutes(wanted) not in LATE_SECONDS:
            raise Refused("InvalidConfigurationRequest", "EmitInterval must be 5 or 60 minutes")
        write = partial(put, self._setting, asked.region)
        place = (wanted.get("S3BucketName", ""), wanted.get("S3BucketPrefix", ""))
        try_it(self._setting, asked.region, *place, write)

    def _deliver(self, minutes: int, which: _Key, start: datetime, lines: Sequence[str]) -> None:
        balancer = self._balancers(which.region).get(which.name)
        wanted = balancer.attributes["access_log"] if balancer is not None else {}
        if not _is_on(wanted):
            return
        place = (wanted.get("S3BucketName", ""), wanted.get("S3BucketPrefix", ""))
        end = start + timedelta(minutes=minutes)
        stem = file_of(self._setting, which.region, place, which.name, end)
        key = f"{stem}_{NODE}_{tail(self._setting)}.log"
        refusal = put(self._setting, which.region, key, lines)
        self._setting.note_lost(len(lines), f"lines of the access log of {which.name}", refusal)


def _is_on(wanted: Any) -> bool:
    """Moto has it as the call said, where one did."""
    return str(wanted.get("Enabled", "false")).lower() == "true"


def _minutes(wanted: Any) -> int:
    return int(wanted.get("EmitInterval") or HOURLY)


def register(setting: Setting) -> None:
    """The laws of Classic Load Balancers."""
    setting.laws.add(AccessLogs(setting))
