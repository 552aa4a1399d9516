"""The credentials of an EC2 instance's role were used elsewhere: somebody took them out of the instance.

Whoever gets code to run on an instance, or a request of theirs sent from it, reads the role's credentials
from its metadata service, and uses them from a machine of their own for hours.

What we do: two ways tell of it. GuardDuty's findings InstanceCredentialExfiltration, once GuardDuty is asked
whether it holds the finding. And each call by credentials of the metadata service (CloudTrail's
`ec2RoleDelivery`) whose source is an address that no interface of the account has in the instance's region,
or a VPC endpoint of an account that the stack doesn't trust; calls that only read come too, and refused ones.
HIGH: which instance, from where, what was called, which addresses are its own. In mode enforce these
credentials are revoked: an inline policy denies everything to the sessions of this instance that began before
the call, as the console's AWSRevokeOlderSessions does for all of a role's sessions. A call is proven by
CloudTrail's event history first, some minutes later. By the parameter `InstanceCredentialsQuarantine` the
instance is put into quarantine besides, or the role, or both. The undo takes away what was made, and excuses
nobody: each call from outside that is handled after it revokes again, also one from before it whose record
comes late. Where such calls are right, name their address in the parameter first.

What it costs the instance: its own credentials are among those revoked; it is denied everything until EC2
hands it newer ones, within hours.

What we leave alone: calls through the account's own VPC endpoints and addresses, so also a thief's who sits
behind the same NAT gateway; calls of AWS services in the role's name; addresses of the parameter
`InstanceCredentialsKnownAddresses`, where traffic leaves by another network; data events. A sample finding of
GuardDuty is told as LOW, and so is an instance with the tag of the parameter `ExpectedTag`.

What it costs to watch: the rule hears every management event by credentials of instances, which EventBridge
can't narrow by address blocks. Each is one invocation, one item of the ledger and two or three Describe
calls; an account with 100 instances that make a call a minute each has 4.3 million of them a month. Calls
through VPC endpoints don't wake it.

Sources: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html (aws:userid of an instance)
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import delayed, quarantine
from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED, failure_fact
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.lately import lately
from chalicelib.evidence.outsiders import SETTING as TRUSTED
from chalicelib.evidence.seen import Seen, blind, see, tell
from chalicelib.looking import Unseen, unseen
from chalicelib.quarantine import Isolation
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG, TRUSTED_ACCOUNTS
from chalicelib.remediation import (
    Call,
    Flood,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Severity,
    Undoing,
    Way,
)
from chalicelib.remediations.instance_credentials import finding, whereabouts
from chalicelib.remediations.instance_credentials.whereabouts import KNOWN_ADDRESSES, Machine
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.stack import Parameter
from chalicelib.triggers import OnEvent
from chalicelib.wording import some

NAME = "instance_credentials"
PUT_OFF = "InstanceCredentialsPutOff"  # the queue of calls that event history doesn't know yet
QUARANTINE = "INSTANCE_CREDENTIALS_QUARANTINE"
BOTH = "both"
QUARANTINE_PARAMETER = Parameter(
    name="InstanceCredentialsQuarantine",
    default="none",
    allowed=("none", quarantine.INSTANCE, quarantine.ROLE, BOTH),
    description="What goes into quarantine beside that an instance's stolen credentials are revoked.",
)

_HANDED_OUT = {"sessionContext": {"ec2RoleDelivery": [{"exists": True}]}, "invokedBy": [{"exists": False}]}
_BY_ADDRESS = {
    "userIdentity": _HANDED_OUT,
    "vpcEndpointId": [{"exists": False}],
    "sourceIPAddress": [{"anything-but": KNOWN_ADDRESSES.ref}],
}
_BY_ENDPOINT = {
    "userIdentity": _HANDED_OUT,
    "vpcEndpointAccountId": [{"anything-but": [{"Ref": "AWS::AccountId"}]}],
}
_OWN = {"eventName": list(quarantine.OWN_CALLS)}
_ROLE = {"Fn::GetAtt": ["InstanceCredentialsRole", "Arn"]}
_BY_US = {"userIdentity": {"sessionContext": {"sessionIssuer": {"arn": [_ROLE]}}}}
_VIA = {"detail-type": ["AWS API Call via CloudTrail"]}
# Calls of our own role come by the same rule: one that asks for no names hears everything else, too.
PATTERN = {**_VIA, "detail": {"$or": [_BY_ADDRESS, _BY_ENDPOINT, {**_OWN, **_BY_US}]}}
# A spoke knows neither our role nor the parameter.
FORWARDED = {
    **_VIA,
    "detail": {"$or": [{**_BY_ADDRESS, "sourceIPAddress": [{"exists": True}]}, _BY_ENDPOINT, _OWN]},
}

_NO_RESOURCE = "EC2's describe calls take no resource"
GRANTS = (
    *quarantine.READS,
    *(
        Grant(action=f"ec2:{action}", resource="*", because=_NO_RESOURCE)
        for action in ("DescribeNetworkInterfaces", "DescribeRegions")
    ),
    Grant(
        action="iam:GetRolePolicy",
        resource="arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*",
        because="which instance's role it will be isn't known before",
    ),
    Grant(
        action="guardduty:GetFindings",
        resource="*",
        because="the call takes no resource",
    ),
    *LATELY,
    *quarantine.ISOLATES,
    *quarantine.DENIES,
    *delayed.putting_off(PUT_OFF),
)
DECLARED_CALLS = (*quarantine.ISOLATION_CALLS, *quarantine.DENIAL_CALLS)

_ADVICE = """\
Look how they got at the credentials: code on the instance, or a request sent from it (SSRF). Require IMDSv2 \
(aws ec2 modify-instance-metadata-options --http-tokens required), rebuild the instance, and look what these \
credentials did: the command at "Look again with" shows calls by this key; a thief may have fetched others.
Where the address is a way out of your own, name it in the stack's parameter \
InstanceCredentialsKnownAddresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stolen:
    """What there is of an instance whose credentials are used elsewhere.

    `machine`: None where no region knows it. `revoked`: up to when its sessions are revoked already, as
    ISO 8601, or "". `isolation`: None where it is not to be isolated. `denied`: the role is in quarantine.
    """

    machine: Machine | None
    revoked: str = ""
    isolation: Isolation | None = None
    denied: bool = False


