"""A database was deleted, or what protects one was taken away: deletion protection, the password, backups.

With an instance or a cluster go its automated backups, unless the caller keeps them. Before that an
attacker switches deletion protection off, or sets a master password of their own.

What we do: after DeleteDBInstance and DeleteDBCluster report what was deleted, which snapshots are left,
and the command that restores the newest: HIGH where one is available, CRITICAL where none was found or we
could not look. After ModifyDBInstance and ModifyDBCluster report protection that is off, a master password
that was set, backups that are no longer made, and a database that the internet may reach: HIGH. In mode
enforce deletion protection is switched on again; the undo switches it off.

What we leave alone, and tell: a restore, which makes a new database with new addresses, and costs; the
password, which only its owner knows; backups and addresses. Without a word: other changes; what is
protected by the time we look (one that is gone is told: databases can be renamed); refused attempts. A
database with the tag of the parameter `ExpectedTag` is told as LOW.

Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-8
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.seen import Seen, blind, see, tags_of, tell
from chalicelib.looking import Unseen, answer, renamed
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG
from chalicelib.remediation import (
    Call,
    DeclaredCall,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Severity,
    Undoing,
    Way,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command, some, when

NAME = "database_deleted"
_DELETIONS = ("DeleteDBInstance", "DeleteDBCluster")
_CHANGES = ("ModifyDBInstance", "ModifyDBCluster")
PATTERN = successful_calls(("rds",), (*_DELETIONS, *_CHANGES))
_ANY = "which database it is, and in which region, isn't known before"


def _of(kind: str) -> str:
    return f"arn:${{AWS::Partition}}:rds:*:${{AWS::AccountId}}:{kind}:*"


GRANTS = (
    Grant(action="rds:DescribeDBInstances", resource=_of("db"), because=_ANY),
    Grant(action="rds:DescribeDBClusters", resource=_of("cluster"), because=_ANY),
    Grant(
        action="rds:DescribeDBSnapshots", resource="*", because="snapshots are asked for by their database"
    ),
    Grant(
        action="rds:DescribeDBClusterSnapshots",
        resource="*",
        because="snapshots are asked for by their cluster",
    ),
    *LATELY,
    Grant(action="rds:ModifyDBInstance", resource=_of("db"), because=_ANY, acting=True),
    Grant(action="rds:ModifyDBCluster", resource=_of("cluster"), because=_ANY, acting=True),
)
_ARN = "arn:{partition}:rds:{region}:{account}"


def _only_protection(call: Call) -> bool:
    return len(call.parameters) == 2 and "DeletionProtection" in call.parameters


DECLARED_CALLS = (
    DeclaredCall(
        operation="rds.modify_db_instance",
        needs=(("rds:ModifyDBInstance", f"{_ARN}:db:{{DBInstanceIdentifier}}"),),
        fits=_only_protection,
    ),
    DeclaredCall(
        operation="rds.modify_db_cluster",
        needs=(("rds:ModifyDBCluster", f"{_ARN}:cluster:{{DBClusterIdentifier}}"),),
        fits=_only_protection,
    ),
)
_GONE = ("DBInstanceNotFound", "DBInstanceNotFoundFault", "DBClusterNotFoundFault")
_MOST_SNAPSHOTS = 5
_ADVICE = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first.
Restore before anything is cleaned up: a snapshot that is deleted too is lost for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """What there is now. `weaker`: what the call took away; `snapshots`: those available, newest first.

    `name`: what it is called now, where it was changed.
    """

    name: str = ""
    weaker: tuple[str, ...] = ()
    unprotected: bool = False
    snapshots: tuple[tuple[str, str], ...] = ()  # the name, and when it was made


# ---- look ---------------------------------------------------------------------------------------


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Database]:
    """Of a deletion the snapshots that are left, of a change what it took away."""
    rds, name = aws.client("rds", event.region), identifier_of(event)

    def read() -> Database | Unseen | None:
        if event.name in _DELETIONS:
            return Database(snapshots=_snapshots(rds, event, name))
        return _changed(rds, event, name)

    def tags(_: Database) -> Mapping[str, str]:
        found = _now(rds, event) if event.name in _CHANGES else None
        return tags_of(found.get("TagList", ())) if found else {}

    return see(aws, event, settings, remediation=NAME, about=name, read=read, tags=tags)


def _is_cluster(event: ApiCallEvent) -> bool:
    return event.name.endswith("Cluster")


def identifier_of(event: ApiCallEvent) -> str:
    """The instance's or cluster's identifier, which records write in two ways."""
    told = {name.lower(): value for name, value in event.parameters.items()}
    return str(
        told.get("dbclusteridentifier" if _is_cluster(event) else "dbinstanceidentifier") or NOT_RECORDED
    )


def _now(rds: Any, event: ApiCallEvent) -> Mapping[str, Any] | None:
    """A database that was changed, by the name that it had or by the one that this call gave it."""
    told = {name.lower(): value for name, value in event.parameters.items()}
    new = told.get("newdbclusteridentifier" if _is_cluster(event) else "newdbinstanceidentifier")
    names = (identifier_of(event), *((str(new),) if new else ()))
    return next(filter(None, (_described(rds, event, name) for name in names)), None)


def _described(rds: Any, event: ApiCallEvent, name: str) -> Mapping[str, Any] | None:
    def ask() -> Mapping[str, Any]:
        if _is_cluster(event):
            (found,) = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
        else:
            (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        described: Mapping[str, Any] = found
        return described

    return answer(ask, unless=_GONE, otherwise=None)


def _changed(rds: Any, event: ApiCallEvent, name: str) -> Database | Unseen | None:
    """What the call asked for that weakens, as far as it is so now."""
    asked, found = event.parameters, _now(rds, event)
    unprotected = asked.get("deletionProtection") is False and not (found or {}).get("DeletionProtection")
    weaker = [
        "deletion protection is off" if unprotected else "",
        "a new master password" if asked.get("masterUserPassword") else "",
        "no automated backups" if asked.get("backupRetentionPeriod") == 0 else "",
        "reachable from the internet" if asked.get("publiclyAccessible") is True else "",
    ]
    told = tuple(filter(None, weaker))
    if found is None:
        return renamed("cluster" if _is_cluster(event) else "database", name) if told else None
    now = found["DBClusterIdentifier" if _is_cluster(event) else "DBInstanceIdentifier"]
    return Database(name=now, weaker=told, unprotected=unprotected) if told else None


def _snapshots(rds: Any, event: ApiCallEvent, name: str) -> tuple[tuple[str, str], ...]:
    """Those that are available, the newest first."""
    kind, operation, asked = "DB", "describe_db_snapshots", {"DBInstanceIdentifier": name}
    if _is_cluster(event):
        kind, operation = "DBCluster", "describe_db_cluster_snapshots"
        asked = {"DBClusterIdentifier": name}
    pages = rds.get_paginator(operation).paginate(**asked)
    listed = [each for page in pages for each in page[f"{kind}Snapshots"]]
    named = f"{kind}SnapshotIdentifier"
    ready = [each for each in listed if each["Status"] == "available"]
    ready.sort(key=lambda each: str(each.get("SnapshotCreateTime", "")), reverse=True)
    return tuple(
        (each[named], when(each["SnapshotCreateTime"]) if each.get("SnapshotCreateTime") else NOT_RECORDED)
        for each in ready[:_MOST_SNAPSHOTS]
    )


# ---- decide -------------------------------------------------------------------------------------


def decide(event: ApiCallEvent, facts: Seen[Database], _now: datetime, _settings: Settings) -> Plan:
    """Tell what was lost and how it comes back; switch protection on again."""
    if event.failed or facts.nothing:
        return Plan.nothing()
    severity, told = _told(event, facts.state)
    what = "cluster" if _is_cluster(event) else "database"
    return tell(
        event,
        facts,
        severity=severity,
        title=f"RDS {what} {identifier_of(event)} {told}",
        facts=_facts(event, facts.state),
        advice=_ADVICE,
        calls=[_protected(event, facts.state.name, on=True)]
        if facts.state and facts.state.unprotected
        else (),
    )


def _told(event: ApiCallEvent, found: Database | None) -> tuple[Severity, str]:
    if event.name in _CHANGES:
        return Severity.HIGH, f"is weaker: {some(found.weaker)}" if found else "may be weaker"
    if found and found.snapshots:
        return Severity.HIGH, "was deleted, a snapshot is left"
    return Severity.CRITICAL, "was deleted, no snapshot of it was found" if found else "was deleted"


def _facts(event: ApiCallEvent, found: Database | None) -> Iterator[tuple[str, str]]:
    yield "Database", identifier_of(event)
    yield "Call", event.name
    if found and found.name not in ("", identifier_of(event)):
        yield "Called now", found.name
    if found is None or event.name in _CHANGES:
        return
    for name, made in found.snapshots:
        yield "Snapshot", f"{name}, {made}"
    if found.snapshots:
        yield "Restore with", _restore(event, found.snapshots[0][0])


def _restore(event: ApiCallEvent, snapshot: str) -> str:
    name, region = identifier_of(event), {"--region": event.region}
    if _is_cluster(event):
        given = {"--db-cluster-identifier": name, "--snapshot-identifier": snapshot, "--engine": "ENGINE"}
        return aws_command("rds", "restore-db-cluster-from-snapshot", {**given, **region})
    given = {"--db-instance-identifier": name, "--db-snapshot-identifier": snapshot}
    return aws_command("rds", "restore-db-instance-from-db-snapshot", {**given, **region})


def _protected(event: ApiCallEvent, name: str, *, on: bool) -> Call:
    kind = "cluster" if _is_cluster(event) else "instance"
    return Call(
        service="rds",
        operation=f"modify_db_{kind}",
        parameters={f"DB{kind.capitalize()}Identifier": name, "DeletionProtection": on},
        account=event.account,
        region=event.region,
        already=_GONE,
        undo=_protected(event, name, on=False) if on else None,
    )


REMEDIATION = Remediation(
    name=NAME,
    title="A database was deleted, or is less protected",
    woken_by="a call of RDS that deletes or modifies an instance or a cluster, anywhere",
    response="reports what is left, and how to restore it; protects it again where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=api_call,
            look=look,
            decide=decide,
            blind=blind,
            proof=Proof(
                by=ProvenBy.STATE,
                because="a database without protection has none, whoever said so",
            ),
        ),
        COUNTING,
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=Undoing(
        calls=DECLARED_CALLS,
        moved=lambda _aws, _call, _settings: "",  # on is on, whoever has switched it on since
    ),
    settings={
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    managed_rules=("RDS_INSTANCE_DELETION_PROTECTION_ENABLED",),
    controls=("CIS 2.3.3", "Security Hub RDS.2", "Security Hub RDS.8", "Security Hub RDS.11", "ATT&CK T1485"),
)
