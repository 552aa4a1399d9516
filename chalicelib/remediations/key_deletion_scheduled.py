"""A KMS key was scheduled for deletion, disabled, or opened to strangers.

What a key encrypted is lost with it: backups, buckets, databases, secrets. A deletion waits for seven days
at least, and until then the key works for nobody; a disabled key works for nobody either.

What we do: report which key, its state, when it is deleted, and its aliases' command: HIGH. In mode enforce
the deletion is cancelled and the key enabled, once CloudTrail's event history knows the call, some minutes
after it. Nothing here can take a key away, and so a person undoes it, with the command that the alert has.
After PutKeyPolicy we report whom the key's policy lets in who is not of this account or of those that the
stack trusts: HIGH. What the policy was before is in no event, so it is told, and nothing is done.

What we leave alone: a key that works by the time we look; keys that AWS manages; imported key material that
was deleted, grants; refused attempts. A key with the tag of the parameter `ExpectedTag` is told as LOW.

Sources: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html,
https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import delayed
from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.outsiders import GRANTS as OUTSIDERS
from chalicelib.evidence.outsiders import SETTING as TRUSTED
from chalicelib.evidence.outsiders import let_in
from chalicelib.evidence.seen import Seen, State, blind, see, tell
from chalicelib.own_calls import own_calls
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG, TRUSTED_ACCOUNTS
from chalicelib.remediation import (
    Asked,
    Call,
    DeclaredCall,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Severity,
    Way,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command, some, when

NAME = "key_deletion_scheduled"
PUT_OFF = "KeyDeletionScheduledPutOff"  # the queue of calls that event history doesn't know yet
SCHEDULE, DISABLE = "ScheduleKeyDeletion", "DisableKey"
PATTERN = successful_calls(("kms",), (SCHEDULE, DISABLE))
OPENED = successful_calls(("kms",), ("PutKeyPolicy",))
_KEYS = "arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/*"
_ANY = "which key it is, and in which region, isn't known before"
GRANTS = (
    *(
        Grant(action=f"kms:{action}", resource=_KEYS, because=_ANY)
        for action in ("DescribeKey", "GetKeyPolicy", "ListResourceTags")
    ),
    *OUTSIDERS,
    *LATELY,
    *(
        Grant(action=f"kms:{action}", resource=_KEYS, because=_ANY, acting=True)
        for action in ("CancelKeyDeletion", "EnableKey")
    ),
    *delayed.putting_off(PUT_OFF),
)
_KEY = "arn:{partition}:kms:{region}:{account}:key/{KeyId}"
DECLARED_CALLS = (
    DeclaredCall(operation="kms.cancel_key_deletion", needs=(("kms:CancelKeyDeletion", _KEY),)),
    DeclaredCall(operation="kms.enable_key", needs=(("kms:EnableKey", _KEY),)),
)
# A primary key of several regions waits for the deletion of its replicas first.
_PENDING, _DISABLED = ("PendingDeletion", "PendingReplicaDeletion"), "Disabled"
_GONE = "NotFoundException"
_ADVICE = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first.
What the key encrypts can't be read until it is enabled again: look for errors of KMS in what needs it."""
_OPENED = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first, and put \
the policy back as it was. Who may use the key reads what it encrypts where they get at that: shared \
snapshots, open buckets. A grant that they made meanwhile stays: aws kms list-grants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that works for nobody. `deleted_at`: when it is deleted, if it is."""

    id: str
    state: str
    description: str = ""
    deleted_at: datetime | None = None


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Key]:
    """The key's state, where it doesn't work."""

    def read(kms: Any, key: str) -> Key | None:
        found = kms.describe_key(KeyId=key)["KeyMetadata"]
        if found["KeyState"] not in (*_PENDING, _DISABLED):
            return None
        return Key(
            id=found["KeyId"],
            state=found["KeyState"],
            description=found.get("Description", ""),
            deleted_at=found.get("DeletionDate"),
        )

    return _seen(aws, event, settings, read)


def look_at_policy(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[tuple[str, ...]]:
    """Whom the key's policy lets in who is a stranger."""

    def read(kms: Any, key: str) -> tuple[str, ...] | None:
        policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        return let_in(aws, event, policy, settings) or None

    return _seen(aws, event, settings, read)


def _seen(
    aws: Aws, event: ApiCallEvent, settings: Settings, read: Callable[[Any, str], State | None]
) -> Seen[State]:
    """What there is of the key that the call is about. `read`: from KMS, by the key."""
    kms, key = aws.client("kms", event.region), _key(event)
    return see(
        aws,
        event,
        settings,
        remediation=NAME,
        about=key,
        read=lambda: read(kms, key),
        gone=(_GONE,),
        tags=lambda _: _tags(kms, key),
    )


def _tags(kms: Any, key: str) -> Mapping[str, str]:
    return {each["TagKey"]: each["TagValue"] for each in kms.list_resource_tags(KeyId=key)["Tags"]}


