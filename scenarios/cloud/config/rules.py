"""Rules run: on each item within their scope, by the clock, when they are put, and when somebody asks.

A rule is run some 15 to 35 seconds after an item, as AWS's own records show. A stopped recorder makes no
items, so that only the clock runs rules then, and who asks gets an answer from the last items.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config-rules.html,
https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigRule.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from scenarios.cloud.asked import Asked
from scenarios.cloud.config.channel import EVALUATION, HOURS, Channels
from scenarios.cloud.config.compliance import Compliance
from scenarios.cloud.config.custom import Custom
from scenarios.cloud.config.items import Found, Item
from scenarios.cloud.config.managed.all_rules import OF_ACCOUNT, OF_ITEMS, is_periodic, types_of
from scenarios.cloud.config.managed.verdicts import NOT_OURS, Subject
from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.config.remediation import Remediations
from scenarios.cloud.config.resource_types.all_types import RESOURCE_COMPLIANCE
from scenarios.cloud.config.resource_types.view import MayNotLook, View
from scenarios.cloud.config.rule_ids import tidy_id
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

KIND: Final = "AWS::Config::ConfigRule"
_RUN_SECONDS: Final = (15.0, 35.0)
_AT_ONCE_SECONDS: Final = 5.0
_MOST_ASKED: Final = 25
_ON_CHANGE: Final = ("ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification")
_DEFAULT_FREQUENCY: Final = "TwentyFour_Hours"


class Rules:
    """The rules of the account, in every region, as moto keeps them."""

    def __init__(self, setting: Setting, recorders: Recorders, channels: Channels) -> None:
        self._setting = setting
        self._recorders = recorders
        self._channels = channels
        self.compliance = Compliance(setting, channels)
        self.remediations = Remediations(setting, self.compliance)
        self.custom = Custom(setting, channels, self.compliance)
        self._turns: dict[tuple[str, str], int] = {}
        self._running: set[tuple[str, str]] = set()
        self._on_snapshot: dict[tuple[str, str], float] = {}
        recorders.when_recorded(self._recorded)
        channels.when_snapshot(self._snapshot)
        calls = setting.calls
        calls.after("config", "PutConfigRule", self._put)
        calls.after("config", "DeleteConfigRule", self._deleted)
        calls.answer("config", "StartConfigRulesEvaluation", self._asked)

    def begin(self, stacks: Sequence[Stack]) -> None:
        """Start the rules that the stacks have."""
        for stack in stacks:
            for each in stack.of_type(KIND):
                self._start(stack.region, each.physical_id)

    # ---- what begins a run --------------------------------------------------------------------------

    def _put(self, call: ApiCall) -> None:
        given, rules = call.parameters["ConfigRule"], self._rules(call.region)
        for name, rule in rules.items():
            if given.get("ConfigRuleName", name) == name and (
                "ConfigRuleName" in given
                or given.get("ConfigRuleId") == rule.config_rule_id
                or given.get("ConfigRuleArn") == rule.config_rule_arn
            ):
                tidy_id(rule)
                self._start(call.region, name)

    def _deleted(self, call: ApiCall) -> None:
        name = call.parameters["ConfigRuleName"]
        self._turns[call.region, name] = self._turns.get((call.region, name), 0) + 1
        self.compliance.forget(call.region, name)

    def _start(self, region: str, name: str) -> None:
        """A rule that was put runs at once, and by the clock from then on."""
        turn = self._turns[region, name] = self._turns.get((region, name), 0) + 1
        known = self.compliance.of(region, name)
        known.activated = known.activated or self._setting.clock.now
        run = partial(self._run, region, name)
        self._setting.clock.after(_AT_ONCE_SECONDS, run, f"AWS Config runs {name}")
        self._next(region, name, turn)

    def _next(self, region: str, name: str, turn: int) -> None:
        rule = self._rules(region).get(name)
        hours = _hours_of(rule) if rule is not None else 0
        if hours:
            due = partial(self._due, region, name, turn)
            self._setting.clock.after(hours * 3600.0, due, f"AWS Config runs {name}")

    def _due(self, region: str, name: str, turn: int) -> None:
        if self._turns.get((region, name)) == turn:
            self._run(region, name, by_clock=True)
            self._next(region, name, turn)

    def _asked(self, asked: Asked) -> dict[str, Any]:
        names, region = asked.parameters.get("ConfigRuleNames", []), asked.region
        if len(names) > _MOST_ASKED:
            raise Refused("InvalidParameterValueException", f"At most {_MOST_ASKED} rules can be evaluated.")
        for name in names:
            if name not in self._rules(region):
                raise Refused(
                    "NoSuchConfigRuleException",
                    f"The ConfigRule '{name}' provided in the request is invalid.",
                )
            if (region, name) in self._running:
                raise Refused(
                    "LimitExceededException",
                    f"An evaluation of {name} is in progress. Please try again later.",
                )
        for name in names:
            self._running.add((region, name))
            self._tell_of_start(region, self._rules(region)[name])
            run = partial(self._run, region, name)
            self._setting.clock.after(_AT_ONCE_SECONDS, run, f"AWS Config runs {name}")
        return {}

    def _tell_of_start(self, region: str, rule: Any) -> None:
        message = {
            "awsAccountId": self._setting.account,
            "awsRegion": region,
            "configRuleNames": [rule.config_rule_name],
            "notificationCreationTime": iso_milliseconds(self._setting.clock.now),
            "messageType": "ConfigRulesEvaluationStarted",
            "recordVersion": "1.0",
        }
        subject = f"Config Rules Evaluation Started for Account {self._setting.account}"
        self._channels.tell(region, EVALUATION, subject, message)

    def _recorded(self, item: Item, before: Item | None) -> None:
        if not item.is_recorded or item.found.type == RESOURCE_COMPLIANCE:
            return
        for region in self._recorders.regions_of(item):
            if self._on_change(region):
                seconds = self._setting.random("config.rules").uniform(*_RUN_SECONDS)
                run = partial(self._run_on_change, region, item, before)
                self._setting.clock.after(seconds, run, "AWS Config runs the rules on an item")

    def _run_on_change(self, region: str, item: Item, before: Item | None) -> None:
        for rule in self._on_change(region):
            left = (
                before is not None and is_in_scope(rule, before.found) and not is_in_scope(rule, item.found)
            )
            if left or is_in_scope(rule, item.found):
                self._run_on_item(region, rule, item, before, left=left)

    def _snapshot(self, region: str, message: dict[str, Any]) -> None:
        """A snapshot was delivered: rules that wait for one run, no more often than they want to."""
        now = self._setting.clock.now.timestamp()
        for name, rule in self._rules(region).items():
            for hours in _hours_between_snapshots(rule):
                last = self._on_snapshot.get((region, name))
                if last is None or now - last >= hours * 3600 - 60:
                    self._on_snapshot[region, name] = now
                    self.custom.on_schedule(region, rule, message)

    # ---- running ------------------------------------------------------------------------------------

    def _run(self, region: str, name: str, *, by_clock: bool = False) -> None:
        """Run a rule on everything it looks at."""
        self._running.discard((region, name))
        rule = self._rules(region).get(name)
        if rule is None:
            return
        self.compliance.of(region, name).invoked = self._setting.clock.now
        if rule.source.owner != "AWS":
            if _hours_of(rule):
                self.custom.on_schedule(region, rule)
            if not by_clock and _runs_on_change(rule):
                self._run_on_all(region, rule)
        elif rule.source.source_identifier in OF_ACCOUNT:
            self._run_on_account(region, rule)
        else:
            self._run_on_all(region, rule)

    def _run_on_all(self, region: str, rule: Any) -> None:
        for item in list(self._recorders.of(region).present()):
            if is_in_scope(rule, item.found):
                self._run_on_item(region, rule, item, None)

    def _run_on_item(
        self, region: str, rule: Any, item: Item, before: Item | None, *, left: bool = False
    ) -> None:
        if rule.source.owner != "AWS":
            self.custom.on_item(region, rule, item, before, left=left)
            return
        judge = OF_ITEMS[rule.source.source_identifier]
        subject = Subject(item.found, rule.input_parameters_dict, partial(self._beside, region))
        said = NOT_OURS if item.is_deleted or left else judge(subject)
        now = self._setting.clock.now
        self.compliance.record(region, rule, item.found.key, said, ordered=item.captured, invoked=now)

    def _run_on_account(self, region: str, rule: Any) -> None:
        recorder, now = self._recorders.recorder(region), self._setting.clock.now
        if recorder is None:
            return
        view, known = (
            View(self._setting, recorder.role_arn, region),
            self.compliance.of(region, rule.config_rule_name),
        )
        try:
            judge = OF_ACCOUNT[rule.source.source_identifier]
            said = list(judge(view, rule.input_parameters_dict))
        except (MayNotLook, ClientError) as error:
            known.failed = (now, "AccessDenied", str(error))
            self._setting.note("config", f"{rule.config_rule_name} could not run: {error}")
            return
        known.succeeded = now
        there = {(kind, identity) for kind, identity, _ in said}
        for kind, identity, verdict in said:
            self.compliance.record(region, rule, (kind, identity), verdict, ordered=now, invoked=now)
        for key in [key for key in known.results if key not in there]:
            self.compliance.record(region, rule, key, NOT_OURS, ordered=now, invoked=now)

    def _beside(self, region: str, kind: str) -> list[Found]:
        present = self._recorders.of(region).present()
        return [item.found for item in present if item.found.type == kind]

    # ---- rules as moto keeps them -------------------------------------------------------------------

    def _rules(self, region: str) -> dict[str, Any]:
        found: dict[str, Any] = moto_state.backend("config", self._setting.account, region).config_rules
        return found

    def _on_change(self, region: str) -> list[Any]:
        return [rule for rule in self._rules(region).values() if _runs_on_change(rule)]


def is_in_scope(rule: Any, found: Found) -> bool:
    """Whether a rule looks at a resource: by its types, its id, its tag, or at all of them.

    None looks at what rules found, which would make more of that.
    """
    if found.type == RESOURCE_COMPLIANCE:
        return False
    managed = types_of(rule.source.source_identifier) if rule.source.owner == "AWS" else ()
    if managed and found.type not in managed:
        return False
    scope = rule.scope
    if scope is None:
        return True
    if scope.tags:
        ((key, value),) = scope.tags.items()
        return key in found.tags and value in (None, "", found.tags[key])
    types = scope.compliance_resource_types or (found.type,)
    return found.type in types and scope.compliance_resource_id in (None, "", found.id)


def _runs_on_change(rule: Any) -> bool:
    if rule.source.owner == "AWS":
        return rule.source.source_identifier in OF_ITEMS
    return any(each.message_type in _ON_CHANGE for each in rule.source.source_details)


def _hours_of(rule: Any) -> int:
    """How many hours lie between two runs by the clock; 0 for a rule that has none."""
    if rule.source.owner == "AWS":
        periodic = is_periodic(rule.source.source_identifier)
        return HOURS[rule.maximum_execution_frequency or _DEFAULT_FREQUENCY] if periodic else 0
    return min(_hours(rule, "ScheduledNotification"), default=0)


def _hours_between_snapshots(rule: Any) -> Iterator[int]:
    if rule.source.owner != "AWS":
        yield from _hours(rule, "ConfigurationSnapshotDeliveryCompleted")


def _hours(rule: Any, message_type: str) -> Iterator[int]:
    for each in rule.source.source_details:
        if each.message_type == message_type:
            frequency = each.maximum_execution_frequency or rule.maximum_execution_frequency
            yield HOURS[frequency or _DEFAULT_FREQUENCY]
