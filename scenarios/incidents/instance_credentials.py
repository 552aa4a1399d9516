"""Somebody takes the credentials of an instance's role out of it, and uses them from their own machine."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.guardduty.findings import Findings
from scenarios.cloud.kernel.caller import Caller, session_on
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor, arrives, refused_by
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome, state
from scenarios.runner.words.people import decides
from scenarios.runner.words.undoing import undoes_by_hand

NAME = "instance_credentials"
MODE = ("InstanceCredentialsMode", "enforce")
ACTING = (MODE, ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"))
THIEF = "203.0.113.66"
OFFICE = "198.51.100.0/24"
PARTNER = "210987654321"
EARLIER = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # when the stolen credentials were handed out

mallory = Actor(name="mallory", address=THIEF)
alice = Actor(name="alice", address="198.51.100.4")
deployer = Actor(name="deploy-bot", address="198.51.100.9")

_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


# ---- what is there ------------------------------------------------------------------------------


def instance(name: str, *, region: str = "", tag: str = "") -> Given:
    """An instance that runs under a role of the same name, which may do everything."""

    def do(world: World) -> None:
        iam, where = world.harness.client("iam"), region or world.deployment.home
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
        iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=json.dumps(_ALL))
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        tags = [{"Key": "Name", "Value": name}, *([{"Key": "expected", "Value": tag}] if tag else [])]
        launched = world.harness.client("ec2", region_name=where).run_instances(
            ImageId="ami-12c6146b",
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            IamInstanceProfile={"Name": name},
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        world.instances.adopt(where, launched["Instances"][0]["InstanceId"])

    return Given(f"the instance {name}", do)


def nat_gateway() -> Given:
    """A NAT gateway of the default network."""

    def do(world: World) -> None:
        ec2 = world.harness.client("ec2")
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)

    return Given("a NAT gateway", do)


def guardduty_is_on() -> Given:
    """A detector in the stack's region."""
    return Given(
        "GuardDuty is on", lambda world: world.harness.client("guardduty").create_detector(Enable=True)
    )


def _described(world: World, name: str, region: str) -> Any:
    ec2 = world.harness.client("ec2", region_name=region or world.deployment.home)
    found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])["Reservations"]
    return found[0]["Instances"][0]


def _role_id(world: World, name: str) -> str:
    role_id: str = world.harness.client("iam").get_role(RoleName=name)["Role"]["RoleId"]
    return role_id


def _own_address(world: World, name: str) -> str:
    address: str = _described(world, name, "")["PublicIpAddress"]
    return address


def _nat_address(world: World, _: str) -> str:
    address: str = world.harness.client("ec2").describe_addresses()["Addresses"][0]["PublicIp"]
    return address


# ---- what is done -------------------------------------------------------------------------------


def used(
    name: str,
    service: str,
    operation: str,
    *,
    origin: Any = THIEF,
    lives: str = "",
    region: str = "",
    refused: str = "",
    fresh: bool = False,
    **more: Any,
) -> Action:
    """A call by the credentials of the instance's role, from an address (or a function that finds it).

    `lives`: where the instance is; `region`: which API is called. `fresh`: by credentials that are handed out
    now. `more`: how else the caller differs.
    """

    def do(world: World) -> None:
        with world.calls.muted():
            machine = _described(world, name, lives)["InstanceId"]
            role_id = _role_id(world, name)
            source = origin(world, name) if callable(origin) else origin
        caller = replace(
            session_on(f"arn:aws:iam::{ACCOUNT}:role/{name}", machine),
            principal_id=f"{role_id}:{machine}",
            source_ip=source,
            session_created=world.clock.now if fresh else EARLIER,
            **{"ec2_role_delivery": "2.0", **more},
        )
        client = world.client(world.identity.enrol(caller), service, region)
        with refused_by(refused, f"{service}.{operation} was to be refused"):
            getattr(client, operation)()

    words = f"credentials of {name} call {service} {operation.replace('_', ' ')}"
    return Action(f"{words}{', and are refused' if refused else ''}", do)


