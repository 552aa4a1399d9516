"""Networks in a scenario: servers behind security groups, who connects to whom, what is looked up, logs."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from scenarios.cloud.ec2.flow_logs import SERVICE, FlowLogs
from scenarios.cloud.ec2.traffic import Connection, Traffic
from scenarios.cloud.route53 import query_logs as public
from scenarios.cloud.route53resolver.query_logs import QueryLogs
from scenarios.cloud.service_logs_delivery import let_in_at_group
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given

PROTOCOLS: Final = {"tcp": 6, "udp": 17}
_ROLE: Final = "flow-logs"
_DELIVERS: Final = ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An instance in the default VPC; `open`: the ports that its security group lets everybody in at."""

    name: str
    open: tuple[int, ...] = ()

    def there(self) -> Given:
        """It runs when the scenario begins."""

        def do(world: World) -> None:
            ec2: Any = world.client(world.user("builder"), "ec2")
            group = ec2.create_security_group(GroupName=self.name, Description="of a server")["GroupId"]
            rules = [
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
                for port in self.open
            ]
            if rules:
                ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
            ec2.run_instances(
                ImageId="ami-12c6146b",
                MinCount=1,
                MaxCount=1,
                SecurityGroupIds=[group],
                TagSpecifications=[
                    {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": self.name}]}
                ],
            )

        ports = ", ".join(map(str, self.open)) or "no port"
        return Given(f"a server {self.name}, open at {ports}", do)

    def address(self, world: World) -> str:
        """Its private address."""
        with world.calls.muted():
            ec2: Any = world.client(world.user("reader"), "ec2")
            found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [self.name]}])
        return str(found["Reservations"][0]["Instances"][0]["PrivateIpAddress"])


