"""What one run of the agent on a host stands on: its machine and role, its time, and what it may do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from scenarios.cloud.agent.configuration import AgentConfiguration
from scenarios.cloud.ec2.instances import Instances
from scenarios.cloud.ec2.machine import Machine
from scenarios.cloud.setting import Setting

EC2 = "ec2.amazonaws.com"


@dataclass(slots=True, kw_only=True)
class AgentHost:
    """One run of the agent; it ends when the machine stops or restarts. `refused`: what was told already."""

    setting: Setting
    instances: Instances
    machine: Machine
    role: str
    configuration: AgentConfiguration
    refused: set[str] = field(default_factory=set)
    names: Mapping[str, str] = field(init=False)
    _run: int = field(init=False)

    def __post_init__(self) -> None:
        self._run = self.machine.runs
        self.names = {
            "instance_id": self.machine.instance,
            **self.instances.host_names(self.machine),
            "aws_region": self.machine.region,
            "account_id": self.setting.account,
            "date": f"{self.setting.clock.now.astimezone(self.zone):%Y-%m-%d}",  # when it started
        }

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the machine's clock."""
        return ZoneInfo(self.machine.zone)

    def after(self, seconds: float, do: Callable[[], object], words: str) -> None:
        """Do it later, unless this run has ended by then."""

        def due() -> None:
            if self.machine.runs == self._run and self.instances.state(self.machine) == "running":
                do()

        self.setting.clock.after(seconds, due, words)

    def every(self, seconds: float, do: Callable[[], object], words: str, *, first: float) -> None:
        """Do it again and again, for the first time after so many seconds."""

        def turn() -> None:
            do()
            self.after(seconds, turn, words)

        self.after(first, turn, words)

    def named(self, text: str) -> str:
        """A text with the agent's placeholders filled in; others stay as they are."""
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def may(self, action: str, resource: str) -> bool:
        """Whether the role allows it; a refusal is noted once for each action."""
        allowed = self.setting.identity.role_may(self.role, EC2, action, resource).allowed
        if not allowed:
            self.tell_refused(f"may not {action}")
        return allowed

    def tell_refused(self, words: str) -> None:
        """Note what the agent could not do, once."""
        if words not in self.refused:
            self.refused.add(words)
            self.setting.note("refused", f"the agent of {self.machine.instance} {words}")