def guardduty_finds(name: str, *, kind: str = "OutsideAWS", sample: bool = False) -> Action:
    """A finding about the instance's credentials."""

    def do(world: World) -> None:
        with world.calls.muted():
            found = _finding(world, name, kind, sample=sample)
        world.setting.laws[Findings].make(world.deployment.home, found)

    return Action(f"GuardDuty finds that credentials of {name} are used{' (a sample)' if sample else ''}", do)


def _finding(world: World, name: str, kind: str, *, sample: bool) -> Mapping[str, Any]:
    machine, home = _described(world, name, "")["InstanceId"], world.deployment.home
    now = world.clock.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    identity = "5abc0d1e2f3a4b5c6d7e8f9012345678"
    call = {
        "api": "ListBuckets",
        "serviceName": "s3.amazonaws.com",
        "callerType": "Remote IP",
        "remoteIpDetails": {"ipAddressV4": THIEF, "country": {"countryName": "Nowhere"}},
        "remoteAccountDetails": {"accountId": PARTNER, "affiliated": False} if kind == "InsideAWS" else {},
    }
    return {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": home,
        "partition": "aws",
        "id": identity,
        "arn": f"arn:aws:guardduty:{home}:{ACCOUNT}:detector/d/finding/{identity}",
        "type": f"UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.{kind}",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {
                "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "principalId": f"{_role_id(world, name)}:{machine}",
                "userType": "AssumedRole",
                "userName": name,
            },
            "instanceDetails": {"instanceId": machine},
        },
        "service": {
            "serviceName": "guardduty",
            "action": {"actionType": "AWS_API_CALL", "awsApiCallAction": call},
            "resourceRole": "TARGET",
            "additionalInfo": {"sample": True} if sample else {},
            "eventFirstSeen": now,
            "eventLastSeen": now,
            "archived": False,
            "count": 1,
        },
        "severity": 8,
        "createdAt": now,
        "updatedAt": now,
        "title": "Credentials for an instance role were used from an external address.",
        "description": "Credentials created for an EC2 instance were used from an external address.",
    }


MADE_UP: Mapping[str, Any] = {
    "version": "0",
    "id": "50000000-0000-4000-8000-000000000000",
    "detail-type": "GuardDuty Finding",
    "source": "aws.guardduty",
    "account": ACCOUNT,
    "time": "2026-03-02T03:00:00Z",
    "region": "eu-west-1",
    "resources": [],
    "detail": {
        "accountId": ACCOUNT,
        "region": "eu-west-1",
        "id": "00000000000000000000000000000000",
        "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        "updatedAt": "2026-03-02T03:00:00Z",
        "resource": {
            "accessKeyDetails": {
                "principalId": "AROAIOSFODNN7EXAMPLE:i-0123456789abcdef0",
                "userType": "AssumedRole",
                "userName": "victim",
            }
        },
        "service": {
            "detectorId": "00000000000000000000000000000000",
            "action": {"awsApiCallAction": {"remoteIpDetails": {"ipAddressV4": "203.0.113.9"}}},
        },
    },
}


def terminates(actor: Actor, name: str) -> Action:
    """TerminateInstances."""

    def do(world: World, caller: Caller) -> None:
        with world.calls.muted():
            machine = _described(world, name, "")["InstanceId"]
        world.client(caller, "ec2").terminate_instances(InstanceIds=[machine])

    return actor.does(f"terminates {name}", do)


# ---- what holds ---------------------------------------------------------------------------------


def role_has(name: str, *beginnings: str) -> Check:
    """Exactly these inline policies beside its own, by what their names begin with."""

    def judge(iam: Any) -> str | None:
        found = sorted(
            each for each in iam.list_role_policies(RoleName=name)["PolicyNames"] if each != "work"
        )
        fits = len(found) == len(beginnings) and all(
            each.startswith(one) for each, one in zip(found, sorted(beginnings), strict=True)
        )
        return None if fits else f"it has {found or 'none'}"

    return state(f"the role {name} has {', '.join(beginnings) or 'its own policy only'}", judge, "iam")


