"""A snapshot of a database was shared with everybody, or with an account that isn't ours.

Whoever may restore a snapshot has the whole database, and needs no password of it.

What we do: after ModifyDBSnapshotAttribute, or the same of a cluster's snapshot, report with whom the
snapshot is shared now who was added by this call and is neither this account nor one of `TrustedAccounts`:
HIGH. In mode enforce that is taken back, for each stranger by a call of its own; the undo shares it again.

What we leave alone: whom it was shared with before; copies that were made meanwhile, which are out of
reach; exports to S3; a snapshot that is gone by the time we look; refused attempts. A snapshot with the tag
of the parameter `ExpectedTag` is told as LOW.

Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-1
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
from chalicelib.sharing import Shared, decide_on_sharing, moved, shared
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command

NAME = "database_snapshot_shared"
_CLUSTERS = "ModifyDBClusterSnapshotAttribute"
PATTERN = successful_calls(("rds",), ("ModifyDBSnapshotAttribute", _CLUSTERS))
_ANY = "which snapshot is shared, and in which region, isn't known before"
_SNAPSHOTS = "arn:${AWS::Partition}:rds:*:${AWS::AccountId}:snapshot:*"
_CLUSTER_SNAPSHOTS = "arn:${AWS::Partition}:rds:*:${AWS::AccountId}:cluster-snapshot:*"
GRANTS = (
    *(
        Grant(action=f"rds:{action}", resource=resource, because=_ANY)
        for resource, actions in (
            (_SNAPSHOTS, ("DescribeDBSnapshotAttributes", "DescribeDBSnapshots")),
            (_CLUSTER_SNAPSHOTS, ("DescribeDBClusterSnapshotAttributes", "DescribeDBClusterSnapshots")),
        )
        for action in actions
    ),
    *LATELY,
    Grant(action="rds:ModifyDBSnapshotAttribute", resource=_SNAPSHOTS, because=_ANY, acting=True),
    Grant(action=f"rds:{_CLUSTERS}", resource=_CLUSTER_SNAPSHOTS, because=_ANY, acting=True),
)
_ARN = "arn:{partition}:rds:{region}:{account}"


def _of_sharing(call: Call) -> bool:
    return call.parameters.get("AttributeName") == _RESTORE


DECLARED_CALLS = (
    DeclaredCall(
        operation="rds.modify_db_snapshot_attribute",
        needs=(("rds:ModifyDBSnapshotAttribute", f"{_ARN}:snapshot:{{DBSnapshotIdentifier}}"),),
        fits=_of_sharing,
    ),
    DeclaredCall(
        operation="rds.modify_db_cluster_snapshot_attribute",
        needs=((f"rds:{_CLUSTERS}", f"{_ARN}:cluster-snapshot:{{DBClusterSnapshotIdentifier}}"),),
        fits=_of_sharing,
    ),
)
_RESTORE = "restore"  # the one attribute there is
_GONE = ("DBSnapshotNotFound", "DBSnapshotNotFoundFault", "DBClusterSnapshotNotFoundFault")


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Shared]:
    """The strangers that the call has added, as far as they still have it."""
    rds, kind, snapshot = aws.client("rds", event.region), _kind(event.name), _snapshot(event)

    def read() -> Shared | None:
        asked = event.parameters.get("valuesToAdd")
        added = [str(each) for each in asked] if isinstance(asked, list) else []
        return shared(_users(rds, kind, snapshot), added, (event.account, *trusted(settings)))

    def tags(_: Shared) -> Mapping[str, str]:
        ask = rds.describe_db_cluster_snapshots if kind == "DBCluster" else rds.describe_db_snapshots
        (found,) = ask(**{f"{kind}SnapshotIdentifier": snapshot})[f"{kind}Snapshots"]
        return tags_of(found.get("TagList", ()))

    return see(aws, event, settings, remediation=NAME, about=snapshot, read=read, tags=tags)


def _kind(name: str) -> str:
    """What the snapshot is of, as RDS names it in its calls."""
    return "DBCluster" if name == _CLUSTERS else "DB"


def _users(rds: Any, kind: str, snapshot: str) -> list[str]:
    """Who may restore it; nobody, where it is gone."""
    attributes = f"{kind}SnapshotAttributes"
    cluster = kind == "DBCluster"
    ask = rds.describe_db_cluster_snapshot_attributes if cluster else rds.describe_db_snapshot_attributes
    found = answer(
        lambda: ask(**{f"{kind}SnapshotIdentifier": snapshot})[f"{attributes}Result"][attributes],
        unless=_GONE,
        otherwise=(),
    )
    return [whom for each in found if each["AttributeName"] == _RESTORE for whom in each["AttributeValues"]]


def _snapshot(event: ApiCallEvent) -> str:
    """The snapshot's identifier, which records write in two ways."""
    told = {name.lower(): value for name, value in event.parameters.items()}
    return str(told.get(f"{_kind(event.name).lower()}snapshotidentifier") or NOT_RECORDED)


def decide(event: ApiCallEvent, facts: Seen[Shared], _now: datetime, _settings: Settings) -> Plan:
    """Tell with whom it is shared, and take it back."""
    snapshot, cluster = _snapshot(event), _kind(event.name) == "DBCluster"
    word = "db-cluster" if cluster else "db"
    asked = {f"--{word}-snapshot-identifier": snapshot, "--region": event.region}
    return decide_on_sharing(
        event,
        facts,
        what=f"Database snapshot {snapshot}",
        look_again=aws_command("rds", f"describe-{word}-snapshot-attributes", asked),
        change=lambda whom, add: _change(event, whom, add=add),
    )


def _change(event: ApiCallEvent, whom: str, *, add: bool) -> Call:
    """Share it with one, or take that back."""
    kind = _kind(event.name)
    return Call(
        service="rds",
        operation=f"modify_{'db_cluster' if kind == 'DBCluster' else 'db'}_snapshot_attribute",
        parameters={
            f"{kind}SnapshotIdentifier": _snapshot(event),
            "AttributeName": _RESTORE,
            "ValuesToAdd" if add else "ValuesToRemove": [whom],
        },
        account=event.account,
        region=event.region,
        already=_GONE,
        undo=None if add else _change(event, whom, add=True),
    )


def _moved(aws: Aws, call: Call, _settings: Settings) -> str:
    kind = "DBCluster" if "DBClusterSnapshotIdentifier" in call.parameters else "DB"
    snapshot = call.parameters[f"{kind}SnapshotIdentifier"]
    return moved(call.parameters, _users(aws.client("rds", call.region), kind, snapshot))


REMEDIATION = Remediation(
    name=NAME,
    title="A snapshot of a database was shared with strangers",
    woken_by="`ModifyDBSnapshotAttribute` and `ModifyDBClusterSnapshotAttribute` of RDS, anywhere",
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
    undoing=Undoing(calls=DECLARED_CALLS, moved=_moved),
    settings={
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        TRUSTED: TRUSTED_ACCOUNTS.joined,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    managed_rules=("RDS_SNAPSHOTS_PUBLIC_PROHIBITED",),
    controls=("Security Hub RDS.1", "ATT&CK T1537"),
)
