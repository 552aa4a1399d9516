"""A simulated day of AWS Config: 1,000 changes to 200 resources under thirty managed rules.

    .venv/bin/python tests/bench/recording.py [CHANGES] [--profile]

Beside it the same day without a recorder, and the same calls on bare moto, whose median is the unit. Time is
processor time, since whatever else the machine does only adds to wall time, which is shown as well. What
Config costs is the difference of both days, over the changes.
"""

import argparse
import cProfile
import os
import pstats
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
from moto import mock_aws

from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.config.rules import Rules
from scenarios.runner.imperative import ImperativeWorld, open_world
from scenarios.runner.words.recorder import recorder

REGION, SECONDS, CHANGES = "us-east-1", 86_400, 1000
RULES = (
    "EC2_INSTANCE_DETAILED_MONITORING_ENABLED",
    "EC2_SECURITY_GROUP_ATTACHED_TO_ENI",
    "INCOMING_SSH_DISABLED",
    "RESTRICTED_INCOMING_TRAFFIC",
    "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS",
    "VPC_DEFAULT_SECURITY_GROUP_CLOSED",
    "EC2_INSTANCE_NO_PUBLIC_IP",
    "ENCRYPTED_VOLUMES",
    "EC2_VOLUME_INUSE_CHECK",
    "EC2_IMDSV2_CHECK",
    "INSTANCES_IN_VPC",
    "REQUIRED_TAGS",
    "S3_BUCKET_PUBLIC_READ_PROHIBITED",
    "S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
    "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED",
    "S3_BUCKET_VERSIONING_ENABLED",
    "S3_BUCKET_LOGGING_ENABLED",
    "S3_BUCKET_SSL_REQUESTS_ONLY",
    "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
    "DYNAMODB_PITR_ENABLED",
    "DYNAMODB_TABLE_ENCRYPTED_KMS",
    "SNS_ENCRYPTED_KMS",
    "CLOUD_TRAIL_ENABLED",
    "MULTI_REGION_CLOUD_TRAIL_ENABLED",
    "ROOT_ACCOUNT_MFA_ENABLED",
    "IAM_PASSWORD_POLICY",
    "ACCESS_KEYS_ROTATED",
    "VPC_FLOW_LOGS_ENABLED",
    "EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC",
    "EC2_EBS_ENCRYPTION_BY_DEFAULT",
)
GIVEN: Mapping[str, Mapping[str, str]] = {
    "REQUIRED_TAGS": {"tag1Key": "turn"},
    "ACCESS_KEYS_ROTATED": {"maxAccessKeyAge": "90"},
}
# How many of each there are, and how many of twenty changes are theirs.
COUNTS: Mapping[str, int] = {
    "group": 80,
    "instance": 40,
    "volume": 20,
    "bucket": 30,
    "table": 10,
    "queue": 20,
}
SHARES = ("group",) * 8 + ("instance",) * 4 + ("volume",) * 2 + ("bucket",) * 3 + ("table", "queue", "queue")

ClientOf = Callable[[str], Any]


