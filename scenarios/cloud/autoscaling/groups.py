"""Auto Scaling groups: instances come and go with EC2's states and events, and wait for lifecycle hooks.

An instance that a hook holds waits until somebody completes its action, or until no heartbeat came for as
long as the hook says; then the hook's default result counts. Whoever abandons a launch gets another instance;
a termination goes on either way. moto knows hooks by name alone, and launches and ends instances at once.

Sources, below https://docs.aws.amazon.com/autoscaling/ec2/userguide/: lifecycle-hooks.html,
lifecycle-hooks-overview.html (states, timeout, at most 48 hours or a hundred heartbeats),
ec2-auto-scaling-event-reference.html, prepare-for-lifecycle-notifications.html (targets)
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.ec2.instances import Instances
from scenarios.cloud.kernel import moto_ec2, moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kernel.deliveries import AssumedRole, Message, Notification
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

SERVICE: Final = "autoscaling.amazonaws.com"
LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
HELD: Final[Mapping[str, str]] = {LAUNCHING: "Pending:Wait", TERMINATING: "Terminating:Wait"}
LAUNCHED, TERMINATED = "EC2 Instance Launch Successful", "EC2 Instance Terminate Successful"
UNSUCCESSFUL: Final = "EC2 Instance Launch Unsuccessful"
_ACTIONS: Final[Mapping[str, str]] = {
    LAUNCHING: "EC2 Instance-launch Lifecycle Action",
    TERMINATING: "EC2 Instance-terminate Lifecycle Action",
}
EVENTS = (
    EmittedEvents(
        source="aws.autoscaling", detail_types=(LAUNCHED, UNSUCCESSFUL, TERMINATED, *_ACTIONS.values())
    ),
)
MOST_HEARTBEATS: Final = 100
LONGEST: Final = timedelta(hours=48)
# An instance takes about so long to be there for the group, beyond EC2's own states.
LAUNCH_SECONDS, EVENT_SECONDS = 40.0, 1.0
_CHANGING: Final = (
    *("CreateAutoScalingGroup", "UpdateAutoScalingGroup", "SetDesiredCapacity", "ExecutePolicy"),
    *("AttachInstances", "DetachInstances", "DeleteAutoScalingGroup"),
)


@dataclass(slots=True, kw_only=True)
class _Action:
    """One lifecycle action that is waited for."""

    token: str
    hook: Any  # as moto keeps it
    group: Any
    region: str
    instance: str
    began: datetime
    heartbeats: int = 0
    entry: Entry | None = None


@dataclass(slots=True, kw_only=True)
class _Hooked:
    """What moto doesn't keep of a hook."""

    target: str = ""
    role: str = ""
    metadata: str = ""


@dataclass(slots=True)
class _Seen:
    """The instances of a group that are known, by whether the group is told of them as being there."""

    instances: dict[str, bool] = field(default_factory=dict)


