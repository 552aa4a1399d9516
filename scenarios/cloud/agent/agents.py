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
from typing import Any

from scenarios.cloud.agent.configuration import AgentConfiguration
from scenarios.cloud.agent.host import EC2, AgentHost
from scenarios.cloud.agent.measuring import Measuring
from scenarios.cloud.agent.sending import LogSender
from scenarios.cloud.agent.shapes import InvalidConfiguration
from scenarios.cloud.agent.tailing import Tails
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.ec2.instances import Instances
from scenarios.cloud.ec2.machine import Machine
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

INSTALL, MANAGE = "AWS-ConfigureAWSPackage", "AmazonCloudWatch-ManageAgent"
# An instance registers with Systems Manager within a minute or two, and is then given its associations.
MANAGED_AFTER_SECONDS = 90


class Agents:
    """Systems Manager's associations, and the agents they start."""

    def __init__(self, setting: Setting, instances: Instances, cloudwatch: CloudWatch) -> None:
        self._setting = setting
        self._instances = instances
        self._cloudwatch = cloudwatch
        self._associations: list[tuple[str, Mapping[str, Any]]] = []
        # How far the files of an instance were sent; the agent keeps it on disk, beyond restarts.
        self._sent: dict[str, dict[str, int]] = {}
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
        self.start(machine, role, configuration)

    def start(self, machine: Machine, role: str, configuration: AgentConfiguration) -> None:
        """An agent runs on a machine under a role, until the machine stops.

        Raises NotSimulated for one that sends to another region.
        """
        if configuration.region not in {"", machine.region}:
            raise NotSimulated("the CloudWatch agent", f"an agent that sends to {configuration.region}")
        self._setting.note("agent", f"the CloudWatch agent runs on {machine.instance}")
        for each in configuration.passed_over:
            self._setting.note("agent", f"the agent of {machine.instance} ignores append_dimensions.{each}")
        host = AgentHost(
            setting=self._setting,
            instances=self._instances,
            machine=machine,
            role=role,
            configuration=configuration,
        )
        Measuring(host, self._cloudwatch.store(machine.region))
        sent = self._sent.setdefault(machine.instance, {})
        Tails(machine, configuration.files, sent, host.after, LogSender(host).take)

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
