"""AWS Config has recorded what two groups were: a file for each of them lies in its bucket."""

import json
from typing import Any

from scenarios.cloud.config.channel import Channels
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.group_unused import GROUP, makes_group
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, state
from scenarios.runner.words.recorder import BUCKET, id_of, recorder

NAME = "config_history"
READS = (("s3", "GetObject"),)
SPLITS = (("ConfigHistoryBucket", BUCKET),)
FOLDER = f"AWSLogs/123456789012/ConfigResources/us-east-1/{GROUP}"

alice = Actor(name="alice", address="198.51.100.4")


def opens(actor: Actor, name: str) -> Action:
    """AuthorizeSecurityGroupIngress."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "ec2").authorize_security_group_ingress(
            GroupId=id_of(world, name), IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.0.0.0/8"
        )

    return actor.does(f"opens {name} within the company", do)


def files_of(name: str, *statuses: str) -> Check:
    """The items in the files of a group, by their status, oldest first; none: it has no file."""

    def judge(world: World) -> str | None:
        with world.calls.muted():
            s3 = world.client(world.user("reader"), "s3")
            folder = f"{FOLDER}/{id_of(world, name)}/"
            keys = [
                each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=folder).get("Contents", ())
            ]
            bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]
        items = [item for body in bodies for item in json.loads(body)["configurationItems"]]
        found = [item["configurationItemStatus"] for item in items]
        return None if found == list(statuses) else f"its files have {found or 'nothing'}"

    return Check(f"the files of {name} have {', '.join(statuses) or 'nothing'}", judge)


def configs_files_stay() -> Check:
    """Config's own file is there as it was."""

    def judge(s3: Any) -> str | None:
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
        return None if any("/ConfigHistory/" in key for key in keys) else "it is gone"

    return state("Config's own history file is there", judge, "s3")


def six_hours_are_over() -> Action:
    """Config writes its history files; when its six hours begin hangs on when the recorder was started."""

    def do(world: World, _caller: Caller) -> None:
        world.setting.laws[Channels].write_history(world.deployment.home)

    return alice.does("waits until Config's six hours are over", do)


SCENARIO = Scenario(
    name=NAME,
    title="When Config has written its history each group that changed has a file, with all its items",
    before=recorder(GROUP),
    parameters=SPLITS,
    when=[
        at("00:00", makes_group(alice, "web"), makes_group(alice, "db")),
        at("04:00", opens(alice, "web")),
        at("09:00", six_hours_are_over()),
    ],
    then=[
        by("11:30", files_of("web", "ResourceDiscovered", "OK"), files_of("db", "ResourceDiscovered")),
        at_the_end(configs_files_stay(), no_more_alerts_than(0, of=NAME)),
    ],
)


def spoils_the_history(actor: Actor) -> Action:
    """PutObject over Config's newest history file, which is no gzip then; nobody knows its name before."""

    def do(world: World, caller: Caller) -> None:
        key = (
            "AWSLogs/123456789012/Config/us-east-1/2026/3/2/ConfigHistory/123456789012_Config_us-east-1_"
            f"ConfigHistory_{GROUP}_20260302T030000Z_20260302T090000Z_1.json.gz"
        )
        world.client(caller, "s3").put_object(Bucket=BUCKET, Key=key, Body=b"none of it")
        event = world.setting.service_event(
            world.deployment.home,
            "aws.config",
            "Config Configuration History Delivery Status",
            (),
            {
                "s3Bucket": BUCKET,
                "s3ObjectKey": key,
                "notificationCreationTime": world.clock.now.isoformat(),
                "messageType": "ConfigurationHistoryDeliveryCompleted",
                "recordVersion": "1.1",
            },
        )
        world.setting.announce(world.deployment.home, event, by="config.amazonaws.com")

    return actor.does("writes over a history file just before Config tells of it", do)


UNREADABLE = Scenario(
    name=f"{NAME}.unreadable",
    title="A file that is none of Config's is told, with where it lies",
    before=recorder(GROUP),
    parameters=SPLITS,
    when=[at("00:00", spoils_the_history(alice))],
    then=[by("02:00", alert(NAME, "LOW", "it is no history file", f"s3://{BUCKET}/"))],
)

SILENT = Scenario(
    name=f"{NAME}.silent",
    title="No bucket is named: nothing is read, nothing is written",
    before=recorder(GROUP),
    when=[at("00:00", spoils_the_history(alice))],
    then=[at_the_end(files_of("default"), no_more_alerts_than(0, of=NAME))],
)

READING = SCENARIO
SCENARIOS = (SCENARIO, UNREADABLE, SILENT)
