"""The CloudWatch agent on instances: installed and started by Systems Manager, under the instance's own role.

An instance whose tags a State Manager association names runs what the association says some time after it
came up, if its role lets Systems Manager manage it. The agent reads its configuration from Parameter Store,
then measures the machine from inside and tails its files: from their beginning at first, and after a restart
from where it was. It creates a missing log group. What the role does not allow is noted in the timeline and
skipped.

Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-state.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/create-iam-roles-for-cloudwatch-agent.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scenarios.cloud.agent.configuration import AgentConfiguration, InvalidConfiguration, TailedFile
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.ec2.instances import Instances, Machine
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.deliveries import AssumedRole, LogLines
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

INSTALL, MANAGE = "AWS-ConfigureAWSPackage", "AmazonCloudWatch-ManageAgent"
# An instance registers with Systems Manager within a minute or two, and is then given its associations.
MANAGED_AFTER_SECONDS = 90
EC2 = "ec2.amazonaws.com"


@dataclass(slots=True, kw_only=True)
class _Agent:
    """One agent that runs."""

    machine: Machine
    role: str
    configuration: AgentConfiguration
    refused: set[str] = field(default_factory=set)


class Agents:
    """Systems Manager's associations, and the agents they start."""

    def __init__(self, setting: Setting, instances: Instances, cloudwatch: CloudWatch) -> None:
        self._setting = setting
        self._instances = instances
        self._cloudwatch = cloudwatch
        self._associations: list[tuple[str, Mapping[str, Any]]] = []
        # How many lines of a file have left an instance; the agent keeps it on disk, beyond restarts.
        self._sent: dict[tuple[str, str], int] = {}
        instances.when_running(self._came_up)

    def know(self, stacks: Iterable[Stack]) -> None:
        """Take over the associations that the stacks declare."""
        self._associations = [
            (stack.region, resource.properties)
            for stack in stacks
            for resource in stack.of_type("AWS::SSM::Association")
        ]

    # ---- State Manager --------------------------------------------------------------------------

    def _came_up(self, machine: Machine) -> None:
        run = machine.runs

        def managed() -> None:
            if machine.runs == run and self._instances.state(machine) == "running":
                self._associate(machine)

        if self._associations:
            self._setting.clock.after(MANAGED_AFTER_SECONDS, managed, "Systems Manager")

    def _associate(self, machine: Machine) -> None:
        wanted = [each for region, each in self._associations if self._targets(each, region, machine)]
        if not wanted:
            return
        role = self._instances.role(machine)
        if not role or not self._may(role, machine, "ssm:UpdateInstanceInformation", "*"):
            self._setting.note(
                "refused", f"Systems Manager can't manage {machine.instance}: its role doesn't let it"
            )
            return
        installed = any(each["Name"] == INSTALL for each in wanted)
        for each in wanted:
            if each["Name"] == MANAGE and installed:
                self._run(machine, role, each["Parameters"])

    def _targets(self, association: Mapping[str, Any], region: str, machine: Machine) -> bool:
        tags = self._instances.tags(machine)
        return region == machine.region and any(
            machine.instance in target["Values"]
            if target["Key"] == "InstanceIds"
            else tags.get(target["Key"].removeprefix("tag:")) in target["Values"]
            for target in association.get("Targets", ())
        )

    def _may(self, role: str, machine: Machine, action: str, resource: str) -> bool:
        allowed = self._setting.identity.role_may(role, EC2, action, resource).allowed
        if not allowed:
            self._setting.note("refused", f"{machine.instance} may not {action}")
        return allowed

    # ---- the agent ------------------------------------------------------------------------------

    def _run(self, machine: Machine, role: str, parameters: Mapping[str, Any]) -> None:
        """ManageAgent: read the configuration, then measure and tail until the machine stops."""
        if parameters.get("optionalConfigurationSource") != ["ssm"] or parameters.get("action") != [
            "configure"
        ]:
            raise NotSimulated("ssm", f"{MANAGE} with other than a configuration from Parameter Store")
        (name,) = parameters["optionalConfigurationLocation"]
        text = self._parameter(machine, role, name)
        if text is None:
            return
        try:
            configuration = AgentConfiguration.parse(text)
        except InvalidConfiguration as error:
            self._setting.note("refused", f"the agent of {machine.instance} does not start: {error}")
            return
        agent = _Agent(machine=machine, role=role, configuration=configuration)
        self._setting.note("agent", f"the CloudWatch agent runs on {machine.instance}")
        every = self._instances.while_running
        if configuration.memory or configuration.disks:
            every(machine, configuration.seconds, lambda: self._measure(agent), "the agent measures")
        for file in configuration.files:
            every(
                machine,
                configuration.flush_seconds,
                partial(self._flush, agent, file),
                "the agent flushes",
            )

    def _parameter(self, machine: Machine, role: str, name: str) -> str | None:
        account, region = self._setting.account, machine.region
        arn = f"arn:aws:ssm:{region}:{account}:parameter/{name.removeprefix('/')}"
        if not self._may(role, machine, "ssm:GetParameter", arn):
            return None
        found = moto_state.backend("ssm", account, region).get_parameter(name)
        if found is None:
            self._setting.note("refused", f"there is no parameter {name} for the agent of {machine.instance}")
            return None
        return str(found.value)

    def _measure(self, agent: _Agent) -> None:
        machine, configuration = agent.machine, agent.configuration
        if not self._lets(agent, "cloudwatch:PutMetricData", "*"):
            return
        whose = self._whose(agent)
        if configuration.memory:
            self._put(agent, "mem_used_percent", whose, machine.memory)
        disk = machine.disk
        if disk.path in configuration.disks or "*" in configuration.disks:
            device = {} if configuration.drops_device else {"device": disk.device}
            where = {**whose, "path": disk.path, "fstype": disk.file_system, **device}
            self._put(agent, "disk_used_percent", where, disk.used)

    def _whose(self, agent: _Agent) -> dict[str, str]:
        """The dimensions that name the measured host, unless the configuration appends others."""
        configuration = agent.configuration
        if not configuration.appended:
            hostname = self._instances.host_names(agent.machine)["hostname"]
            return {"host": hostname} if configuration.names_host else {}
        known = self._instances.kinds(agent.machine)
        return {name: known[name] for name in configuration.appended}

    def _put(self, agent: _Agent, metric: str, dimensions: Mapping[str, str], value: float) -> None:
        """Send it under all its dimensions, and under each smaller set of them that is aggregated."""
        now = self._setting.clock.now
        smaller = (
            {name: dimensions[name] for name in names}
            for names in agent.configuration.aggregated
            if dimensions.keys() > set(names)
        )
        for each in (dimensions, *smaller):
            self._cloudwatch.store(agent.machine.region).put(
                agent.configuration.namespace,
                metric,
                each,
                value=value,
                unit="Percent",
                timestamp=now,
                now=now,
            )

    def _flush(self, agent: _Agent, file: TailedFile) -> None:
        """Send what was written since; the lines keep the time they were written at."""
        machine = agent.machine
        lines = machine.files.get(file.path, [])[self._sent.get((machine.instance, file.path), 0) :]
        if not lines:
            return
        names = {"instance_id": machine.instance, **self._instances.host_names(machine)}
        group, stream = file.group.format(**names), file.stream.format(**names)
        if not self._group_is_there(agent, group):
            return
        now, account = self._setting.clock.now, self._setting.account
        refusal = self._setting.deliveries.hand_over(
            f"arn:aws:logs:{machine.region}:{account}:log-group:{group}",
            LogLines(stream=stream, lines=[(at if file.stamped else now, text) for at, text in lines]),
            by=AssumedRole(arn=agent.role, service=EC2),
        )
        if refusal is not None:
            self._refused(agent, refusal.action)
            return
        self._sent[machine.instance, file.path] = len(machine.files[file.path])
        found = moto_state.log_group(account, machine.region, group)
        arn = f"arn:aws:logs:{machine.region}:{account}:log-group:{group}:log-stream:"
        if found is not None and file.retention and self._lets(agent, "logs:PutRetentionPolicy", arn):
            found.set_retention_policy(file.retention)

    def _group_is_there(self, agent: _Agent, group: str) -> bool:
        """Whether the log group exists; a missing one is created if the role allows it."""
        region, account = agent.machine.region, self._setting.account
        if moto_state.log_group(account, region, group) is not None:
            return True
        arn = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:"
        if not self._lets(agent, "logs:CreateLogGroup", arn):
            return False
        moto_state.backend("logs", account, region).create_log_group(group, {})
        return True

    def _lets(self, agent: _Agent, action: str, resource: str) -> bool:
        """Whether the role allows it; a refusal is noted once for each action."""
        allowed = self._setting.identity.role_may(agent.role, EC2, action, resource).allowed
        if not allowed:
            self._refused(agent, action)
        return allowed

    def _refused(self, agent: _Agent, action: str) -> None:
        if action not in agent.refused:
            agent.refused.add(action)
            self._setting.note("refused", f"the agent of {agent.machine.instance} may not {action}")
