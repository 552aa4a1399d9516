"""Requests to web services in a scenario, and the logs of AWS's services that they pass.

A load balancer, a distribution, a web ACL and an environment of Elastic Beanstalk write their logs where AWS
delivers them. A log group may stand
for one that its owner's own pipeline fills: a line comes some minutes after it happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scenarios.cloud.cloudfront.standard_logs import StandardLogs, let_in
from scenarios.cloud.elb.access_logs import AccessLogs as ClassicAccessLogs
from scenarios.cloud.elbv2.access_logs import AccessLogs
from scenarios.cloud.service_logs_delivery import let_in_at_group
from scenarios.cloud.wafv2.logging import Logging
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given
from scenarios.runner.words.environments import BeanstalkEnvironment
from scenarios.service_logs import ALB
from scenarios.service_logs.visits import Visit, of_load_balancer

LOAD_BALANCER_SECONDS = 300
_BALANCER = "app/shop/50dc6c495c0c9188"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """A load balancer, whose access logs go to a bucket that is there and lets them in.

    `kind`: `application`, or `network`, which has a TLS listener and logs connections to it.
    """

    name: str
    bucket: str
    prefix: str = ""
    kind: str = "application"

    def there(self) -> Given:
        """It stands when the scenario begins."""

        def do(world: World) -> None:
            elb, ec2 = (_set_up(world, each) for each in ("elbv2", "ec2"))
            subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
            answer = elb.create_load_balancer(Name=self.name, Subnets=subnets, Type=self.kind)
            made = answer["LoadBalancers"][0]
            if self.kind == "network":
                _tls_listener(world, elb, made)
            given = {"enabled": "true", "bucket": self.bucket, "prefix": self.prefix}
            attributes = [{"Key": f"access_logs.s3.{key}", "Value": value} for key, value in given.items()]
            elb.modify_load_balancer_attributes(
                LoadBalancerArn=made["LoadBalancerArn"], Attributes=attributes
            )

        return Given(f"a load balancer {self.name}, which logs to {self.bucket}", do)

    def take(self, world: World, visits: Sequence[Visit]) -> None:
        """Requests reach it."""
        world.setting.laws[AccessLogs].asked(world.deployment.home, self.name, visits)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicLoadBalancer:
    """A Classic Load Balancer, whose access logs go to a bucket that is there and lets them in.

    `protocol`: of its listener: `HTTP`, `HTTPS`, `TCP` or `SSL`; `minutes`: from file to file, 5 or 60.
    """

    name: str
    bucket: str
    prefix: str = ""
    protocol: str = "HTTP"
    minutes: int = 60

    def there(self) -> Given:
        """It stands when the scenario begins."""

        def do(world: World) -> None:
            elb, ec2 = (_set_up(world, each) for each in ("elb", "ec2"))
            zones = [each["ZoneName"] for each in ec2.describe_availability_zones()["AvailabilityZones"]]
            listener = {"Protocol": self.protocol, "LoadBalancerPort": 80, "InstancePort": 80}
            if self.protocol in ("HTTPS", "SSL"):
                certificate = _certificate(world)
                listener |= {"LoadBalancerPort": 443, "SSLCertificateId": certificate}
            elb.create_load_balancer(
                LoadBalancerName=self.name, AvailabilityZones=zones[:1], Listeners=[listener]
            )
            logs = {"Enabled": True, "S3BucketName": self.bucket, "EmitInterval": self.minutes}
            wanted = {**logs, **({"S3BucketPrefix": self.prefix} if self.prefix else {})}
            elb.modify_load_balancer_attributes(
                LoadBalancerName=self.name, LoadBalancerAttributes={"AccessLog": wanted}
            )

        return Given(f"a Classic Load Balancer {self.name}, which logs to {self.bucket}", do)

    def take(self, world: World, visits: Sequence[Visit]) -> None:
        """Requests reach it."""
        world.setting.laws[ClassicAccessLogs].asked(world.deployment.home, self.name, visits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution of CloudFront; its standard logs go to a bucket that is there, with ACLs switched on."""

    name: str
    bucket: str
    prefix: str = ""

    def there(self) -> Given:
        """It stands when the scenario begins."""

        def do(world: World) -> None:
            origin = {
                "Id": "o",
                "DomainName": "shop.s3.amazonaws.com",
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
            behavior = {
                "TargetOriginId": "o",
                "ViewerProtocolPolicy": "https-only",
                "MinTTL": 0,
                "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "none"}},
            }
            logging = {
                "Enabled": True,
                "IncludeCookies": False,
                "Bucket": f"{self.bucket}.s3.amazonaws.com",
                "Prefix": self.prefix,
            }
            config = {
                "CallerReference": self.name,
                "Comment": self.name,
                "Enabled": True,
                "Origins": {"Quantity": 1, "Items": [origin]},
                "DefaultCacheBehavior": behavior,
                "Logging": logging,
            }
            _set_up(world, "cloudfront").create_distribution(DistributionConfig=config)
            let_in(_set_up(world, "s3"), self.bucket)

        return Given(f"a distribution {self.name}, which logs to {self.bucket}", do)

    def take(self, world: World, visits: Sequence[Visit]) -> None:
        """Requests reach it."""
        with world.calls.muted():
            found = _set_up(world, "cloudfront").list_distributions()["DistributionList"]["Items"]
        own = next(each["Id"] for each in found if each["Comment"] == self.name)
        world.setting.laws[StandardLogs].asked(own, visits)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAcl:
    """A web ACL, whose logs go to what is there.

    `to`: the ARN of a log group, or of a bucket or a stream that lets them in. What it blocks, `visited` says
    by the rule's name; `before`: what it stands before, and that one's id.
    """

    name: str
    to: str
    before: tuple[str, str] = ("ALB", "")

    def there(self) -> Given:
        """It stands when the scenario begins."""

        def do(world: World) -> None:
            waf = _set_up(world, "wafv2")
            off = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
            made = waf.create_web_acl(
                Name=self.name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=off
            )["Summary"]
            if ":logs:" in self.to:
                region, account = world.deployment.home, world.setting.account
                let_in_at_group(_set_up(world, "logs"), self.to, account, region)
            waf.put_logging_configuration(
                LoggingConfiguration={"ResourceArn": made["ARN"], "LogDestinationConfigs": [self.to]}
            )

        return Given(f"a web ACL {self.name}, which logs to {self.to}", do)

    def take(self, world: World, visits: Sequence[Visit]) -> None:
        """Requests reach it."""
        world.setting.laws[Logging].saw(world.deployment.home, self.name, visits, self.before)


def platform_lines() -> Given:
    """Functions' logs have the platform's lines: START, END, REPORT."""

    def do(world: World) -> None:
        world.functions.logs.writes_platform_lines = True

    return Given("Lambda writes START, END and REPORT", do)


Front = LoadBalancer | ClassicLoadBalancer | Distribution | WebAcl | BeanstalkEnvironment


def visited(
    front: str | Front,
    client: str,
    paths: Iterable[str],
    *,
    status: int = 200,
    times: int = 1,
    verb: str = "GET",
    blocked_by: str = "",
) -> Action:
    """Somebody asks for each of these paths, one a second, behind what logs it.

    `front`: a load balancer, a distribution, a web ACL, an environment of Elastic Beanstalk, or a log
    group that a load balancer's lines come to.
    `blocked_by`: the rule of a web ACL that blocks it.
    """
    asked = [path for path in paths for _ in range(times)]

    def visits(now: datetime) -> list[Visit]:
        return [
            Visit(
                at=now + timedelta(seconds=number % 60),
                client=client,
                path=path,
                status=status,
                verb=verb,
                rule=blocked_by,
            )
            for number, path in enumerate(asked)
        ]

    def do(world: World) -> None:
        made = visits(world.clock.now)
        if isinstance(front, str):
            _to_group(world, front, made)
        else:
            front.take(world, made)

    return Action(f"{client} asks for {_some(asked)}, and is answered {403 if blocked_by else status}", do)


def _to_group(world: World, group: str, visits: Sequence[Visit]) -> None:
    lines = [
        (each.at, ALB.write(of_load_balancer(each, _BALANCER, world.setting.random("elb").getrandbits(96))))
        for each in visits
    ]
    what = f"lines for {group}"

    def write() -> None:
        world.logs.write(world.deployment.home, group, _BALANCER, lines)

    world.clock.after(LOAD_BALANCER_SECONDS, write, what)


def _tls_listener(world: World, elb: Any, balancer: Mapping[str, Any]) -> None:
    certificate = _certificate(world)
    group = elb.create_target_group(
        Name=balancer["LoadBalancerName"], Protocol="TLS", Port=443, VpcId=balancer["VpcId"]
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="TLS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )


def _certificate(world: World) -> str:
    made = _set_up(world, "acm").request_certificate(DomainName="shop.example")
    return str(made["CertificateArn"])


def _set_up(world: World, service: str) -> Any:
    return world.client(world.user("builder"), service)


def _some(things: Sequence[str]) -> str:
    return things[0] if len(things) == 1 else f"{things[0]} and {len(things) - 1} more"