def isolated(name: str, *, yes: bool) -> Check:
    """All interfaces in a quarantine group without rules; or in none, and there is no such group."""

    def judge(ec2: Any) -> str | None:
        found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])
        machine = found["Reservations"][0]["Instances"][0]
        groups = [group for each in machine["NetworkInterfaces"] for group in each["Groups"]]
        called = ec2.describe_security_groups()["SecurityGroups"]
        quarantines = [each for each in called if each["GroupName"].startswith("trailwarden-quarantine-")]
        if not yes:
            names = [each["GroupName"] for each in groups]
            return None if names == ["default"] and not quarantines else f"it is in {names}"
        if len(quarantines) != 1:
            return f"there are {len(quarantines)} quarantine groups"
        (group,) = quarantines
        if [each["GroupId"] for each in groups] != [group["GroupId"]]:
            return f"it is in {groups}"
        return "the group has rules" if group["IpPermissions"] or group["IpPermissionsEgress"] else None

    return state(f"{name} is {'' if yes else 'not '}isolated", judge, "ec2")


def a_snapshot() -> Check:
    """Trailwarden made one at least: where no answer came it makes another."""

    def judge(ec2: Any) -> str | None:
        filters = [{"Name": "description", "Values": ["Trailwarden*"]}]
        found = ec2.describe_snapshots(OwnerIds=["self"], Filters=filters)["Snapshots"]
        return None if found else "there is none"

    return state("there is a snapshot of ours", judge, "ec2")