def _named(event: ApiCallEvent) -> str:
    """The key as the caller named it, by its id or its ARN."""
    return str(event.parameters.get("keyId") or NOT_RECORDED)


def _key(event: ApiCallEvent) -> str:
    """The key's id, which is looked for where we are.

    None of these calls works across accounts, so an ARN says no more; of a record from elsewhere, which is
    replayed, KMS says that the key is not there, and not that we may not look.
    """
    return _named(event).rpartition(":key/")[2]


def decide(event: ApiCallEvent, facts: Seen[Key], _now: datetime, _settings: Settings) -> Plan:
    """Tell which key works no more, and have it work again."""
    if event.failed or facts.nothing:
        return Plan.nothing()
    key = facts.state.id if facts.state else _key(event)
    told = "is scheduled for deletion" if event.name == SCHEDULE else "was disabled"
    return tell(
        event,
        facts,
        severity=Severity.HIGH,
        title=f"KMS key {key} {told}",
        facts=_facts(event, facts.state, key),
        advice=_ADVICE,
        calls=_works_again(event, facts.state),
        asks=[Asked("what-was-done-to", key)],
    )


def decide_on_policy(
    event: ApiCallEvent, facts: Seen[tuple[str, ...]], _now: datetime, _settings: Settings
) -> Plan:
    """Tell whom a key lets in now."""
    if event.failed or facts.nothing:
        return Plan.nothing()
    key = _key(event)
    named = {"--key-id": key, "--region": event.region}
    history = {"--lookup-attributes": f"AttributeKey=ResourceName,AttributeValue={_named(event)}"}
    return tell(
        event,
        facts,
        severity=Severity.HIGH,
        title=f"KMS key {key} {'lets' if facts.state else 'may let'} strangers in",
        facts=(
            ("Key", key),
            *((("Lets in", some(facts.state)),) if facts.state else ()),
            ("Its policy", aws_command("kms", "get-key-policy", {**named, "--policy-name": "default"})),
            ("Changed before", aws_command("cloudtrail", "lookup-events", history)),
        ),
        advice=_OPENED,
    )


def _facts(event: ApiCallEvent, found: Key | None, key: str) -> Iterator[tuple[str, str]]:
    yield "Key", key
    if found:
        yield "State now", found.state
        if found.description:
            yield "Described as", found.description
        if found.deleted_at:
            yield "Deleted at", f"{when(found.deleted_at)}, and then what it encrypted is lost"
    named = {"--key-id": key, "--region": event.region}
    yield "Known as", aws_command("kms", "list-aliases", named)
    yield "If meant, repeat with", _undone(event, named)


def _undone(event: ApiCallEvent, named: Mapping[str, str]) -> str:
    if event.name == DISABLE:
        return aws_command("kms", "disable-key", named)
    days = event.parameters.get("pendingWindowInDays")
    window = {"--pending-window-in-days": str(days)} if isinstance(days, int) else {}
    return aws_command("kms", "schedule-key-deletion", {**named, **window})


def _works_again(event: ApiCallEvent, key: Key | None) -> Iterator[Call]:
    """A deletion that is cancelled leaves the key disabled."""
    if key is None:
        return
    operations = ("cancel_key_deletion", "enable_key") if key.state in _PENDING else ("enable_key",)
    for operation in operations:
        yield Call(
            service="kms",
            operation=operation,
            parameters={"KeyId": key.id},
            account=event.account,
            region=event.region,
            already=(_GONE,),
        )


_WORKS_NO_MORE = Way(
    on=OnEvent(pattern=PATTERN, everywhere=True),
    parse=api_call,
    look=look,
    decide=decide,
    blind=blind,
    proof=Proof(
        by=ProvenBy.HISTORY,
        because="a key may have been taken out of use long ago, on purpose: its state proves nothing",
    ),
)

REMEDIATION = Remediation(
    name=NAME,
    title="A KMS key was scheduled for deletion, disabled, or opened to strangers",
    woken_by="`ScheduleKeyDeletion`, `DisableKey` and `PutKeyPolicy` of KMS, anywhere",
    response="reports it; cancels a deletion and enables the key where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        _WORKS_NO_MORE,
        delayed.delayed(_WORKS_NO_MORE, PUT_OFF),
        COUNTING,
        Way(
            on=OnEvent(pattern=OPENED, everywhere=True),
            parse=api_call,
            look=look_at_policy,
            decide=decide_on_policy,
            blind=blind,
            proof=Proof(by=ProvenBy.STATE, because="it never acts"),
        ),
        own_calls("KeyDeletionScheduledRole", ("kms",), ("CancelKeyDeletion", "EnableKey")),
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    settings={
        TRUSTED: TRUSTED_ACCOUNTS.joined,
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
        **delayed.settings_of(PUT_OFF),
    },
    resources=delayed.resources(PUT_OFF),
    managed_rules=("KMS_CMK_NOT_SCHEDULED_FOR_DELETION",),
    controls=("CIS 4.7", "Security Hub KMS.3", "ATT&CK T1485"),
)
