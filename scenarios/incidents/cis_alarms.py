"""The CIS benchmark's fifteen alarms: what raises each, and what must not.

Each control stands once, with the action that raises it and the near misses that don't; a scenario is made of
each. Three are reported by others as well or instead: root's sign-ins by root_login, failed sign-ins (4.6) by
failed_login, and what is done to our own trail by trail_stopped.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.remediations.cis_alarms.controls import CIS_CONTROLS
from scenarios.cloud.authorization.identity import ADMINISTRATOR
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, alerts, no_more_alerts_than, unless_it_dies, went_off
from scenarios.runner.words.existing_trail import EXISTING_TRAIL
from scenarios.runner.words.existing_trail import NAME as EXISTING_NAME
from scenarios.runner.words.existing_trail import PARAMETERS as TRAIL_PARAMETERS
from scenarios.runner.words.organization import make_organization
from scenarios.runner.words.outages import throttles
from scenarios.runner.words.trail_settings import OWN_TRAIL

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deployer", address="198.51.100.8")
scanner = Actor(name="scanner", address="198.51.100.77", policies=())
intern = Actor(name="intern", address="198.51.100.9", policies=())
alice = Actor(name="alice", address="198.51.100.4")
eve = Actor(name="eve", address="203.0.113.67")
root = Actor(name="root", address="203.0.113.7")

EXPECTED = "arn:aws:iam::123456789012:user/deploy*"
ALLOW_ALL = json.dumps(ADMINISTRATOR)
BUCKET = "company-files-123456789012"


def on(actor: Actor, service: str, words: str, do: Callable[[Any], Any], *, refused: bool = False) -> Action:
    """Calls whose parameters must be asked for first; `do(client)`."""

    def with_client(world: World, caller: Caller) -> None:
        client = world.client(caller, service)
        try:
            do(client)
        except client.exceptions.ClientError as error:
            if not refused or ("nauthorized" not in str(error) and "AccessDenied" not in str(error)):
                raise

    return actor.does(f"{words}{', and is refused' if refused else ''}", with_client)


def unrecorded(words: str, do: Callable[[World], Any]) -> Given:
    """Something that is there before."""
    return Given(words, do)


def _vpc(ec2: Any) -> str:
    return str(ec2.describe_vpcs()["Vpcs"][0]["VpcId"])


def _route_table(ec2: Any) -> str:
    return str(ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"])


def _key(world: World) -> None:
    world.harness.client("kms").create_key(Description="company")


def _disables_a_key(kms: Any) -> None:
    for key in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"] == "company":
            kms.disable_key(KeyId=key["KeyId"])


def _bucket(world: World) -> None:
    world.harness.client("s3").create_bucket(Bucket=BUCKET)


def _group(actor: Actor, *, refused: bool = False) -> Action:
    return on(
        actor,
        "ec2",
        "makes a security group",
        lambda ec2: ec2.create_security_group(GroupName=f"of-{actor.name}", Description="x"),
        refused=refused,
    )


def _gives_rights(actor: Actor, *, refused: bool = False) -> Action:
    return on(
        actor,
        "iam",
        "makes a policy that allows everything",
        lambda iam: iam.create_policy(PolicyName=f"all-{actor.name}", PolicyDocument=ALLOW_ALL),
        refused=refused,
    )


def _scp(actor: Actor) -> Action:
    """Organizations has a CreatePolicy too."""
    return on(
        actor,
        "organizations",
        "makes a service control policy",
        lambda organizations: organizations.create_policy(
            Name="scp", Description="x", Type="SERVICE_CONTROL_POLICY", Content=ALLOW_ALL
        ),
    )


def _writes_a_bucket_policy(actor: Actor, *, refused: bool = False) -> Action:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{BUCKET}/*",
            }
        ],
    }
    return on(
        actor,
        "s3",
        f"opens the bucket {BUCKET} to everybody",
        lambda s3: s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy)),
        refused=refused,
    )


def _acls(actor: Actor) -> Action:
    return on(actor, "ec2", "makes a network ACL", lambda ec2: ec2.create_network_acl(VpcId=_vpc(ec2)))


def _gateway(actor: Actor) -> Action:
    return on(actor, "ec2", "makes an internet gateway", lambda ec2: ec2.create_internet_gateway())


def _routes(actor: Actor) -> Action:
    return on(actor, "ec2", "makes a route table", lambda ec2: ec2.create_route_table(VpcId=_vpc(ec2)))


def _network(actor: Actor) -> Action:
    return on(actor, "ec2", "makes a VPC", lambda ec2: ec2.create_vpc(CidrBlock="10.77.0.0/16"))


def _recorder(actor: Actor) -> Action:
    recorder = {"name": "default", "roleARN": "arn:aws:iam::123456789012:role/config"}
    return on(
        actor,
        "config",
        "changes what AWS Config records",
        lambda config: config.put_configuration_recorder(ConfigurationRecorder=recorder),
    )


def _account(actor: Actor) -> Action:
    return on(
        actor,
        "organizations",
        "makes an account",
        lambda organizations: organizations.create_account(
            Email="hideout@example.com", AccountName="hideout"
        ),
    )


def _trail(actor: Actor, name: str = "trailwarden-trail") -> Action:
    """Something done to a trail that makes it no weaker: trail_stopped has nothing to say."""
    return on(
        actor,
        "cloudtrail",
        "starts the trail's logging once more",
        lambda cloudtrail: cloudtrail.start_logging(Name=name),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What raises one control's alarm: the action, the words of the alert, near misses that send no alert."""

    name: str
    action: Action
    says: tuple[str, ...]
    near: tuple[Action, ...] = ()
    severity: str = "MEDIUM"
    given: tuple[Given, ...] = ()

    @property
    def number(self) -> str:
        """The benchmark's: `4.1`."""
        return self.name.partition(".")[2].replace("_", ".")