# ---- look ---------------------------------------------------------------------------------------


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Stolen]:
    """The instance as it is now; nothing where the call came from an address of the account's own."""
    instance = whereabouts.instance_of(event)

    def read() -> Stolen | None:
        if not instance or not whereabouts.may_be_foreign(event, settings):
            return None
        found = whereabouts.find(aws, event, instance)
        if whereabouts.is_ours(aws, event, found[0] if found else None):
            return None
        return _stolen(aws, event, settings, found)

    def tags(found: Stolen) -> Mapping[str, str]:
        return found.machine.tags if found.machine else {}

    return see(aws, event, settings, remediation=NAME, read=read, tags=tags)


def _stolen(
    aws: Aws, event: ApiCallEvent, settings: Settings, found: tuple[Machine, Mapping[str, Any]] | None
) -> Stolen:
    role, iam = event.actor.name, aws.client("iam", event.region)
    stands = quarantine.policy_of(iam, role, _policy_name(event)) if role else None
    isolation = None
    if found and quarantine.INSTANCE in _wanted(settings):
        machine, described = found
        isolation = quarantine.isolation_of(
            aws.client("ec2", machine.region), described, account=event.account, region=machine.region
        )
    return Stolen(
        machine=found[0] if found else None,
        revoked=_revoked_until(stands),
        isolation=isolation,
        denied=quarantine.ROLE in _wanted(settings) and quarantine.is_denied(iam, role),
    )


