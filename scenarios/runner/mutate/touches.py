"""What a scenario touches: the resources its run uses, and the actions each role asks for.

Recorded while the scenario runs on the template as it is. Everything that happens in a world is recorded with
the names it holds: of a call the caller, the action and the resource; of a delivery the policy that is asked;
of a line of the trace the rule, the function, the alarm, the filter. A resource is touched when one of its
names is among these, or when it refers to such a resource, or such a one to it: a permission to its function,
a policy to its role, a metric filter to its log group. A parameter of the stack joins as a resource does: a
filter refers to a log group that was there before by the parameter that has its name. A resource that no run
of a scenario names, and that is joined to nothing it names, can't change what happens in that run. `mutate`
holds that against some of its survivors.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.authorization.identity import Identity
from scenarios.cloud.calls import Calls
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.replaced import replaced
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.setting import Setting

# A word that names something, in an ARN, a note or a parameter.
_LONGEST = 600
# What is shorter, such as a threshold, stands in any text.
_SHORTEST = 4
# Users, root, and roles that are not the stack's, whom a resource's policy names by their account; anybody.
PEOPLE = "people"
# Lambda does this in a session that has the function's name, long before it wakes the function, or never.
_BY_LAMBDA = "sqs:ReceiveMessage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What a run touched. `named`: logical ids; `joined`: those one reference away from them.

    `asked`: a role's logical id, an AWS service (`cloudwatch.amazonaws.com`) or, for all others, `PEOPLE`,
    and an action (`dynamodb:PutItem`) that it was judged for. `alarmed`: alarms that went off, and the metric
    filters that count for them; every alarm is named in every run, when it is first looked at. `called`: what
    anybody called, by CloudTrail's names (`DisableRule`, `RemovePermission20150331v2`). `by_people`:
    logical ids that calls of users and root name.
    """

    named: frozenset[str]
    joined: frozenset[str]
    asked: frozenset[tuple[str, str]]
    alarmed: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    by_people: frozenset[str] = frozenset()


class Recording:
    """The words of a run, and what of its stacks they name."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._asked: set[tuple[str, str]] = set()
        self._alarms: set[str] = set()
        self._called: set[str] = set()
        self._of_people: list[str] = []

    def hear(self, *values: Any) -> None:
        """Take up every text in these, however deep."""
        for value in values:
            if isinstance(value, str):
                self._words.add(value[:_LONGEST])
            elif isinstance(value, Mapping):
                self.hear(*value, *value.values())
            elif isinstance(value, list | tuple):
                self.hear(*value)

    def ask(self, role: str, action: str) -> None:
        """A session of this role (its name) was judged for this action."""
        self._words.add(role)
        self._asked.add((role, action))

    def judged(self, caller: Caller, action: str) -> None:
        """Somebody was judged for this action: a role's session, or a user or root."""
        if action != _BY_LAMBDA:
            self.hear(caller.arn)
        if caller.kind is CallerKind.ASSUMED_ROLE:
            self.ask(caller.name, action)
        else:
            self._words.add(caller.name)
            self._asked.add((PEOPLE, action))

    def call(self, name: str, parameters: Mapping[str, Any], caller: Caller) -> None:
        """Somebody called this."""
        self._called.add(name)
        if caller.kind is not CallerKind.ASSUMED_ROLE:
            self._of_people.append(str(parameters))
        self.hear(parameters)

    def ask_as_service(self, service: str, action: str) -> None:
        """An AWS service was judged for this action."""
        self._asked.add((service, action))

    def went_off(self, words: str) -> None:
        """An alarm's line of the trace; `NAME: OK -> ALARM` says that it went off."""
        name, _, change = words.rpartition(": ")
        if change.endswith("-> ALARM"):
            self._alarms.add(name)

    def touched(self, stacks: Iterable[Stack]) -> Touched:
        """What the words name, of these stacks."""
        text, by_people = "\n".join(self._words), "\n".join(self._of_people)
        named: set[str] = set()
        joined: set[str] = set()
        alarmed: set[str] = set()
        people_named: set[str] = set()
        roles: dict[str, str] = {}
        for stack in stacks:
            here = {logical_id for logical_id in stack.resources if _is_named(stack, logical_id, text)}
            named |= here
            people_named |= {name for name in here if _is_named(stack, name, by_people)}
            joined |= _next_to(here, stack.template["Resources"])
            joined |= _referring(_named_parameters(stack, text), stack.template["Resources"])
            roles |= {resource.physical_id: logical_id for logical_id, resource in stack.resources.items()}
            off = {name for name, each in stack.resources.items() if each.physical_id in self._alarms}
            alarmed |= off | _counting_for(off, stack.template["Resources"])
        return Touched(
            named=frozenset(named),
            joined=frozenset(joined - named),
            asked=frozenset((_asker(who, roles), action) for who, action in self._asked),
            alarmed=frozenset(alarmed),
            called=frozenset(self._called),
            by_people=frozenset(people_named),
        )


