"""Accelerators in a scenario, and who connects through them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.globalaccelerator import flow_logs
from scenarios.cloud.service_logs_delivery import folder_in, let_in_at_bucket
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """An accelerator before something in the default VPC; its flow log goes to a bucket that is there.

    `id`: as in its ARN. Who switches the flow log on, and may write the bucket's policy, has AWS's log
    delivery let in by it; `may_deliver=False` tells of a bucket whose owner took that back.
    """

    id: str
    bucket: str
    prefix: str = "flow"
    may_deliver: bool = True

    def there(self) -> Given:
        """It stands when the scenario begins."""

        def do(world: World) -> None:
            builder, account = world.user("builder"), world.setting.account
            ec2: Any = world.client(builder, "ec2")
            vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
            if self.may_deliver:
                folder = folder_in(f"{self.bucket}/{self.prefix}", account)
                let_in_at_bucket(world.client(builder, "s3"), folder, account, flow_logs.REGION)
            made = flow_logs.Accelerator(
                id=self.id,
                address="192.0.2.75",
                endpoint="172.31.0.80",
                vpc=str(vpcs[0]["VpcId"]),
                region=world.deployment.home,
                bucket=self.bucket,
                prefix=self.prefix,
            )
            world.setting.laws[flow_logs.FlowLogs].put(made)

        return Given(f"an accelerator {self.id}, whose flow log goes to {self.bucket}", do)


def passes(
    accelerator: Accelerator, client: str, ports: Iterable[int], *, sent: int = 400, received: int = 1600
) -> Action:
    """A client connects to these ports of an accelerator, and so to its endpoint; sizes in bytes."""
    asked = list(ports)

    def do(world: World) -> None:
        made = [
            flow_logs.Passing(
                client=client, client_port=40001 + number, port=port, sent=sent, received=received
            )
            for number, port in enumerate(asked)
        ]
        world.setting.laws[flow_logs.FlowLogs].passed(accelerator.id, made)

    return Action(f"{client} connects through {accelerator.id} to {', '.join(map(str, asked))}", do)
