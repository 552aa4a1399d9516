"""A snapshot of a volume was shared with everybody, or with an account that isn't ours.

Whoever may create volumes from a snapshot has the disk: its files, its keys, its databases. Nothing leaves
the account, and no flow log shows it.

What we do: after ModifySnapshotAttribute report with whom the snapshot is shared now who was added by this
call and is neither this account nor one of `TrustedAccounts`: HIGH. In mode enforce that is taken back, for
each stranger by a call of its own; the undo shares it again.

What we leave alone: whom it was shared with before; copies that were made meanwhile, which are out of
reach; a snapshot that is gone by the time we look; refused attempts. A snapshot with the tag of the
parameter `ExpectedTag` is told as LOW.

Sources: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-1
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.outsiders import SETTING as TRUSTED
from chalicelib.evidence.outsiders import trusted
from chalicelib.evidence.seen import Seen, blind, see, tags_of
from chalicelib.looking import answer
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG, TRUSTED_ACCOUNTS
from chalicelib.remediation import Call, DeclaredCall, Grant, Plan, Proof, ProvenBy, Remediation, Undoing, Way
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.sharing import EVERYBODY, Shared, added_by, decide_on_sharing, moved, shared
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command

NAME = "snapshot_shared"
PATTERN = successful_calls(("ec2",), ("ModifySnapshotAttribute",))
_SNAPSHOTS = "arn:${AWS::Partition}:ec2:*::snapshot/*"
_ANY = "which snapshot is shared, and in which region, isn't known before"
GRANTS = (
    Grant(action="ec2:DescribeSnapshotAttribute", resource=_SNAPSHOTS, because=_ANY),
    Grant(action="ec2:DescribeSnapshots", resource="*", because="EC2's describe calls take no resource"),
    *LATELY,
    Grant(action="ec2:ModifySnapshotAttribute", resource=_SNAPSHOTS, because=_ANY, acting=True),
)
DECLARED_CALLS = (
    DeclaredCall(
        operation="ec2.modify_snapshot_attribute",
        needs=(("ec2:ModifySnapshotAttribute", "arn:{partition}:ec2:{region}::snapshot/{SnapshotId}"),),
        fits=lambda call: call.parameters.get("Attribute") == _PERMISSION,
    ),
)
_PERMISSION = "createVolumePermission"
_GONE = "InvalidSnapshot.NotFound"


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Shared]:
    """The strangers that the call has added, as far as they still have it."""
    ec2, snapshot = aws.client("ec2", event.region), _snapshot(event)

    def read() -> Shared | None:
        return shared(
            _users(ec2, snapshot), added_by(event, _PERMISSION), (event.account, *trusted(settings))
        )

    def tags(_: Shared) -> Mapping[str, str]:
        (found,) = ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
        return tags_of(found.get("Tags", ()))

    return see(aws, event, settings, remediation=NAME, about=snapshot, read=read, tags=tags)


def _users(ec2: Any, snapshot: str) -> list[str]:
    """Who may make volumes of it; nobody, where it is gone."""
    found = answer(
        lambda: ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute=_PERMISSION),
        unless=(_GONE,),
        otherwise={"CreateVolumePermissions": ()},
    )
    return [str(each.get("Group") or each.get("UserId")) for each in found["CreateVolumePermissions"]]


def _snapshot(event: ApiCallEvent) -> str:
    return str(event.parameters.get("snapshotId") or NOT_RECORDED)


def decide(event: ApiCallEvent, facts: Seen[Shared], _now: datetime, _settings: Settings) -> Plan:
    """Tell with whom it is shared, and take it back."""
    snapshot = _snapshot(event)
    asked = {"--snapshot-id": snapshot, "--attribute": _PERMISSION, "--region": event.region}
    return decide_on_sharing(
        event,
        facts,
        what=f"Snapshot {snapshot}",
        look_again=aws_command("ec2", "describe-snapshot-attribute", asked),
        change=lambda whom, add: _change(event, whom, add=add),
    )


def _change(event: ApiCallEvent, whom: str, *, add: bool) -> Call:
    """Share it with one, or take that back."""
    named = {"GroupNames": [whom]} if whom == EVERYBODY else {"UserIds": [whom]}
    return Call(
        service="ec2",
        operation="modify_snapshot_attribute",
        parameters={
            "SnapshotId": _snapshot(event),
            "Attribute": _PERMISSION,
            "OperationType": "add" if add else "remove",
            **named,
        },
        account=event.account,
        region=event.region,
        already=(_GONE,),
        undo=None if add else _change(event, whom, add=True),
    )


UNDOING = Undoing(
    calls=DECLARED_CALLS,
    moved=lambda aws, call, _settings: moved(
        call.parameters, _users(aws.client("ec2", call.region), call.parameters["SnapshotId"])
    ),
)

REMEDIATION = Remediation(
    name=NAME,
    title="A snapshot of a volume was shared with strangers",
    woken_by="`ModifySnapshotAttribute` of EC2, anywhere",
    response="reports with whom it is shared; takes that back where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=api_call,
            look=look,
            decide=decide,
            blind=blind,
            proof=Proof(by=ProvenBy.STATE, because="a stranger who has it has it, whoever said so"),
        ),
        COUNTING,
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=UNDOING,
    settings={
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        TRUSTED: TRUSTED_ACCOUNTS.joined,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    managed_rules=("EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK",),
    controls=("Security Hub EC2.1", "ATT&CK T1537"),
)