class Groups:
    """The groups of the account, and what holds their instances."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._instances = setting.laws[Instances]
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._actions: dict[str, _Action] = {}
        self._hooked: dict[tuple[str, str, str], _Hooked] = {}
        calls = setting.calls
        calls.check("autoscaling", "DeleteAutoScalingGroup", self._about_to_delete)
        calls.check("autoscaling", "CreateAutoScalingGroup", _refuse_hooks_of_a_new_group)
        for operation in _CHANGING:
            calls.after("autoscaling", operation, self._changed)
        calls.after("ec2", "TerminateInstances", self._changed)
        calls.after("autoscaling", "PutLifecycleHook", self._hook_was_put)
        calls.tell("autoscaling", "DescribeLifecycleHooks", self._described)
        calls.answer("autoscaling", "TerminateInstanceInAutoScalingGroup", self._terminate)
        calls.answer("autoscaling", "CompleteLifecycleAction", self._complete)
        calls.answer("autoscaling", "RecordLifecycleActionHeartbeat", self._beat)
        setting.laws[CloudWatch].actions.scaled = self.look

    def start(self, stacks: Sequence[Stack]) -> None:
        """What is there is there; nothing is told of it. Where no stack has a group, moto isn't asked."""
        regions = {
            stack.region for stack in stacks if any(stack.of_type("AWS::AutoScaling::AutoScalingGroup"))
        }
        for region in sorted(regions):
            for group in moto_ec2.scaling_groups(self._setting.account, region):
                _let_wait(group)
                ids = {str(state.instance.id): True for state in group.instance_states}
                for instance in ids:
                    self._instances.adopt(region, instance)
                self._seen[region, group.name] = _Seen(ids)

    def know(self, stacks: Sequence[Stack]) -> None:
        """Take over what stacks say of their hooks, which moto doesn't keep."""
        for stack in stacks:
            for each in stack.of_type("AWS::AutoScaling::LifecycleHook"):
                given = {**each.properties, "LifecycleHookName": each.physical_id}
                self._know(stack.region, given)

    def _changed(self, call: ApiCall) -> None:
        self.look(call.region)

    def look(self, region: str) -> None:
        """See which instances came, which wait to go, and which are gone."""
        groups = {each.name: each for each in moto_ec2.scaling_groups(self._setting.account, region)}
        for name, group in groups.items():
            _let_wait(group)
            seen = self._seen.setdefault((region, name), _Seen())
            now = {state.instance.id: state for state in group.instance_states}
            for instance, state in now.items():
                if instance not in seen.instances:
                    seen.instances[instance] = False
                    self._came(region, group, state)
                elif state.lifecycle_state == HELD[TERMINATING] and not self._held(instance):
                    self._hold(region, group, state, TERMINATING)
            for instance in [each for each in seen.instances if each not in now]:
                self._gone(region, group, instance)
        for where, name in [key for key in self._seen if key[0] == region and key[1] not in groups]:
            del self._seen[where, name]

    # ---- instances ----------------------------------------------------------------------------------

    def _came(self, region: str, group: Any, state: Any) -> None:
        """EC2 launches it; when it runs, hooks hold it, or it is in service."""
        instance = str(state.instance.id)
        self._instances.launched(region, instance)
        state.lifecycle_state = "Pending"

        def up() -> None:
            if state not in group.instance_states or state.lifecycle_state != "Pending":
                return
            if self._hook(group, LAUNCHING) is not None:
                self._hold(region, group, state, LAUNCHING)
            else:
                self._in_service(region, group, state)

        self._setting.clock.after(LAUNCH_SECONDS, up, f"{group.name} launches an instance")

    def _in_service(self, region: str, group: Any, state: Any) -> None:
        state.lifecycle_state = "InService"
        seen = self._seen.get((region, group.name))
        if seen is not None:
            seen.instances[state.instance.id] = True
        self._tell_of(region, group, state.instance.id, LAUNCHED)

    def _gone(self, region: str, group: Any, instance: str) -> None:
        """Moto ended it, or took it out of the group."""
        seen = self._seen.get((region, group.name))
        was_there = seen.instances.pop(instance, False) if seen is not None else False
        self._forget(instance)
        if moto_ec2.instance_state(moto_ec2.instance(self._setting.account, region, instance)) in (
            "terminated",
            "shutting-down",
        ):
            self._instances.ended(region, instance)
            if was_there:
                self._tell_of(region, group, instance, TERMINATED)

    def _end(self, region: str, group: Any, state: Any) -> None:
        """End an instance that waited, and take it out of the group."""
        group.instance_states = [each for each in group.instance_states if each is not state]
        moto_state.backend("ec2", self._setting.account, region).terminate_instances([state.instance.id])
        self._gone(region, group, str(state.instance.id))

    def _terminate(self, asked: Asked) -> dict[str, Any]:
        """TerminateInstanceInAutoScalingGroup: another instance comes, unless the capacity goes down."""
        instance = str(asked.parameters["InstanceId"])
        group, state = self._member(asked.region, instance)
        original = group.desired_capacity
        held = self._hook(group, TERMINATING) is not None
        if asked.parameters["ShouldDecrementDesiredCapacity"]:
            group.desired_capacity -= 1
        if held:
            state.lifecycle_state = HELD[TERMINATING]
        else:
            self._end(asked.region, group, state)
        group.set_desired_capacity(group.desired_capacity)
        self.look(asked.region)
        return {"Activity": self._activity(group, instance, original)}

    def _member(self, region: str, instance: str) -> tuple[Any, Any]:
        for group in moto_ec2.scaling_groups(self._setting.account, region):
            for state in group.instance_states:
                if state.instance.id == instance:
                    return group, state
        raise Refused(
            "ValidationError", f"Instance Id not found - No managed instance found for instance ID {instance}"
        )

    def _activity(self, group: Any, instance: str, original: int) -> dict[str, Any]:
        at = f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%SZ}"
        return {
            "ActivityId": self._setting.new_uuid("autoscaling.activity"),
            "AutoScalingGroupName": group.name,
            "Description": f"Terminating EC2 instance: {instance}",
            "Cause": f"At {at} instance {instance} was taken out of service in response to a user request, "
            f"shrinking the capacity from {original} to {group.desired_capacity}.",
            "StartTime": self._setting.clock.now,
            "StatusCode": "InProgress",
            "Progress": 0,
            "Details": json.dumps({"Availability Zone": group.availability_zones[0]}),
        }

    def _about_to_delete(self, asked: Asked) -> None:
        """A group that is deleted by force waits for no hook."""
        name = str(asked.parameters["AutoScalingGroupName"])
        backend = moto_state.backend("autoscaling", self._setting.account, asked.region)
        for hook in backend.describe_lifecycle_hooks(name):
            backend.delete_lifecycle_hook(name, hook.name)
        group = backend.autoscaling_groups.get(name)
        for state in group.instance_states if group is not None else ():
            self._forget(str(state.instance.id))

    # ---- hooks --------------------------------------------------------------------------------------

    def _hook_was_put(self, call: ApiCall) -> None:
        self._know(call.region, call.parameters)

    def _know(self, region: str, given: Mapping[str, Any]) -> None:
        name, group_name = str(given["LifecycleHookName"]), str(given["AutoScalingGroupName"])
        self._hooked[region, group_name, name] = _Hooked(
            target=str(given.get("NotificationTargetARN", "")),
            role=str(given.get("RoleARN", "")),
            metadata=str(given.get("NotificationMetadata", "")),
        )

    def _described(self, asked: Asked, response: dict[str, Any]) -> dict[str, Any]:
        """Moto makes up a target and a role."""
        for each in response.get("LifecycleHooks", ()):
            known = self._hooked.get((asked.region, each["AutoScalingGroupName"], each["LifecycleHookName"]))
            told = {
                "NotificationTargetARN": known.target if known else "",
                "RoleARN": known.role if known else "",
                "NotificationMetadata": known.metadata if known else "",
            }
            for name, value in told.items():
                each.pop(name, None)
                if value:
                    each[name] = value
        return response

    def _hook(self, group: Any, transition: str) -> Any | None:
        backend = group.autoscaling_backend
        hooks = backend.describe_lifecycle_hooks(group.name)
        found = [each for each in hooks if each.lifecycle_transition == transition]
        if len(found) > 1:
            raise NotSimulated("autoscaling", f"several hooks of {group.name} for {transition}")
        return found[0] if found else None

    def _held(self, instance: str) -> bool:
        return any(each.instance == instance for each in self._actions.values())

    def _hold(self, region: str, group: Any, state: Any, transition: str) -> None:
        """Let an instance wait, and tell whom the hook names."""
        hook = self._hook(group, transition)
        if hook is None:  # it was deleted meanwhile
            self._go_on(region, group, state, transition, abandoned=False)
            return
        state.lifecycle_state = HELD[transition]
        action = _Action(
            token=self._setting.new_uuid("autoscaling.token"),
            hook=hook,
            group=group,
            region=region,
            instance=str(state.instance.id),
            began=self._setting.clock.now,
        )
        self._actions[action.token] = action
        self._setting.note("lifecycle", f"{action.instance} waits in {group.name}: {hook.name}")
        self._count_down(action)
        self._tell_action(action)

    def _count_down(self, action: _Action) -> None:
        if action.entry is not None:
            action.entry.cancelled = True
        seconds = min(
            int(action.hook.heartbeat_timeout),
            (action.began + LONGEST - self._setting.clock.now).total_seconds(),
        )
        over = partial(self._finish, action, str(action.hook.default_result))
        action.entry = self._setting.clock.after(max(seconds, 0), over, f"{action.hook.name} times out")

    def _finish(self, action: _Action, result: str) -> None:
        if self._actions.pop(action.token, None) is None:
            return
        if action.entry is not None:
            action.entry.cancelled = True
        states = [each for each in action.group.instance_states if each.instance.id == action.instance]
        self._setting.note("lifecycle", f"{action.instance}: {action.hook.name} {result}")
        if states:
            transition = str(action.hook.lifecycle_transition)
            abandoned = result == "ABANDON"
            self._go_on(action.region, action.group, states[0], transition, abandoned=abandoned)

    def _go_on(self, region: str, group: Any, state: Any, transition: str, *, abandoned: bool) -> None:
        if transition == TERMINATING:
            self._end(region, group, state)
            return
        if not abandoned:
            self._in_service(region, group, state)
            return
        self._tell_of(region, group, state.instance.id, UNSUCCESSFUL)
        self._end(region, group, state)
        group.set_desired_capacity(group.desired_capacity)
        self.look(region)

    def _forget(self, instance: str) -> None:
        for token, action in list(self._actions.items()):
            if action.instance == instance:
                del self._actions[token]
                if action.entry is not None:
                    action.entry.cancelled = True

    def _complete(self, asked: Asked) -> dict[str, Any]:
        self._finish(self._named(asked), str(asked.parameters["LifecycleActionResult"]).upper())
        return {}

    def _beat(self, asked: Asked) -> dict[str, Any]:
        action = self._named(asked)
        action.heartbeats += 1
        if action.heartbeats <= MOST_HEARTBEATS:
            self._count_down(action)
        return {}

    def _named(self, asked: Asked) -> _Action:
        """The action that a call means: by its token, or by the instance."""
        given = asked.parameters
        for action in self._actions.values():
            named = (
                given.get("LifecycleActionToken") == action.token
                or given.get("InstanceId") == action.instance
            )
            if (
                named
                and action.region == asked.region
                and action.hook.name == given["LifecycleHookName"]
                and action.group.name == given["AutoScalingGroupName"]
            ):
                return action
        about = given.get("InstanceId") or given.get("LifecycleActionToken", "")
        raise Refused("ValidationError", f"No active Lifecycle Action found with instance ID {about}")

    # ---- telling ------------------------------------------------------------------------------------

    def _tell_action(self, action: _Action) -> None:
        hook, group = action.hook, action.group
        known = self._hooked.get((action.region, group.name, hook.name), _Hooked())
        arriving = hook.lifecycle_transition == LAUNCHING
        detail = {
            "LifecycleActionToken": action.token,
            "AutoScalingGroupName": group.name,
            "LifecycleHookName": hook.name,
            "EC2InstanceId": action.instance,
            "LifecycleTransition": hook.lifecycle_transition,
            **({"NotificationMetadata": known.metadata} if known.metadata else {}),
            "Origin": "EC2" if arriving else "AutoScalingGroup",
            "Destination": "AutoScalingGroup" if arriving else "EC2",
        }
        if known.target:
            self._notify(known, detail)
        else:
            self._tell(action.region, _ACTIONS[hook.lifecycle_transition], [group.arn], detail)

    def _notify(self, hooked: _Hooked, detail: Mapping[str, Any]) -> None:
        """A queue or a topic, under the hook's role, in place of an event."""
        setting = self._setting
        told = {
            **detail,
            "AccountId": setting.account,
            "RequestId": setting.new_uuid("autoscaling.request"),
            "Service": "AWS Auto Scaling",
            "Time": f"{setting.clock.now:%Y-%m-%dT%H:%M:%S.000Z}",
        }
        text = json.dumps(told)
        subject = f"Auto Scaling:  Lifecycle action for instance {detail['EC2InstanceId']} in progress."
        is_topic = ":sns:" in hooked.target
        payload: object = Notification(text=text, subject=subject[:100]) if is_topic else Message(body=text)
        by = AssumedRole(arn=hooked.role, service=SERVICE)
        refusal = setting.deliveries.hand_over(hooked.target, payload, by=by)
        if refusal is not None:
            setting.note(
                "lost", f"{hooked.target} was not told of {detail['EC2InstanceId']}: {refusal.because}"
            )

    def _tell_of(self, region: str, group: Any, instance: str, what: str) -> None:
        arriving, at = what != TERMINATED, f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%S.000Z}"
        verb = "Launching a new EC2 instance" if arriving else "Terminating EC2 instance"
        detail = {
            "StatusCode": "Failed" if what == UNSUCCESSFUL else "InProgress",
            "Description": f"{verb}: {instance}",
            "AutoScalingGroupName": group.name,
            "ActivityId": self._setting.new_uuid("autoscaling.activity"),
            "Details": {"Availability Zone": group.availability_zones[0]},
            "RequestId": self._setting.new_uuid("autoscaling.request"),
            "StatusMessage": "",
            "EndTime": at,
            "EC2InstanceId": instance,
            "StartTime": at,
            "Cause": f"At {at} the capacity of {group.name} is {group.desired_capacity}.",
            "Origin": "EC2" if arriving else "AutoScalingGroup",
            "Destination": "AutoScalingGroup" if arriving else "EC2",
        }
        of_instance = f"arn:aws:ec2:{region}:{self._setting.account}:instance/{instance}"
        self._tell(region, what, [group.arn, of_instance], detail)

    def _tell(self, region: str, what: str, resources: list[str], detail: Mapping[str, Any]) -> None:
        event = self._setting.service_event(region, "aws.autoscaling", what, resources, detail)
        tell = partial(self._setting.announce, region, event, by=SERVICE)
        self._setting.clock.after(EVENT_SECONDS, tell, what)