def look_at_finding(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Stolen]:
    """The same for what GuardDuty has found, once GuardDuty itself says so."""
    try:
        held = finding.is_held(aws, event)
    except AWS_ERRORS as error:
        return Seen(unread=unseen(error), lately=lately(aws, event))
    if not held:
        why = "GuardDuty holds no such finding: its detector was deleted, or the event is made up"
        return Seen(unread=Unseen(why=why), lately=lately(aws, event))
    return look(aws, event, settings)


def _wanted(settings: Settings) -> tuple[str, ...]:
    chosen = settings.values.get(QUARANTINE, "none")
    return (quarantine.INSTANCE, quarantine.ROLE) if chosen == BOTH else (chosen,)


# ---- decide -------------------------------------------------------------------------------------


def decide(event: ApiCallEvent, facts: Seen[Stolen], _now: datetime, settings: Settings) -> Plan:
    """Tell whose credentials are used from where; revoke them, and put into quarantine what is to be."""
    if facts.nothing:
        return Plan.nothing()
    instance = whereabouts.instance_of(event)
    if not instance or (facts.unread and not whereabouts.may_be_foreign(event, settings)):
        return Plan.nothing()  # a call of ours, or one from inside: that is known without a look
    sample = event.additional.get(finding.SAMPLE) is True
    plan = tell(
        event,
        facts,
        severity=Severity.LOW if sample else Severity.HIGH,
        title=f"{'Sample: c' if sample else 'C'}redentials of instance {instance} are used elsewhere",
        facts=_facts(event, facts.state, instance),
        advice=_ADVICE,
        calls=() if sample or not facts.state else _calls(event, facts.state, settings),
    )
    # Where nothing can be looked at, each call of each instance would be told by itself.
    told = f"{instance} from {event.source_ip or event.vpc_endpoint}"
    flood = Flood(subject="could not look" if facts.unread else told, most=3)
    return replace(plan, alerts=tuple(replace(each, flood=flood) for each in plan.alerts))


def _facts(event: ApiCallEvent, found: Stolen | None, instance: str) -> Iterator[tuple[str, str]]:
    yield "Instance", instance
    yield "Role", event.actor.name or NOT_RECORDED
    yield "Used from", _source(event)
    yield "Called", f"{event.name} of {event.source}" if event.name else NOT_RECORDED
    if event.failed:
        yield failure_fact(event)
    if event.additional.get(finding.TYPE):
        yield "GuardDuty says", str(event.additional[finding.TYPE])
    if event.actor.role_delivery:
        yield "Handed out by", f"the metadata service, version {event.actor.role_delivery.partition('.')[0]}"
    if found is None:
        return
    if found.machine:
        yield "It is", f"{found.machine.state}, in {found.machine.region}"
        yield "Its own addresses", some(found.machine.addresses) or "none any more"
    else:
        yield "It is", "in no region that is switched on: terminated long ago, or of another account"
    if found.revoked:
        yield "Revoked before", f"its sessions up to {found.revoked}"
    if found.isolation and found.isolation.open:
        yield "No quarantine", f"{found.isolation.group_name} is there and has rules: somebody else's"


def _source(event: ApiCallEvent) -> str:
    if event.vpc_endpoint:
        return f"the VPC endpoint {event.vpc_endpoint} of account {event.vpc_endpoint_account}"
    owner = event.additional.get(finding.OWNER)
    return f"{event.source_ip}{f', of account {owner}' if owner else ''}"


def _calls(event: ApiCallEvent, found: Stolen, settings: Settings) -> Iterator[Call]:
    role = event.actor.name
    if role and event.actor.principal_id and not _is_revoked(event, found.revoked):
        yield _revoke(event, found)
    if role and quarantine.ROLE in _wanted(settings) and not found.denied:
        yield quarantine.deny(role, account=event.account, region=event.region)
    if found.isolation:
        yield from quarantine.isolate(found.isolation)


# ---- revoking -----------------------------------------------------------------------------------


def _policy_name(event: ApiCallEvent) -> str:
    """One for each instance: the console's own, for all of a role's sessions, is somebody else's."""
    return f"AWSRevokeOlderSessions-{whereabouts.instance_of(event)}"


