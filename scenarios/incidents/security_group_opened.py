"""Somebody opens a security group to the whole internet."""

from collections.abc import Mapping
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.people import ann
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, outcome, state
from scenarios.runner.words.people import decides, ruled
from scenarios.runner.words.undoing import undoes_by_hand

NAME = "security_group_opened"
WORLD = "0.0.0.0/0"
ACTING = (
    ("SecurityGroupOpenedMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
    ("ExpectedTag", "trailwarden:expected"),
)

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def security_group(name: str, *, region: str = "", tag: str = "") -> Given:
    """A group without rules; `tag`: the remediations that its tag excuses it from."""

    def do(world: World) -> None:
        ec2 = world.client(world.user("builder"), "ec2", region)
        made = ec2.create_security_group(GroupName=name, Description="for a scenario")
        if tag:
            ec2.create_tags(Resources=[made["GroupId"]], Tags=[{"Key": "trailwarden:expected", "Value": tag}])

    return Given(f"a security group {name}{' with a tag that excuses it' if tag else ''}", do)


def _group(ec2: Any, name: str) -> dict[str, Any]:
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])
    group: dict[str, Any] = found["SecurityGroups"][0]
    return group


def _permission(first: int, last: int, blocks: tuple[str, ...], protocol: str) -> dict[str, Any]:
    v4 = [{"CidrIp": each} for each in blocks if ":" not in each]
    v6 = [{"CidrIpv6": each} for each in blocks if ":" in each]
    ports = {} if protocol == "-1" else {"FromPort": first, "ToPort": last}
    return {"IpProtocol": protocol, **ports, "IpRanges": v4, "Ipv6Ranges": v6}


def opens(
    actor: Actor,
    name: str,
    *to: str,
    ports: tuple[int, int] = (22, 22),
    protocol: str = "tcp",
    region: str = "",
    refused: bool = False,
) -> Action:
    """AuthorizeSecurityGroupIngress; `refused`: IAM must say no."""

    def do(world: World, caller: Caller) -> None:
        with world.calls.muted():
            group = _group(world.client(world.user("reader"), "ec2", region), name)["GroupId"]
        ec2 = world.client(caller, "ec2", region)
        try:
            ec2.authorize_security_group_ingress(
                GroupId=group, IpPermissions=[_permission(*ports, to, protocol)]
            )
        except ec2.exceptions.ClientError as error:
            if not refused or error.response["Error"]["Code"] != "UnauthorizedOperation":
                raise

    return actor.does(
        f"opens {name}, {protocol} {ports[0]}-{ports[1]}, to {', '.join(to)}"
        f"{', and is refused' if refused else ''}",
        do,
    )


def widens(actor: Actor, name: str, to: str) -> Action:
    """ModifySecurityGroupRules of the first rule there is."""

    def do(world: World, caller: Caller) -> None:
        ec2 = world.client(caller, "ec2")
        with world.calls.muted():
            reader = world.client(world.user("reader"), "ec2")
            group = _group(reader, name)["GroupId"]
            rules = reader.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
        rule = next(each for each in rules["SecurityGroupRules"] if not each["IsEgress"])
        wider = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": to}
        ec2.modify_security_group_rules(
            GroupId=group,
            SecurityGroupRules=[
                {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": wider}
            ],
        )

    return actor.does(f"makes a rule of {name} as wide as {to}", do)


def closes(actor: Actor, name: str) -> Action:
    """RevokeSecurityGroupIngress of all there is."""

    def do(world: World, caller: Caller) -> None:
        with world.calls.muted():
            group = _group(world.client(world.user("reader"), "ec2"), name)
        ec2 = world.client(caller, "ec2")
        ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])

    return actor.does(f"closes {name}", do)


def prefix_list(name: str) -> Given:
    """A managed list of addresses, of one company."""

    def do(world: World) -> None:
        world.harness.client("ec2").create_managed_prefix_list(
            PrefixListName=name, Entries=[{"Cidr": "10.0.0.0/8"}], MaxEntries=20, AddressFamily="IPv4"
        )

    return Given(f"a prefix list {name}", do)


def lets_list_in(name: str, listed: str, *, port: int = 22) -> Given:
    """A group with one rule, for a prefix list."""

    def do(world: World) -> None:
        ec2 = world.harness.client("ec2")
        group = ec2.create_security_group(GroupName=name, Description="for a scenario")["GroupId"]
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        named = [{"PrefixListId": _list(ec2, listed)["PrefixListId"]}]
        ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[{**permission, "PrefixListIds": named}]
        )

    return Given(f"a security group {name} that lets {listed} in", do)


