"""What the functions stand on, as CloudFormation: one declaration for the deploy and for the rehearsal.

Everything here is load-bearing: change a leaf, and a scenario must notice (`make mutate`).
"""

from collections.abc import Iterable

from chalicelib.remediation import Remediation
from chalicelib.template.alarms import alarms
from chalicelib.template.functions import RUNTIME, function, http
from chalicelib.template.host import agents
from chalicelib.template.instances import instances
from chalicelib.template.keeping import alerts, dead_letters, ledger, validations
from chalicelib.template.parameters import CONDITIONS, PARAMETERS, mode_conditions, mode_parameters
from chalicelib.template.parts import Template, log_group
from chalicelib.template.trail import auditors, trail

__all__ = ["RUNTIME", "fragment"]


def fragment(remediations: Iterable[Remediation]) -> Template:
    """Parameters, conditions, resources and outputs beyond Chalice's own."""
    functions = tuple(remediations)
    return {
        "Parameters": {**PARAMETERS, **mode_parameters(functions)},
        "Conditions": {**CONDITIONS, **mode_conditions(functions)},
        "Resources": {
            **alerts(),
            **ledger(),
            **trail(),
            **auditors(),
            **dead_letters(),
            **validations(),
            "SecureGroup": log_group({"Fn::Sub": "${AWS::StackName}/secure"}),
            **alarms(),
            **agents(),
            **instances(),
            **{
                name: resource
                for remediation in functions
                for name, resource in function(remediation).items()
            },
            **http(),
        },
        "Outputs": {
            "AlertTopicArn": {"Value": {"Ref": "AlertTopic"}},
            "LedgerName": {"Value": {"Ref": "Ledger"}},
            "SecureGroupName": {"Value": {"Ref": "SecureGroup"}},
            "DeadLettersUrl": {"Value": {"Ref": "DeadLetters"}},
        },
    }
