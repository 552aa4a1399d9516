"""The template of AWS's own rules that find what was so before Trailwarden came: `config-rules.json`.

Remediations hear of calls; what was opened or switched off before is found by looking, which AWS Config does.
It is a stack of its own, for every region in which a recorder runs, as the main stack has few resources left.
`noncompliant` tells of these rules where its parameter `ConfigRulesTold` names them.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html,
https://docs.aws.amazon.com/config/latest/developerguide/aws-config-managed-rules-cloudformation-templates.html
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chalicelib.remediation import Remediation

PREFIX: Final = "trailwarden-"
# What a rule can't do without. The days are those that AWS's page proposes.
# https://docs.aws.amazon.com/config/latest/developerguide/access-keys-rotated.html
_INPUT: Final[Mapping[str, Mapping[str, str]]] = {"ACCESS_KEYS_ROTATED": {"maxAccessKeyAge": "90"}}


def managed_rules(remediations: Iterable[Remediation]) -> Mapping[str, Any]:
    """A rule for each identifier that a remediation names; its description says whose it is."""
    asked: dict[str, list[str]] = {}
    for each in remediations:
        for identifier in each.managed_rules:
            asked.setdefault(identifier, []).append(each.name)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Rules of AWS Config that find what was so before Trailwarden watched",
        "Resources": {
            "".join(word.title() for word in identifier.split("_")): _rule(identifier, names)
            for identifier, names in asked.items()
        },
    }


def _rule(identifier: str, names: Iterable[str]) -> Mapping[str, Any]:
    return {
        "Type": "AWS::Config::ConfigRule",
        "Properties": {
            "ConfigRuleName": PREFIX + identifier.lower().replace("_", "-"),
            "Description": f"What was so before {', '.join(names)} watched",
            "Source": {"Owner": "AWS", "SourceIdentifier": identifier},
            **({"InputParameters": given} if (given := _INPUT.get(identifier)) else {}),
        },
    }