def _until(event: ApiCallEvent) -> str:
    """Credentials that make a call were handed out before it; the second that it is in counts."""
    return f"{event.at + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"


def _is_revoked(event: ApiCallEvent, until: str) -> bool:
    """Whether these very credentials are revoked; a finding doesn't say when they were handed out."""
    began = event.actor.session_began
    return began < until if began else _until(event) <= until


def _document(event: ApiCallEvent, until: str) -> Mapping[str, Any]:
    condition = {
        "DateLessThan": {"aws:TokenIssueTime": until},
        "StringEquals": {"aws:userid": event.actor.principal_id},
    }
    denial = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [denial]}


def _revoked_until(document: Mapping[str, Any] | None) -> str:
    """Up to when a policy of ours revokes; "" for none, or one that says something else."""
    try:
        (denial,) = (document or {})["Statement"]
        until = denial["Condition"]["DateLessThan"]["aws:TokenIssueTime"]
        return until if denial["Effect"] == "Deny" and isinstance(until, str) else ""
    except (KeyError, TypeError, ValueError):
        return ""


def _revoke(event: ApiCallEvent, found: Stolen) -> Call:
    """Deny the sessions; where older ones were denied before, the undo goes back to that."""
    call = quarantine.deny(
        event.actor.name,
        account=event.account,
        region=event.region,
        document=_document(event, _until(event)),
        name=_policy_name(event),
        lost="what the instance itself does: it is denied everything until EC2 hands it newer credentials",
    )
    if not found.revoked:
        return call
    before = {**call.parameters, "PolicyDocument": json.dumps(_document(event, found.revoked))}
    return replace(call, undo=replace(call, parameters=before, undo=None, lost=""))


def moved(aws: Aws, call: Call, _settings: Settings) -> str:
    """Whether what a call made is no longer so; raises what AWS raises."""
    return quarantine.moved(aws.client(call.service, call.region), call)


def made(aws: Aws, call: Call, _settings: Settings) -> Mapping[str, Any] | None:
    """What a call has made that no answer is known of; None where that can't be told."""
    return quarantine.made(aws.client(call.service, call.region), call)


_CALL = Way(
    on=OnEvent(pattern=PATTERN, everywhere=True, forwards=FORWARDED, reads=True),
    parse=api_call,
    look=look,
    decide=decide,
    blind=blind,
    proof=Proof(
        by=ProvenBy.HISTORY,
        because="an instance's role is nothing wrong by itself: only the event says who used it from where",
    ),
)

REMEDIATION = Remediation(
    name=NAME,
    title="The credentials of an instance's role were used elsewhere",
    woken_by="GuardDuty's findings InstanceCredentialExfiltration, and calls by credentials of instances",
    response="reports who uses them from where; revokes them where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        _CALL,
        delayed.delayed(_CALL, PUT_OFF),
        Way(
            on=OnEvent(pattern=finding.PATTERN, everywhere=True),
            parse=finding.credential_finding,
            look=look_at_finding,
            decide=decide,
            blind=blind,
            proof=Proof(
                by=ProvenBy.STATE, because="GuardDuty is asked for it, and only GuardDuty writes findings"
            ),
        ),
        COUNTING,
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=Undoing(calls=(*DECLARED_CALLS, *quarantine.UNDOING_CALLS), moved=moved, made=made),
    settings={
        QUARANTINE: QUARANTINE_PARAMETER.ref,
        whereabouts.SETTING: KNOWN_ADDRESSES.joined,
        TRUSTED: TRUSTED_ACCOUNTS.joined,
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
        **delayed.settings_of(PUT_OFF),
    },
    parameters=(QUARANTINE_PARAMETER, KNOWN_ADDRESSES),
    resources=delayed.resources(PUT_OFF),
    managed_rules=("EC2_IMDSV2_CHECK",),
    controls=("Security Hub EC2.8", "ATT&CK T1552.005", "ATT&CK T1078.004"),
)
