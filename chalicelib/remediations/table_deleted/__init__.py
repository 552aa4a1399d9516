"""A DynamoDB table was deleted, or somebody tried to delete one.

A deleted table is gone within seconds and takes its items along. What may be left are backups: on-demand
ones, those of AWS Backup, and the one that DynamoDB makes by itself of a table with point-in-time recovery
and keeps for 35 days.

What we do: report which table, who, from where and whether it worked. For a success we look for backups in
the table's own region, name the newest that can be restored and give the exact command. A success is HIGH
where a backup of this very table is ready, and CRITICAL where none was found or we could not look: then the
data may be gone for good. Where DynamoDB doesn't answer, that is reported at once, and looked at again. An
attempt that AWS refused, or that deletion protection stopped, is MEDIUM; one that failed for an ordinary
reason, such as a table that isn't there, is LOW. In mode enforce the newest backup of this very table is
restored under the table's name, once CloudTrail's event history knows the deletion, some minutes after it;
what it doesn't know after 20 minutes was made up, and is refused. A deletion by CloudFormation is reported
like any other, and says so.

What we leave alone: a table of that name that exists again; backups of an earlier table of the same name,
which are named but not restored by themselves; and a restore while DynamoDB still writes a newer backup than
the newest ready one, because it would take the name. A restored table lacks tags, alarms, auto scaling,
streams and time to live, and a table under a customer managed key needs grants on that key which only you can
give.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib import delayed
from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED, call_facts, failure_fact
from chalicelib.looking import Unseen, answer, unseen
from chalicelib.own_calls import own_calls
from chalicelib.references import EXPECTED_PRINCIPALS
from chalicelib.remediation import (
    Alert,
    Asked,
    Call,
    DeclaredCall,
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
from chalicelib.remediations.table_deleted.backups import (
    Backup,
    Backups,
    list_command,
    read_backups,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent
from chalicelib.wording import size, span, when

PATTERN = {
    "source": ["aws.dynamodb"],
    "detail-type": ["AWS API Call via CloudTrail"],
    # The source is asked for because Glue has a DeleteTable too.
    "detail": {"eventSource": ["dynamodb.amazonaws.com"], "eventName": ["DeleteTable"]},
}

PUT_OFF = "TableDeletedPutOff"  # the queue of deletions that event history doesn't know yet
_TABLES = "arn:${AWS::Partition}:dynamodb:*:${AWS::AccountId}:table/*"
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html
_TO_UNDO = ("DescribeTable", "DeleteTable")
_TO_FILL_THE_TABLE = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
GRANTS = (
    Grant(action="dynamodb:ListBackups", resource="*", because="ListBackups takes no resource"),
    Grant(
        action="dynamodb:RestoreTableFromBackup",
        resource=_TABLES,
        because="which table will be deleted, in which region, isn't known before; covers its backups",
        acting=True,
    ),
    *(
        Grant(
            action=f"dynamodb:{action}",
            resource=_TABLES,
            because="DynamoDB fills the restored table in the caller's name, and asks for this on it",
            acting=True,
        )
        for action in _TO_FILL_THE_TABLE
    ),
    *(
        Grant(
            action=f"dynamodb:{action}",
            resource=_TABLES,
            because="undoes the restoring, once somebody asks for it and the table is still the restored one",
            acting=True,
        )
        for action in _TO_UNDO
    ),
    *delayed.grants(PUT_OFF),
)

_TABLE = "arn:{partition}:dynamodb:{region}:{account}:table/{TargetTableName}"


def _of_its_own_table(call: Call) -> bool:
    """Whether the backup is one of the table that is restored."""
    _, _, backed_up = str(call.parameters["BackupArn"]).partition(":table/")
    return backed_up.startswith(f"{call.parameters['TargetTableName']}/backup/")


_TABLE_MADE = _TABLE.replace("{TargetTableName}", "{TableName}")


def moved(aws: Aws, call: Call, _settings: Settings) -> str:
    """Whether the table that a call restored is another one by now, or gone; raises what DynamoDB raises."""
    name, backup = call.parameters["TargetTableName"], call.parameters["BackupArn"]
    dynamodb = aws.client("dynamodb", call.region)
    table = answer(
        lambda: dynamodb.describe_table(TableName=name)["Table"],
        unless=("ResourceNotFoundException",),
        otherwise=None,
    )
    if table is None:
        return f"there is no table {name} any more"
    if table.get("RestoreSummary", {}).get("SourceBackupArn") != backup:
        return f"the table {name} is another one, which was not restored from {backup}"
    return "" if table["TableStatus"] == "ACTIVE" else f"the table {name} is {table['TableStatus']}"


DECLARED_CALLS = (
    DeclaredCall(
        operation="dynamodb.restore_table_from_backup",
        needs=(
            ("dynamodb:RestoreTableFromBackup", "{BackupArn}"),
            ("dynamodb:RestoreTableFromBackup", _TABLE),
            *((f"dynamodb:{action}", _TABLE) for action in _TO_FILL_THE_TABLE),
        ),
        fits=_of_its_own_table,
    ),
)

UNDOING = Undoing(
    calls=(DeclaredCall(operation="dynamodb.delete_table", needs=(("dynamodb:DeleteTable", _TABLE_MADE),)),),
    moved=moved,
)

_KINDS = {"USER": "on demand", "SYSTEM": "point-in-time recovery", "AWS_BACKUP": "AWS Backup"}
_REFUSED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized")
_ARN_IN_A_REFUSAL = "on resource: "
_NOT_IN_A_BACKUP = (
    "the table's id, its tags, alarms, auto scaling, streams and time to live; "
    "what was written after the backup"
)
_AFTER_ATTEMPT = (
    "This call did not delete the table. Ask the caller what they wanted; if the caller is unknown, look at "
    "what else these credentials did."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The backup to restore from. `earlier`: of an earlier table; `wait`: a newer one is being written."""

    backup: Backup
    earlier: bool = False
    wait: bool = False

    @property
    def sure(self) -> bool:
        """Whether it is restored without a person's look at it."""
        return not self.earlier and not self.wait


