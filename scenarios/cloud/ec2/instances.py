"""EC2 instances: their states take time, each change is an event, and EC2 measures them from outside.

A start goes from pending to running, a stop from stopping to stopped, an end from shutting-down to
terminated; EventBridge hears of each. Only running instances are measured: every five minutes, with detailed
monitoring every minute; status checks every minute.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudwatch.metrics.metrics import MetricStore
from scenarios.cloud.ec2.machine import Machine
from scenarios.cloud.kernel import moto_ec2, moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.kernel.errors import Refused, WorldError
from scenarios.cloud.setting import Setting

WARNING_SECONDS = 120
BASIC_SECONDS, DETAILED_SECONDS, STATUS_SECONDS = 300, 60, 60
METRICS = (
    EmittedMetrics(
        namespace="AWS/EC2",
        units={
            "CPUUtilization": "Percent",
            "StatusCheckFailed": "Count",
            "StatusCheckFailed_Instance": "Count",
            "StatusCheckFailed_System": "Count",
        },
        dimensions=(("InstanceId",),),
    ),
)


class _Change(NamedTuple):
    """From what it is called at once to what it becomes; seconds, at least and at most."""

    passing: str
    lasting: str
    least: float
    most: float


# AWS promises no times; these are what instances are seen to take.
STARTING = _Change("pending", "running", 15, 40)
STOPPING = _Change("stopping", "stopped", 20, 60)
ENDING = _Change("shutting-down", "terminated", 20, 60)
ENDED = _Change("terminated", "terminated", 0, 0)  # one that was stopped
CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


class Hardware(NamedTuple):
    """Of an instance type: virtual processors, and bytes of memory."""

    processors: int
    memory: int


class Instances:
    """Every instance of the account."""

    def __init__(self, setting: Setting, store: Callable[[str], MetricStore]) -> None:
        self._setting = setting
        self._store = store  # a region's metrics
        self._machines: dict[str, Machine] = {}
        self._running: list[Callable[[Machine], None]] = []
        after = setting.calls.after
        after("ec2", "RunInstances", self._launched)
        after("ec2", "StartInstances", lambda call: self._change(call.region, _named(call), STARTING))
        after("ec2", "StopInstances", self._stopped)
        setting.calls.tell("ec2", "StopInstances", _as_they_were)
        setting.calls.check("ec2", "RebootInstances", self._about_to_reboot)
        after("ec2", "RebootInstances", self._rebooted)
        after("ec2", "TerminateInstances", self._terminated)

    def when_running(self, told: Callable[[Machine], None]) -> None:
        """Tell a law of every machine that comes up."""
        self._running.append(told)

    def while_running(
        self, machine: Machine, seconds: float, callback: Callable[[], object], what: str
    ) -> None:
        """Do something again and again, until the machine stops; a later start is another run."""
        run = machine.runs

        def turn() -> None:
            if machine.runs != run or self.state(machine) != "running":
                return
            callback()
            self._setting.clock.after(seconds, turn, what)

        self._setting.clock.after(seconds, turn, what)

    def write(self, machine: Machine, path: str, line: str) -> None:
        """Append a line to a file of the machine, now."""
        machine.files.write(path, line, self._setting.clock.now)

    def machine(self, instance: str) -> Machine:
        """The inside of an instance; raises WorldError for one that was never launched here."""
        try:
            return self._machines[instance]
        except KeyError:
            raise WorldError(f"no instance {instance} was launched in this world") from None

    def state(self, machine: Machine) -> str:
        """`running`, `stopped` and so on, as DescribeInstances would say."""
        return moto_ec2.instance_state(self._model(machine))

    def tags(self, machine: Machine) -> dict[str, str]:
        """The instance's tags, as they are now."""
        return {tag["key"]: tag["value"] for tag in self._model(machine).get_tags()}

    def role(self, machine: Machine) -> str:
        """The ARN of the role in the instance's profile; "" where it has none."""
        return moto_ec2.instance_role(self._model(machine), self._setting.account, machine.region)

    def adopt(self, region: str, instance: str) -> Machine:
        """Take over an instance that was there before anything happened: it runs, and no event is sent."""
        machine = self._machines[instance] = Machine(instance=instance, region=region)
        self._up(machine)
        return machine

    def _stopped(self, call: ApiCall) -> None:
        """Those that run stop; those that are stopped stay so, which moto forgets."""
        told = (call.response or {})["StoppingInstances"]
        still = [each["InstanceId"] for each in told if each["PreviousState"]["Name"] == "stopped"]
        for each in still:
            found = moto_ec2.instance(self._setting.account, call.region, each)
            moto_ec2.put_instance_state(found, "stopped", CODES["stopped"])
        self._change(call.region, [each for each in _named(call) if each not in still], STOPPING)

    def launched(self, region: str, instance: str) -> None:
        """An instance that a service launched, which no call of somebody's tells."""
        self._change(region, [instance], STARTING)

    def ended(self, region: str, instance: str) -> None:
        """An instance that a service ended: it shuts down from now on."""
        self._change(region, [instance], ENDING)

    def stop(self, machine: Machine) -> None:
        """Stop it as an alarm's action does, if it runs."""
        self._acted(machine, "stop_instances", STOPPING)

    def terminate(self, machine: Machine) -> None:
        """End it as an alarm's action does."""
        self._acted(machine, "terminate_instances", ENDING)

    def interrupt(self, machine: Machine, action: str) -> None:
        """Take a Spot Instance back: a warning, and two minutes later it is stopped or terminated.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
        """
        detail = {"instance-id": machine.instance, "instance-action": action}
        event = self._event(machine, "EC2 Spot Instance Interruption Warning", detail)
        self._setting.announce(machine.region, event, by="ec2.amazonaws.com")
        act = self.stop if action == "stop" else self.terminate
        self._setting.clock.after(WARNING_SECONDS, lambda: act(machine), "a Spot Instance is taken back")

    def reboot(self, machine: Machine) -> None:
        """Restart its operating system; the instance goes on running, and its agent starts again."""
        if self.state(machine) == "running":
            machine.instance_check_fails = False
            self._up(machine)

    def recover(self, machine: Machine) -> None:
        """Move it to sound hardware: same instance, restarted there."""
        machine.system_check_fails = False
        self.reboot(machine)

    def host_names(self, machine: Machine) -> dict[str, str]:
        """What a machine knows of itself: `hostname`, `local_hostname` and `ip_address`."""
        model = self._model(machine)
        name = str(model.private_dns_name)
        return {"hostname": name, "local_hostname": name, "ip_address": str(model.private_ip)}

    def kinds(self, machine: Machine) -> dict[str, str]:
        """What EC2's own metrics can be told apart by: `InstanceId`, `InstanceType` and `ImageId`."""
        model = self._model(machine)
        return {
            "InstanceId": machine.instance,
            "InstanceType": str(model.instance_type),
            "ImageId": str(model.image_id),
        }

    def hardware(self, machine: Machine) -> Hardware:
        """What its instance type has."""
        return _hardware(str(self._model(machine).instance_type))

    # ---- states ---------------------------------------------------------------------------------

    def _about_to_reboot(self, asked: Asked) -> None:
        for instance in asked.parameters["InstanceIds"]:
            machine = self._machines.get(instance)
            if machine is not None and self.state(machine) != "running":
                raise Refused(
                    "IncorrectState",
                    f"The instance '{instance}' is not in a state from which it can be rebooted",
                )

    def _rebooted(self, call: ApiCall) -> None:
        for instance in _named(call):
            self.reboot(self.machine(instance))

    def _launched(self, call: ApiCall) -> None:
        assert call.response is not None
        instances = [each["InstanceId"] for each in call.response["Instances"]]
        for instance in instances:
            self._machines[instance] = Machine(instance=instance, region=call.region)
        self._change(call.region, instances, STARTING)

    def _terminated(self, call: ApiCall) -> None:
        """One that is stopped has nothing to shut down."""
        assert call.response is not None
        for each in call.response["TerminatingInstances"]:
            stopped = each["PreviousState"]["Name"] == "stopped"
            self._change(call.region, [each["InstanceId"]], ENDED if stopped else ENDING)

    def _acted(self, machine: Machine, operation: str, change: _Change) -> None:
        before = self.state(machine)
        if before in (change.passing, change.lasting, "terminated"):
            return
        backend = moto_state.backend("ec2", self._setting.account, machine.region)
        getattr(backend, operation)([machine.instance])
        at_once = change is ENDING and before == "stopped"
        self._change(machine.region, [machine.instance], ENDED if at_once else change)

    def _change(self, region: str, instances: Iterable[str], change: _Change) -> None:
        for instance in instances:
            machine = self._machines.setdefault(instance, Machine(instance=instance, region=region))
            if change is ENDED:
                self._set(machine, change.lasting)
                continue
            self._become(machine, change.passing)
            seconds = self._setting.random("ec2.states").uniform(change.least, change.most)
            self._setting.clock.after(
                seconds,
                partial(self._became, machine, change),
                "an instance changes its state",
            )

    def _became(self, machine: Machine, change: _Change) -> None:
        if self.state(machine) != change.passing:
            return  # something else happened to it meanwhile
        self._become(machine, change.lasting)
        if change.lasting == "running":
            self._up(machine)

    def _up(self, machine: Machine) -> None:
        machine.runs += 1
        self._measure(machine)
        for told in self._running:
            told(machine)

    def _become(self, machine: Machine, state: str) -> None:
        if self.state(machine) == state and state in ("stopped", "terminated"):
            return
        self._set(machine, state)

    def _set(self, machine: Machine, state: str) -> None:
        """Put it into a state, and tell EventBridge."""
        moto_ec2.put_instance_state(self._model(machine), state, CODES[state])
        event = self._event(
            machine,
            "EC2 Instance State-change Notification",
            {"instance-id": machine.instance, "state": state},
        )
        self._setting.note("instance", f"{machine.instance} is {state}")
        seconds = self._setting.random("ec2.events").uniform(0.5, 2)
        tell = partial(self._setting.announce, machine.region, event, by="ec2.amazonaws.com")
        self._setting.clock.after(seconds, tell, "EC2 to EventBridge")

    def _event(self, machine: Machine, detail_type: str, detail: Mapping[str, str]) -> dict[str, Any]:
        arn = f"arn:aws:ec2:{machine.region}:{self._setting.account}:instance/{machine.instance}"
        return self._setting.service_event(machine.region, "aws.ec2", detail_type, [arn], detail)

    def _model(self, machine: Machine) -> Any:
        return moto_ec2.instance(self._setting.account, machine.region, machine.instance)

    # ---- what EC2 measures ------------------------------------------------------------------------

    def _measure(self, machine: Machine) -> None:
        """Set the measuring going; it ends when the instance no longer runs."""
        detailed = self._model(machine).monitoring_state == "enabled"
        period = DETAILED_SECONDS if detailed else BASIC_SECONDS
        self._every(period, machine, lambda: self._measure_cpu(machine, period))
        self._every(STATUS_SECONDS, machine, lambda: self._check_status(machine))

    def _every(self, seconds: int, machine: Machine, measure: Callable[[], None]) -> None:
        self.while_running(machine, seconds, measure, "EC2 measures")

    def _measure_cpu(self, machine: Machine, period: int) -> None:
        self._put(machine, "CPUUtilization", machine.cpu, "Percent", period)

    def _check_status(self, machine: Machine) -> None:
        system, instance = machine.system_check_fails, machine.instance_check_fails
        for metric, fails in (
            ("StatusCheckFailed_System", system),
            ("StatusCheckFailed_Instance", instance),
            ("StatusCheckFailed", system or instance),
        ):
            self._put(machine, metric, float(fails), "Count", STATUS_SECONDS)

    def _put(self, machine: Machine, metric: str, value: float, unit: str, period: int) -> None:
        """A period is stamped with its start; the measuring ends with it."""
        now = self._setting.clock.now
        self._store(machine.region).put(
            "AWS/EC2",
            metric,
            {"InstanceId": machine.instance},
            value=value,
            unit=unit,
            timestamp=now - timedelta(seconds=period),
            now=now,
        )


def _hardware(instance_type: str) -> Hardware:
    known = moto_ec2.instance_type(instance_type)
    return Hardware(
        processors=int(known["VCpuInfo"]["DefaultVCpus"]),
        memory=int(known["MemoryInfo"]["SizeInMiB"]) * 1024**2,
    )


def _as_they_were(_: Asked, answer: dict[str, Any]) -> dict[str, Any]:
    """What StopInstances answers of instances that are stopped already."""
    for each in answer["StoppingInstances"]:
        if each["PreviousState"]["Name"] == "stopped":
            each["CurrentState"] = each["PreviousState"]
    return answer


def _named(call: ApiCall) -> Iterable[str]:
    return [str(each) for each in call.parameters["InstanceIds"]]