RAISED = (
    Raised(
        name="cis_alarms.4_1",
        action=_group(intern, refused=True),
        says=("intern", "198.51.100.9", "ec2 CreateSecurityGroup: Client.UnauthorizedOperation"),
        near=(_group(scanner, refused=True),),
    ),
    Raised(
        name="cis_alarms.4_2",
        action=alice.signs_in(mfa=False),
        says=("alice", "198.51.100.4", "signin ConsoleLogin"),
        near=(alice.signs_in(mfa=True),),
    ),
    Raised(
        name="cis_alarms.4_3",
        action=root.calls("iam", "list_users"),
        says=("root", "203.0.113.7", "iam ListUsers"),
        severity="HIGH",
        near=(root.signs_in(mfa=True),),
    ),
    Raised(
        name="cis_alarms.4_4",
        action=_gives_rights(mallory),
        says=("mallory", "203.0.113.66", "iam CreatePolicy"),
        near=(_gives_rights(deployer), _gives_rights(intern, refused=True), _scp(alice)),
        given=(unrecorded("an organization", make_organization),),
    ),
    Raised(
        name="cis_alarms.4_5",
        action=_trail(mallory),
        says=("mallory", "203.0.113.66", "cloudtrail StartLogging"),
        near=(_trail(deployer),),
    ),
    Raised(
        name="cis_alarms.4_7",
        action=on(mallory, "kms", "disables a key", _disables_a_key),
        says=("mallory", "203.0.113.66", "kms DisableKey"),
        near=(on(deployer, "kms", "disables a key", _disables_a_key),),
        given=(unrecorded("a key", _key),),
    ),
    Raised(
        name="cis_alarms.4_8",
        action=_writes_a_bucket_policy(mallory),
        says=("mallory", "203.0.113.66", "s3 PutBucketPolicy"),
        near=(_writes_a_bucket_policy(deployer), _writes_a_bucket_policy(intern, refused=True)),
        given=(unrecorded("a bucket", _bucket),),
    ),
    Raised(
        name="cis_alarms.4_9",
        action=_recorder(mallory),
        says=("mallory", "203.0.113.66", "config PutConfigurationRecorder"),
        near=(_recorder(deployer),),
    ),
    Raised(
        name="cis_alarms.4_10",
        action=_group(mallory),
        says=("mallory", "203.0.113.66", "ec2 CreateSecurityGroup"),
        near=(_group(deployer),),
    ),
    Raised(
        name="cis_alarms.4_11",
        action=_acls(mallory),
        says=("mallory", "ec2 CreateNetworkAcl"),
        near=(_acls(deployer),),
    ),
    Raised(
        name="cis_alarms.4_12",
        action=_gateway(mallory),
        says=("mallory", "ec2 CreateInternetGateway"),
        near=(_gateway(deployer),),
    ),
    Raised(
        name="cis_alarms.4_13",
        action=_routes(mallory),
        says=("mallory", "ec2 CreateRouteTable"),
        near=(_routes(deployer),),
    ),
    Raised(
        name="cis_alarms.4_14",
        action=_network(mallory),
        says=("mallory", "ec2 CreateVpc"),
        near=(_network(deployer),),
    ),
    Raised(
        name="cis_alarms.4_15",
        action=_account(mallory),
        says=("mallory", "organizations CreateAccount"),
        near=(_account(deployer),),
        given=(unrecorded("an organization", make_organization),),
    ),
)
TITLES = {control.number: control.title for control in CIS_CONTROLS}
PARAMETERS = (("IgnoredPrincipals", EXPECTED), ("CisExpectedSources", "198.51.100.77"))


