"""Access logs of Application and Network Load Balancers: a file every five minutes, in a bucket.

Switching them on writes a test file, and is refused where the bucket does not let Elastic Load Balancing
write, lies elsewhere, or is encrypted with a KMS key. Each balancer has one node here, and no targets: who
asks for what, and how it is answered, a scenario says. A Network Load Balancer logs the TLS connections to
its TLS listener, and nothing without one; AWS's log delivery writes its files, also under a KMS key whose
policy lets it.

Left out, and loud: access logs of other load balancers, connection logs, health check logs. Unconfirmed: the
words for a prefix with `AWSLogs` and for a bucket elsewhere; the test file's text; how long after its window
a file comes; that the refusal for a Network Load Balancer has the same words.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html and
enable-access-logs.html there. The refusal, as users report it:
https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1956, and of a KMS key:
https://github.com/aws/aws-cdk/issues/21947
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.deliveries import By, Object
from scenarios.cloud.kernel.errors import NotSimulated, Refused, WorldError
from scenarios.cloud.service_logs_delivery import Windows, folder_in, put_file
from scenarios.cloud.setting import Setting
from scenarios.service_logs import ALB, NLB
from scenarios.service_logs.visits import Visit, of_load_balancer, of_network_balancer

SERVICE: Final = "logdelivery.elasticloadbalancing.amazonaws.com"
WINDOW: Final = 300
LATE_SECONDS: Final = (5.0, 60.0)
_NODE: Final = "192.0.2.10"
# Elastic Load Balancing's own accounts, which buckets in the older regions may name instead.
_ACCOUNTS: Final = {
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
    "af-south-1": "098369216593",
    "ca-central-1": "985666609251",
    "eu-central-1": "054676820928",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-south-1": "635631232127",
    "eu-west-3": "009996457667",
    "eu-north-1": "897822967062",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-south-1": "718504428378",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
}


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
        self._try_it(asked.region, balancer, wanted)

    def _try_it(self, region: str, balancer: Any, wanted: Mapping[str, str]) -> None:
        """Write the test file, or refuse."""
        bucket, prefix = wanted.get("access_logs.s3.bucket", ""), wanted.get("access_logs.s3.prefix", "")
        if "AWSLogs" in prefix:
            raise Refused("InvalidConfigurationRequest", f"The prefix {prefix} must not include AWSLogs")
        model = moto_state.bucket(self._setting.account, bucket)
        if model is not None and model.region_name != region:
            raise Refused("InvalidConfigurationRequest", f"The bucket {bucket} is not in the region {region}")
        folder = folder_in(f"{bucket}/{prefix.strip('/')}", self._setting.account)
        key = f"{folder}ELBAccessLogTestFile"
        line = (
            f"Enable AccessLog for ELB: {self._setting.account} at {self._setting.clock.now:%Y-%m-%dT%H:%MZ}"
        )
        if self._put(region, key, [line], balancer):
            why = f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
            raise Refused("InvalidConfigurationRequest", why)

    # ---- delivery --------------------------------------------------------------------------------

    def _deliver(self, which: tuple[str, str], start: datetime, lines: Sequence[str]) -> None:
        region, arn = which
        balancer = self._balancers(region).get(arn)
        if balancer is None or balancer.attrs.get("access_logs.s3.enabled") != "true":
            return
        account, end = self._setting.account, start + timedelta(seconds=WINDOW)
        bucket, prefix = (balancer.attrs.get(f"access_logs.s3.{each}", "") for each in ("bucket", "prefix"))
        tail = f"{self._setting.random('elb.names').getrandbits(40):08x}"[:8]
        now, name = self._setting.clock.now, _id(balancer).replace("/", ".")
        node = "" if _is_network(balancer) else f"{_NODE}_"
        file = f"{account}_elasticloadbalancing_{region}_{name}_{end:%Y%m%dT%H%MZ}_{node}{tail}.log.gz"
        folder = folder_in(f"{bucket}/{prefix.strip('/')}", account)
        key = f"{folder}elasticloadbalancing/{region}/{now:%Y/%m/%d}/{file}"
        because = self._put(region, key, lines, balancer, packed=True)
        if because:
            self._setting.note("lost", f"{len(lines)} lines of the access log of {name}: {because}")

    def _put(
        self, region: str, key: str, lines: Sequence[str], balancer: Any, *, packed: bool = False
    ) -> str:
        """Why a file of a load balancer may not be written; "" where it was."""
        if _is_network(balancer):
            refusal = put_file(self._setting, region, key, lines, packed=packed)
            return refusal.because if refusal is not None else ""
        refusal = put_file(
            self._setting,
            region,
            key,
            lines,
            by=self._sender(region, key),
            packed=packed,
            plain=True,
            keyless=True,
        )
        return refusal.because if refusal is not None else ""

    def _sender(self, region: str, key: str) -> By:
        """Elastic Load Balancing's principal, or its account in the region where only that is let in."""
        arn, thing = f"arn:aws:s3:::{key}", Object(body=b"", plain=True)
        account = _ACCOUNTS.get(region, "")
        if account and self._setting.deliveries.refusal(arn, thing, by=SERVICE) is not None:
            of_elb = _root(account)
            if self._setting.deliveries.refusal(arn, thing, by=of_elb) is None:
                return of_elb
        return SERVICE


def _root(account: str) -> Caller:
    return Caller(kind=CallerKind.ROOT, account=account, arn=f"arn:aws:iam::{account}:root")


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