def look(aws: Aws, event: ApiCallEvent, _settings: Settings) -> Backups:
    """The table's backups, in its own region."""
    table = table_of(event)
    if event.failed or not table:
        return Backups()
    try:
        return read_backups(aws.client("dynamodb", event.region), table)
    except AWS_ERRORS as error:
        return Backups(could_not_read=unseen(error))


def blind(_event: ApiCallEvent, why: Unseen, _settings: Settings) -> Backups:
    """What is known without a look."""
    return Backups(could_not_read=why)


def decide(event: ApiCallEvent, facts: Backups, now: datetime, _settings: Settings) -> Plan:
    """Tell the deletion; where this table's newest backup is ready, restore it."""
    if event.failed:
        return Plan.alert(_attempt(event))
    choice = _choose(facts, _table_id(event))
    calls = [_restore(event, choice.backup)] if choice and choice.sure else []
    return Plan.alert(_deletion(event, facts, choice, now), calls=calls)


def table_of(event: ApiCallEvent) -> str:
    """The table's name, which the caller may have given as an ARN; "" where the record doesn't say.

    A refused call has no request parameters, but the refusal names the table.
    """
    given = event.parameters.get("tableName")
    if not isinstance(given, str):
        refusal = event.error_message.partition(_ARN_IN_A_REFUSAL)[2].split()
        given = refusal[0] if refusal else ""
    return given.partition(":table/")[2] if given.startswith("arn:") else given


def _choose(facts: Backups, table_id: str) -> Choice | None:
    """The newest backup that is ready: of this very table, or else of an earlier one of its name."""
    own = facts.of_table(table_id)
    ready = next((backup for backup in own if backup.available), None)
    if ready:
        newer = own[: own.index(ready)]
        return Choice(backup=ready, wait=any(backup.status == "CREATING" for backup in newer))
    earlier = next((backup for backup in facts.newest if backup.available), None)
    return Choice(backup=earlier, earlier=True) if earlier else None


def _restore(event: ApiCallEvent, backup: Backup) -> Call:
    """Bring the table back under its name.

    A table that is still being deleted (TableInUseException) is no success: the error rises, and Lambda tries
    again a minute later. A table that is there again is left alone.
    """
    table = table_of(event)
    return Call(
        service="dynamodb",
        operation="restore_table_from_backup",
        parameters={"TargetTableName": table, "BackupArn": backup.arn},
        account=event.account,
        region=event.region,
        already=("TableAlreadyExistsException",),
        undo=Call(
            service="dynamodb",
            operation="delete_table",
            parameters={"TableName": table},
            account=event.account,
            region=event.region,
            already=("ResourceNotFoundException",),
            lost="what was written to the table since it was restored",
        ),
        lost=_NOT_IN_A_BACKUP,
    )


def _deletion(event: ApiCallEvent, facts: Backups, choice: Choice | None, now: datetime) -> Alert:
    severity, outlook = _outlook(event, facts, choice)
    return Alert(
        severity=severity,
        title=f"DynamoDB table {table_of(event) or NOT_RECORDED} was deleted{outlook}",
        facts=(
            *_told_of(event),
            ("Succeeded", "yes"),
            *_contents(event),
            *_told_of_backups(event, facts, now),
            *_commands(event, choice),
        ),
        advice="\n".join(_advice(choice)),
        asks=(Asked("what-was-done-to", table_of(event)),) if table_of(event) else (),
    )


def _outlook(event: ApiCallEvent, facts: Backups, choice: Choice | None) -> tuple[Severity, str]:
    if choice and not choice.earlier:
        return Severity.HIGH, ", a backup is ready"
    if facts.could_not_read or not table_of(event):
        return Severity.CRITICAL, ", whether backups are left is unknown"
    return Severity.CRITICAL, ", no backup of it was found"