def flow_log(group: str, *, log_format: str = "", may_deliver: bool = True) -> Given:
    """A flow log of the default VPC to a log group that is there, in windows of a minute."""

    def do(world: World) -> None:
        builder = world.user("builder")
        iam: Any = world.client(builder, "iam")
        iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=json.dumps(_trust()))
        if may_deliver:
            allowed = {"Effect": "Allow", "Action": list(_DELIVERS), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
            iam.put_role_policy(RoleName=_ROLE, PolicyName="deliver", PolicyDocument=document)
        ec2: Any = world.client(builder, "ec2")
        ec2.create_flow_logs(
            ResourceIds=[_default_vpc(ec2)],
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName=group,
            DeliverLogsPermissionArn=f"arn:aws:iam::{world.setting.account}:role/{_ROLE}",
            MaxAggregationInterval=60,
            **({"LogFormat": log_format} if log_format else {}),
        )
        world.setting.laws[FlowLogs].look(world.deployment.home)

    return Given(f"a flow log of the VPC to {group}", do)


def query_log(group: str) -> Given:
    """The default VPC's resolver logs what it is asked to a log group that is there."""

    def do(world: World) -> None:
        builder, region, account = world.user("builder"), world.deployment.home, world.setting.account
        arn = f"arn:aws:logs:{region}:{account}:log-group:{group}"
        let_in_at_group(world.client(builder, "logs"), arn, account, region)
        resolver: Any = world.client(builder, "route53resolver")
        made = resolver.create_resolver_query_log_config(
            Name="queries", DestinationArn=arn, CreatorRequestId="of a scenario"
        )["ResolverQueryLogConfig"]
        vpc = _default_vpc(world.client(builder, "ec2"))
        resolver.associate_resolver_query_log_config(ResolverQueryLogConfigId=made["Id"], ResourceId=vpc)

    return Given(f"the VPC's resolver logs to {group}", do)


def looks_up(server: Server, names: Iterable[str], *, kind: str = "A") -> Action:
    """A server asks its VPC's resolver for these names, all at once."""
    asked = list(names)

    def do(world: World) -> None:
        region = world.deployment.home
        world.setting.laws[QueryLogs].ask(region, server.address(world), asked, kind)

    more = f" and {len(asked) - 1} more" if len(asked) > 1 else ""
    return Action(f"{server.name} looks up {asked[0]}{more}", do)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A public hosted zone; what it is asked is logged to a log group in us-east-1.

    `names`: those that it has an address for, such as `www.example.com`, kept for `ttl` seconds. `group`: the
    log group's name, which Route 53's own page begins with `/aws/route53/`; "" for no log.
    """

    name: str
    names: tuple[str, ...] = ()
    group: str = ""
    ttl: int = 300

    def there(self) -> Given:
        """It stands when the scenario begins, its log group and that one's policy too."""

        def do(world: World) -> None:
            route53: Any = world.client(world.user("builder"), "route53")
            made = route53.create_hosted_zone(Name=self.name, CallerReference=self.name)["HostedZone"]["Id"]
            changes = [{"Action": "CREATE", "ResourceRecordSet": self._record(each)} for each in self.names]
            if changes:
                route53.change_resource_record_sets(HostedZoneId=made, ChangeBatch={"Changes": changes})
            if self.group:
                route53.create_query_logging_config(
                    HostedZoneId=made.rpartition("/")[2], CloudWatchLogsLogGroupArn=self._lets_in(world)
                )

        logs = f", which logs to {self.group}" if self.group else ""
        return Given(f"a public hosted zone {self.name}{logs}", do)

    def _record(self, name: str) -> dict[str, Any]:
        value = [{"Value": "203.0.113.80"}]
        return {"Name": name, "Type": "A", "TTL": self.ttl, "ResourceRecords": value}

    def _lets_in(self, world: World) -> str:
        """Make the log group, and let Route 53 write to it; returns its ARN."""
        logs: Any = world.client(world.user("builder"), "logs", public.REGION)
        logs.create_log_group(logGroupName=self.group)
        group = f"arn:aws:logs:{public.REGION}:{world.setting.account}:log-group:{self.group}:*"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": public.SERVICE},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": group,
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        logs.put_resource_policy(policyName=f"route53-{self.name}", policyDocument=document)
        return group


def resolves(resolver: str, names: Iterable[str], *, kind: str = "A", subnet: str = "") -> Action:
    """A resolver on the internet, by its address, looks up names of public zones, all at once.

    `subnet`: the network of who asked it, where it tells Route 53 (EDNS).
    """
    asked = list(names)

    def do(world: World) -> None:
        queries = [public.Query(name=each, resolver=resolver, kind=kind, subnet=subnet) for each in asked]
        world.setting.laws[public.QueryLogs].asked(queries)

    more = f" and {len(asked) - 1} more" if len(asked) > 1 else ""
    return Action(f"{resolver} resolves {asked[0]}{more}", do)


def long_names(domain: str, count: int, *, length: int = 48) -> list[str]:
    """Names that carry data: so many different ones of such a length before the domain."""
    return [
        f"{hashlib.sha256(f'{domain}{number}'.encode()).hexdigest()[:length]}.{domain}"
        for number in range(count)
    ]


def _default_vpc(ec2: Any) -> str:
    found = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    return str(found[0]["VpcId"])


def _trust() -> dict[str, Any]:
    let_in = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [let_in]}


def connects(
    source: "Server | str",
    targets: "Iterable[Server | str]",
    ports: Iterable[int],
    *,
    protocol: str = "tcp",
    source_port: int = 0,
    answered: int = 1,
) -> Action:
    """Somebody connects to each of these ports of each target; security groups and network ACLs decide.

    Source and targets are servers, or addresses outside.
    """
    towards, wanted = list(targets), list(ports)

    def do(world: World) -> None:
        connections = [
            Connection(
                source=_address(world, source),
                target=_address(world, target),
                port=port,
                protocol=PROTOCOLS[protocol],
                source_port=source_port,
                answered=answered,
            )
            for target in towards
            for port in wanted
        ]
        arrived = world.setting.laws[Traffic].send(world.deployment.home, connections)
        world.setting.note("sent", f"{sum(arrived)} of {len(arrived)} connections arrived")

    names = ", ".join(_name(each) for each in towards[:3]) + (" and others" if len(towards) > 3 else "")
    which = f"port {wanted[0]}" if len(wanted) == 1 else f"{len(wanted)} ports"
    return Action(f"{_name(source)} connects to {which} of {names}", do)


def _address(world: World, end: "Server | str") -> str:
    return end if isinstance(end, str) else end.address(world)


def _name(end: "Server | str") -> str:
    return end if isinstance(end, str) else end.name