def no_alert(title: str) -> Check:
    """No alert about this control; a near miss may be reported by another control."""

    def judge(world: World) -> str | None:
        found = [message.subject for message in alerts(world) if title in message.subject]
        return f"there came {'; '.join(found)}" if found else None

    return Check(f"no alert is sent: {title}", judge)


def _scenario(raised: Raised) -> Scenario:
    """Near misses first, without an alert about this control; half an hour later the action itself."""
    title = TITLES[raised.number]
    return Scenario(
        name=raised.name,
        title=f"{title} (CIS {raised.number}): the alarm counts, the alert says who",
        given=raised.given,
        lasts="01:00:00",
        parameters=PARAMETERS,
        when=[at("00:00", *raised.near), at("30:00", raised.action)],
        then=[
            until("29:59", no_alert(title)),
            by("50:00", alert("cis_alarms", raised.severity, *raised.says, subject=title)),
            at_the_end(alert("cis_alarms", raised.severity, f"CIS {raised.number}", subject=title)),
        ],
    )


FAILURES = Scenario(
    name="cis_alarms.4_6",
    title="Console sign-ins failed (CIS 4.6): its alarm goes off; one alert says who, failed_login's",
    lasts="30:00",
    when=at("00:00", *(mallory.signs_in(mfa=False, succeeds=False) for _ in range(3))),
    then=[
        by(
            "20:00",
            alert("failed_login", "MEDIUM", "mallory", "203.0.113.66"),
            went_off("ConsoleSigninFailuresAlarm", notifies="CisTopic"),
        ),
        at_the_end(no_more_alerts_than(0, of="cis_alarms")),
    ],
)

SCENARIO = Scenario(
    name="cis_alarms",
    title="A group is given administrator's rights; the alarm counts, the alert says who",
    lasts="30:00",
    when=[
        at("00:00", mallory.calls("iam", "create_group", GroupName="helpers")),
        at(
            "00:20",
            mallory.calls(
                "iam",
                "put_group_policy",
                GroupName="helpers",
                PolicyName="all",
                PolicyDocument=ALLOW_ALL,
                words="gives the group helpers every right",
            ),
        ),
    ],
    then=[
        by("20:00", alert("cis_alarms", "MEDIUM", "mallory", "203.0.113.66", "PutGroupPolicy", "CIS 4.4")),
        at_the_end(no_more_alerts_than(1, of="cis_alarms")),
    ],
)

FEW = Scenario(
    name="cis_alarms.few",
    title="Two changes stay below the threshold of three; three raise the alarm",
    lasts="01:00:00",
    parameters=(("CisThreshold", "3"),),
    when=[
        at("00:00", _group(mallory), _group(alice)),
        at("30:00", _gives_rights(mallory), _gives_rights(alice), _gives_rights(deployer)),
    ],
    then=[
        by("29:59", no_more_alerts_than(0)),
        by("50:00", alert("cis_alarms", "MEDIUM", "mallory", "alice", "deployer", subject="3 by")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

BUSY = Scenario(
    name="cis_alarms.busy",
    title="CloudWatch Logs throttles a search: that is said at once, and who it was once it answers",
    lasts="30:00",
    when=at("00:00", throttles("logs", "FilterLogEvents", calls=1), _group(mallory)),
    then=[
        by(
            "20:00",
            unless_it_dies(alert("cis_alarms", "HIGH", "Could not look", "Rate exceeded", "CIS 4.10")),
            unless_it_dies(alert("cis_alarms", "MEDIUM", "this is what it has seen now")),
        ),
        at_the_end(alert("cis_alarms", "MEDIUM", "user/mallory"), no_more_alerts_than(2)),
    ],
)

EXISTING = Scenario(
    name="cis_alarms.existing_trail",
    title="The trail was there before the stack: every alarm counts in that trail's log group",
    before=EXISTING_TRAIL,
    parameters=TRAIL_PARAMETERS,
    lasts="45:00",
    given=tuple({given.words: given for raised in RAISED for given in raised.given}.values()),
    when=[
        # A refused call counts for 4.10 as well: its alarm is in ALARM then, and can't go off again.
        at("00:00", *(raised.action for raised in RAISED if raised.number == "4.1")),
        at(
            "20:00",
            *(raised.action for raised in RAISED if raised.number not in ("4.1", "4.5")),
            _trail(mallory, EXISTING_NAME),
            *(mallory.signs_in(mfa=False, succeeds=False) for _ in range(3)),
        ),
    ],
    then=at_the_end(
        *(
            alert("cis_alarms", raised.severity, f"CIS {raised.number}", subject=TITLES[raised.number])
            for raised in RAISED
        ),
        went_off("ConsoleSigninFailuresAlarm"),
        alert("failed_login", "MEDIUM", "mallory"),
    ),
)


def _opens_ssh(ec2: Any) -> None:
    """As the console's "Edit inbound rules" does it."""
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    rule = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    ec2.modify_security_group_rules(
        GroupId=group,
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": rule["SecurityGroupRules"][0]["SecurityGroupRuleId"],
                "SecurityGroupRule": {
                    "IpProtocol": "tcp",
                    "FromPort": 22,
                    "ToPort": 22,
                    "CidrIpv4": "0.0.0.0/0",
                },
            }
        ],
    )


def _lets_the_public_in(actor: Actor, *, refused: bool = False) -> Action:
    return on(
        actor,
        "s3",
        f"takes the public access block of {BUCKET} away",
        lambda s3: s3.delete_public_access_block(Bucket=BUCKET),
        refused=refused,
    )


def _role(world: World) -> None:
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [nobody]})
    world.harness.client("iam").create_role(RoleName="billing", AssumeRolePolicyDocument=trust)