def _list(ec2: Any, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = ec2.describe_managed_prefix_lists()["PrefixLists"]
    return next(each for each in found if each["PrefixListName"] == name)


def widens_list(actor: Actor, name: str, block: str) -> Action:
    """ModifyManagedPrefixList with one more entry."""

    def do(world: World, caller: Caller) -> None:
        with world.calls.muted():
            listed = _list(world.client(world.user("reader"), "ec2"), name)
        world.client(caller, "ec2").modify_managed_prefix_list(
            PrefixListId=listed["PrefixListId"],
            PrefixListName=name,
            CurrentVersion=listed["Version"],
            AddEntries=[{"Cidr": block}],
        )

    return actor.does(f"adds {block} to the prefix list {name}", do)


def lists_let_in(name: str, count: int) -> Check:
    """How many prefix lists the group lets in."""

    def judge(ec2: Any) -> str | None:
        found = [each for one in _group(ec2, name)["IpPermissions"] for each in one["PrefixListIds"]]
        return None if len(found) == count else f"it lets in {found or 'none'}"

    return state(f"the group {name} lets in {count} prefix lists", judge, "ec2")


def lets_in(name: str, *origins: str, region: str = "") -> Check:
    """Exactly these blocks, each as often as rules have it; at whatever port."""

    def judge(ec2: Any) -> str | None:
        found = sorted(block for each in _group(ec2, name)["IpPermissions"] for block in _blocks(each))
        return None if found == sorted(origins) else f"it lets in {found or 'nobody'}"

    return state(f"the group {name} lets in {', '.join(origins) or 'nobody'}", judge, "ec2", region)


def _blocks(permission: Mapping[str, Any]) -> list[str]:
    v4 = [each["CidrIp"] for each in permission["IpRanges"]]
    return v4 + [each["CidrIpv6"] for each in permission["Ipv6Ranges"]]


SCENARIO = Scenario(
    name="security_group_opened",
    title="Somebody opens SSH to the whole internet, and an alert says who",
    given=[security_group("web")],
    lasts="25:00",
    when=[
        at("00:00", mallory.calls("iam", "list_users")),
        at("10:00", opens(mallory, "web", WORLD)),
    ],
    then=[
        by(
            "12:30",
            alert(
                NAME,
                "HIGH",
                "22 SSH",
                "tcp, 22, from 0.0.0.0/0",
                "no such rule",
                "user/mallory",
                "203.0.113.66",
                "Hour before",
                "describe-network-interfaces",
                "In mode enforce Trailwarden would do:",
            ),
            outcome(NAME, Outcome.OBSERVED),
        ),
        at_the_end(lets_in("web", WORLD), no_more_alerts_than(1, of=NAME)),
    ],
)

ENFORCED = Scenario(
    name="security_group_opened.enforced",
    title="Each way to open a group is closed: halves of the internet, ranges, IPv6, a wider rule",
    parameters=ACTING,
    lasts="35:00",
    given=[security_group("web")],
    when=[
        at("00:00", opens(mallory, "web", "198.51.100.0/24")),
        at("02:00", opens(mallory, "web", "0.0.0.0/1", "128.0.0.0/1", ports=(1, 1024))),
        at("10:00", opens(mallory, "web", "::/0", protocol="-1")),
        at("20:00", widens(mallory, "web", "0.0.0.0/2")),
    ],
    then=[
        by(
            "04:30",
            lets_in("web", "198.51.100.0/24"),
            alert(NAME, "HIGH", "tcp, 1-1024, from 128.0.0.0/1", "Trailwarden did:", "To undo it:"),
        ),
        by("12:30", lets_in("web", "198.51.100.0/24"), alert(NAME, "HIGH", "all ports, from ::/0")),
        by("22:30", lets_in("web"), alert(NAME, "HIGH", "what the rule was before", "from 0.0.0.0/2")),
        at_the_end(
            outcome(NAME, Outcome.ACTED, times=3),
            # Its own four calls come back.
            outcome(NAME, Outcome.SUPPRESSED, times=4),
            no_more_alerts_than(3, of=NAME),
        ),
    ],
)

UNDONE = Scenario(
    name="security_group_opened.undone",
    title="Somebody expected takes back what was closed: the group is as it was, and stays so",
    parameters=ACTING,
    lasts="30:00",
    given=[security_group("web")],
    when=[
        at("00:00", opens(mallory, "web", WORLD, ports=(3389, 3389))),
        at("15:00", undoes_by_hand(deployer, NAME)),
    ],
    then=[
        by("03:00", lets_in("web"), alert(NAME, "HIGH", "authorize-security-group-ingress")),
        at_the_end(
            lets_in("web", WORLD),
            outcome(NAME, Outcome.ACTED),
            outcome(NAME, Outcome.SUPPRESSED, times=2),  # our own call, and what deploy-bot did
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

UNDO_ASKED = Scenario(
    name="security_group_opened.undo_asked",
    title="Somebody on call asks for the undo: Trailwarden opens the group again, and leaves it so",
    parameters=ACTING,
    lasts="30:00",
    given=[security_group("web")],
    when=[
        at("00:00", opens(mallory, "web", WORLD, ports=(3389, 3389))),
        at("15:00", decides(ann, "undo", NAME)),
    ],
    then=[
        by("03:00", lets_in("web"), alert(NAME, "HIGH", "To undo it:")),
        at_the_end(
            lets_in("web", WORLD),
            ruled(NAME, "undone"),
            alert(NAME, "HIGH", "and then undid it", subject="Undone"),
            no_more_alerts_than(2, of=NAME),
        ),
    ],
)

SILENT = Scenario(
    name="security_group_opened.silent",
    title="To the company, at the ports of a website, refused, closed again at once: no alert",
    parameters=ACTING,
    given=[
        security_group("web"),
        security_group("brief"),
        security_group("bastion", tag="bucket_public " + NAME),
    ],
    when=[
        at(
            "00:00",
            opens(mallory, "web", "10.0.0.0/8", "172.16.0.0/12"),
            opens(mallory, "web", "198.51.100.0/24", "2001:db8::/48"),
            opens(mallory, "web", WORLD, "::/0", ports=(443, 443)),
            opens(intern, "web", WORLD, refused=True),
            opens(mallory, "brief", WORLD),
            closes(mallory, "brief"),
            opens(deployer, "brief", WORLD),
        ),
        at("05:00", opens(mallory, "bastion", WORLD)),
    ],
    then=[
        by("07:30", alert(NAME, "LOW", "trailwarden:expected=bucket_public security_group_opened")),
        at_the_end(
            lets_in("bastion", WORLD),
            lets_in("brief", WORLD),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

ELSEWHERE = Scenario(
    name="security_group_opened.elsewhere",
    title="The stack is in Ireland, the group in Sydney is closed there",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    parameters=ACTING,
    given=[security_group("web", region="ap-southeast-2")],
    when=[at("00:00", opens(mallory, "web", WORLD, ports=(3306, 3306), region="ap-southeast-2"))],
    then=[
        by("02:30", alert(NAME, "HIGH", "3306 MySQL", "--region ap-southeast-2")),
        at_the_end(lets_in("web", region="ap-southeast-2"), no_more_alerts_than(1, of=NAME)),
    ],
)

WIDENED = Scenario(
    name="security_group_opened.widened",
    title="A prefix list that groups let in gets the whole internet: their rules for it are revoked",
    parameters=ACTING,
    given=[prefix_list("offices"), lets_list_in("web", "offices"), lets_list_in("db", "offices", port=5432)],
    when=[
        at("00:00", widens_list(mallory, "offices", "192.0.2.0/24")),
        at("05:00", widens_list(mallory, "offices", WORLD)),
    ],
    then=[
        until("05:00", lists_let_in("web", 1)),
        by(
            "07:30",
            alert(
                NAME, "HIGH", "22 SSH", "5432 PostgreSQL", "user/mallory", subject="2 security groups were"
            ),
        ),
        at_the_end(
            lists_let_in("web", 0),
            lists_let_in("db", 0),
            outcome(NAME, Outcome.ACTED),
            no_more_alerts_than(1, of=NAME),
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, UNDONE, UNDO_ASKED, SILENT, ELSEWHERE, WIDENED)

# What a look reads, for the test that has each of these fail.
READS = (
    ("ec2", "DescribeSecurityGroupRules"),
    ("ec2", "DescribeSecurityGroups"),
    ("cloudtrail", "LookupEvents"),
)
READING = UNDONE
