"""The stack's own CloudFormation, beside Chalice's: one declaration for the deploy and for the rehearsal.

If a value here changes, a scenario must fail (`make mutate` checks it).
"""

from collections.abc import Iterable, Iterator

from chalicelib.config_rule import ConfigRule
from chalicelib.remediation import Remediation
from chalicelib.stack import Parameter, declared
from chalicelib.template.accepted import with_reasons
from chalicelib.template.alarms import alarms
from chalicelib.template.brakes import switch
from chalicelib.template.channels import OUTPUTS, channels
from chalicelib.template.config_rules import (
    CONFIG_RULES,
    config_rules,
    rule_conditions,
    rule_parameters,
)
from chalicelib.template.dashboard import OUTPUT, dashboard
from chalicelib.template.functions import RUNTIME, function, heartbeat_function, http
from chalicelib.template.heartbeat import heartbeat
from chalicelib.template.host import agents
from chalicelib.template.keeping import alerts, dead_letters, ledger, validations
from chalicelib.template.names import LONGEST_HOME, not_longer_than
from chalicelib.template.parameters import CONDITIONS, mode_conditions, parameters
from chalicelib.template.parts import Template, union
from chalicelib.template.seals import instruction_key, seal_keys
from chalicelib.template.second_way import second_way
from chalicelib.template.trail import auditors, trail
from chalicelib.template.watch import forwarding

__all__ = ["RUNTIME", "all_parameters", "fragment"]


def fragment(remediations: Iterable[Remediation], rules: Iterable[ConfigRule] = ()) -> Template:
    """Parameters, conditions, resources and outputs beyond Chalice's own; raises DeclaredTwice."""
    functions, judging = tuple(remediations), tuple(rules)
    return {
        "Parameters": union(*(declared([each]) for each in all_parameters(functions, judging))),
        "Conditions": union(
            CONDITIONS,
            mode_conditions(functions),
            rule_conditions(judging),
            *(each.conditions for each in functions),
        ),
        "Resources": with_reasons(union(_resources(functions, judging), config_rules(judging))),
        "Outputs": union(
            {
                "AlertTopicArn": {"Value": {"Ref": "AlertTopic"}},
                "PlainTopicArn": {"Value": {"Ref": "PlainTopic"}},
                "LedgerName": {"Value": {"Ref": "Ledger"}},
                **OUTPUTS,
                **OUTPUT,
                "DeadLettersUrl": {"Value": {"Ref": "DeadLetters"}},
            },
            *(each.outputs for each in functions),
        ),
    }


def all_parameters(remediations: Iterable[Remediation], rules: Iterable[ConfigRule]) -> Iterator[Parameter]:
    """The stack's parameters, in the order in which they are shown."""
    yield from parameters(remediations)
    yield CONFIG_RULES
    yield from rule_parameters(rules)


def _resources(functions: tuple[Remediation, ...], rules: tuple[ConfigRule, ...]) -> Template:
    resources = _all_but_the_dashboard(functions, rules)
    return union(resources, dashboard(resources))


def _all_but_the_dashboard(functions: tuple[Remediation, ...], rules: tuple[ConfigRule, ...]) -> Template:
    return union(
        not_longer_than(LONGEST_HOME),
        alerts(),
        ledger(),
        switch(),
        channels(functions),
        seal_keys(functions),
        instruction_key(functions),
        trail(),
        auditors(),
        dead_letters(),
        validations(),
        heartbeat(),
        second_way(functions),
        forwarding(functions),
        agents(),
        *(union(each.resources, alarms(each.alarms), function(each)) for each in functions),
        heartbeat_function(),
        http(functions, rules),
    )