def _attempt(event: ApiCallEvent) -> Alert:
    """A deletion that didn't happen."""
    table = table_of(event) or NOT_RECORDED
    stopped = any(code in event.error_code for code in _REFUSED)
    protected = "deletion protection" in event.error_message.lower()
    why = "AWS refused" if stopped else "deletion protection held" if protected else "it failed"
    loud = stopped or protected
    return Alert(
        severity=Severity.MEDIUM if loud else Severity.LOW,
        title=f"An attempt to delete DynamoDB table {table}: {why}",
        facts=(
            *_told_of(event),
            failure_fact(event),
        ),
        advice=_AFTER_ATTEMPT if loud else "",
        # Anybody may fail, as often as they like; it never counts among what succeeded.
        flood=Flood(subject=f"refused:{event.principal}"),
    )


def _told_of(event: ApiCallEvent) -> Iterator[tuple[str, str]]:
    yield "Table", table_of(event) or NOT_RECORDED
    yield from call_facts(event)


def _contents(event: ApiCallEvent) -> Iterator[tuple[str, str]]:
    items, held = _described(event, "itemCount"), _described(event, "tableSizeBytes")
    if isinstance(items, int) and isinstance(held, int):
        # DynamoDB counts every six hours.
        yield "It held", f"about {items} items, {size(held)}"


def _told_of_backups(event: ApiCallEvent, facts: Backups, now: datetime) -> Iterator[tuple[str, str]]:
    if facts.could_not_read:
        yield "Backups", f"could not be read: {facts.could_not_read}"
        return
    if not facts.newest:
        yield "Backups", "none found"
    own = facts.of_table(_table_id(event))
    for backup in facts.newest:
        yield "Backup", _in_words(backup, now, earlier=backup not in own)
    if facts.left_out:
        yield "Backups", f"{facts.left_out} more, not listed here"


def _in_words(backup: Backup, now: datetime, *, earlier: bool) -> str:
    words = [
        backup.name,
        _KINDS.get(backup.kind, backup.kind),
        backup.status,
        f"{span(now - backup.created)} old ({when(backup.created)})",
        size(backup.size_bytes),
    ]
    return ", ".join([*words, "of an earlier table of this name"] if earlier else words)


def _commands(event: ApiCallEvent, choice: Choice | None) -> Iterator[tuple[str, str]]:
    """These are facts, not advice: a fact stays on one line, even if a table's name is malicious."""
    table = table_of(event)
    if choice and not choice.sure:
        yield "Restore with", _restore(event, choice.backup).command
    elif not choice and table:
        yield "Look again with", list_command(table, event.region)


def _advice(choice: Choice | None) -> Iterator[str]:
    yield "Ask the caller whether this was meant. If the caller is unknown, disable their credentials first."
    if choice and choice.earlier:
        yield "The newest backup is of an earlier table of this name: it does not hold what was deleted now."
    if choice and choice.wait:
        yield "A newer backup is still being written: wait for it before restoring under this name."
    if choice:
        yield "Tags, alarms, auto scaling, streams and time to live are not in a backup: set them again."
    else:
        yield "A table with point-in-time recovery leaves a backup some minutes after: look again then."
        yield "Backups in AWS Backup's vaults may not be listed by DynamoDB: look in the vaults too."


def _table_id(event: ApiCallEvent) -> str:
    found = _described(event, "tableId")
    return found if isinstance(found, str) else ""


def _described(event: ApiCallEvent, name: str) -> object:
    """One value of what DynamoDB said of the table when it took the order."""
    table = event.response.get("tableDescription")
    return table.get(name) if isinstance(table, Mapping) else None


_DELETION = Way(
    on=OnEvent(pattern=PATTERN, everywhere=True),
    parse=api_call,
    look=look,
    decide=decide,
    blind=blind,
    proof=Proof(
        by=ProvenBy.HISTORY,
        because="a table that is gone may have been deleted long ago, on purpose: its state proves nothing",
    ),
)

REMEDIATION = Remediation(
    name="table_deleted",
    title="A DynamoDB table was deleted",
    woken_by="`DeleteTable` of DynamoDB, anywhere",
    response=(
        "reports who and the exact restore command; restores the newest backup where its mode is `enforce`"
    ),
    page=__doc__ or "",
    ways=(
        _DELETION,
        delayed.delayed(_DELETION, PUT_OFF),
        COUNTING,
        own_calls("TableDeletedRole", ("dynamodb",), ("RestoreTableFromBackup",)),
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=UNDOING,
    settings={
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
        **delayed.settings_of(PUT_OFF),
    },
    resources=delayed.resources(PUT_OFF),
    controls=("ATT&CK T1485",),
)