@dataclass(slots=True)
class Account:
    """What there is, and how it is changed: each change differs from the one before."""

    client: ClientOf
    ids: dict[str, list[str]] = field(default_factory=dict)
    turn: int = 0

    def make(self) -> None:
        """Make all resources."""
        for kind, count in COUNTS.items():
            self.ids[kind] = [getattr(self, f"_make_{kind}")(number) for number in range(count)]

    def change(self, number: int) -> None:
        """Make the change of this number."""
        kind = SHARES[number % len(SHARES)]
        ids = self.ids[kind]
        getattr(self, f"_change_{kind}")(ids[(number // len(SHARES) * 7 + number % 3) % len(ids)], number)

    def _make_group(self, number: int) -> str:
        made = self.client("ec2").create_security_group(GroupName=f"group-{number}", Description="d")
        return str(made["GroupId"])

    def _make_instance(self, number: int) -> str:
        made = self.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
        return str(made["Instances"][0]["InstanceId"])

    def _make_volume(self, number: int) -> str:
        made = self.client("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=1)
        return str(made["VolumeId"])

    def _make_bucket(self, number: int) -> str:
        self.client("s3").create_bucket(Bucket=f"bench-{number}")
        return f"bench-{number}"

    def _make_table(self, number: int) -> str:
        self.client("dynamodb").create_table(
            TableName=f"table-{number}",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        return f"table-{number}"

    def _make_queue(self, number: int) -> str:
        return str(self.client("sqs").create_queue(QueueName=f"queue-{number}")["QueueUrl"])

    def _change_group(self, group: str, number: int) -> None:
        self.client("ec2").authorize_security_group_ingress(
            GroupId=group,
            IpProtocol="tcp",
            FromPort=22,
            ToPort=22,
            CidrIp=f"10.{number // 256}.{number % 256}.0/24",
        )

    def _change_instance(self, instance: str, number: int) -> None:
        ec2 = self.client("ec2")
        ec2.create_tags(Resources=[instance], Tags=[{"Key": "turn", "Value": str(number)}])

    _change_volume = _change_instance

    def _change_bucket(self, bucket: str, number: int) -> None:
        tags = {"TagSet": [{"Key": "turn", "Value": str(number)}]}
        self.client("s3").put_bucket_tagging(Bucket=bucket, Tagging=tags)

    def _change_table(self, table: str, number: int) -> None:
        arn = f"arn:aws:dynamodb:{REGION}:123456789012:table/{table}"
        self.client("dynamodb").tag_resource(ResourceArn=arn, Tags=[{"Key": "turn", "Value": str(number)}])

    def _change_queue(self, queue: str, number: int) -> None:
        self.client("sqs").set_queue_attributes(
            QueueUrl=queue, Attributes={"VisibilityTimeout": str(30 + number % 1000)}
        )


@dataclass(frozen=True, slots=True)
class Day:
    """What a day took in seconds, and what Config had at its end."""

    processor: float
    wall: float
    items: int = 0
    results: int = 0


def day(changes: int, *, recorded: bool, profile: cProfile.Profile | None = None) -> Day:
    """The day; `recorded`: with a recorder and its rules."""
    template = recorder() if recorded else {"Resources": {}}
    for number, identifier in enumerate(RULES if recorded else ()):
        template["Resources"][f"Rule{number}"] = {
            "Type": "AWS::Config::ConfigRule",
            "DependsOn": ["Channel"],
            "Properties": {
                "ConfigRuleName": identifier.lower(),
                "Source": {"Owner": "AWS", "SourceIdentifier": identifier},
                **({"InputParameters": GIVEN[identifier]} if identifier in GIVEN else {}),
            },
        }
    with open_world(template=template if recorded else "empty") as world:
        account = Account(partial(_client, {}, world))
        account.make()
        world.run(minutes=15)  # queues are looked at late, and the inventory is no part of the day
        for number in range(changes):
            deed = partial(account.change, number)
            world.simulated.clock.after(SECONDS * number / changes, deed, f"change {number}")
        with profile or nullcontext():
            # The other clocks of Python stand still here.
            processor, wall = time.process_time(), time.clock_gettime(time.CLOCK_MONOTONIC)
            world.run(hours=24)
            took = time.process_time() - processor, time.clock_gettime(time.CLOCK_MONOTONIC) - wall
        return Day(*took, *(_recorded(world) if recorded else ()))


def _client(known: dict[str, Any], world: ImperativeWorld, service: str) -> Any:
    if service not in known:
        known[service] = world.client("alice", service)
    return known[service]


def _recorded(world: ImperativeWorld) -> tuple[int, int]:
    """How many items and results there are."""
    laws = world.simulated.setting.laws
    items = sum(map(len, laws[Recorders].of(REGION).items.values()))
    compliance = laws[Rules].compliance
    return items, sum(len(compliance.of(REGION, name.lower()).results) for name in RULES)


def bare(changes: int) -> float:
    """The median of the same calls on moto alone, in seconds of the processor."""
    with mock_aws():
        known: dict[str, Any] = {}
        account = Account(
            lambda service: known.setdefault(service, boto3.client(service, region_name=REGION))
        )
        account.make()
        took: list[float] = []
        for number in range(changes):
            began = time.process_time()
            account.change(number)
            took.append(time.process_time() - began)
        return sorted(took)[len(took) // 2]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="what AWS Config costs in the simulated AWS")
    parser.add_argument("changes", type=int, nargs="?", default=CHANGES, help="within a day (1,000)")
    parser.add_argument("--profile", action="store_true", help="show where the recorded day goes")
    options = parser.parse_args()
    unit = bare(min(options.changes, 200))
    plain = day(options.changes, recorded=False)
    profile = cProfile.Profile() if options.profile else None
    recorded = day(options.changes, recorded=True, profile=profile)
    each = (recorded.processor - plain.processor) / options.changes
    _say(f"{'one of these calls on bare moto':<40}{unit * 1000:>9.2f} ms, the unit")
    for words, found in (("a day without a recorder", plain), ("a day with it and its rules", recorded)):
        _say(f"{words:<40}{found.processor:>9.1f} s ({found.wall:.1f} s of wall time)")
    _say(f"{'items, results at the end':<40}{recorded.items:>9} {recorded.results:>9}")
    _say(f"{'what Config costs, each change':<40}{each * 1000:>9.2f} ms, {each / unit:.1f} units")
    if profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(60)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ |= {"AWS_ACCESS_KEY_ID": "bare", "AWS_SECRET_ACCESS_KEY": "bare"}
    main()
