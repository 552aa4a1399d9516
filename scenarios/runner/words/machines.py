"""Hosts in a scenario: real instances, what goes on inside them, and the stack that watches each."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.template.host import TAG, WATCHED, host
from scenarios.cloud.agent.measurements import COUNTED
from scenarios.cloud.cloudformation.provision import provision
from scenarios.cloud.deployment import STACK_NAME
from scenarios.cloud.ec2.machine import Machine
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given
from scenarios.runner.words.actors import Actor, syslog

# What CloudWatchAgentServerPolicy and AmazonSSMManagedInstanceCore allow, as far as the agent needs it.
_AGENT_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "ssm:UpdateInstanceInformation",
                "cloudwatch:PutMetricData",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
            ],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": "arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*",
        },
    ],
}

SECURE = "/var/log/secure"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedHost:
    """An instance with the tag that has the agent installed; `name` is its Name tag.

    `region`: where it is, by default the stack's.
    """

    name: str
    detailed: bool = True
    region: str = ""

    def machine(self, world: World) -> Machine:
        """Its inside; the instance must have been launched."""
        with world.calls.muted():
            found = self._harness(world).describe_instances(
                Filters=[{"Name": "tag:Name", "Values": [self.name]}]
            )
        (instance,) = (each for reservation in found["Reservations"] for each in reservation["Instances"])
        return world.instances.machine(instance["InstanceId"])

    def there(self) -> Given:
        """It runs already, with a role that lets the agent work."""

        def do(world: World) -> None:
            iam, ec2 = world.harness.client("iam"), self._harness(world)
            role = f"host-{self.name}"
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(_TRUST))
            iam.put_role_policy(RoleName=role, PolicyName="agent", PolicyDocument=json.dumps(_AGENT_POLICY))
            iam.create_instance_profile(InstanceProfileName=role)
            iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
            launched = ec2.run_instances(**self._asked_for(), IamInstanceProfile={"Name": role})
            world.instances.adopt(
                self.region or world.deployment.home, launched["Instances"][0]["InstanceId"]
            )

        return Given(f"the host {self.name}", do)

    def launched_by(self, actor: Actor) -> Action:
        """RunInstances, with the tags but without a role."""

        def do(world: World, caller: Caller) -> None:
            world.client(caller, "ec2", self.region).run_instances(**self._asked_for())

        return actor.does(f"launches {self.name}", do)

    def _harness(self, world: World) -> Any:
        return world.harness.client("ec2", region_name=self.region or world.deployment.home)

    def _asked_for(self) -> dict[str, Any]:
        tags = [{"Key": "Name", "Value": self.name}, {"Key": TAG, "Value": WATCHED}]
        return {
            "ImageId": "ami-12c6146b",
            "InstanceType": "t3.micro",
            "MinCount": 1,
            "MaxCount": 1,
            "Monitoring": {"Enabled": self.detailed},
            "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}],
        }

    def watched_by(self, actor: Actor, **parameters: str) -> Action:
        """The host's own stack, deployed with this instance's id."""

        def do(world: World, caller: Caller) -> None:
            session = world.session(caller)
            name = f"{STACK_NAME}-host-{self.name}"
            world.stacks[name] = provision(
                json.loads(world.deployment.host) if world.deployment.host else host(),
                region=world.deployment.home,
                account=world.setting.account,
                parameters={"InstanceId": self.machine(world).instance, **parameters},
                stack_name=name,
                session=session,
                kinds=REGISTRY.kinds,
                validators=REGISTRY.validators,
            )

        return actor.does(f"deploys the stack that watches {self.name}", do)

    def stopped_by(self, actor: Actor) -> Action:
        """StopInstances."""
        return self._asked(actor, "stop_instances", "stops")

    def started_by(self, actor: Actor) -> Action:
        """StartInstances."""
        return self._asked(actor, "start_instances", "starts")

    def terminated_by(self, actor: Actor) -> Action:
        """TerminateInstances."""
        return self._asked(actor, "terminate_instances", "terminates")

    def taken_back(self, *, action: str = "terminate") -> Action:
        """EC2 takes a Spot Instance back: a warning, and two minutes later it stops or terminates."""
        return self._in_world(
            "is taken back by EC2", lambda world: world.instances.interrupt(self.machine(world), action)
        )

    def _asked(self, actor: Actor, operation: str, word: str) -> Action:
        def do(world: World, caller: Caller) -> None:
            ec2 = world.client(caller, "ec2", self.region)
            getattr(ec2, operation)(InstanceIds=[self.machine(world).instance])

        return actor.does(f"{word} {self.name}", do)

    def works(self, *, cpu: float) -> Action:
        """From now on its CPU is used so far, in percent."""
        return self._inside(f"uses {cpu:g} % of its CPU", lambda machine: setattr(machine, "cpu", cpu))

    def fills(self, *, disk: float) -> Action:
        """From now on its disk is used so far, in percent."""
        return self._inside(
            f"has its disk {disk:g} % full", lambda machine: setattr(machine.disk, "used", disk)
        )

    def counts(self, **metrics: float) -> Action:
        """From now on its operating system counts this, by the agent's names: `netstat_tcp_established=400`.

        Raises WorldError for a name that the agent doesn't measure so.
        """
        if unknown := sorted(metrics.keys() - COUNTED):
            raise WorldError(f"the CloudWatch agent of a host counts no {unknown[0]}")
        told = ", ".join(f"{value:g} {name}" for name, value in metrics.items())
        return self._inside(f"counts {told}", lambda machine: machine.counts.update(metrics))

    def rotates(self, path: str = SECURE) -> Action:
        """A log file is renamed, with a number, and made anew, as logrotate does each week."""
        return Action(
            f"{self.name} rotates {path}",
            lambda world: self.machine(world).files.rotate(path, f"{path}.1", world.clock.now),
        )

    def logs(self, *lines: str, pid: int, words: str = "", program: str = "sshd") -> Action:
        """Lines that syslog writes to /var/log/secure; the agent sends them."""

        def do(machine: Machine, world: World) -> None:
            for line in syslog(world.clock.now, self.name, program, pid, lines):
                world.instances.write(machine, SECURE, line)

        return Action(
            f"{self.name} {words or f'logs: {lines[0]}'}", lambda world: do(self.machine(world), world)
        )

    def is_now(self, state: str) -> Check:
        """The instance is in this state."""

        def judge(world: World) -> str | None:
            found = world.instances.state(self.machine(world))
            return None if found == state else f"it is {found}"

        return Check(f"{self.name} is {state}", judge)

    def _in_world(self, words: str, do: Callable[[World], Any]) -> Action:
        return Action(f"{self.name} {words}", do)

    def _inside(self, words: str, do: Callable[[Machine], Any]) -> Action:
        return Action(f"{self.name} {words}", lambda world: do(self.machine(world)))