SCENARIO = Scenario(
    name=NAME,
    title="An instance's credentials call from outside, and GuardDuty finds it too: an alert by each way",
    given=[instance("web"), guardduty_is_on()],
    when=[
        at("00:00", used("web", "sts", "get_caller_identity")),
        at("05:00", guardduty_finds("web")),
        at("06:00", guardduty_finds("web", sample=True)),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", THIEF, "GetCallerIdentity", "version 2", "running, in us-east-1")),
        by(
            "05:30",
            alert(
                NAME, "HIGH", "InstanceCredentialExfiltration.OutsideAWS", "ListBuckets", "GuardDuty finding"
            ),
        ),
        at_the_end(
            role_has("web"),
            alert(NAME, "LOW", subject="Sample"),
            outcome(NAME, Outcome.OBSERVED, times=2),
            no_more_alerts_than(3, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name=f"{NAME}.enforced",
    title="The stolen credentials are revoked once event history knows a call; newer ones work; it is undone",
    parameters=ACTING,
    lasts="50:00",
    given=[instance("web")],
    when=[
        at("00:00", used("web", "ec2", "describe_instances")),
        at("25:00", used("web", "ec2", "describe_instances", refused="UnauthorizedOperation")),
        at("26:00", used("web", "ec2", "describe_instances", origin=_own_address, fresh=True)),
        # Each call revokes, also one whose record comes a quarter of an hour late: undone after that.
        at("42:00", undoes_by_hand(deployer, NAME, "web")),
        at("43:00", used("web", "ec2", "describe_regions", origin=_own_address)),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "does not know this call yet", subject="Unconfirmed")),
        until("00:50", role_has("web")),
        by(
            "20:00",
            role_has("web", "AWSRevokeOlderSessions-i-"),
            heard_of(NAME, "HIGH", "Confirmed", "To undo it:", "until EC2 hands it newer credentials"),
        ),
        by("28:00", heard_of(NAME, "HIGH", "Revoked before", "UnauthorizedOperation")),
        at_the_end(
            role_has("web"),
            outcome(NAME, Outcome.ACTED),
            no_more_alerts_than(4, of=NAME),
        ),
    ],
)

QUARANTINED = Scenario(
    name=f"{NAME}.quarantined",
    title="By GuardDuty's finding the role and the instance go into quarantine; the undo puts all back",
    parameters=(*ACTING, ("InstanceCredentialsQuarantine", "both")),
    lasts="25:00",
    given=[instance("web"), guardduty_is_on()],
    when=[
        at("00:00", guardduty_finds("web", kind="InsideAWS")),
        at("08:00", decides(alice, "undo", NAME)),
    ],
    then=[
        by(
            "02:30",
            alert(NAME, "HIGH", f"of account {PARTNER}", "Trailwarden did:", "aws ec2 create-snapshots"),
            role_has("web", "AWSRevokeOlderSessions-i-", "TrailwardenQuarantine"),
            isolated("web", yes=True),
            a_snapshot(),
        ),
        at_the_end(
            role_has("web"),
            isolated("web", yes=False),
            a_snapshot(),
            outcome(NAME, Outcome.UNDONE),
        ),
    ],
)

SILENT = Scenario(
    name=f"{NAME}.silent",
    title="From its own address, a NAT gateway's, endpoints that are ours, the office: no alert",
    parameters=(
        MODE,
        ("InstanceCredentialsKnownAddresses", OFFICE),
        ("TrustedAccounts", PARTNER),
        ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:role/expected"),
    ),
    given=[instance("web"), instance("expected"), nat_gateway()],
    when=[
        at(
            "00:00",
            used("web", "sts", "get_caller_identity", origin=_own_address),
            used("web", "sts", "get_caller_identity", origin=_nat_address),
            used("web", "sts", "get_caller_identity", origin="10.0.0.7", vpc_endpoint=("vpce-1", ACCOUNT)),
            used("web", "sts", "get_caller_identity", origin="10.0.0.7", vpc_endpoint=("vpce-2", PARTNER)),
            used("web", "sts", "get_caller_identity", origin="198.51.100.77"),
            used("web", "sts", "get_caller_identity", ec2_role_delivery=""),
            used("web", "sts", "get_caller_identity", invoked_by="cloudformation.amazonaws.com"),
            used("expected", "sts", "get_caller_identity"),
        ),
    ],
    then=[at_the_end(no_more_alerts_than(0, of=NAME), role_has("web"), role_has("expected"))],
)

ELSEWHERE = Scenario(
    name=f"{NAME}.elsewhere",
    title="The instance is in a third region, a stranger's endpoint is used, a finding is made up",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    parameters=(MODE, ("ExpectedTag", "expected")),
    lasts="35:00",
    given=[instance("far", region="ap-southeast-2"), instance("test", tag=NAME)],
    when=[
        at(
            "00:00",
            used("far", "iam", "list_users", lives="ap-southeast-2"),
            used("test", "sts", "get_caller_identity", region="ap-southeast-2"),
        ),
        at("01:00", arrives("a finding is made up", MADE_UP)),
        at(
            "02:00",
            used(
                "far",
                "sts",
                "get_caller_identity",
                lives="ap-southeast-2",
                region="ap-southeast-2",
                origin="10.9.9.9",
                vpc_endpoint=("vpce-9", "999988887777"),
            ),
        ),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "GuardDuty holds no such finding", "203.0.113.9")),
        by("04:30", heard_of(NAME, "HIGH", "the VPC endpoint vpce-9 of account 999988887777")),
        at_the_end(
            heard_of(NAME, "HIGH", "ListUsers", "running, in ap-southeast-2", "us-east-1"),
            alert(NAME, "LOW", f"expected={NAME}"),
            role_has("far", "AWSRevokeOlderSessions-i-"),
            role_has("test"),
        ),
    ],
)

GONE = Scenario(
    name=f"{NAME}.gone",
    title="The instance is terminated before we look, and the call is refused: told all the same",
    given=[instance("web")],
    when=[
        at("00:00", terminates(mallory, "web")),
        at("05:00", used("web", "iam", "list_users", origin="203.0.113.70")),
    ],
    then=[
        by("07:30", alert(NAME, "HIGH", "terminated, in us-east-1", "203.0.113.70")),
        at_the_end(role_has("web"), no_more_alerts_than(1, of=NAME)),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, QUARANTINED, SILENT, ELSEWHERE, GONE)

READS = (
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeNetworkInterfaces"),
    ("iam", "GetRolePolicy"),
    ("guardduty", "GetFindings"),
    ("cloudtrail", "LookupEvents"),
)
READING = SCENARIO