@contextmanager
def recording() -> Iterator[Recording]:
    """Inside, everything that any world's run names is heard."""
    heard = Recording()
    judge, service_may, role_may = Identity.judge, Identity.service_may, Identity.role_may
    anybody_may = Identity.anybody_may
    by_service, note = Calls.by_service, Setting.note
    made, set_up = Calls._made, Calls._set_up  # noqa: SLF001 - the end of every call, and of every muted one

    def judged(self: Any, caller: Any, action: str, resource: str, *more: Any, **named: Any) -> Any:
        heard.hear(resource)
        heard.judged(caller, action)
        return judge(self, caller, action, resource, *more, **named)

    def service_asked(self: Any, service: str, action: str, resource: str, context: Any) -> Any:
        heard.hear(resource, context)
        heard.ask_as_service(service, action)
        return service_may(self, service, action, resource, context)

    def role_asked(self: Any, role_arn: str, service: str, action: str, *more: Any) -> Any:
        heard.hear(role_arn, *more)
        heard.ask(role_arn.rpartition("/")[2], action)
        return role_may(self, role_arn, service, action, *more)

    def anybody_asked(self: Any, action: str, resource: str, context: Any) -> Any:
        heard.hear(resource, context)
        heard.ask_as_service(PEOPLE, action)
        return anybody_may(self, action, resource, context)

    def call_made(self: Any, asked: Any, *more: Any) -> Any:
        heard.call(
            REGISTRY.records[asked.service].event_name(asked.operation), asked.parameters, asked.caller
        )
        return made(self, asked, *more)

    def muted_call(self: Any, original: Any, client: Any, operation: str, parameters: Any) -> Any:
        heard.hear(parameters)
        return set_up(self, original, client, operation, parameters)

    def service_did(self: Any, by: str, service: str, operation: str, parameters: Any, **more: Any) -> Any:
        heard.hear(parameters)
        return by_service(self, by, service, operation, parameters, **more)

    def noted(self: Any, kind: str, words: str, **facts: Any) -> None:
        heard.hear(words)
        if kind == "alarm":
            heard.went_off(words)
        note(self, kind, words, **facts)

    instead: tuple[tuple[Any, str, Any], ...] = (
        (Identity, "judge", judged),
        (Identity, "service_may", service_asked),
        (Identity, "role_may", role_asked),
        (Identity, "anybody_may", anybody_asked),
        (Calls, "_made", call_made),
        (Calls, "_set_up", muted_call),
        (Calls, "by_service", service_did),
        (Setting, "note", noted),
    )
    with replaced(instead):
        yield heard


def _asker(who: str, roles: Mapping[str, str]) -> str:
    """By whom an action was asked: a service, the logical id of a role of the stack, or people."""
    return who if who.endswith(".amazonaws.com") else roles.get(who, PEOPLE)


def references(node: Any) -> set[str]:
    """Every name that a part of a template refers to, also where it is a part of the other's own name."""
    if isinstance(node, list):
        return {name for each in node for name in references(each)}
    if not isinstance(node, Mapping):
        return set()
    found = {name for value in node.values() for name in references(value)}
    if isinstance(node.get("Ref"), str):
        found.add(node["Ref"])
    if "Fn::GetAtt" in node:
        found.add(str(node["Fn::GetAtt"][0]))
    if "Fn::Sub" in node:
        text = node["Fn::Sub"] if isinstance(node["Fn::Sub"], str) else node["Fn::Sub"][0]
        found |= {name.partition(".")[0] for name in re.findall(r"\$\{([^}!]+)\}", text)}
        found |= set(re.findall(r"\$\{AWS::StackName\}-(\w+)$", text))
    return found


def _is_named(stack: Stack, logical_id: str, text: str) -> bool:
    resource = stack.resources[logical_id]
    return any(_stands(name, text) for name in (resource.physical_id, resource.attributes.get("Arn", "")))


def _named_parameters(stack: Stack, text: str) -> set[str]:
    """The parameters whose values the text holds, of those that were given."""
    return {name for name, value in stack.parameters.items() if _stands(value, text)}


def _stands(name: str, text: str) -> bool:
    return len(name) >= _SHORTEST and name in text


def _next_to(named: set[str], resources: Mapping[str, Any]) -> set[str]:
    """What refers to one of these, and what one of these refers to."""
    from_these = {other for logical_id in named for other in references(resources[logical_id])}
    return _referring(named, resources) | (from_these & set(resources))


def _referring(names: set[str], resources: Mapping[str, Any]) -> set[str]:
    """The resources that refer to one of these names."""
    return {logical_id for logical_id, resource in resources.items() if references(resource) & names}


def _counting_for(alarms: set[str], resources: Mapping[str, Any]) -> set[str]:
    """The metric filters whose metrics these alarms are about."""
    metrics = {resources[name].get("Properties", {}).get("MetricName") for name in alarms}
    return {
        logical_id
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Logs::MetricFilter"
        and any(each["MetricName"] in metrics for each in resource["Properties"]["MetricTransformations"])
    }