def _let_wait(group: Any) -> None:
    """Have a group of moto's count instances that come, and let those wait that a hook holds as they go.

    Each group is changed by itself, once.
    """
    if "active_instances" in vars(group):
        return
    original = type(group).set_desired_capacity

    def active() -> list[Any]:
        kept = ("InService", "Pending", "Pending:Wait")
        return [each for each in group.instance_states if each.lifecycle_state in kept]

    def set_desired_capacity(new_capacity: int | None) -> None:
        desired = group.min_size if new_capacity is None else new_capacity
        surplus = len(active()) - desired
        hooks = group.autoscaling_backend.describe_lifecycle_hooks(group.name)
        if surplus <= 0 or all(each.lifecycle_transition != TERMINATING for each in hooks):
            original(group, new_capacity)
            return
        group.desired_capacity = desired
        for state in [each for each in active() if not each.protected_from_scale_in][:surplus]:
            state.lifecycle_state = HELD[TERMINATING]

    group.active_instances = active
    group.set_desired_capacity = set_desired_capacity


def _refuse_hooks_of_a_new_group(asked: Asked) -> None:
    if asked.parameters.get("LifecycleHookSpecificationList"):
        raise NotSimulated("autoscaling", "CreateAutoScalingGroup with LifecycleHookSpecificationList")
