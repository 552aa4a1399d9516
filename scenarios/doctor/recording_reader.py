"""Reads what AWS Config records where rules are judged, and the stack's own rules as they are now."""

from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.doctor.asking import Answer, Asker
from scenarios.doctor.facts import (
    ConfigRuleNow,
    Missing,
    Recording,
    Region,
    StackFacts,
    Told,
    Unknown,
)
from scenarios.doctor.stack_reader import Resources

RULE, MENDING = "AWS::Config::ConfigRule", "AWS::Config::RemediationConfiguration"
_NO_OTHERS = ("", "none")


def read_recordings(
    asker: Asker, stack: StackFacts, resources: Resources, regions: Told[tuple[Region, ...]]
) -> Iterator[Recording]:
    """The home region where the stack has rules; every region where rules of others are told of."""
    types = tuple(
        sorted({each for name, _ in resources.of(RULE) for each in _promised_types(resources, name)})
    )
    others = stack.parameters.get("ConfigRulesTold", "") not in _NO_OTHERS
    if types or others:
        yield _recording(asker, asker.region, types)
    for each in regions if others and isinstance(regions, tuple) else ():
        if each.name != asker.region:
            yield _recording(asker, each.name, ())


def read_config_rules(asker: Asker, resources: Resources) -> Iterator[ConfigRuleNow]:
    """Each of the stack's."""
    mended = {
        resources.refer(resources.declared(name).get("ConfigRuleName")) for name, _ in resources.of(MENDING)
    }
    for logical_id, name in resources.of(RULE):
        yield _rule(asker, resources, logical_id, name, mends=name in mended)


def _recording(asker: Asker, region: str, types: tuple[str, ...]) -> Recording:
    def first(operation: str, key: str) -> Told[Mapping[str, Any]]:
        return _first(asker.ask("config", operation, region=region), key)

    return Recording(
        region=region,
        recorder=first("describe_configuration_recorders", "ConfigurationRecorders"),
        status=first("describe_configuration_recorder_status", "ConfigurationRecordersStatus"),
        delivery=first("describe_delivery_channel_status", "DeliveryChannelsStatus"),
        types=types,
    )


def _first(answer: Answer, key: str) -> Told[Mapping[str, Any]]:
    if isinstance(answer, Missing | Unknown):
        return answer
    found: list[Mapping[str, Any]] = answer[key]
    return found[0] if found else Missing()


def _rule(asker: Asker, resources: Resources, logical_id: str, name: str, *, mends: bool) -> ConfigRuleNow:
    found = _first(asker.ask("config", "describe_config_rules", ConfigRuleNames=[name]), "ConfigRules")
    if isinstance(found, Missing | Unknown):
        return ConfigRuleNow(name=name, state=found)
    ran = _first(
        asker.ask("config", "describe_config_rule_evaluation_status", ConfigRuleNames=[name]),
        "ConfigRulesEvaluationStatus",
    )
    source = resources.declared(logical_id).get("Source", {})
    return ConfigRuleNow(
        name=name,
        state=str(found.get("ConfigRuleState", "ACTIVE")),
        function=found["Source"].get("SourceIdentifier", "").rpartition(":")[2],
        promised_function=resources.refer(source.get("SourceIdentifier")).rpartition(":")[2],
        types=tuple(found.get("Scope", {}).get("ComplianceResourceTypes", ())),
        promised_types=_promised_types(resources, logical_id),
        failed="" if isinstance(ran, Missing | Unknown) else _failed(ran),
        mends=_is_mended(asker, name) if mends else None,
    )


def _promised_types(resources: Resources, logical_id: str) -> tuple[str, ...]:
    return tuple(resources.declared(logical_id).get("Scope", {}).get("ComplianceResourceTypes", ()))


def _failed(ran: Mapping[str, Any]) -> str:
    """Why the last evaluation failed; "" where a later one didn't."""
    failed, succeeded = ran.get("LastFailedInvocationTime"), ran.get("LastSuccessfulInvocationTime")
    if failed is None or (succeeded is not None and succeeded >= failed):
        return ""
    return f"{ran.get('LastErrorCode', 'an error')}: {ran.get('LastErrorMessage', 'AWS Config says no more')}"


def _is_mended(asker: Asker, name: str) -> Told[bool]:
    answer = asker.ask("config", "describe_remediation_configurations", ConfigRuleNames=[name])
    if isinstance(answer, Missing | Unknown):
        return answer
    return bool(answer["RemediationConfigurations"])