def _widens_a_trust(iam: Any) -> None:
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    iam.update_assume_role_policy(RoleName="billing", PolicyDocument=trust)


MISSED = Scenario(
    name="cis_alarms.missed",
    title="Calls that the benchmark's patterns don't name are told by a rule, under the same control",
    given=(
        unrecorded("a bucket", _bucket),
        unrecorded("a role billing", _role),
        unrecorded("an organization", make_organization),
    ),
    lasts="30:00",
    parameters=PARAMETERS,
    when=[
        at("00:00", _lets_the_public_in(deployer), _lets_the_public_in(intern, refused=True)),
        at(
            "05:00",
            on(mallory, "ec2", "opens port 22 to the world", _opens_ssh),
            _lets_the_public_in(mallory),
            on(mallory, "iam", "lets anybody assume billing", _widens_a_trust),
            on(
                mallory,
                "cloudtrail",
                "has the trail look for nothing unusual",
                lambda cloudtrail: cloudtrail.put_insight_selectors(TrailName=OWN_TRAIL, InsightSelectors=[]),
            ),
            on(
                mallory,
                "config",
                "keeps Config's history for a month",
                lambda config: config.put_retention_configuration(RetentionPeriodInDays=30),
            ),
            on(
                mallory,
                "organizations",
                "lets a service into the organization",
                lambda organizations: organizations.enable_aws_service_access(
                    ServicePrincipal="ram.amazonaws.com"
                ),
            ),
        ),
    ],
    then=[
        until("04:59", no_alert("S3 bucket policies were changed")),
        by(
            "08:00",
            alert("cis_alarms", "MEDIUM", "mallory", "ec2 ModifySecurityGroupRules", "CIS 4.10"),
            alert("cis_alarms", "MEDIUM", "mallory", "s3 DeleteBucketPublicAccessBlock", "CIS 4.8"),
            alert("cis_alarms", "MEDIUM", "mallory", "iam UpdateAssumeRolePolicy", "CIS 4.4"),
            alert("cis_alarms", "MEDIUM", "mallory", "cloudtrail PutInsightSelectors", "CIS 4.5"),
            alert("cis_alarms", "MEDIUM", "mallory", "config PutRetentionConfiguration", "CIS 4.9"),
            alert("cis_alarms", "MEDIUM", "mallory", "organizations EnableAWSServiceAccess", "CIS 4.15"),
        ),
        # The seventh: CIS 4.1 counts the refused call.
        at_the_end(no_more_alerts_than(7, of="cis_alarms")),
    ],
)

WENT_ON = Scenario(
    name="cis_alarms.went_on",
    title="CloudWatch notifies once while an alarm is on: who called in that time is told once it is OK",
    lasts="30:00",
    parameters=PARAMETERS,
    when=[at("00:00", _gives_rights(mallory)), at("04:00", _gives_rights(eve))],
    then=[
        by("03:00", alert("cis_alarms", "MEDIUM", "user/mallory", subject="IAM policies were changed: 1 by")),
        at_the_end(
            alert(
                "cis_alarms",
                "MEDIUM",
                "user/eve",
                "Was on from",
                subject="Went on: IAM policies were changed: 1 by",
                without=["user/mallory"],
            ),
            no_more_alerts_than(2),
        ),
    ],
)

SCENARIOS = (
    SCENARIO,
    MISSED,
    WENT_ON,
    *(_scenario(raised) for raised in RAISED),
    FAILURES,
    FEW,
    BUSY,
    EXISTING,
)
