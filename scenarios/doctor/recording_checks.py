"""Whether AWS Config records what rules judge, and whether the stack's rules are as they were deployed.

A rule that isn't asked says nothing, and that looks like a resource that is compliant: so each thing that
keeps it from being asked is a finding.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.remediation import Severity
from scenarios.doctor.facts import AccountFacts, ConfigRuleNow, Missing, Recording, StackFacts, Unknown
from scenarios.doctor.finding import DoctorFinding, advice, call, command, unknown, unwatched, well
from scenarios.doctor.stack_words import PUT_BACK, aws_cli, drift, gone

_STARTS = "https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html"
_SELECTS = "https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html"
_DELIVERS = "https://docs.aws.amazon.com/config/latest/developerguide/manage-delivery-channel.html"
_ROLE = "https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html"
_RULES = "https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config.html"
_GLOBAL = "AWS::IAM::"
_DELIVERIES = {
    "configHistoryDeliveryInfo": "history files",
    "configSnapshotDeliveryInfo": "snapshots",
    "configStreamDeliveryInfo": "messages to its topic",
}


def check_recordings(facts: AccountFacts) -> Iterator[DoctorFinding]:
    """Each region where rules are judged, then each rule."""
    for each in facts.recordings:
        yield from _recorder(each, facts.stack)
    for rule in facts.config_rules:
        yield from _rule(rule, facts.stack)


def _recorder(recording: Recording, stack: StackFacts) -> Iterator[DoctorFinding]:
    where = f"AWS Config in {recording.region}"
    match recording.recorder:
        case Unknown() as why:
            yield unknown("whether AWS Config records could not be read", why, where=where)
        case Missing():
            yield unwatched(
                "AWS Config has no recorder here: no rule judges a change",
                where=where,
                severity=Severity.CRITICAL,
                mend="set up AWS Config in the console: a recorder, a role and a delivery channel",
                source=_STARTS,
            )
        case recorder:
            found = [
                *_runs(recording, recorder, stack, where),
                *_types(recording, recorder, where),
                *_delivery(recording, where),
            ]
            yield from found or [well(f"AWS Config records in {recording.region}", source=_STARTS)]


def _runs(
    recording: Recording, recorder: Mapping[str, Any], stack: StackFacts, where: str
) -> Iterator[DoctorFinding]:
    name = str(recorder.get("name", "default"))
    match recording.status:
        case Unknown() | Missing() as why:
            yield unknown("whether AWS Config's recorder runs could not be read", why, where=where)
        case {"recording": True} as status:
            if str(status.get("lastStatus", "")).upper() == "FAILURE":
                said = _said(status)
                yield unwatched(
                    f"AWS Config's recorder fails, so some resources keep their old results: {said}",
                    where=where,
                    mend=f"let its role {recorder.get('roleARN', '')} do what AWS_ConfigRole may",
                    source=_ROLE,
                )
        case _:
            options = {"--configuration-recorder-name": name}
            yield unwatched(
                "AWS Config's recorder is stopped: no rule judges a change, and results stay as they were",
                where=where,
                severity=Severity.CRITICAL,
                mend=command(
                    "configservice", "start-configuration-recorder", options, region=recording.region
                ),
                fix=call(
                    "config",
                    "start_configuration_recorder",
                    stack.account,
                    recording.region,
                    ConfigurationRecorderName=name,
                ),
                source=_STARTS,
            )


def _said(status: Mapping[str, Any]) -> str:
    return str(status.get("lastErrorMessage") or status.get("lastErrorCode") or "AWS Config says no more")


def _types(recording: Recording, recorder: Mapping[str, Any], where: str) -> Iterator[DoctorFinding]:
    left_out = [each for each in recording.types if not is_recorded(recorder, each)]
    if left_out:
        yield unwatched(
            f"AWS Config leaves out {', '.join(left_out)}, which rules of the stack judge",
            where=where,
            mend="add these types to the recorder's recording group",
            source=_SELECTS,
        )
    daily = [each for each in recording.types if each not in left_out and _is_daily(recorder, each)]
    if daily:
        yield advice(
            f"AWS Config records {', '.join(daily)} once a day, so what breaks a rule is told a day later",
            where=where,
            mend="record these types continuously",
            source=_SELECTS,
        )


def is_recorded(recorder: Mapping[str, Any], kind: str) -> bool:
    """Whether a recorder, as the API describes it, records a type.

    All supported types leave out IAM's, unless global types are included; the strategies that list types
    ask for no such thing.
    """
    group = recorder.get("recordingGroup", {})
    if group.get("allSupported"):
        return not kind.startswith(_GLOBAL) or bool(group.get("includeGlobalResourceTypes"))
    if listed := group.get("resourceTypes"):
        return kind in listed
    return kind not in group.get("exclusionByResourceTypes", {}).get("resourceTypes", ())


def _is_daily(recorder: Mapping[str, Any], kind: str) -> bool:
    mode = recorder.get("recordingMode", {})
    for override in mode.get("recordingModeOverrides", ()):
        if kind in override.get("resourceTypes", ()):
            return bool(override.get("recordingFrequency") == "DAILY")
    return bool(mode.get("recordingFrequency") == "DAILY")


def _delivery(recording: Recording, where: str) -> Iterator[DoctorFinding]:
    match recording.delivery:
        case Unknown() as why:
            yield unknown("whether AWS Config delivers could not be read", why, where=where)
        case Missing():
            yield unwatched(
                "AWS Config has no delivery channel here: it records nothing without one",
                where=where,
                severity=Severity.CRITICAL,
                mend="put a delivery channel with a bucket, and start the recorder",
                source=_DELIVERS,
            )
        case told:
            for key, what in _DELIVERIES.items():
                info = told.get(key, {})
                if str(info.get("lastStatus", "")).upper() == "FAILURE":
                    said = _said(info)
                    yield unwatched(
                        f"AWS Config can't deliver its {what}: {said}",
                        where=where,
                        severity=Severity.MEDIUM,
                        mend="let the recorder's role, or config.amazonaws.com, write there",
                        source=_DELIVERS,
                    )


def _rule(rule: ConfigRuleNow, stack: StackFacts) -> Iterator[DoctorFinding]:
    match rule.state:
        case Unknown() as why:
            yield unknown("a rule of AWS Config could not be read", why, where=rule.name)
            return
        case Missing():
            yield gone("rule of AWS Config", rule.name, stack)
            return
        case "ACTIVE" | "EVALUATING":
            pass
        case other:
            yield unwatched(
                f"the rule of AWS Config is {other}, so it is not asked",
                where=rule.name,
                mend=drift(stack) + PUT_BACK,
                source=_RULES,
            )
    if rule.promised_function and rule.function != rule.promised_function:
        yield unwatched(
            f"the rule asks another function: {rule.function or 'none'}, and not {rule.promised_function}",
            where=rule.name,
            severity=Severity.CRITICAL,
            mend=drift(stack) + PUT_BACK,
            source=_RULES,
        )
    if left_out := sorted(set(rule.promised_types) - set(rule.types)) if rule.types else []:
        yield unwatched(
            f"the rule is no longer asked about {', '.join(left_out)}",
            where=rule.name,
            mend=drift(stack) + PUT_BACK,
            source=_RULES,
        )
    if rule.failed:
        yield unwatched(
            f"the rule's last evaluation failed, so results are old: {rule.failed}",
            where=rule.name,
            mend=aws_cli(
                "configservice", "start-config-rules-evaluation", {"--config-rule-names": rule.name}, stack
            ),
            source=_RULES,
        )
    match rule.mends:
        case Unknown() as why:
            yield unknown("a rule's remediation could not be read", why, where=rule.name)
        case False | Missing():
            yield gone("remediation of the rule", rule.name, stack)
